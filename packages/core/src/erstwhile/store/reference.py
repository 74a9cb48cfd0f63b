"""A store in plain Python: the oracle that the others are tested against, and what ``open(":memory:")`` gives.

Every operation is a loop over all versions, so it suits tests and small throw-away stores.
"""

import threading
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from erstwhile.errors import WriteConflictError
from erstwhile.model import Scope
from erstwhile.store.lexical import LexicalScorer, version_terms
from erstwhile.store.protocol import PAGE, Batch, Candidate, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.seats import Seat
from erstwhile.store.selection import best, candidates

__all__ = ["ReferenceStore"]


class ReferenceStore(Store):
    """Rows in a dict, searched one by one.

    Args:
        fingerprint: The embedding model whose vectors it will hold.
        dimension: Length of a vector.
    """

    def __init__(self, *, fingerprint: str, dimension: int) -> None:
        self._fingerprint = fingerprint
        self._dimension = dimension
        self._rows: dict[str, Row] = {}
        self._lock = threading.RLock()
        self._claim = threading.RLock()

    def find(self, find: Find) -> tuple[Row, ...]:
        """See `Store.find`."""
        return _page(self._select(find.where), after=find.after, limit=find.limit, vectors=find.vectors)

    def scan(self, *, after: str | None = None, limit: int = PAGE, vectors: bool = False) -> tuple[Row, ...]:
        """See `Store.scan`."""
        with self._lock:
            rows = list(self._rows.values())
        return _page(rows, after=after, limit=limit, vectors=vectors)

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Store.search`."""
        rows = {row.version.id: row for row in self._select(search.where)}
        dense = {id: float(row.vector @ search.vector) for id, row in rows.items() if row.vector is not None}
        scorer = LexicalScorer(version_terms(row.version) for row in self._select(search.where.corpus))
        lexical = {id: score for id, row in rows.items() if (score := scorer.score(search.text, version_terms(row.version))) > 0}
        return candidates(best(dense, search.limit), best(lexical, search.limit), lambda id: Seat.of(rows[id].version) if search.seats else None)

    def count(self, where: Where) -> int:
        """See `Store.count`."""
        return len(self._select(where))

    def write(self, batch: Batch) -> None:
        """See `Store.write`."""
        with self._lock:
            held = [self._rows.get(id) for id in batch.believed]
            if any(row is None or not row.version.believed for row in held):
                raise WriteConflictError("Another writer changed the memory first; read it again and retry.")
            self._rows |= {row.version.id: row for row in batch.puts}

    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:  # noqa: ARG002 - one process writes, so one lock stands for every name
        """See `Store.claim`."""
        return self._claim

    def erase(self, where: Where) -> None:
        """See `Store.erase`."""
        with self._lock:
            for row in self._select(where):
                del self._rows[row.version.id]

    def compact(self) -> bool:
        """See `Store.compact`. Nothing is kept in files."""
        return True

    def scopes(self) -> tuple[Scope, ...]:
        """See `Store.scopes`."""
        with self._lock:
            return tuple(sorted({row.version.scope for row in self._rows.values()}, key=attrgetter("key")))

    def latest(self) -> datetime | None:
        """See `Store.latest`."""
        with self._lock:
            times = [time for row in self._rows.values() for time in (row.version.system_from, row.version.system_to) if time is not None]
        return max(times, default=None)

    def info(self) -> StoreInfo:
        """See `Store.info`."""
        return StoreInfo(kind="memory", location=":memory:", fingerprint=self._fingerprint, dimension=self._dimension, versions=len(self._rows), details={})

    def _select(self, where: Where) -> list[Row]:
        with self._lock:
            return [row for row in self._rows.values() if where.matches(row.version)]


def _page(rows: Iterable[Row], *, after: str | None, limit: int, vectors: bool) -> tuple[Row, ...]:
    chosen = sorted((row for row in rows if after is None or row.version.id > after), key=attrgetter("version.id"))
    # What is handed out is the caller's to change, as from any other store.
    return tuple(Row(version=replace(row.version, metadata=deepcopy(row.version.metadata)), vector=row.vector if vectors else None) for row in chosen[:limit])
