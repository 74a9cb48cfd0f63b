"""The reference store keeps to the contract of a store."""

from erstwhile.store import ReferenceStore
from erstwhile.testing import StoreSuite


class TestReferenceStore(StoreSuite):
    """The store in plain Python."""

    closes = False

    def make(self) -> ReferenceStore:
        return ReferenceStore(fingerprint=self.fingerprint, dimension=self.dimension)
