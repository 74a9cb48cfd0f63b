"""Judges asked one after another: the next only about what those before could not tell."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from erstwhile.claims.reading import read
from erstwhile.judge.protocol import Judge, Pair
from erstwhile.relations import Judgement, Relation

__all__ = ["Cascade"]

ENOUGH: Final = 0.7
"""A judgement at least so sure is not put to the next judge."""


class Cascade:
    """Asks each judge in turn, and makes of the first sure answer what the times allow.

    Of two memories that hold from the same time on, neither supersedes the other unless it says so: they contradict.

    Args:
        judges: In the order in which they are asked.
    """

    def __init__(self, judges: Sequence[Judge]) -> None:
        self._judges = tuple(judges)

    @property
    def name(self) -> str:
        """The names of its judges."""
        return ", ".join(judge.name for judge in self._judges)

    def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement, ...]:
        """See `Judge.judge`; where nobody has anything to say, the two coexist."""
        found: dict[int, Judgement] = {}
        for judge in self._judges:
            open_places = [place for place in range(len(pairs)) if place not in found or found[place].score < ENOUGH]
            answers = judge.judge([pairs[place] for place in open_places]) if open_places else ()
            for place, answer in zip(open_places, answers, strict=True):
                if answer is not None and (place not in found or answer.score > found[place].score):
                    found[place] = answer
        return tuple(_timed(found[place], pair) if place in found else _nothing(pair) for place, pair in enumerate(pairs))


def _nothing(pair: Pair) -> Judgement:
    return Judgement(relation=Relation.COEXISTS, score=round(max(0.0, 1 - pair.cosine), 6), reason="Nothing tells that they clash.")


def _timed(judgement: Judgement, pair: Pair) -> Judgement:
    if judgement.relation is not Relation.SUPERSEDES:
        return judgement
    corrects = judgement.explicit or read(pair.later.content, pair.later.source.actor).has("corrected")
    if pair.same_time and not corrects:
        return replace(judgement, relation=Relation.CONTRADICTS, reason=f"{judgement.reason} Both are said of the same time.", ends=False)
    return replace(judgement, explicit=corrects)
