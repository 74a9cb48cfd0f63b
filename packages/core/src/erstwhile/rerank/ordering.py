"""Hits in the order of a reranker's scores, as a pure function."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Real

from erstwhile.errors import InvalidInputError
from erstwhile.results import Hit

__all__ = ["reranked"]


def reranked(hits: Sequence[Hit], scores: Sequence[float]) -> tuple[Hit, ...]:
    """The same hits with their scores, the best scored first. Hits with equal scores stay in the order in which they were given.

    Args:
        hits: What a recall found, best first; they keep the scores of the recall beside the new ones.
        scores: What a reranker gave for each of them, 0 to 1, in their order.

    Raises:
        InvalidInputError: there is not one score for each hit, or one is no number from 0 to 1.
    """
    if len(scores) != len(hits):
        raise InvalidInputError(f"scores: {len(scores)} for {len(hits)} hits; a reranker gives each text one score, in their order.")
    for place, score in enumerate(scores):
        if not _is_share(score):
            raise InvalidInputError(f"scores[{place}] is {score!r:.40}; a reranker gives each text a number from 0 to 1.")
    places = sorted(range(len(hits)), key=lambda place: -scores[place])
    return tuple(replace(hits[place], reranked=float(scores[place])) for place in places)


def _is_share(value: object) -> bool:
    # What is not a number compares as neither; one such among the scores would leave the order to chance.
    return not isinstance(value, bool) and isinstance(value, Real) and 0 <= float(value) <= 1
