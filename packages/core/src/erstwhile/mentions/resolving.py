"""Which days a phrase of time means, said on a given day; the calendar is python-dateutil's."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, assert_never

from dateutil.relativedelta import relativedelta
from dateutil.rrule import WEEKLY, YEARLY, rrule, weekday

from erstwhile.mentions.expressions import (
    EVER,
    Around,
    Beside,
    Between,
    Bounded,
    Cycle,
    Expression,
    Nearest,
    Nth,
    Period,
    RestOf,
    Rolling,
    Shifted,
    Third,
    Unit,
    Years,
)

__all__ = ["Frame", "Span", "resolve"]

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(weeks=1)
# 29 February can be eight years off.
_FARTHEST: Final = 8

_LENGTHS: Final[dict[Unit, relativedelta]] = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "fortnight": relativedelta(weeks=2),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "half": relativedelta(months=6),
    "year": relativedelta(years=1),
    "decade": relativedelta(years=10),
}
_HALVES: Final[dict[Unit, relativedelta]] = {
    "day": relativedelta(),
    "week": relativedelta(days=3),
    "fortnight": relativedelta(weeks=1),
    "month": relativedelta(days=15),
    "quarter": relativedelta(days=45),
    "half": relativedelta(months=3),
    "year": relativedelta(months=6),
    "decade": relativedelta(years=5),
}
_SMALLER: Final[dict[Unit, Unit]] = {
    "day": "day",
    "week": "day",
    "fortnight": "week",
    "month": "fortnight",
    "quarter": "month",
    "half": "quarter",
    "year": "half",
    "decade": "year",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a bare name is counted from.

    Attributes:
        today: The first instant of the day of speaking, in UTC.
        near: The day that a bare name is near to; ``today``, unless another time is named beside it.
        pick: Which round of it: the last that began not after ``near``, the first after it, or the first not before it.
    """

    today: datetime
    near: datetime
    pick: Literal["past", "ahead", "not before"] = "past"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A closed-open stretch of days in UTC; an open end is ``None``."""

    start: datetime
    end: datetime | None
    approximate: bool = False


def resolve(said: Expression, frame: Frame) -> Span:  # noqa: PLR0911 - one case for each kind
    """The days that a phrase means.

    Raises:
        LookupError: There is no such time: 30 February, the fifth Monday of a month with four.
        OverflowError, ValueError: It lies outside the years 1 to 9999.
    """
    match said:
        case Period(unit=unit, offset=offset):
            start = _floor(unit, frame.today) + offset * _LENGTHS[unit]
            return _span(start, start + _LENGTHS[unit])
        case Years(first=first, count=count):
            return _span(datetime(first, 1, 1, tzinfo=UTC), datetime(first + count, 1, 1, tzinfo=UTC))
        case Nearest():
            return _nearest(said, frame)
        case Nth(n=n, what=what, within=within):
            return _nth(n, what, resolve(within, frame))
        case Shifted():
            return _shifted(said, frame)
        case Rolling(count=count, unit=unit, sign=sign, vague=vague):
            far = frame.today + sign * count * _LENGTHS[unit]
            return _span(min(far, frame.today), max(far, frame.today) + _DAY, approximate=vague)
        case RestOf(unit=unit, sign=sign):
            start = _floor(unit, frame.today)
            return _span(start, frame.today + _DAY) if sign < 0 else _span(frame.today, start + _LENGTHS[unit])
        case Beside(what=what, side=side, anchor=anchor):
            return _beside(what, side, resolve(anchor, frame))
        case Third(part=part, within=within):
            return _third(part, resolve(within, frame))
        case Around(of=of):
            span = resolve(of, frame)
            pad = max(3 * _DAY, (_end(span) - span.start) // _DAY // 2 * _DAY)
            return _span(span.start - pad, _end(span) + pad, approximate=True)
        case Bounded():
            return _bounded(said, frame)
        case Between(first=first, last=last):
            return _between(first, last, frame)
    assert_never(said)


def _span(start: datetime, end: datetime | None, *, approximate: bool = False) -> Span:
    if end is not None and end <= start:
        raise LookupError
    return Span(start=start, end=end, approximate=approximate)


def _end(span: Span) -> datetime:
    if span.end is None:
        raise LookupError
    return span.end


def _floor(unit: Unit, day: datetime) -> datetime:
    if unit == "day":
        return day
    if unit in {"week", "fortnight"}:
        return day - day.weekday() * _DAY
    months = {"month": 1, "quarter": 3, "half": 6}.get(unit, 12)
    years = 10 if unit == "decade" else 1
    return day.replace(year=day.year - day.year % years, month=day.month - (day.month - 1) % months, day=1)


@lru_cache(maxsize=4096)
def _starts(cycle: Cycle, year: int) -> tuple[datetime, ...]:
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC)
    on = cycle.weekday if cycle.nth is None else weekday(cycle.weekday, cycle.nth)
    rule = rrule(
        WEEKLY if cycle.weekly else YEARLY,
        dtstart=first,
        until=last,
        bymonth=cycle.month,
        bymonthday=cycle.day,
        byweekday=on,
        byeaster=cycle.easter,
    )
    return tuple(rule)


def _round(cycle: Cycle, start: datetime) -> Span:
    return _span(start, start + relativedelta(months=cycle.months, days=cycle.days), approximate=cycle.loose)


def _backwards(cycle: Cycle, day: datetime) -> Iterator[Span]:
    """The rounds that begin not after ``day``, the latest first."""
    for year in range(day.year, day.year - _FARTHEST - 1, -1):
        yield from (_round(cycle, start) for start in reversed(_starts(cycle, year)) if start <= day)


def _onwards(cycle: Cycle, day: datetime) -> Iterator[Span]:
    """The rounds that begin not before ``day``, the earliest first."""
    for year in range(day.year, day.year + _FARTHEST + 1):
        yield from (_round(cycle, start) for start in _starts(cycle, year) if start >= day)


def _pick(rounds: Iterator[Span], further: int = 0) -> Span:
    for passed, span in enumerate(rounds):
        if passed == further:
            return span
    raise LookupError


def _nearest(said: Nearest, frame: Frame) -> Span:
    cycle, today = said.cycle, frame.today
    match said.which:
        case "bare" if frame.pick == "past":
            # Nobody calls today by its weekday: "on Friday", said on a Friday, was a week ago.
            by_name = cycle.weekly and cycle.days == 1 and frame.near == today
            rounds = _backwards(cycle, today - _DAY if by_name else frame.near)
        case "bare":
            rounds = _onwards(cycle, frame.near + _DAY if frame.pick == "ahead" else frame.near)
        case "last":
            rounds = (span for span in _backwards(cycle, today) if _end(span) <= today)
        case "this":
            rounds = _of_now(cycle, today)
        case "next" if cycle.weekly:
            rounds = _onwards(cycle, _floor("week", today) + _WEEK)
        case "next" | "coming":
            rounds = _onwards(cycle, today + _DAY)
        case _:
            assert_never(said.which)
    return _pick(rounds, said.further)


def _of_now(cycle: Cycle, day: datetime) -> Iterator[Span]:
    """The round that runs, or else the one of this week or year."""
    yield from (span for span in _backwards(cycle, day) if _end(span) > day)
    yield from _onwards(cycle, _floor("week" if cycle.weekly else "year", day))


def _nth(n: int, what: Unit | Cycle, within: Span) -> Span:
    end = _end(within)
    if isinstance(what, Cycle):
        starts = [start for year in range(within.start.year, end.year + 1) for start in _starts(what, year) if within.start <= start < end]
        found = _round(what, starts[n - 1 if n > 0 else n])
        return replace(found, approximate=found.approximate or within.approximate)
    start = within.start + (n - 1) * _LENGTHS[what] if n > 0 else max(within.start, end - _LENGTHS[what])
    return _span(start, min(start + _LENGTHS[what], end), approximate=within.approximate)


def _shifted(said: Shifted, frame: Frame) -> Span:
    anchor = _span(frame.today, frame.today + _DAY) if said.anchor is None else resolve(said.anchor, frame)
    end, amount, length = _end(anchor), said.amount, _LENGTHS[said.unit]
    exact = amount.low == amount.high
    if exact and not amount.half and anchor.start + length == end:
        # A year before a year, a day before a day: the whole of it, and a day more on either side of "about three days ago".
        move, pad = said.sign * amount.low * length, _DAY if amount.vague else timedelta()
        return _span(anchor.start + move - pad, end + move + pad, approximate=anchor.approximate or amount.vague)
    day = anchor.start if said.sign < 0 else end - _DAY
    half = _HALVES[said.unit] if amount.half else relativedelta()
    moved = [day + said.sign * (count * length + half) for count in (amount.low, amount.high)]
    # The unit's length around the day, where one number is given: "two weeks ago" is seldom said of the very day.
    around = _HALVES[_SMALLER[said.unit] if amount.half else said.unit] if exact else relativedelta()
    vague = amount.vague or not exact or said.unit != "day" or anchor.approximate
    return _span(min(moved) - around, max(moved) + _DAY + around, approximate=vague)


def _beside(what: Unit | Cycle, side: Literal[-1, 0, 1], anchor: Span) -> Span:
    if isinstance(what, Cycle):
        if side < 0:
            return _pick(span for span in _backwards(what, anchor.start) if _end(span) <= anchor.start)
        return _pick(_onwards(what, _end(anchor) if side else _floor("week" if what.weekly else "year", anchor.start)))
    if side == 0:
        start = _floor(what, anchor.start)
        return _span(start, start + _LENGTHS[what], approximate=anchor.approximate)
    start = anchor.start - _LENGTHS[what] if side < 0 else _end(anchor)
    return _span(start, start + _LENGTHS[what], approximate=anchor.approximate)


def _third(part: Literal[0, 1, 2], whole: Span) -> Span:
    end = _end(whole)
    third = (end - whole.start) // _DAY // 3 * _DAY
    if not third:
        return whole
    start, stop = ((whole.start, whole.start + third), (whole.start + third, end - third), (end - third, end))[part]
    return _span(start, stop, approximate=True)


def _bounded(said: Bounded, frame: Frame) -> Span:
    tomorrow = frame.today + _DAY
    span = resolve(said.of, replace(frame, pick="past") if said.bound == "since" else frame)
    match said.bound:
        case "since":
            return _span(span.start, tomorrow, approximate=span.approximate)
        case "before":
            return _span(EVER, span.start, approximate=span.approximate)
        case "until":
            end = _end(span)
            return _span(EVER if end <= tomorrow else frame.today, end, approximate=span.approximate)
        case "after":
            end = _end(span)
            return _span(end, tomorrow if end < tomorrow else None, approximate=span.approximate)
    assert_never(said.bound)


def _between(first: Expression, last: Expression, frame: Frame) -> Span:
    if _floats(first) and not _floats(last):
        ending = resolve(last, frame)
        opening = resolve(first, replace(frame, near=ending.start, pick="past"))
    else:
        opening = resolve(first, frame)
        ending = resolve(last, replace(frame, near=opening.start, pick="not before"))
    return _span(opening.start, _end(ending), approximate=opening.approximate or ending.approximate)


def _floats(said: Expression) -> bool:
    """Whether it is a bare name, whose year or week is not said."""
    match said:
        case Nearest(which=which):
            return which == "bare"
        case Third(within=inner) | Nth(within=inner) | Around(of=inner):
            return _floats(inner)
        case _:
            return False
