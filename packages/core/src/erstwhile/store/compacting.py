"""Copying the live rows of a shard to a new one: what was erased, or written over, is in none of its files.

Qdrant Edge 0.9.0 only marks what is deleted. The bytes stay in the payload pages, the vectors, the maps of the indexes and the log; its own vacuum does not
begin before a fifth of a segment is deleted, never sees what was written over in place, and leaves the log alone. So nothing is mended in place: what is alive
is copied, and the old files are removed. Once begun, a copy keeps up with writes by the ids that they touch.
"""

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import qdrant_edge as qdrant

from erstwhile.errors import StoreCorruptError
from erstwhile.store import schema
from erstwhile.store.durable import sync_tree
from erstwhile.store.edge_errors import translated
from erstwhile.store.edge_points import make_shard

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["Copy"]

AT_ONCE: Final = 500
"""Points copied in one call, which keeps all other threads waiting: measured, 0.07 seconds at 10,000 points and 0.2 at 100,000."""


class Copy:
    """A new shard beside an old one.

    Args:
        path: Where it is made; nothing may be there.
        slots: Length of a vector, by the names under which vectors of models stand. Those under any other name are left behind.
        optimize_every: Points copied between two builds of the int8 copies.
    """

    def __init__(self, path: Path, slots: Mapping[str, int], *, optimize_every: int) -> None:
        self._path = path
        self._vectors = [*slots, schema.SEAT, schema.WORDS]
        self._every = optimize_every
        self.unoptimized = 0
        """Points of which there is no int8 copy yet."""
        with translated(path):
            make_shard(path, slots)
            self._shard = qdrant.EdgeShard.load(str(path))

    def take_all(self, source: qdrant.EdgeShard, *, between: Callable[[], None]) -> None:
        """Copy every point; ``between`` is called between two calls of the engine, and may end it by raising."""
        with self._whole_or_nothing():
            following: int | UUID | str | None = None
            while True:
                between()
                points, following = source.scroll(qdrant.ScrollRequest(offset=following, limit=AT_ONCE, with_payload=True, with_vector=self._vectors))
                self._put(points)
                if following is None:
                    return

    def finish(self, source: qdrant.EdgeShard, touched: Collection[str], *, durable: bool) -> None:
        """Copy the points with these ids anew, write all of it to its files, and close it.

        Raises:
            StoreCorruptError: It has not as many points as the source.
        """
        with self._whole_or_nothing():
            ids: list[int | UUID | str] = [*sorted(touched)]
            for first in range(0, len(ids), AT_ONCE):
                self._put(source.retrieve(ids[first : first + AT_ONCE], with_payload=True, with_vector=self._vectors))
            copied, there = self._shard.info().points_count, source.info().points_count
            if copied != there:
                raise StoreCorruptError(f"{self._path}: {copied:,} of {there:,} versions could be copied; the store was left as it is. See `erstwhile doctor`.")
            self._shard.flush()
            if durable:
                sync_tree(self._path)
            self._shard.close()

    @contextmanager
    def _whole_or_nothing(self) -> Iterator[None]:
        try:
            with translated(self._path):
                yield
        except BaseException:
            self._shard.close()
            shutil.rmtree(self._path, ignore_errors=True)
            raise

    def _put(self, records: "list[qdrant.Record]") -> None:
        points = [qdrant.Point(record.id, record.vector or {}, record.payload) for record in records]
        if not points:
            return
        self._shard.update(qdrant.UpdateOperation.upsert_points(points))
        self.unoptimized += len(points)
        if self.unoptimized >= self._every:
            self._shard.optimize()
            self._shard.flush()
            self.unoptimized = 0
