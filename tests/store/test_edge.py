"""The embedded store keeps to the contract of a store."""

from itertools import count
from pathlib import Path

import pytest

from erstwhile.store import Store
from erstwhile.store.edge import EdgeStore
from erstwhile.testing import StoreSuite


class TestEdgeStore(StoreSuite):
    """The store on Qdrant Edge, in a folder."""

    @pytest.fixture(autouse=True)
    def _folders(self, tmp_path: Path) -> None:
        self.folders = (tmp_path / str(number) for number in count())

    def make(self) -> EdgeStore:
        self.path = next(self.folders)
        return EdgeStore(self.path, fingerprint=self.fingerprint, dimension=self.dimension)

    def reopen(self, store: Store, *, fingerprint: str = StoreSuite.fingerprint, dimension: int = StoreSuite.dimension) -> EdgeStore:
        store.close()
        return EdgeStore(self.path, fingerprint=fingerprint, dimension=dimension)
