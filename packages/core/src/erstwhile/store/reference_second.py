"""The vectors of a second model in the plain store: the oracle of the others."""

from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from erstwhile.store.protocol import Candidate, Row, Search
from erstwhile.store.second import Models, Second, SecondState
from erstwhile.store.selection import best, candidates

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.store.reference import ReferenceStore

__all__ = ["ReferenceSecond"]


class ReferenceSecond(Second):
    """See `Second`.

    Args:
        store: The store.
    """

    def __init__(self, store: "ReferenceStore") -> None:
        self._store = store

    def models(self) -> Models:
        """See `Second.models`."""
        return self._store.models

    def state(self) -> SecondState:
        """See `Second.state`."""
        with self._store.lock:
            rows, models = self._store.rows, self._store.models
            lacking, stray = (
                0 if space is None else len(rows.keys() - self._store.vectors[space.fingerprint].keys()) for space in (models.second, models.first)
            )
            return SecondState.of(models, versions=len(rows), lacking=lacking, stray=stray)

    def begin(self, *, fingerprint: str, dimension: int) -> None:
        """See `Second.begin`."""
        with self._store.lock:
            self._store.models = self._store.models.begun(fingerprint=fingerprint, dimension=dimension)
            self._store.vectors.setdefault(fingerprint, {})

    def lacking(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.lacking`."""
        with self._store.lock:
            there = self._vectors(fingerprint)
            found = [Row(version=row.version) for id, row in self._store.rows.items() if id not in there]
        return _page(found, after=after, limit=limit)

    def scan(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.scan`."""
        with self._store.lock:
            there = self._vectors(fingerprint)
            found = [Row(version=row.version, vector=there.get(id)) for id, row in self._store.rows.items()]
        return _page(found, after=after, limit=limit)

    def fill(self, rows: Iterable[Row], *, fingerprint: str) -> None:
        """See `Second.fill`."""
        with self._store.lock:
            self._vectors(fingerprint)
            there = self._store.vectors[fingerprint]
            there |= {row.version.id: row.vector for row in rows if row.vector is not None and row.version.id in self._store.rows}

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Second.search`."""
        with self._store.lock:
            there = self._vectors(search.fingerprint or self._store.models.first.fingerprint)
            scores = {id: float(there[id] @ search.vector) for id, row in self._store.rows.items() if id in there and search.where.matches(row.version)}
        return candidates(best(scores, search.limit), {}, lambda _: None)

    def swap(self, to: str) -> bool:
        """See `Second.swap`."""
        with self._store.lock:
            models = self._store.models.swapped(to)
            if self._store.rows.keys() - self._store.vectors[to].keys():
                return False
            self._store.models = models
            return True

    def drop(self, fingerprint: str) -> None:
        """See `Second.drop`."""
        with self._store.lock:
            self._store.models = self._store.models.dropped(fingerprint)
            self._store.vectors.pop(fingerprint, None)

    def _vectors(self, fingerprint: str) -> "Mapping[str, NDArray[np.float32]]":
        return self._store.vectors[self._store.models.space(fingerprint).fingerprint]


def _page(rows: Iterable[Row], *, after: str | None, limit: int) -> tuple[Row, ...]:
    return tuple(sorted((row for row in rows if after is None or row.version.id > after), key=attrgetter("version.id"))[:limit])
