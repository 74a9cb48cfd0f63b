"""What ranking asks of a candidate before its content is read, small enough to be read of hundreds.

Stores keep it as a named vector that nothing is compared with: sixteen numbers, whole and below 2^24, which a float32 holds exactly. Of a hundred candidates
of two channels, Edge reads such a vector in a third of a millisecond, and a field of the payload in two.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from erstwhile.model import Scope, Version
from erstwhile.time import Interval

__all__ = ["LAST_DAY", "NUMBERS", "Seat", "day_of", "days_of", "name_mark", "names_of"]

NAMES: Final = 4
"""So many words of an actor's name are kept."""
TIMES: Final = 4
"""So many of the times that a text speaks of are kept."""
NUMBERS: Final = 4 + NAMES + 2 * TIMES
"""Numbers that a seat is written as."""
LIMIT: Final = 1 << 24
"""Whole numbers up to it are exact as float32."""
NOWHERE: Final = -1
"""Stands for the place of what has none."""
FIRST_DAY: Final = date(1970, 1, 1).toordinal()
LAST_DAY: Final = date.max.toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where a version was said, by whom, when, and of which days it speaks.

    Days are counted from 1970, stretches of days closed-open. Marks stand for texts: of sixteen million texts two may have the same.

    Attributes:
        talk: Two marks of the scope and the conversation in it; ``None`` where that, or the place in it, is not known.
        turn: The place in it, from 0, modulo 2^24; ``None`` where the conversation is.
        names: Marks of the words of the name of who said it, the first four.
        day: From when it holds; of a turn, when it was said.
        times: The stretches that its words speak of, the first four.
    """

    talk: tuple[int, int] | None
    turn: int | None
    names: tuple[int, ...]
    day: int
    times: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, version: Version) -> "Seat":
        """The seat of a version."""
        session, turn = version.source.session, version.source.turn
        return cls(
            talk=None if session is None or turn is None else _talk(version.scope, session),
            turn=None if session is None or turn is None else turn % LIMIT,
            names=_name_marks(version.source.actor),
            day=day_of(version.valid_from),
            times=tuple(days_of(stretch) for stretch in version.times[:TIMES]),
        )

    @classmethod
    def read(cls, numbers: list[float]) -> "Seat":
        """The seat that was written so.

        Raises:
            ValueError: No seat is written so.
        """
        whole = list(map(int, numbers))
        if len(whole) != NUMBERS or whole != numbers:
            raise ValueError(f"A seat is {NUMBERS} whole numbers.")
        first, second, turn, day = whole[:4]
        times = whole[4 + NAMES :]
        return cls(
            talk=None if turn == NOWHERE else (first, second),
            turn=None if turn == NOWHERE else turn,
            names=tuple(filter(None, whole[4 : 4 + NAMES])),
            day=day,
            # Most texts speak of no time.
            times=tuple((start, end) for start, end in zip(times[::2], times[1::2], strict=True) if start < end) if any(times) else (),
        )

    def written(self) -> list[float]:
        """As so many numbers as `NUMBERS` says, float32 exact."""
        turn = NOWHERE if self.turn is None else self.turn
        names = [*self.names, *[0] * (NAMES - len(self.names))]
        times = [day for stretch in self.times for day in stretch]
        return [float(number) for number in (*(self.talk or (0, 0)), turn, self.day, *names, *times, *[0] * (2 * TIMES - len(times)))]


@lru_cache(maxsize=1_024)
def _talk(scope: Scope, session: str) -> tuple[int, int]:
    digest = sha256(f"{scope.key}\0{session}".encode()).digest()
    return int.from_bytes(digest[:3]), int.from_bytes(digest[3:6])


@lru_cache(maxsize=1_024)
def _name_marks(actor: str) -> tuple[int, ...]:
    return tuple(name_mark(word) for word in actor.casefold().split()[:NAMES])


@lru_cache(maxsize=1_024)
def name_mark(name: str) -> int:
    """The mark of a word of a name in lower case, from 1 to 2^24 - 1."""
    return int.from_bytes(sha256(name.encode()).digest()[:3]) or 1


@lru_cache(maxsize=1_024)
def names_of(actor: str) -> frozenset[str]:
    """What somebody goes by in a question, in lower case: the whole name, and each of its words."""
    whole = actor.casefold()
    return frozenset((whole, *whole.split()))


def day_of(instant: datetime) -> int:
    """The day of an instant, counted from 1970."""
    return instant.toordinal() - FIRST_DAY


def days_of(stretch: Interval) -> tuple[int, int]:
    """The days of a stretch, closed-open, counted from 1970; without an end it goes on for ever."""
    return day_of(stretch.start), LAST_DAY if stretch.end is None else day_of(stretch.end)
