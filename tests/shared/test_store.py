"""A store that another process serves keeps to the contract of a store."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from erstwhile.sharing.host import Host
from erstwhile.sharing.opened import OpenedStore, open_store
from erstwhile.store import Store
from erstwhile.testing import StoreSuite


class TestServedStore(StoreSuite):
    """The store as a client of what serves it; only the address is in this process, the way is the same."""

    @pytest.fixture(autouse=True)
    def _folders(self, tmp_path: Path, serve: Callable[..., Host]) -> None:
        self.folders = (tmp_path / str(number) for number in count())
        self.serve = serve

    def make(self) -> OpenedStore:
        self.path = next(self.folders)
        self.serve(self.path, fingerprint=self.fingerprint, dimension=self.dimension)
        return self._opened(self.fingerprint, self.dimension)

    def reopen(self, store: Store, *, fingerprint: str = StoreSuite.fingerprint, dimension: int = StoreSuite.dimension) -> OpenedStore:
        store.close()
        return self._opened(fingerprint, dimension)

    def _opened(self, fingerprint: str, dimension: int) -> OpenedStore:
        store = open_store(self.path, fingerprint=fingerprint, dimension=dimension, durable=True, shared=None, idle=1)
        assert isinstance(store, OpenedStore)
        return store
