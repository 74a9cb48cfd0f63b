"""How good a ranking is, as pure arithmetic. What counts is the order of the hits; equal scores are no tie, for recall has put them in an order."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["AT", "GAIN_AT", "Judged", "Ranking", "all_at", "any_at", "averages", "distinct", "gain_at", "recall_at"]

AT: Final = (5, 10, 50)
GAIN_AT: Final = 10

Ranking = Sequence[frozenset[str]]
"""What each hit stands for, best first: one id, several where one hit stands for several, none where it stands for nothing that evidence could name."""
Judged = tuple[Ranking, frozenset[str]]
"""A ranking, and the evidence that it should hold."""


def recall_at(ranking: Ranking, evidence: frozenset[str], k: int) -> float:
    """Share of the evidence that is among the first ``k`` hits, 0 to 1.

    Raises:
        ValueError: There is no evidence. So do the other measures.
    """
    return len(_found(ranking, evidence, k)) / len(evidence)


def any_at(ranking: Ranking, evidence: frozenset[str], k: int) -> float:
    """1 where some of the evidence is among the first ``k`` hits, else 0."""
    return float(bool(_found(ranking, evidence, k)))


def all_at(ranking: Ranking, evidence: frozenset[str], k: int) -> float:
    """1 where all of the evidence is among the first ``k`` hits, else 0."""
    return float(_found(ranking, evidence, k) == evidence)


def gain_at(ranking: Ranking, evidence: frozenset[str], k: int) -> float:
    """nDCG with binary relevance, 0 to 1: a hit at rank r counts 1 / log2(r + 1) if it brings evidence that no hit before it brought; divided by what the best
    order would reach (Järvelin and Kekäläinen 2002)."""
    _check(evidence)
    found: set[str] = set()
    gain = 0.0
    for rank, hit in enumerate(ranking[:k], start=1):
        fresh = hit & evidence - found
        gain += bool(fresh) / math.log2(rank + 1)
        found |= fresh
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(len(evidence), k) + 1))


def distinct(ids: Iterable[str | None]) -> tuple[frozenset[str], ...]:
    """A ranking of what hits belong to: each id once, where it comes first. What belongs to nothing is passed over."""
    return tuple(frozenset({id}) for id in dict.fromkeys(ids) if id is not None)


def averages(judged: Sequence[Judged]) -> dict[str, float | int]:
    """Each measure, averaged over questions (every question counts the same), rounded to five digits, and how many questions there were; empty of none."""
    if not judged:
        return {}
    found: dict[str, float | int] = {"questions": len(judged)}
    for name, measure in (("recall", recall_at), ("any", any_at), ("all", all_at)):
        found |= {f"{name}@{k}": _mean(measure(ranking, evidence, k) for ranking, evidence in judged) for k in AT}
    return found | {f"nDCG@{GAIN_AT}": _mean(gain_at(ranking, evidence, GAIN_AT) for ranking, evidence in judged)}


def _found(ranking: Ranking, evidence: frozenset[str], k: int) -> frozenset[str]:
    _check(evidence)
    return evidence.intersection(id for hit in ranking[:k] for id in hit)


def _check(evidence: frozenset[str]) -> None:
    if not evidence:
        raise ValueError("A question without evidence has no recall; leave it out.")


def _mean(values: Iterable[float]) -> float:
    given = list(values)
    return round(math.fsum(given) / len(given), 5)
