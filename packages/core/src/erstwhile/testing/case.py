"""What the parts of the store's contract share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from erstwhile.errors import MissingDependencyError
from erstwhile.model import Scope
from erstwhile.store import Batch, Row, Store, Where
from erstwhile.testing.rows import DIMENSION, FINGERPRINT

try:
    import pytest
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["ANA", "BO", "StoreCase", "everything", "ids_of", "put"]

ANA: Final = Scope(user="ana")
BO: Final = Scope(user="bo")


class StoreCase(ABC):
    """A store to test. `StoreSuite` says what to define."""

    fingerprint: ClassVar[str] = FINGERPRINT
    """The embedding model that `make` must give the store."""
    dimension: ClassVar[int] = DIMENSION
    """The length of a vector that `make` must give the store."""
    closes: ClassVar[bool] = True
    """Whether a closed store refuses to be used."""

    changes: ClassVar[bool] = True
    """Whether it can change its embedding model: it has a `Store.second`."""

    @abstractmethod
    def make(self) -> Store:
        """A new, empty store, apart from all that were made before."""

    def reopen(self, store: Store, *, fingerprint: str = FINGERPRINT, dimension: int = DIMENSION) -> Store:  # noqa: ARG002 - for those that override it
        """The same store, closed and opened again, with this model. Without a definition, those tests are skipped."""
        return pytest.skip("the store does not outlive its process")

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """The store under test."""
        store = self.make()
        yield store
        store.close()


def put(store: Store, *rows: Row) -> None:
    """Write rows in one batch."""
    store.write(Batch(puts=rows))


def everything(*scopes: Scope) -> Where:
    """Every version of these scopes; by default Ana's."""
    return Where(scopes=scopes or (ANA,))


def ids_of(rows: Iterable[Row]) -> list[str]:
    """Their version ids, in order."""
    return [row.version.id for row in rows]
