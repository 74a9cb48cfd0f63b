"""What asks a server to end: the signals of whoever started it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["on_signals"]


@contextmanager
def on_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Within, a signal that would end the process calls ``stop`` instead."""

    def stopping(_number: int, _frame: FrameType | None) -> None:
        stop()

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    before = {number: signal.signal(number, stopping) for name in names if (number := getattr(signal, name, None)) is not None}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
