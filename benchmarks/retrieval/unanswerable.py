"""Questions of one conversation asked of another, which does not hold the answer: what recall returns, and what would tell them from the others. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks.retrieval.asking import Asked
from benchmarks.retrieval.cases import Ask, Case
from benchmarks.retrieval.metrics import any_at

__all__ = ["LOST", "SIGNALS", "cut_offs", "rotated", "signals"]

SIGNALS: Final = ("relevance", "score", "dense", "lexical")
"""What hits say of their relevance: ``relevance`` is the highest of any hit, the others are those of the first one."""
FOUND_AT: Final = 10
LOST: Final = (0.01, 0.02, 0.05, 0.1)
DIGITS: Final = 4

Values = Mapping[str, Any]


def rotated(cases: Sequence[Case], groups: frozenset[str]) -> list[list[Ask]]:
    """The questions of others that each case is asked.

    Each question of these groups goes to one other case: the first to the next one, the second to the one after that, and so on round. None where there is one
    case only.
    """
    foreign: list[list[Ask]] = [[] for _ in cases]
    others = len(cases) - 1
    for place, case in enumerate(cases):
        asks = [ask for ask in case.asks if ask.group in groups]
        for number, ask in enumerate(asks if others else ()):
            foreign[(place + 1 + number % others) % len(cases)].append(ask)
    return foreign


def signals(answerable: Sequence[Asked], unanswerable: Sequence[Asked]) -> dict[str, Any]:
    """What came back, and what it said of its relevance. Both are to be asked without a cut-off too.

    Returns:
        For ``answerable`` and ``unanswerable``: ``questions``, of which ``empty`` had no hit as shipped, and for each of `SIGNALS` an array with a number a
        question, measured without a cut-off; ``None`` where nothing was found, or not by that channel. ``answerable`` has two more: ``found10`` is 1 where a
        turn of evidence is among the first ten hits without a cut-off, else 0, and ``kept10`` the same as shipped.
    """
    found = {
        "found10": [int(any_at(each.uncut.turns if each.uncut else (), each.ask.turns, FOUND_AT)) for each in answerable],
        "kept10": [int(any_at(each.turns, each.ask.turns, FOUND_AT)) for each in answerable],
    }
    return {"answerable": _signals(answerable) | found, "unanswerable": _signals(unanswerable)}


def _signals(asked: Sequence[Asked]) -> dict[str, Any]:
    arrays = {name: [_rounded(_signal(each, name)) for each in asked] for name in SIGNALS}
    return {"questions": len(asked), "empty": sum(not each.turns for each in asked), **arrays}


def _signal(each: Asked, name: str) -> float | None:
    if each.uncut is None:
        return None
    return each.uncut.relevance if name == "relevance" else getattr(each.uncut.top, name, None)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def cut_offs(found: Values, signal: str, losses: Sequence[float] = LOST) -> dict[float, tuple[float, float]]:
    """What a cut-off on one signal alone could do.

    For each share of ``losses``: the cut-off below which at most that share of the questions lies whose evidence was found, and the share of unanswerable ones
    below it. Both are read from the same questions, so the second flatters.

    Args:
        found: What `signals` gives.
        signal: One of `SIGNALS`. A missing one counts as lower than any.
        losses: Shares of the answers found that may be lost, each below 1.
    """
    answered, own = found["answerable"], [-math.inf if value is None else value for value in found["answerable"][signal]]
    right = sorted(value for value, hit in zip(own, answered["found10"], strict=True) if hit)
    wrong = [-math.inf if value is None else value for value in found["unanswerable"][signal]]
    if not right or not wrong:
        return {}
    cuts = {lost: right[math.floor(lost * len(right))] for lost in losses}
    return {lost: (cut, sum(value < cut for value in wrong) / len(wrong)) for lost, cut in cuts.items()}
