"""From candidates to hits: fusion and folding, as pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from erstwhile.results import Hit
from erstwhile.store import Candidate

__all__ = ["rank"]

DENSE_WEIGHT: Final = 0.6
LEXICAL_WEIGHT: Final = 0.4
"""Weights of the two channels after each is scaled to 0..1; chosen by cross-validation over LoCoMo's conversations (docs/explanation/recall.md)."""
SCORE_DIGITS: Final = 6
"""Scores are compared to so many digits, so that the last bits of float32 sums never decide an order; what is equal then is ordered by id."""


def rank(candidates: Sequence[Candidate], *, k: int) -> tuple[Hit, ...]:
    """The ``k`` best hits, best first, ties broken by id.

    The score is ``0.6 x dense + 0.4 x lexical``, each scaled linearly so that the best candidate of the channel has 1 and the worst 0; a candidate that a
    channel did not return has 0 there. A memory and the turns it was drawn from become one hit, at the better of their scores.
    """
    dense = _scaled({candidate.version.id: candidate.dense for candidate in candidates if candidate.dense is not None})
    lexical = _scaled({candidate.version.id: candidate.lexical for candidate in candidates if candidate.lexical is not None})
    hits = [
        Hit(
            version=candidate.version,
            score=round(DENSE_WEIGHT * dense.get(candidate.version.id, 0.0) + LEXICAL_WEIGHT * lexical.get(candidate.version.id, 0.0), SCORE_DIGITS),
            dense=candidate.dense,
            lexical=candidate.lexical,
        )
        for candidate in candidates
    ]
    return tuple(sorted(_fold(hits), key=lambda hit: (-hit.score, hit.version.id))[:k])


def _scaled(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    width = high - low
    return {id: (score - low) / width if width else 1.0 for id, score in scores.items()}


def _fold(hits: Iterable[Hit]) -> list[Hit]:
    by_id = {hit.version.id: hit for hit in hits}
    folded: set[str] = set()
    kept: list[Hit] = []
    for hit in by_id.values():
        turns = [by_id[id] for id in hit.version.links.derived_from if id in by_id and by_id[id].version.is_turn]
        folded.update(turn.version.id for turn in turns)
        best = max([hit.score, *(turn.score for turn in turns)])
        kept.append(replace(hit, score=best, evidence=tuple(turn.version.id for turn in turns)) if turns else hit)
    return [hit for hit in kept if hit.version.id not in folded]
