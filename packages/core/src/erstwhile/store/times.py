"""The system times of a store: given out in order, one write at a time, so that an answer for a past time stays what it was."""

import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from erstwhile.time import TICK

__all__ = ["LocalTimes", "Moment", "Times"]

_COUNTS: Final = 2**53
"""A count of writes begins at a number below this one, drawn at random: counts of two processes that served one after the other are not taken for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A system time to read at.

    Attributes:
        time: What has been written carries an earlier time or this one, and every later write a later one.
        writes: How many writes had been given a time, counted from anywhere. While it stays the same, nothing was written.
    """

    time: datetime
    writes: int


class Times(ABC):
    """Gives out the system times of a store, to all that read and write it."""

    @abstractmethod
    def reading(self, now: datetime) -> Moment:
        """The system time to read at, ``now`` or later. A write under way is waited for: its time is given out, and its rows are not there yet."""

    @abstractmethod
    def writing(self, now: datetime, earlier: Iterable[datetime]) -> AbstractContextManager[datetime]:
        """A turn to write: its system time, ``now`` or later, and after all that was given out and all of ``earlier``. Others wait until the block ends."""

    @abstractmethod
    def writes(self) -> int:
        """The count of `Moment.writes` as it is now."""


class LocalTimes(Times):
    """The times of a store that only this process writes to, or whose processes cannot share theirs.

    Args:
        latest: The latest time that the store holds.
    """

    def __init__(self, latest: datetime | None) -> None:
        self._turn = threading.Lock()
        self._last = latest
        self._writes = random.randrange(_COUNTS)  # noqa: S311 - no secret

    @property
    def last(self) -> datetime | None:
        """The latest time that is known to have been given out."""
        return self._last

    def advance(self, time: datetime) -> None:
        """Take in that ``time`` has been given out, by whoever served the store before."""
        with self._turn:
            self._last = time if self._last is None else max(time, self._last)

    def reading(self, now: datetime) -> Moment:
        """See `Times.reading`."""
        with self._turn:
            self._last = now if self._last is None else max(now, self._last)
            return Moment(time=self._last, writes=self._writes)

    @contextmanager
    def writing(self, now: datetime, earlier: Iterable[datetime]) -> Iterator[datetime]:
        """See `Times.writing`."""
        # Neither a clock that jumped back nor another writer's clock that runs ahead may bring a write before what it replaces.
        with self._turn:
            before = [*earlier] + ([] if self._last is None else [self._last])
            self._last = max([now, *(time + TICK for time in before)])
            self._writes += 1
            yield self._last

    def writes(self) -> int:
        """See `Times.writes`."""
        return self._writes
