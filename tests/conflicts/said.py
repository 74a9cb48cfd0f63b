"""Pairs of texts as a judge gets them, what a judge may say of one, and a judge that says the same of each."""

from collections.abc import Sequence
from dataclasses import replace

from erstwhile.claims.reading import read
from erstwhile.judge import Pair
from erstwhile.model import MemoryType, Version
from erstwhile.relations import Judgement, Relation
from erstwhile.testing import make_version


class Always:
    """A judge that says the same of every pair."""

    def __init__(self, judgement: Judgement | None) -> None:
        self.name, self._judgement, self.asked = "always", judgement, 0

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement | None]:
        """See `Judge.judge`."""
        self.asked += len(pairs)
        return [self._judgement] * len(pairs)


def told(relation: Relation, score: float = 0.9) -> Judgement:
    """What a judge without rules says: two are related so."""
    return Judgement(relation=relation, score=score, reason="Told.", judge="always")


def said(earlier: str, later: str, *, cosine: float = 0.8) -> Pair:
    """Two texts and what they claim, the second of a later time."""
    return Pair(earlier=_read(earlier), later=_read(later, valid_from="2024-06-01"), cosine=cosine)


def told_by(pair: Pair, earlier: str, later: str) -> Pair:
    """The pair as these two say it in a conversation."""
    return replace(pair, earlier=_as_said_by(pair.earlier, earlier), later=_as_said_by(pair.later, later))


def drawn(pair: Pair) -> Pair:
    """The pair as drawn, word for word, from turns of a conversation."""
    return replace(pair, earlier=_quoting(pair.earlier, pair.earlier.content), later=_quoting(pair.later, pair.later.content))


def in_other_words(pair: Pair) -> Pair:
    """A drawn pair as a language model puts it: what it was drawn from reads otherwise."""
    return replace(pair, earlier=_quoting(pair.earlier, "As they say."), later=_quoting(pair.later, "As they say."))


def typed(pair: Pair, earlier: MemoryType, later: MemoryType | None = None) -> Pair:
    """The pair with other types; the later one's may stay."""
    return replace(pair, earlier=replace(pair.earlier, type=earlier), later=replace(pair.later, type=later or pair.later.type))


def _read(content: str, **parts: str) -> Version:
    version = make_version(content, **parts)
    return replace(version, claims=read(content, version.source.actor).claims)


def _as_said_by(version: Version, actor: str) -> Version:
    return replace(version, source=replace(version.source, actor=actor, session="talk", turn=0), claims=read(version.content, actor).claims)


def _quoting(version: Version, quote: str) -> Version:
    return replace(version, source=replace(version.source, session="talk", turn=0, quote=quote))
