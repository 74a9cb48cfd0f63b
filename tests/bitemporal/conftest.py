"""Engines on each of the three stores, on a clock that stands still."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from erstwhile.embed import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.scoped import ScopedMemory
from erstwhile.store import ReferenceStore, Store
from erstwhile.store.edge import EdgeStore
from erstwhile.store.server import ServerStore
from erstwhile.testing import FixedClock

START = "2025-01-01"
MODEL = HashingEmbedder()


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at midnight of 2025-01-01."""
    return FixedClock(START)


@pytest.fixture(params=["reference", "edge", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each store in turn, empty."""
    parts = {"fingerprint": MODEL.fingerprint, "dimension": MODEL.dimension}
    folders = (tmp_path / str(number) for number in count())
    with ExitStack() as stack:
        if request.param == "reference":
            made: Store = ReferenceStore(**parts)
        elif request.param == "edge":
            made = EdgeStore(next(folders), **parts, durable=False)
        else:
            client = QdrantClient(":memory:")
            stack.callback(client.close)
            made = ServerStore(client, **parts)
        stack.callback(made.close)
        yield made


@pytest.fixture
def open_on(clock: FixedClock) -> Callable[[Store], Engine]:
    """Opens an engine on a store."""
    return lambda store: Engine(store=store, embedder=MODEL, clock=clock)


@pytest.fixture
def engine(open_on: Callable[[Store], Engine]) -> Iterator[Engine]:
    """An engine on the reference store."""
    with open_on(ReferenceStore(fingerprint=MODEL.fingerprint, dimension=MODEL.dimension)) as opened:
        yield opened


@pytest.fixture
def ana(engine: Engine) -> ScopedMemory:
    """The memory of the user Ana, on the reference store."""
    return engine.scope(user="ana")
