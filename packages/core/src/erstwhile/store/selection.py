"""Choosing the best of many scores, the same way in every store."""

import heapq
from collections.abc import Callable, Mapping

__all__ = ["best", "best_of_ranked"]

SPARE = 16


def best(scores: Mapping[str, float], limit: int) -> dict[str, float]:
    """The ``limit`` highest scores, ties broken by id."""
    chosen = heapq.nsmallest(limit, scores.items(), key=lambda item: (-item[1], item[0]))
    return dict(chosen)


def best_of_ranked(fetch: Callable[[int], Mapping[str, float]], first: Mapping[str, float], limit: int) -> dict[str, float]:
    """The ``limit`` highest scores, ties broken by id, from a source that breaks ties as it likes.

    The source is asked for a few more than needed. Only if the last of those still ties with the last one wanted is it asked again, for more.

    Args:
        fetch: Gives so many of the highest scores.
        first: What ``fetch(limit + SPARE)`` gave.
        limit: How many are wanted.
    """
    asked, scores = limit + SPARE, first
    while True:
        chosen = best(scores, limit)
        if len(scores) < asked or min(chosen.values()) > min(scores.values()):
            return chosen
        asked *= 4
        scores = fetch(asked)
