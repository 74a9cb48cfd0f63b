"""The store on a Qdrant server keeps to the contract of a store, in the client's local mode and, where one can be reached, on a real server."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from qdrant_client import QdrantClient

from erstwhile.store import Store
from erstwhile.store.server import ServerStore
from erstwhile.store.server_settings import ServerSettings
from erstwhile.testing import StoreSuite

Server = Any  # conftest's StandIn, which cannot be imported from here
URL = os.environ.get("ERSTWHILE_TEST_QDRANT_URL")


class TestLocalMode(StoreSuite):
    """qdrant-client in its local mode."""

    @pytest.fixture(autouse=True)
    def _clients(self) -> Iterator[None]:
        with ExitStack() as self.open_clients:
            yield

    def make(self) -> ServerStore:
        self.client = QdrantClient(":memory:")
        self.open_clients.callback(self.client.close)
        return ServerStore(self.client, fingerprint=self.fingerprint, dimension=self.dimension)

    def reopen(self, store: Store, *, fingerprint: str = StoreSuite.fingerprint, dimension: int = StoreSuite.dimension) -> ServerStore:
        store.close()
        return ServerStore(self.client, fingerprint=fingerprint, dimension=dimension)


class TestOverHttp(StoreSuite):
    """The REST interface, with a stand-in for the server: every request is one that a server would accept, and every answer is read back whole."""

    @pytest.fixture(autouse=True)
    def _server(self, stand_in: Server) -> None:
        self.server = stand_in
        self.made = count()

    def make(self) -> ServerStore:
        self.name = f"c{next(self.made)}"
        return ServerStore.connect(self.server.url, fingerprint=self.fingerprint, dimension=self.dimension, collection=self.name)

    def reopen(self, store: Store, *, fingerprint: str = StoreSuite.fingerprint, dimension: int = StoreSuite.dimension) -> ServerStore:
        store.close()
        return ServerStore.connect(self.server.url, fingerprint=fingerprint, dimension=dimension, collection=self.name)


@pytest.mark.slow
class TestTenantsApart(TestOverHttp):
    """The same with tenants spread over shards: every read and write goes to the right ones, and to those alone."""

    settings = ServerSettings(shard_number=3, dedicated_tenants=("t",), replication_factor=3, write_consistency_factor=2, quantisation="binary", payload_m=16)

    def make(self) -> ServerStore:
        self.name = f"c{next(self.made)}"
        return ServerStore.connect(self.server.url, fingerprint=self.fingerprint, dimension=self.dimension, collection=self.name, settings=self.settings)


@pytest.mark.skipif(not URL, reason="ERSTWHILE_TEST_QDRANT_URL names no Qdrant server")
class TestRealServer(StoreSuite):
    """A Qdrant server; each test in collections of its own, removed afterwards."""

    @pytest.fixture(autouse=True)
    def _collections(self) -> Iterator[None]:
        self.made: list[str] = []
        yield
        client = QdrantClient(url=URL, api_key=os.environ.get("QDRANT_API_KEY"))
        for name in self.made:
            client.delete_collection(name)
            client.delete_collection(f"{name}-claims")
        client.close()

    def make(self) -> ServerStore:
        self.made.append(f"erstwhile-test-{uuid4()}")
        return self.connect(self.fingerprint, self.dimension)

    def reopen(self, store: Store, *, fingerprint: str = StoreSuite.fingerprint, dimension: int = StoreSuite.dimension) -> ServerStore:
        store.close()
        return self.connect(fingerprint, dimension)

    def connect(self, fingerprint: str, dimension: int) -> ServerStore:
        return ServerStore.connect(URL or "", fingerprint=fingerprint, dimension=dimension, api_key=os.environ.get("QDRANT_API_KEY"), collection=self.made[-1])
