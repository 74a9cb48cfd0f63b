"""Choosing the best of many scores, the same way in every store.

Which of several equals an engine returns first is its own affair. So equals are never cut apart by it: the last group of equals that does not fit whole is
left out, for the channel cannot tell its members apart. Only where nothing would be left, because all of the best are equal, are the lowest ids taken.
"""

import heapq
from collections.abc import Callable, Mapping
from typing import TypeVar

from erstwhile.store.protocol import Candidate
from erstwhile.store.seats import Seat

__all__ = ["best", "best_of_ranked", "candidates"]


Id = TypeVar("Id", str, int)
"""An id as text or as the number it stands for; both sort alike."""


def best(scores: Mapping[Id, float], limit: int) -> dict[Id, float]:
    """The highest scores, at most ``limit``, chosen by the rule above."""
    ordered = heapq.nsmallest(limit + 1, scores.items(), key=lambda item: (-item[1], item[0]))
    if len(ordered) <= limit:
        return dict(ordered)
    first_left_out = ordered[limit][1]
    return {id: score for id, score in ordered if score > first_left_out} or dict(ordered[:limit])


def best_of_ranked(fetch: Callable[[int], Mapping[Id, float]], first: Mapping[Id, float], limit: int) -> dict[Id, float]:
    """The same, from a source that gives its highest scores and orders equals as it likes.

    Args:
        fetch: Gives so many of the highest scores.
        first: What ``fetch(limit + 1)`` gave.
        limit: How many are wanted.
    """
    asked, scores = limit + 1, first
    while len(scores) >= asked and min(scores.values()) == max(scores.values()):
        asked *= 4
        scores = fetch(asked)
    return best(scores, limit)


def candidates(
    dense: Mapping[Id, float], lexical: Mapping[Id, float], seat: Callable[[Id], Seat | None], *, written: Callable[[Id], str] = str
) -> tuple[Candidate, ...]:
    """The two channels as one list, in order of id, each with its seat; what is asked of an id is asked of what was chosen only.

    Args:
        dense: The best by meaning.
        lexical: The best by words.
        seat: The seat of an id.
        written: How it is written out.
    """
    found = {written(id): id for id in dense.keys() | lexical.keys()}
    return tuple(Candidate(id=name, dense=dense.get(id := found[name]), lexical=lexical.get(id), seat=seat(id)) for name in sorted(found))
