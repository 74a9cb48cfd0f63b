"""Points and intervals of time: aware, in UTC, closed-open.

Two axes are kept apart everywhere. *Valid time* is when something holds in the world; *system time* is when the store believed it. Both are
``datetime`` values in UTC with microsecond resolution. ``None`` as the end of an interval means "until changed".
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

import msgspec

from erstwhile.errors import InvalidInputError, shown

__all__ = ["MONTH_NAMES", "TICK", "AsOf", "Clock", "Instant", "Interval", "SystemClock", "as_duration", "as_utc", "duration_text", "from_micros", "to_micros"]

_ACCEPTED: Final = "an aware datetime, a date, or an ISO 8601 string such as '2024-06-01' or '2024-06-01T10:00:00Z'"

Instant = datetime | date | str
"""What a caller may give for a point in time: an aware datetime, a date (its first instant, in UTC), or either as an ISO 8601 string."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=36_525)
"""How long a memory can be kept by a rule."""
_COUNTED: Final = re.compile(r"(?P<number>[0-9]{1,9})\s*(?P<unit>hour|day|week)s?")
TICK: Final = timedelta(microseconds=1)
"""The step of time: what stores tell apart."""
MONTH_NAMES: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
"""The months in English, whatever the language of the machine."""


def as_utc(value: Instant, *, name: str = "time") -> datetime:
    """Return ``value`` as an aware datetime in UTC.

    Args:
        value: An aware datetime, a date (taken as its first instant in UTC), or either in ISO 8601.
        name: What the caller calls it, for the error message.

    Raises:
        InvalidInputError: It cannot be read as a time, or it is a datetime without a time zone.
    """
    parsed = _parse(value) if isinstance(value, str) else value
    if isinstance(parsed, datetime):
        return _in_utc(parsed, name)
    if isinstance(parsed, date):
        return datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC)
    if isinstance(value, str):
        raise InvalidInputError(f"{name}: {shown(value)} is not a time; give {_ACCEPTED}.")
    raise InvalidInputError(f"{name}: expected {_ACCEPTED}, got {type(value).__name__}.")


def _in_utc(instant: datetime, name: str) -> datetime:
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise InvalidInputError(f"{name}: {instant.isoformat()} has no time zone; say which, e.g. {instant.isoformat()}+00:00 for UTC.")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError(f"{name}: {instant.isoformat()} falls outside the years 1 to 9999 in UTC; give a time within them.") from None


def _parse(text: str) -> datetime | date | None:
    for read in (date.fromisoformat, datetime.fromisoformat):
        with suppress(ValueError):
            return read(text.strip())
    return None


def as_duration(value: timedelta | str, *, name: str = "duration") -> timedelta:
    """Return ``value`` as a length of time.

    Args:
        value: A ``timedelta``; or a text: whole "hours", "days" or "weeks", such as "90 days", or ISO 8601, such as "P90D" or "PT36H".
        name: What the caller calls it, for the error message.

    Raises:
        InvalidInputError: It is none, or not between one hour and 36,525 days, a hundred years.
    """
    found = _length(value) if isinstance(value, str) else value
    if not isinstance(found, timedelta):
        told = shown(value) if isinstance(value, str) else type(value).__name__
        raise InvalidInputError(f'{name}: {told} is not a length of time; write "90 days", "36 hours", "2 weeks" or ISO 8601 such as "P90D".')
    if not SHORTEST <= found <= LONGEST:
        raise InvalidInputError(f"{name} is {duration_text(found)}; give one hour to {LONGEST.days:,} days.")
    return found


def _length(text: str) -> timedelta | None:
    if match := _COUNTED.fullmatch(text.strip().lower()):
        try:
            return timedelta(**{f"{match['unit']}s": int(match["number"])})
        except OverflowError:
            return timedelta.max
    with suppress(msgspec.ValidationError):
        return msgspec.convert(text.strip(), timedelta)
    return None


def duration_text(length: timedelta) -> str:
    """A length of time as `as_duration` reads it: whole days or hours where it can be, else ISO 8601."""
    for unit in ("day", "hour"):
        count, rest = divmod(length, timedelta(**{f"{unit}s": 1}))
        if not rest:
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return msgspec.json.encode(length).decode().strip('"')


def to_micros(instant: datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00:00Z, negative before it."""
    return (instant - _EPOCH) // TICK


def from_micros(micros: int) -> datetime:
    """The instant that lies ``micros`` microseconds after 1970-01-01T00:00:00Z."""
    return _EPOCH + micros * TICK


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class Interval:
    """A closed-open stretch of time, ``[start, end)``.

    Attributes:
        start: First instant inside.
        end: First instant outside, or ``None`` for "until changed".
    """

    start: datetime
    end: datetime | None

    def __init__(self, *, start: Instant, end: Instant | None = None) -> None:
        first, outside = as_utc(start, name="start"), None if end is None else as_utc(end, name="end")
        if outside is not None and outside <= first:
            raise InvalidInputError(
                f"The interval ends at {outside.isoformat()}, not after its start {first.isoformat()}; give an end later than the start, or none."
            )
        object.__setattr__(self, "start", first)
        object.__setattr__(self, "end", outside)

    def contains(self, instant: datetime) -> bool:
        """Whether ``instant`` lies inside; the start does, the end does not."""
        return self.start <= instant and (self.end is None or instant < self.end)

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share at least one instant."""
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)

    def minus(self, other: "Interval") -> "tuple[Interval, ...]":
        """What is left of this interval once ``other`` is cut out of it: none, one or two pieces, in order."""
        if not self.overlaps(other):
            return (self,)
        before = (Interval(start=self.start, end=other.start),) if self.start < other.start else ()
        after = (Interval(start=other.end, end=self.end),) if other.end is not None and (self.end is None or other.end < self.end) else ()
        return before + after


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class AsOf:
    """A point to ask about, on both axes.

    Attributes:
        valid: When it must have held in the world. Default: the system time asked about, and so now where that is not given either.
        system: What the store believed at that time. Default: now. An answer for a past system time never changes, except after ``erase``.
    """

    valid: datetime | None
    system: datetime | None

    def __init__(self, *, valid: Instant | None = None, system: Instant | None = None) -> None:
        object.__setattr__(self, "valid", None if valid is None else as_utc(valid, name="valid"))
        object.__setattr__(self, "system", None if system is None else as_utc(system, name="system"))

    @classmethod
    def of(cls, value: "AsOf | Instant | None") -> "AsOf":
        """Read what a caller gave: an ``AsOf``, a bare time (taken as valid time), or nothing (now)."""
        if value is None:
            return cls()
        return value if isinstance(value, AsOf) else cls(valid=as_utc(value, name="as_of"))


class Clock(Protocol):
    """Where the engine reads the time. Only the engine asks it."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)
