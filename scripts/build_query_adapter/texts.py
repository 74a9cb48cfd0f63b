"""What is learnt from: invented dialogues and stores of memories, with questions and what answers them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from erstwhile.question import without_names
from erstwhile.turns import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    _Parts = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[int, ...], ...]]

HERE: Final = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was said in one place, and what is asked of it.

    Attributes:
        kind: The name of its folder.
        author: Who wrote it: the name of the file.
        texts: What was said.
        questions: What is asked, as recall compares it by meaning: without the names of those who speak.
        evidence: For each question the places of the texts that answer it.
    """

    kind: str
    author: str
    texts: tuple[str, ...]
    questions: tuple[str, ...]
    evidence: tuple[tuple[int, ...], ...]


def read() -> list[Told]:
    """All dialogues, then all stores, author by author."""
    return [*_read("dialogues", _dialogue), *_read("stores", _store)]


def _read(kind: str, parts: Callable[[dict[str, Any]], _Parts]) -> Iterator[Told]:
    for path in sorted((HERE / kind).glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            texts, questions, evidence = parts(json.loads(line))
            yield Told(kind=kind, author=path.stem, texts=texts, questions=questions, evidence=evidence)


def _dialogue(row: dict[str, Any]) -> _Parts:
    spoken = [[text for _, text in session["turns"]] for session in row["sessions"]]
    starts = [sum(map(len, spoken[:number])) for number in range(len(spoken))]
    names = [name.casefold() for name in row["people"] if name not in ROLES]

    def place(cited: str) -> int:
        session, turn = map(int, cited.split(":"))
        return starts[session - 1] + turn - 1

    return (
        tuple(chain.from_iterable(spoken)),
        tuple(without_names(asked["q"], names) for asked in row["questions"]),
        tuple(tuple(map(place, asked["evidence"])) for asked in row["questions"]),
    )


def _store(row: dict[str, Any]) -> _Parts:
    return (
        tuple(row["memories"]),
        tuple(asked["q"] for asked in row["questions"]),
        tuple(tuple(place - 1 for place in asked["evidence"]) for asked in row["questions"]),
    )
