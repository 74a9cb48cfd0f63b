"""Memories on a clock that stands still: with all that is shipped, or with a judge that goes by the words alone."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from erstwhile.embed import Embedder, HashingEmbedder, load_embedder
from erstwhile.engine import Engine
from erstwhile.extract import RuleExtractor
from erstwhile.judge import Pair
from erstwhile.ledger import Ledger
from erstwhile.model import Scope
from erstwhile.policy import Policy
from erstwhile.relating import Resolver
from erstwhile.relations import Judgement, Relation
from erstwhile.scoped import ScopedMemory
from erstwhile.store import ReferenceStore, Store
from erstwhile.store.edge import EdgeStore
from erstwhile.testing import FixedClock

MODEL = HashingEmbedder()


class Literal:
    """A judge that takes texts for the same whose words are, whatever their marks and case, and two values of one thing ("home: Porto") for a clash."""

    name = "literal"

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement | None]:
        """See `Judge.judge`."""
        return [self._judge(pair) for pair in pairs]

    def _judge(self, pair: Pair) -> Judgement:
        before, after = (version.content.rstrip("!.?").casefold() for version in (pair.earlier, pair.later))
        if before == after:
            return Judgement(relation=Relation.DUPLICATE, score=0.95, reason="The same words.", judge=self.name)
        clash = ": " in before and before.partition(": ")[0] == after.partition(": ")[0]
        relation = Relation.CONTRADICTS if clash else Relation.COEXISTS
        return Judgement(relation=relation, score=0.95, reason=f"Literally: {relation}.", judge=self.name)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at midnight of 2025-01-01."""
    return FixedClock()


@pytest.fixture(scope="session")
def shipped() -> Embedder:
    """The embedding model that is shipped."""
    return load_embedder("bge-small")


@pytest.fixture
def engine(shipped: Embedder, clock: FixedClock) -> Iterator[Engine]:
    """All that is shipped, on a store in memory."""
    with Engine(store=ReferenceStore(fingerprint=shipped.fingerprint, dimension=shipped.dimension), embedder=shipped, clock=clock) as engine:
        yield engine


@pytest.fixture
def ana(engine: Engine) -> ScopedMemory:
    """An empty memory of it."""
    return engine.scope(user="ana")


@pytest.fixture
def literal(clock: FixedClock) -> Callable[..., ScopedMemory]:
    """Makes an empty memory that needs no model; see `Literal`."""
    return lambda policy=None, clock=clock: memory(clock, policy=policy)


@pytest.fixture
def bo(literal: Callable[..., ScopedMemory]) -> ScopedMemory:
    """An empty memory that needs no model."""
    return literal()


@pytest.fixture(params=["memory", "edge"])
def on_disk(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[ScopedMemory]:
    """The same, on a store in memory and on an embedded one."""
    parts: dict[str, Any] = {"fingerprint": MODEL.fingerprint, "dimension": MODEL.dimension}
    store: Store = ReferenceStore(**parts) if request.param == "memory" else EdgeStore(tmp_path / "store", **parts, durable=False)
    yield memory(clock, store=store)
    store.close()


def memory(clock: FixedClock, *, store: Store | None = None, policy: Policy | None = None, user: str = "ana") -> ScopedMemory:
    """A memory with the literal judge and no other."""
    kept = store or ReferenceStore(fingerprint=MODEL.fingerprint, dimension=MODEL.dimension)
    ledger = Ledger(store=kept, embedder=MODEL, clock=clock)
    return ScopedMemory(ledger, scope=Scope(user=user), resolver=Resolver(judge=Literal(), policy=policy or Policy()), extractor=RuleExtractor())
