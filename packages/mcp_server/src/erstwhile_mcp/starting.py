"""A start that does nothing that a server has no use for: clients wait for the list of tools."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["kept", "without_rich"]


@contextmanager
def kept() -> Iterator[None]:
    """What is imported and built within lives as long as the process: no collector looks through it, then or later.

    For a program alone, not for a library: the collector is the whole process's.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def without_rich() -> Iterator[None]:
    """Within, rich cannot be imported, unless it was before: the SDK sets up a log with it that a process with one of its own never uses."""
    absent = [name for name in ("rich.console", "rich.logging") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: the import system's own mark for what is not to be found
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
