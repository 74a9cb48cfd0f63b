"""The vectors of a second model in the embedded store.

Qdrant Edge 0.9.0 takes a further named vector into data that is there, through its log; and a point that is written anew without it lacks it.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import qdrant_edge as qdrant

from erstwhile.errors import StoreUnavailableError
from erstwhile.store.edge_points import points_in
from erstwhile.store.edge_reading import read_page, row_at
from erstwhile.store.edge_search import search_shard
from erstwhile.store.protocol import Candidate, Row, Search
from erstwhile.store.second import Models, Second, SecondState, Space

if TYPE_CHECKING:
    from uuid import UUID

    from erstwhile.store.edge import EdgeStore

__all__ = ["EdgeSecond"]

ROOM: Final = 16
"""Bytes that must be free for each number of a vector that is given: two of the vector, and as much as the log and the engine's copies may take."""


class EdgeSecond(Second):
    """See `Second`.

    Args:
        store: The store.
    """

    def __init__(self, store: "EdgeStore") -> None:
        self._store = store

    def models(self) -> Models:
        """See `Second.models`."""
        return self._store.manifest.models

    def state(self) -> SecondState:
        """See `Second.state`."""
        with self._store.using() as shard:
            models = self._store.manifest.models
            lacking, stray = (0 if space is None else _count(shard, _lacks(space)) for space in (models.second, models.first))
            return SecondState.of(models, versions=points_in(shard), lacking=lacking, stray=stray)

    def begin(self, *, fingerprint: str, dimension: int) -> None:
        """See `Second.begin`."""
        with self._store.altering(shape=True) as shard:
            before = self._store.manifest.models
            models = before.begun(fingerprint=fingerprint, dimension=dimension)
            if models == before:
                return
            slot = models.space(fingerprint).slot
            # What a crash left under this name may be of any model.
            shard.update(qdrant.UpdateOperation.delete_vector_name(slot))
            shard.update(qdrant.UpdateOperation.create_dense_vector(slot, dimension, qdrant.Distance.Dot, datatype=qdrant.VectorStorageDatatype.Float16))
            shard.flush()
            self._store.adopt(models)

    def lacking(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.lacking`."""
        space = self._store.manifest.models.space(fingerprint)
        return self._page(_lacks(space), after=after, limit=limit, space=None)

    def scan(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.scan`."""
        return self._page(None, after=after, limit=limit, space=self._store.manifest.models.space(fingerprint))

    def _page(self, chosen: qdrant.Filter | None, *, after: str | None, limit: int, space: Space | None) -> tuple[Row, ...]:
        read = space or self._store.manifest.models.first
        with self._store.using() as shard:
            points = read_page(shard, chosen, read, after=after, limit=limit, vectors=space is not None)
        return tuple(row_at(self._store.folder.path, read, point) for point in points)

    def fill(self, rows: Iterable[Row], *, fingerprint: str) -> None:
        """See `Second.fill`."""
        given = {row.version.id: row.vector.tolist() for row in rows if row.vector is not None}
        with self._store.altering() as shard:
            space = self._store.manifest.models.space(fingerprint)
            self._store.folder.check_room(ROOM * space.dimension * len(given))
            wanted: list[int | UUID | str] = [*given]
            # What was erased meanwhile stays so.
            there = [str(point.id) for point in shard.retrieve(wanted, with_payload=False, with_vector=False)]
            if there:
                shard.update(qdrant.UpdateOperation.update_vectors([qdrant.PointVectors(id, _named(space, given[id])) for id in there]))
                self._store.altered(shard, there)

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Second.search`. Vectors are compared exactly."""
        models = self._store.manifest.models
        space = models.first if search.fingerprint is None else models.space(search.fingerprint)
        with self._store.using() as shard:
            return search_shard(shard, replace(search, text=""), slot=space.slot, exactly=True, settled=False)

    def swap(self, to: str) -> bool:
        """See `Second.swap`."""
        with self._store.altering() as shard:
            before = self._store.manifest.models
            models = before.swapped(to)
            if models == before:
                return True
            if _count(shard, _lacks(models.first)):
                return False
            # The manifest must not say what a power cut could take from the data.
            shard.flush()
            self._store.adopt(models)
            return True

    def drop(self, fingerprint: str) -> None:
        """See `Second.drop`. Where there is no room for a copy, bytes are left until the files are next rewritten."""
        with self._store.altering(shape=True) as shard:
            before = self._store.manifest.models
            models = before.dropped(fingerprint)
            if models == before:
                return
            slot = before.space(fingerprint).slot
            self._store.adopt(models)
            shard.update(qdrant.UpdateOperation.delete_vector_name(slot))
            shard.flush()
        with suppress(StoreUnavailableError):
            self._store.renew()


def _lacks(space: Space) -> qdrant.Filter:
    return qdrant.Filter(must_not=[qdrant.HasVectorCondition(space.slot)])


def _count(shard: qdrant.EdgeShard, chosen: qdrant.Filter) -> int:
    return int(shard.count(qdrant.CountRequest(exact=True, filter=chosen)))


def _named(space: Space, vector: list[float]) -> dict[str, Any]:
    return {space.slot: vector}
