"""What ranking asks of a candidate, as the numbers that a store keeps."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile import Provenance, Scope
from erstwhile.store import ReferenceStore, Search, Seat, Where, name_mark
from erstwhile.store.seats import LIMIT, NUMBERS
from erstwhile.testing.case import put
from erstwhile.testing.rows import DIMENSION, FINGERPRINT, make_row, make_vector, make_version
from erstwhile.time import Interval, as_utc

DAYS = st.integers(-719_162, 2_932_896)


def _year(year: int) -> Interval:
    return Interval(start=as_utc(f"{year}-01-01"), end=as_utc(f"{year + 1}-01-01"))


def _said(**parts: Any) -> Seat:  # noqa: ANN401 - what a version is made of
    return Seat.of(make_version("Tea.", source=Provenance(**parts)))


@given(
    talk=st.tuples(st.integers(0, LIMIT - 1), st.integers(0, LIMIT - 1)) | st.none(),
    turn=st.integers(0, LIMIT - 1),
    names=st.lists(st.integers(1, LIMIT - 1), max_size=4),
    day=DAYS,
    times=st.lists(st.tuples(DAYS, DAYS).filter(lambda pair: pair[0] < pair[1]), max_size=4),
)
def test_what_is_written_is_read(talk: tuple[int, int] | None, turn: int, names: list[int], day: int, times: list[tuple[int, int]]) -> None:
    """Through float32, whatever a seat holds."""
    seat = Seat(talk=talk, turn=None if talk is None else turn, names=tuple(names), day=day, times=tuple(times))
    numbers = np.asarray(seat.written(), dtype=np.float32)
    assert len(numbers) == NUMBERS
    assert Seat.read(numbers.tolist()) == seat


@pytest.mark.parametrize("numbers", [[], [0.0] * (NUMBERS - 1), [0.5] * NUMBERS, [float("nan")] * NUMBERS, [float("inf")] * NUMBERS])
def test_other_numbers_are_no_seat(numbers: list[float]) -> None:
    """Too few, or not whole."""
    with pytest.raises((ValueError, OverflowError)):
        Seat.read(numbers)


def test_places_are_told_apart() -> None:
    """By scope, session and turn; without both of the last two there is none."""
    seats = [_said(session="s", turn=1), _said(session="t", turn=1), _said(session="s", turn=2)]
    assert len({(seat.talk, seat.turn) for seat in seats}) == 3
    assert seats[0].talk == seats[2].talk
    other = Seat.of(make_version("Tea.", source=Provenance(session="s", turn=1), scope=Scope(user="zoe")))
    assert other.talk != seats[0].talk
    assert _said(session="s", turn=LIMIT + 1).turn == 1
    assert [(seat.talk, seat.turn) for seat in (_said(session="s"), _said())] == [(None, None)] * 2


def test_everybody_goes_by_the_words_of_a_name() -> None:
    """Four of them, in whatever case."""
    assert _said(actor="Ana de SOUSA Silva Costa").names == tuple(name_mark(word) for word in ("ana", "de", "sousa", "silva"))


def test_four_times_are_kept() -> None:
    """Of a text that speaks of more, the first."""
    seat = Seat.of(make_version("Tea.", times=tuple(_year(year) for year in range(2001, 2007))))
    assert len(seat.times) == 4
    assert seat.times[0][1] - seat.times[0][0] == 365


def test_a_search_reads_seats_only_where_asked() -> None:
    """As the version says."""
    store, row = ReferenceStore(fingerprint=FINGERPRINT, dimension=DIMENSION), make_row("Tea.", source=Provenance(session="s", turn=3))
    put(store, row)
    search = Search(where=Where(scopes=(row.version.scope,)), vector=make_vector("tea"), text="tea")
    assert [candidate.seat for candidate in store.search(replace(search, seats=True))] == [Seat.of(row.version)]
    assert [candidate.seat for candidate in store.search(search)] == [None]
