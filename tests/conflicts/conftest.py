"""Engines on a clock that stands still, with the real judge or one that does as it is told."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from erstwhile.embed import Embedder, HashingEmbedder, load_embedder
from erstwhile.engine import Engine
from erstwhile.extract import RuleExtractor
from erstwhile.judge import Judge, Pair
from erstwhile.ledger import Ledger
from erstwhile.model import Scope
from erstwhile.policy import Policy
from erstwhile.relating import Resolver
from erstwhile.relations import Judgement, Relation
from erstwhile.scoped import ScopedMemory
from erstwhile.store import ReferenceStore, Store
from erstwhile.store.edge import EdgeStore
from erstwhile.testing import FixedClock
from erstwhile.time import Clock

MODEL = HashingEmbedder()
PARTS: dict[str, Any] = {"fingerprint": MODEL.fingerprint, "dimension": MODEL.dimension}


class Told:
    """A judge that goes by the first word: texts like "home: Porto" speak of one thing at a time, and clash where their values differ.

    "home: not Porto" ends Porto; a "?" after a value makes it contradict, a "+" refine. Of the same time, values contradict. Anything else coexists.
    """

    name = "told"

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement | None]:
        """See `Judge.judge`."""
        return [self._judge(pair) for pair in pairs]

    def _judge(self, pair: Pair) -> Judgement | None:
        (about, before), (also, after) = (self._read(version.content) for version in (pair.earlier, pair.later))
        if about != also or not about:
            return Judgement(relation=Relation.COEXISTS, score=1.0, reason="Of two things.", judge=self.name)
        relation, ends = self._relation(before, after)
        if relation is Relation.SUPERSEDES and pair.same_time:
            relation, ends = Relation.CONTRADICTS, False
        return Judgement(relation=relation, score=0.95, reason=f"Told: {relation}.", ends=ends, judge=self.name)

    @staticmethod
    def _read(content: str) -> tuple[str, str]:
        about, _, value = content.partition(": ")
        return (about, value) if value else ("", "")

    @staticmethod
    def _relation(before: str, after: str) -> tuple[Relation, bool]:
        was, is_now = before.rstrip("!?+"), after.rstrip("!?+")
        if was == is_now:
            return Relation.DUPLICATE, False
        if after.endswith("?") or before.endswith("?"):
            return Relation.CONTRADICTS, False
        if after.endswith("+") or before.endswith("+"):
            return Relation.REFINES, False
        if was.startswith("not ") or is_now.startswith("not "):
            if is_now == f"not {was}":
                return Relation.SUPERSEDES, True
            return (Relation.SUPERSEDES, False) if was == f"not {is_now}" else (Relation.COEXISTS, False)
        return Relation.SUPERSEDES, False


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at midnight of 2025-01-01."""
    return FixedClock()


@pytest.fixture(scope="session")
def shipped() -> Embedder:
    """The embedding model that is shipped."""
    return load_embedder("bge-small")


@pytest.fixture(params=["memory", "edge"])
def ana(request: pytest.FixtureRequest, tmp_path: Path, shipped: Embedder, clock: FixedClock) -> Iterator[ScopedMemory]:
    """An empty memory with all that is shipped, on a store in memory and on an embedded one."""
    parts: dict[str, Any] = {"fingerprint": shipped.fingerprint, "dimension": shipped.dimension}
    store: Store = ReferenceStore(**parts) if request.param == "memory" else EdgeStore(tmp_path / "store", **parts, durable=False)
    with Engine(store=store, embedder=shipped, clock=clock) as engine:
        yield engine.scope(user="ana")


@pytest.fixture
def told(clock: FixedClock) -> Callable[..., ScopedMemory]:
    """Makes an empty memory, with a judge that goes by the first word of a text (see `Told`)."""
    return lambda policy=None: memory(ReferenceStore(**PARTS), clock, judge=Told(), policy=policy)


@pytest.fixture
def judging(clock: FixedClock, shipped: Embedder) -> Callable[[Judge], ScopedMemory]:
    """Makes an empty memory, with the shipped embedding model and a judge of the caller's choice."""
    parts: dict[str, Any] = {"fingerprint": shipped.fingerprint, "dimension": shipped.dimension}
    return lambda judge: memory(ReferenceStore(**parts), clock, judge=judge, model=shipped)


@pytest.fixture
def bo(told: Callable[..., ScopedMemory]) -> ScopedMemory:
    """An empty memory, with a judge that goes by the first word of a text (see `Told`)."""
    return told()


def memory(store: Store, clock: Clock, *, judge: Judge, policy: Policy | None = None, model: Embedder = MODEL) -> ScopedMemory:
    """A memory with this judge and no other."""
    ledger = Ledger(store=store, embedder=model, clock=clock)
    return ScopedMemory(ledger, scope=Scope(user="ana"), resolver=Resolver(judge=judge, policy=policy or Policy()), extractor=RuleExtractor())
