"""Hits in the order of a reranker's scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile.errors import InvalidInputError
from erstwhile.rerank import reranked
from erstwhile.results import Hit
from erstwhile.testing import make_version

if TYPE_CHECKING:
    from collections.abc import Sequence


def hits(*scores: float) -> list[Hit]:
    return [Hit(version=make_version(f"memory {place}"), score=score) for place, score in enumerate(scores)]


def ordered(given: Sequence[Hit], scores: Sequence[float]) -> list[int]:
    """Places, in what was given, of the reordered hits."""
    ids = [hit.version.id for hit in given]
    return [ids.index(hit.version.id) for hit in reranked(given, scores)]


def test_the_best_scored_comes_first() -> None:
    """What the reranker prefers comes first, whatever recall thought of it."""
    given = hits(0.9, 0.8, 0.1)
    assert ordered(given, [0.2, 0.1, 0.7]) == [2, 0, 1]
    assert [hit.reranked for hit in reranked(given, [0.2, 0.1, 0.7])] == [0.7, 0.2, 0.1]


def test_equals_stay_in_their_order() -> None:
    """Between texts that the reranker cannot tell apart, recall decides."""
    given = hits(0.5, 0.9, 0.1, 0.4)
    assert ordered(given, [0.3, 0.8, 0.3, 0.3]) == [1, 0, 2, 3]
    assert ordered(given, [0.0, -0.0, 0, 0.0]) == [0, 1, 2, 3]


def test_hits_stay_as_they_are() -> None:
    """The list that was given keeps its order, and each hit the score that recall gave it."""
    given = hits(0.9, 0.8)
    untouched = list(given)
    assert [hit.score for hit in reranked(given, [0.1, 0.2])] == [0.8, 0.9]
    assert given == untouched


def test_nothing_to_order() -> None:
    """A recall that found nothing stays empty."""
    assert reranked([], []) == ()


@given(st.lists(st.floats(0, 1), max_size=20))
def test_every_hit_is_there_once(scores: list[float]) -> None:
    """Nothing is lost or doubled, scores fall, and equals keep their order."""
    assert ordered(hits(*scores), scores) == sorted(range(len(scores)), key=lambda place: (-scores[place], place))


def test_numbers_of_numpy_are_scores() -> None:
    """A reranker may hand on what its model gave."""
    assert ordered(hits(0.5, 0.5), np.array([0.25, 0.5], dtype=np.float32)) == [1, 0]


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.1, 1.1, True, "0.5", None])
def test_what_is_no_score_is_refused(score: float) -> None:
    """What cannot be compared would leave the order to chance; the message says which one it was."""
    with pytest.raises(InvalidInputError, match=r"scores\[1\] is .*from 0 to 1"):
        reranked(hits(0.5, 0.5), [0.5, score])


@pytest.mark.parametrize("scores", [[], [0.5], [0.5, 0.5, 0.5]])
def test_each_hit_needs_its_score(scores: list[float]) -> None:
    """Scores that belong to other texts are not taken for these."""
    with pytest.raises(InvalidInputError, match=f"{len(scores)} for 2 hits"):
        reranked(hits(0.5, 0.5), scores)
