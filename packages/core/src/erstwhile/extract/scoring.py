"""How much a text speaks for each of the thirteen types."""

from typing import Final

from erstwhile.extract.cues import CUES, NAMED, SETTLED, Cue
from erstwhile.extract.grammar import is_imperative, is_past, split_words, verb_at
from erstwhile.extract.openings import plain, without_opening
from erstwhile.extract.orders import standing_order
from erstwhile.model import MemoryType

__all__ = ["weighed"]

_READ: Final = 1_000
"""How much of a text is read, in characters: what it is shows early, and the cost stays bounded."""
_FURTHER: Final = 0.25
"""What a further cue for the same type adds, as a share of its weight: many weak cues shall not outvote a plain one."""
_FALLBACK: Final = 0.3
_PAST_STATES: Final = frozenset(
    {"was", "were", "had", "used", "wanted", "liked", "loved", "preferred", "hoped", "planned", "felt", "thought", "knew", "believed"}
)
_PERFECT: Final = frozenset({"i've", "we've", "he's", "she's", "they've", "have", "has"})
_BETWEEN: Final = frozenset({"just", "already", "finally", "now", "also", "recently", "successfully", "been"})


def weighed(text: str) -> tuple[MemoryType, float]:
    """The type that most speaks for, and how sure it is; see `erstwhile.extract.kind_of`."""
    low = plain(text[:_READ])
    low = low[without_opening(text[:_READ]) :].rstrip(" .!\n")
    words = split_words(low)
    scores = {kind: score for kind, cues in CUES.items() if (score := _score(low, cues))}
    if NAMED.search(text[:_READ]):
        _add(scores, MemoryType.RELATIONSHIP, 3.5)
    _add(scores, MemoryType.EVENT, _happened(words))
    if words and (standing := standing_order(low, words)):
        _add(scores, MemoryType.INSTRUCTION, 5 * standing)
    elif _orders(low, words):
        _add(scores, MemoryType.INSTRUCTION, 2.2)
    if _score(low, SETTLED) and not _orders(low, words):
        _add(scores, MemoryType.EVENT, 4.0)
    if not scores:
        return MemoryType.FACT, _FALLBACK
    best = max(scores, key=lambda kind: scores[kind])
    second = max((score for kind, score in scores.items() if kind is not best), default=0.0)
    return best, _confidence(scores[best], second)


def _score(low: str, cues: tuple[Cue, ...]) -> float:
    weights = sorted((weight for weight, pattern in cues if pattern.search(low)), reverse=True)
    return weights[0] + _FURTHER * sum(weights[1:]) if weights else 0.0


def _add(scores: dict[MemoryType, float], kind: MemoryType, weight: float) -> None:
    if weight:
        had = scores.get(kind, 0.0)
        scores[kind] = max(had, weight) + _FURTHER * min(had, weight)


def _happened(words: list[str]) -> float:
    # The main verb in the past tells of something that happened; "was" and "had" tell more of how things were.
    verb = verb_at(words)
    if verb is None:
        return 0.0
    if words[verb] in _PERFECT:
        done = next((word for word in words[verb + 1 :] if word not in _BETWEEN), "")
        return 2.2 if is_past(done) and done not in _PAST_STATES else 0.0
    if not is_past(words[verb]):
        return 0.0
    if words[verb] not in _PAST_STATES:
        return 2.4
    return 2.4 if verb + 1 < len(words) and is_past(words[verb + 1]) else 1.4


def _orders(low: str, words: list[str]) -> bool:
    return is_imperative(words) and not low.startswith(("let's", "remind me"))


def _confidence(best: float, second: float) -> float:
    # Sure where the cue is strong and nothing else is close: 4 against nothing gives 0.95, a tie never more than about 0.5.
    strength = min(best / 4, 1.0)
    lead = (best - second) / best
    return round(min(0.95, 0.25 + 0.35 * strength + 0.45 * lead * strength), 2)
