"""Who is inside: many at a time, or one alone, until it is shut."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Gate"]


class Gate:
    """Lets threads in until it is shut; and one at a time alone, while the others wait outside.

    Args:
        shut: Makes the error for whoever comes too late.
    """

    def __init__(self, shut: Callable[[], Exception]) -> None:
        self._error = shut
        self._change = threading.Condition()
        self._inside = 0
        self._taken = False
        self._shut = False

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Be inside, with others. Not reentrant: whoever is alone meanwhile would be waited for in vain."""
        with self._change:
            self._change.wait_for(lambda: not self._taken)
            self._check()
            self._inside += 1
        try:
            yield
        finally:
            with self._change:
                self._inside -= 1
                self._change.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be inside alone: whoever is inside finishes first, and whoever comes waits."""
        with self._change:
            self._check()
            self._taken = True
            self._change.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._change:
                self._taken = False
                self._change.notify_all()

    def check(self) -> None:
        """Raise if it is shut, or about to be."""
        with self._change:
            self._check()

    def shut(self) -> bool:
        """Let nobody in any more, and return once nobody is inside: whether it was this call that shut it."""
        with self._change:
            if self._shut:
                return False
            self._shut = True
            self._change.wait_for(lambda: not (self._inside or self._taken))
            return True

    def _check(self) -> None:
        if self._shut:
            raise self._error()
