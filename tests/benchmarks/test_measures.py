"""What is said of measured times is right."""

import math
from datetime import date

import pytest
from benchmarks import corpus
from benchmarks.measures import percentile, rate, spread, timings
from hypothesis import given
from hypothesis import strategies as st

TIMES = st.lists(st.floats(min_value=0, max_value=10, allow_nan=False), min_size=1, max_size=50)


@given(times=TIMES, share=st.floats(min_value=0, max_value=1))
def test_a_percentile_is_a_measured_value_that_the_share_stays_within(times: list[float], share: float) -> None:
    """A figure in the table was measured, and as many calls as it says were no slower."""
    found = percentile(times, share)
    assert found in times
    assert sum(time <= found for time in times) >= share * len(times)
    faster = [time for time in times if time < found]
    assert not faster or len(faster) < math.ceil(share * len(times))


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.5, 50), (0.95, 95), (0.951, 96), (1, 100)])
def test_percentiles_of_one_to_a_hundred(share: float, expected: int) -> None:
    """Nearest rank, as a reader would count it."""
    assert percentile(range(100, 0, -1), share) == expected


@pytest.mark.parametrize(("times", "share"), [([], 0.5), ([1.0], -0.1), ([1.0], 1.1)])
def test_a_percentile_of_nothing_is_refused(times: list[float], share: float) -> None:
    """A benchmark that measured nothing fails and does not report 0 ms."""
    with pytest.raises(ValueError, match="at least one value"):
        percentile(times, share)


def test_a_spread_is_in_milliseconds() -> None:
    """Seconds go in, and the names say what comes out."""
    assert spread("call", [0.001, 0.002, 0.004]) == {"call_p50_ms": 2.0, "call_p95_ms": 4.0, "call_max_ms": 4.0, "call_times": 3}


def test_a_rate_is_a_second() -> None:
    """500 in 2 s are 250/s."""
    assert rate(500, 2) == 250


def test_warm_up_calls_are_made_and_not_counted() -> None:
    """The first calls load caches; only the others are timed."""
    made: list[int] = []
    times = timings(made.append, range(10), warm_up=3)
    assert made == list(range(10))
    assert len(times) == 7
    assert min(times) >= 0


def test_the_corpus_is_the_same_for_every_size() -> None:
    """A store of 1,000 holds the first memories of a store of 100,000, on every machine."""
    assert list(corpus.memories(0, 30))[10:] == list(corpus.memories(10, 20))
    assert (
        corpus.memory(5).content
        == "The tiny camera broke down on 4 June 2025 while Wanda was away in Recife. The matter touches Copper-67 and about 96 others."
    )
    assert corpus.question(0) == "What is Yusuf allergic to?"


def test_the_corpus_is_varied_and_well_formed() -> None:
    """All types occur, hardly a text occurs twice, and no interval ends before it begins."""
    sample = list(corpus.memories(0, 1_300))
    assert len({memory.type for memory in sample}) == 13
    assert len({memory.content for memory in sample}) > 1_290
    assert all(8 <= len(memory.content.split()) <= 45 for memory in sample)
    assert all(memory.valid_to is None or date.fromisoformat(memory.valid_from) < date.fromisoformat(memory.valid_to) for memory in sample)
