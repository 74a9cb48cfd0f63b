"""A store in plain Python: the oracle that the others are tested against, and what ``open(":memory:")`` gives.

Every operation is a loop over all versions, so it suits tests and small throw-away stores.
"""

import threading
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from erstwhile.errors import WriteConflictError
from erstwhile.model import Scope
from erstwhile.store.lexical import LexicalScorer, version_terms
from erstwhile.store.protocol import PAGE, Batch, Candidate, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.reference_second import ReferenceSecond
from erstwhile.store.seats import Seat
from erstwhile.store.second import Models, Space, check_rows, check_search, of_model
from erstwhile.store.selection import best, candidates

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ReferenceStore"]


class ReferenceStore(Store):
    """Rows in a dict, searched one by one.

    Args:
        fingerprint: The embedding model whose vectors it will hold.
        dimension: Length of a vector.
    """

    def __init__(self, *, fingerprint: str, dimension: int) -> None:
        self.models = Models(first=Space(fingerprint=fingerprint, dimension=dimension))
        self.rows: dict[str, Row] = {}
        """By id, without their vectors."""
        self.vectors: dict[str, dict[str, NDArray[np.float32]]] = {fingerprint: {}}
        """By model and id."""
        self.lock = threading.RLock()
        self._claim = threading.RLock()

    @cached_property
    def second(self) -> ReferenceSecond:
        """See `Store.second`."""
        return ReferenceSecond(self)

    def find(self, find: Find) -> tuple[Row, ...]:
        """See `Store.find`."""
        return _page(self._select(find.where), after=find.after, limit=find.limit, vectors=find.vectors)

    def scan(self, *, after: str | None = None, limit: int = PAGE, vectors: bool = False) -> tuple[Row, ...]:
        """See `Store.scan`."""
        with self.lock:
            rows = [self._row(row) for row in self.rows.values()]
        return _page(rows, after=after, limit=limit, vectors=vectors)

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Store.search`."""
        check_search(":memory:", self.models, search)
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
        with self.lock:
            check_rows(":memory:", self.models, batch.puts)
            held = [self.rows.get(id) for id in batch.believed]
            if any(row is None or not row.version.believed for row in held):
                raise WriteConflictError("Another writer changed the memory first; read it again and retry.")
            for row in batch.puts:
                if row.vector is None:
                    raise ValueError("A row is written with its vector.")
                self._remove(row.version.id)
                self.rows[row.version.id] = replace(row, vector=None)
                self.vectors[self.models.first.fingerprint][row.version.id] = row.vector

    def _remove(self, id: str) -> None:
        self.rows.pop(id, None)
        for there in self.vectors.values():
            there.pop(id, None)

    def _row(self, row: Row) -> Row:
        model = self.models.first.fingerprint
        return Row(version=of_model(row.version, model), vector=self.vectors[model].get(row.version.id))

    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:  # noqa: ARG002 - one process writes, so one lock stands for every name
        """See `Store.claim`."""
        return self._claim

    def erase(self, where: Where) -> None:
        """See `Store.erase`."""
        with self.lock:
            for row in self._select(where):
                self._remove(row.version.id)

    def compact(self) -> bool:
        """See `Store.compact`. Nothing is kept in files."""
        return True

    def scopes(self) -> tuple[Scope, ...]:
        """See `Store.scopes`."""
        with self.lock:
            return tuple(sorted({row.version.scope for row in self.rows.values()}, key=attrgetter("key")))

    def latest(self) -> datetime | None:
        """See `Store.latest`."""
        with self.lock:
            times = [time for row in self.rows.values() for time in (row.version.system_from, row.version.system_to) if time is not None]
        return max(times, default=None)

    def info(self) -> StoreInfo:
        """See `Store.info`."""
        model = self.models.first
        return StoreInfo(kind="memory", location=":memory:", fingerprint=model.fingerprint, dimension=model.dimension, versions=len(self.rows), details={})

    def _select(self, where: Where) -> list[Row]:
        with self.lock:
            return [self._row(row) for row in self.rows.values() if where.matches(row.version)]


def _page(rows: Iterable[Row], *, after: str | None, limit: int, vectors: bool) -> tuple[Row, ...]:
    chosen = sorted((row for row in rows if after is None or row.version.id > after), key=attrgetter("version.id"))
    # What is handed out is the caller's to change, as from any other store.
    return tuple(Row(version=replace(row.version, metadata=deepcopy(row.version.metadata)), vector=row.vector if vectors else None) for row in chosen[:limit])
