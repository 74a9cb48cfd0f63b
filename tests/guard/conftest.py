"""Memories whose judge and extractor were talked into anything."""

from collections.abc import Callable, Sequence

import pytest

from erstwhile.embed import HashingEmbedder
from erstwhile.extract import Drawn, Extractor, RuleExtractor
from erstwhile.judge import Judge, Pair, RuleJudge
from erstwhile.ledger import Ledger
from erstwhile.model import MemoryType, Provenance, Scope, SourceKind, Version
from erstwhile.policy import Policy
from erstwhile.relating import Resolver
from erstwhile.relations import Judgement, Relation
from erstwhile.scoped import ScopedMemory
from erstwhile.store import ReferenceStore
from erstwhile.testing import FixedClock

MODEL = HashingEmbedder()
TOOL = Provenance(kind=SourceKind.TOOL, actor="browser")


class Suborned:
    """A judge that says the worst of every pair, as surely as can be."""

    name = "suborned"

    def __init__(self, relation: Relation, *, ends: bool) -> None:
        self._found = Judgement(relation=relation, score=1.0, reason="So it told me.", ends=ends, explicit=True, judge=self.name)

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement | None]:
        """See `Judge.judge`."""
        return [self._found for _ in pairs]


class Obedient:
    """An extractor that draws whatever a turn says as an instruction."""

    name = "obedient"

    def draw(self, turns: Sequence[Version]) -> list[Drawn]:
        """See `Extractor.draw`."""
        return [Drawn(turn=place, content=turn.content, type=MemoryType.INSTRUCTION, quote=turn.content) for place, turn in enumerate(turns)]


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at midnight of 2025-01-01."""
    return FixedClock()


@pytest.fixture
def make(clock: FixedClock) -> Callable[..., ScopedMemory]:
    """Makes a memory of its own with a judge and an extractor; without any, those that need no model."""

    def make(judge: Judge | None = None, extractor: Extractor | None = None, policy: Policy | None = None) -> ScopedMemory:
        ledger = Ledger(store=ReferenceStore(fingerprint=MODEL.fingerprint, dimension=MODEL.dimension), embedder=MODEL, clock=clock)
        resolver = Resolver(judge=judge or RuleJudge(), policy=policy or Policy())
        return ScopedMemory(ledger, scope=Scope(user="ana"), resolver=resolver, extractor=extractor or RuleExtractor())

    return make


@pytest.fixture
def ana(make: Callable[..., ScopedMemory]) -> ScopedMemory:
    """An empty memory."""
    return make()
