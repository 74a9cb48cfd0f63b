"""From candidates to hits: fusion and folding, as pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from erstwhile.model import Version
from erstwhile.results import Hit
from erstwhile.store import Candidate

__all__ = ["Ranked", "fold", "fuse"]

DENSE_WEIGHT: Final = 0.6
LEXICAL_WEIGHT: Final = 0.4
"""Weights of the two channels after each is scaled to 0…1: the best of those tried on LoCoMo, cross-validated, when
erstwhile was designed. They have not been measured again since."""
SCORE_DIGITS: Final = 6
"""Scores are compared to so many digits, so that the last bits of float32 sums never decide an order; what is equal then is ordered by id."""

ALIKE: Final = 0.25
"""Scores that differ by no more are alike, where the order of values of one attribute is concerned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate with its fused score, 0 to 1."""

    candidate: Candidate
    score: float


def fuse(candidates: Sequence[Candidate]) -> tuple[Ranked, ...]:
    """All candidates, best first, ties broken by id.

    The score is ``0.6 x dense + 0.4 x lexical``, each scaled linearly so that the best candidate of the channel has 1 and the worst 0; a candidate that a
    channel did not return has 0 there.
    """
    dense = _scaled({candidate.id: candidate.dense for candidate in candidates if candidate.dense is not None})
    lexical = _scaled({candidate.id: candidate.lexical for candidate in candidates if candidate.lexical is not None})
    ranked = [
        Ranked(candidate=each, score=round(DENSE_WEIGHT * dense.get(each.id, 0.0) + LEXICAL_WEIGHT * lexical.get(each.id, 0.0), SCORE_DIGITS))
        for each in candidates
    ]
    return tuple(sorted(ranked, key=lambda item: (-item.score, item.candidate.id)))


def _scaled(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    width = high - low
    return {id: (score - low) / width if width else 1.0 for id, score in scores.items()}


def fold(ranked: Iterable[Ranked], versions: Mapping[str, Version]) -> tuple[Hit, ...]:
    """Hits, best first. A memory and the turns it was drawn from become one hit, at the better of their scores.

    Args:
        ranked: Best first.
        versions: The versions that were read, by id; what is not among them is left out.
    """
    hits = {
        item.candidate.id: Hit(version=versions[item.candidate.id], score=item.score, dense=item.candidate.dense, lexical=item.candidate.lexical)
        for item in ranked
        if item.candidate.id in versions
    }
    folded: set[str] = set()
    kept: list[Hit] = []
    for hit in hits.values():
        turns = [hits[id] for id in hit.version.links.derived_from if id in hits and hits[id].version.is_turn]
        folded.update(turn.version.id for turn in turns)
        best = max(hit.score, *(turn.score for turn in turns)) if turns else hit.score
        kept.append(replace(hit, score=best, evidence=tuple(turn.version.id for turn in turns)))
    return _newest_first(sorted((hit for hit in kept if hit.version.id not in folded), key=lambda hit: (-hit.score, hit.version.id)))


def _newest_first(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Of hits that say something about the same attribute of the same subject and score alike, the newest comes first.

    Where an attribute can have several values, all of them hold, and what was said last is what a question means more often. The places and scores that such
    hits have between them stay the same.
    """
    groups: dict[str, list[int]] = {}
    for place, hit in enumerate(hits):
        if len(hit.version.claims) == 1:
            slot = hit.version.claims[0].slot
            group = groups.setdefault(slot, [])
            if group and hits[group[0]].score - hit.score > ALIKE:
                groups[slot] = group = []
            group.append(place)
    ordered = list(hits)
    for places in groups.values():
        newest = sorted((hits[place] for place in places), key=lambda hit: (hit.version.confirmed_at, hit.version.id), reverse=True)
        for place, hit in zip(places, newest, strict=True):
            ordered[place] = replace(hit, score=hits[place].score)
    return tuple(ordered)
