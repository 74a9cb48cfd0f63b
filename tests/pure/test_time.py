"""Times and intervals: what is accepted, what is refused, and closed-open arithmetic."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile import AsOf, Interval, InvalidInputError
from erstwhile.time import as_utc, from_micros, to_micros

INSTANTS = st.datetimes(timezones=st.just(UTC))


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    start = draw(INSTANTS)
    length = draw(st.none() | st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=400)))
    try:
        return Interval(start=start, end=None if length is None else start + length)
    except OverflowError:
        return Interval(start=start)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2024-06-01", datetime(2024, 6, 1, tzinfo=UTC)),
        (date(2024, 6, 1), datetime(2024, 6, 1, tzinfo=UTC)),
        ("2024-06-01T10:00:00Z", datetime(2024, 6, 1, 10, tzinfo=UTC)),
        (" 2024-06-01T10:00:00+02:00 ", datetime(2024, 6, 1, 8, tzinfo=UTC)),
        (datetime(2024, 6, 1, 10, tzinfo=timezone(timedelta(hours=-5))), datetime(2024, 6, 1, 15, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_utc(given: object, meant: datetime) -> None:
    """Whatever form and zone a caller uses, the store sees one axis."""
    read = as_utc(given)  # type: ignore[arg-type]
    assert (read, read.tzinfo) == (meant, UTC)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (datetime(2024, 6, 1, 10), "no time zone"),  # noqa: DTZ001 - that is the mistake
        ("2024-06-01T10:00:00", "no time zone"),
        ("yesterday", "'yesterday' is not a time"),
        ("", "is not a time"),
        ("2024-13-01", "is not a time"),
        (1717200000, "got int"),
        (None, "got NoneType"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))), "years 1 to 9999"),
    ],
)
def test_what_is_no_point_in_time_is_refused(given: object, named: str) -> None:
    """A time that could mean two moments, or none, is refused with the mend, and under the caller's name for it."""
    with pytest.raises(InvalidInputError, match=named) as caught:
        as_utc(given, name="valid_from")  # type: ignore[arg-type]
    assert "valid_from" in str(caught.value)


@given(INSTANTS)
def test_microseconds_lose_nothing(instant: datetime) -> None:
    """A time that went through the store's integers is the same time."""
    assert from_micros(to_micros(instant)) == instant


def test_an_interval_has_its_start_and_not_its_end() -> None:
    """Two facts that meet on a day do not both hold on it."""
    interval = Interval(start="2024-01-01", end="2025-01-01")
    assert interval.contains(datetime(2024, 1, 1, tzinfo=UTC))
    assert not interval.contains(datetime(2025, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("end", ["2024-01-01", "2023-12-31"])
def test_an_interval_ends_after_it_starts(end: str) -> None:
    """An empty or reversed interval would silently never match."""
    with pytest.raises(InvalidInputError, match="not after its start"):
        Interval(start="2024-01-01", end=end)


@given(intervals(), intervals(), INSTANTS)
def test_cutting_out_leaves_exactly_the_rest(whole: Interval, cut: Interval, instant: datetime) -> None:
    """What supersession leaves of an old fact is what the new one did not take, no more and no less."""
    pieces = whole.minus(cut)
    assert any(piece.contains(instant) for piece in pieces) == (whole.contains(instant) and not cut.contains(instant))
    assert not any(piece.overlaps(cut) for piece in pieces)


@given(intervals(), intervals())
def test_overlap_is_mutual(one: Interval, other: Interval) -> None:
    """Whether two facts clash does not depend on which is asked."""
    assert one.overlaps(other) == other.overlaps(one) == (one.minus(other) != (one,))


def test_a_bare_time_asks_about_the_world() -> None:
    """`as_of="2024-06-01"` means what held then, as best known now."""
    assert AsOf.of("2024-06-01") == AsOf(valid=datetime(2024, 6, 1, tzinfo=UTC), system=None)
    assert AsOf.of(None) == AsOf()
