"""What is said of a ranking is what a reader would count by hand."""

import math
from collections.abc import Callable

import pytest
from benchmarks.retrieval.metrics import Ranking, all_at, any_at, averages, distinct, gain_at, recall_at


def _ranking(*hits: str) -> tuple[frozenset[str], ...]:
    """A hit a word: "a" stands for one turn, "ab" for two, "-" for none."""
    return tuple(frozenset(hit.replace("-", "")) for hit in hits)


RANKING = _ranking("x", "a", "y", "b", "z", "c")
ABC = frozenset("abc")


@pytest.mark.parametrize(("k", "share", "some", "every"), [(1, 0, 0, 0), (2, 1 / 3, 1, 0), (4, 2 / 3, 1, 0), (5, 2 / 3, 1, 0), (6, 1, 1, 1), (50, 1, 1, 1)])
def test_evidence_is_counted_among_the_first_k(k: int, share: float, some: float, every: float) -> None:
    """The k-th hit counts and the next does not; fewer hits than k are all that there is."""
    assert recall_at(RANKING, ABC, k) == pytest.approx(share)
    assert (any_at(RANKING, ABC, k), all_at(RANKING, ABC, k)) == (some, every)


def test_gain_is_discounted_by_rank() -> None:
    """Evidence at ranks 2, 4 and 6, against ranks 1, 2 and 3 in the best order."""
    got = 1 / math.log2(3) + 1 / math.log2(5) + 1 / math.log2(7)
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert gain_at(RANKING, ABC, 10) == pytest.approx(got / best)
    assert gain_at(RANKING, ABC, 5) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / best)


def test_the_best_order_is_cut_too() -> None:
    """Three turns cannot all be among two hits: two of them are perfect."""
    assert gain_at(_ranking("a", "c", "b"), ABC, 2) == 1.0


def test_the_same_turn_twice_counts_once() -> None:
    """A memory and its turn, or a repetition, earn nothing the second time, though they take up a place."""
    assert gain_at(_ranking("a", "a", "b"), frozenset("ab"), 10) == pytest.approx((1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3)))
    assert recall_at(_ranking("a", "a", "b"), frozenset("ab"), 2) == 0.5


def test_a_hit_may_stand_for_several_turns() -> None:
    """What is folded into a hit was found with it."""
    assert recall_at(_ranking("xab"), ABC, 1) == pytest.approx(2 / 3)
    assert all_at(_ranking("-", "ab", "c"), ABC, 3) == 1


def test_order_decides_and_nothing_else() -> None:
    """Two hits that score alike are ranked as they were returned: exchanging them changes what is found at 1."""
    assert [recall_at(ranking, frozenset("a"), 1) for ranking in (_ranking("a", "b"), _ranking("b", "a"))] == [1, 0]


def test_nothing_found_is_nought() -> None:
    """An empty answer has no recall, and is no error."""
    assert [measure((), ABC, 10) for measure in (recall_at, any_at, all_at, gain_at)] == [0, 0, 0, 0]


@pytest.mark.parametrize("measure", [recall_at, any_at, all_at, gain_at])
def test_without_evidence_there_is_no_measure(measure: Callable[[Ranking, frozenset[str], int], float]) -> None:
    """Neither 0 nor 1 would be right: such questions are to be left out."""
    with pytest.raises(ValueError, match="leave it out"):
        measure(RANKING, frozenset(), 10)


def test_sessions_are_ranked_by_their_first_hit() -> None:
    """Each once; what belongs to no session takes no place."""
    assert distinct(["b", "a", None, "b", "c"]) == _ranking("b", "a", "c")


def test_averages_are_over_questions() -> None:
    """A question with two turns weighs as much as one with one: 1/2 and 1 give 75 %."""
    found = averages([(_ranking("a", "x"), frozenset("ab")), (_ranking("x", "a"), frozenset("a"))])
    assert (found["questions"], found["recall@5"], found["any@5"], found["all@5"]) == (2, 0.75, 1.0, 0.5)
    first, second = 1 / (1 + 1 / math.log2(3)), 1 / math.log2(3)
    assert found["nDCG@10"] == pytest.approx((first + second) / 2, abs=1e-5)
    assert averages([]) == {}
