"""What the command lines of the benchmarks share: where data lies, what was typed, and options that list names."""

import sys
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

from benchmarks import environment

__all__ = ["CACHE", "DATA", "command", "listed"]

DATA: Final = environment.ROOT.parent / "shared/data"
"""Where the sets of questions lie, which are not part of the repository."""
CACHE: Final = Path(tempfile.gettempdir()) / "erstwhile-benchmarks"
"""Where vectors and stores are kept between runs."""


def command(module: str, arguments: Sequence[str] | None) -> str:
    """The command that ran a module of the benchmarks, as its results tell it.

    Args:
        module: "benchmarks.run".
        arguments: What ``main`` was given; ``None``: what the process was given.
    """
    return " ".join([f"python -m {module}", *(sys.argv[1:] if arguments is None else arguments)])


def listed(kind: str, known: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """The type of an option that takes names, separated by commas, and refuses one that is not known; ``kind`` says what they name: "peer"."""

    def names_of(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        if unknown := [name for name in names if name not in known]:
            raise ArgumentTypeError(f"{unknown[0]!r} is no {kind}; the {kind}s are {', '.join(known)}")
        return names

    return names_of
