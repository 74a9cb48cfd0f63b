"""The embedded store: Qdrant Edge, in this process.

What Qdrant Edge 0.9.0 asks of its user, and what is done about it here: one upsert is one record of the write-ahead log, so a batch is one upsert; the log
is written on every update and synced on request (`durable`); a graph index is not worth its cost below some 300,000 points, so vectors are scanned, in int8
with exact rescoring once there are many; it must not be used after a fork; and its errors are plain exceptions, translated here.
"""

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import qdrant_edge as qdrant

from erstwhile.errors import StoreClosedError, StoreCorruptError, StoreForkedError, StoreUnavailableError, WriteConflictError
from erstwhile.model import Scope
from erstwhile.store import schema
from erstwhile.store.arrival import Arrival
from erstwhile.store.compacting import Copy
from erstwhile.store.durable import GroupCommit, WriteAheadLog
from erstwhile.store.edge_errors import translated
from erstwhile.store.edge_points import filter_of, latest_of, make_shard, point_of, points_in, times_of
from erstwhile.store.edge_reading import read_ids, read_page, row_at
from erstwhile.store.edge_search import search_shard
from erstwhile.store.edge_second import EdgeSecond
from erstwhile.store.folder import COUNT, Manifest, StoreFolder
from erstwhile.store.gate import Gate
from erstwhile.store.holder import Role
from erstwhile.store.protocol import PAGE, Batch, Candidate, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.second import SLOTS, Models, Space, check_rows, check_search
from erstwhile.store.witness import Witness
from erstwhile.time import to_micros

__all__ = ["EdgeStore"]

SCAN_EXACTLY_BELOW: Final = 20_000
"""Up to so many points the float32 scan costs under 2 ms; above, the int8 scan with exact rescoring gives the same answers several times faster."""
OPTIMIZE_EVERY: Final = 10_000
"""Points written between two builds of the int8 copies; a build stops the process for about a second."""
POINT_BYTES: Final = 8_192
"""What a point may take on the disk beside its text, for the check of free space."""


class EdgeStore(Store):
    """A folder on this machine.

    Args:
        path: The folder; made if it does not exist.
        fingerprint: The embedding model; must be the one that the store was made with.
        dimension: Length of a vector.
        durable: Whether a write survives a power cut once it returned (default), or only the end of the process.
        role: What others are to know of this process. Default: "alone", it does not share the store.
        slot: Under which name the vectors are to stand in a store that is made.
        arriving: Whether it may be the target of a transfer that is not done. Default no.

    Raises:
        StoreLockedError: Another process has it open.
        StoreCorruptError: It cannot be read.
        StoreUnavailableError: It cannot be written, or a transfer to it is not done.
        ModelMismatchError: It holds vectors of another model.
    """

    def __init__(
        self,
        path: Path,
        *,
        fingerprint: str,
        dimension: int,
        durable: bool = True,
        role: Role = "alone",
        slot: str = SLOTS[0],
        arriving: bool = False,
    ) -> None:
        self._folder = StoreFolder(path, role=role)
        self._witness = Witness(path / COUNT)
        self._process = os.getpid()
        self._write = threading.RLock()
        self._claim = threading.RLock()
        self._notes = threading.Lock()
        self._compacting = threading.Lock()
        self._touched: set[str] | None = None
        self._durable = durable
        self._since_optimized = 0
        self._erasures = 0
        self._latest: datetime | None = None
        self._shard: qdrant.EdgeShard | None = None
        self._gate = Gate(self._closed)
        try:
            if (arrival := self.arrival) is not None and not arriving:
                arrival.check(str(path))
            with translated(path):
                self._manifest = self._open(Space(fingerprint=fingerprint, dimension=dimension, slot=slot))
        except BaseException:
            self._abandon()
            raise
        self._log = WriteAheadLog(self._folder.shard / "wal", self._flush)
        self._commits = GroupCommit(self._sync)

    @property
    def folder(self) -> StoreFolder:
        """The folder."""
        return self._folder

    @property
    def manifest(self) -> Manifest:
        """What the store was made with, and its models."""
        return self._manifest

    @cached_property
    def second(self) -> EdgeSecond:
        """See `Store.second`."""
        return EdgeSecond(self)

    @contextmanager
    def altering(self, *, shape: bool = False) -> Iterator[qdrant.EdgeShard]:
        """The data, which nobody else writes to within the block; with ``shape`` it is not copied meanwhile either."""
        self._check_process()
        with self._compacting if shape else nullcontext(), self._write, self.using() as shard:
            yield shard

    def altered(self, shard: qdrant.EdgeShard, ids: Collection[str]) -> None:
        """Take in that points were changed, within `altering`."""
        if self._touched is not None:
            self._touched.update(ids)
        self._since_optimized += len(ids)
        self._optimize(shard, OPTIMIZE_EVERY)

    def adopt(self, models: Models) -> None:
        """Have these models from now on, durably; within `altering`."""
        manifest = self._manifest.with_models(models)
        self._folder.write_manifest(manifest)
        self._manifest = manifest

    @property
    def arrival(self) -> Arrival | None:
        """The transfer that it is, or was, the target of."""
        return self._folder.arrival_of(self._folder.path)

    def note_arrival(self, arrival: Arrival) -> None:
        """Note how far a transfer to it is."""
        with self._write, translated(self._folder.path):
            self._folder.note_arrival(arrival)

    def tidy(self) -> None:
        """See `Store.tidy`. The int8 copies are built if half of what makes it necessary was written."""
        if self._since_optimized >= OPTIMIZE_EVERY // 2:
            with self._write, self.using() as shard:
                self._optimize(shard, OPTIMIZE_EVERY // 2)

    def _open(self, space: Space) -> Manifest:
        manifest = self._folder.read_manifest()
        if manifest is None:
            self._folder.clear_fresh()
            with translated(self._folder.fresh):
                make_shard(self._folder.fresh, {space.slot: space.dimension})
            self._folder.establish(space)
            manifest = self._folder.read_manifest()
            assert manifest is not None
        manifest.check(self._folder.path, fingerprint=space.fingerprint, dimension=space.dimension)
        with translated(self._folder.shard):
            self._shard = qdrant.EdgeShard.load(str(self._folder.shard))
            self._latest = latest_of(self._shard)
            self._check_witness(self._shard)
            self._folder.clear_aside()
        return manifest

    def _abandon(self) -> None:
        if self._shard is not None:
            self._shard.close()
            self._shard = None
        self._folder.release()

    def _check_witness(self, shard: qdrant.EdgeShard) -> None:
        versions, latest = self._witness.noted()
        if points_in(shard) < versions or _micros(self._latest) < latest:
            raise StoreCorruptError(
                f"{self._folder.path} holds {points_in(shard):,} versions and held {versions:,}, or the last of them is gone: some of its files are damaged. "
                f"Restore it from a backup; or, to go on with what is left, remove the file {self._witness.path.name} in it."
            )

    def _flush(self) -> None:
        assert self._shard is not None
        self._shard.flush()

    def _sync(self) -> None:
        # Called by a writer inside, or on closing: the shard is there.
        assert self._shard is not None
        erasures, versions, latest = self._erasures, points_in(self._shard), _micros(self._latest)
        try:
            self._log.sync()
        except OSError as error:
            raise StoreUnavailableError(
                f"{self._folder.path}: what was just written is there but may not survive a power cut ({error.strerror or error}). Check the disk, then write "
                "it again; that does no harm."
            ) from error
        with self._notes:
            if self._erasures == erasures:
                self._witness.note(versions, latest)

    @contextmanager
    def using(self) -> Iterator[qdrant.EdgeShard]:
        """The data, which is not closed or replaced within the block."""
        self._check_process()
        with self._gate.inside():
            if (shard := self._shard) is None:
                raise self._closed()
            with translated(self._folder.path):
                yield shard

    def _closed(self) -> StoreClosedError:
        return StoreClosedError(f"{self._folder.path} was closed; open it again.")

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise StoreForkedError(
                f"{self._folder.path} was opened in process {self._process} and is used in its fork {os.getpid()}. Open it in the child, or spawn the child."
            )

    def find(self, find: Find) -> tuple[Row, ...]:
        """See `Store.find`."""
        if find.where.ids is None or find.after is not None or len(find.where.ids) > find.limit:
            return self._page(filter_of(find.where), after=find.after, limit=find.limit, vectors=find.vectors)
        space = self._space
        with self.using() as shard:
            points = read_ids(shard, find, space)
        # What the filter means is decided by its definition.
        rows = (row_at(self._folder.path, space, point) for point in points)
        return tuple(sorted((row for row in rows if find.where.matches(row.version)), key=lambda row: row.version.id))

    def scan(self, *, after: str | None = None, limit: int = PAGE, vectors: bool = False) -> tuple[Row, ...]:
        """See `Store.scan`."""
        return self._page(None, after=after, limit=limit, vectors=vectors)

    def note_backup(self, path: str, *, at: datetime, versions: int) -> None:
        """See `Store.note_backup`."""
        with self._write, translated(self._folder.path):
            self._folder.note_backup(path, at=at, versions=versions)

    def _page(self, chosen: qdrant.Filter | None, *, after: str | None, limit: int, vectors: bool) -> tuple[Row, ...]:
        space = self._space
        with self.using() as shard:
            points = read_page(shard, chosen, space, after=after, limit=limit, vectors=vectors)
        return tuple(row_at(self._folder.path, space, point) for point in points)

    @property
    def _space(self) -> Space:
        return self._manifest.models.first

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Store.search`."""
        with self.using() as shard:
            check_search(str(self._folder.path), models := self._manifest.models, search)
            settled = self._latest is not None and search.where.valid is not None and search.where.valid >= self._latest
            return search_shard(shard, search, slot=models.first.slot, exactly=points_in(shard) < SCAN_EXACTLY_BELOW, settled=settled)

    def count(self, where: Where) -> int:
        """See `Store.count`."""
        with self.using() as shard:
            return int(shard.count(qdrant.CountRequest(exact=True, filter=filter_of(where))))

    def write(self, batch: Batch) -> None:
        """See `Store.write`."""
        self._check_process()
        with self._write, self.using() as shard:
            check_rows(str(self._folder.path), models := self._manifest.models, batch.puts)
            points = [point_of(row, slot=models.first.slot) for row in batch.puts]
            self._folder.check_room(sum(POINT_BYTES + 4 * len(row.version.content) for row in batch.puts))
            self._check(batch, shard)
            shard.update(qdrant.UpdateOperation.upsert_points(points))
            self._latest = max([time for row in batch.puts for time in times_of(row.version)] + ([] if self._latest is None else [self._latest]))
            self.altered(shard, [row.version.id for row in batch.puts])

    def _check(self, batch: Batch, shard: qdrant.EdgeShard) -> None:
        held = shard.retrieve(list(batch.believed), with_payload=["live"], with_vector=False) if batch.believed else []
        if sum("live" in (point.payload or {}) for point in held) != len(batch.believed):
            raise WriteConflictError("Another writer changed the memory first; read it again and retry.")

    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:  # noqa: ARG002 - one process writes, so one lock stands for every name
        """See `Store.claim`."""
        # In a fork the lock may be held, for good, by a thread that is not there.
        self._check_process()
        return self._claim

    def erase(self, where: Where) -> None:
        """See `Store.erase`. The bytes stay in the files until `compact`. While that runs, it is waited for: what it has copied already would stay."""
        self._check_process()
        with self._compacting, self._write, self.using() as shard:
            self._folder.check_room()
            self._folder.note_erasure()
            with self._notes:
                self._witness.withdraw()
                self._erasures += 1
            shard.update(qdrant.UpdateOperation.delete_points_by_filter(filter_of(where)))
            shard.flush()
            self._latest = latest_of(shard)
            self._witness.note(points_in(shard), _micros(self._latest))

    def scopes(self) -> tuple[Scope, ...]:
        """See `Store.scopes`."""
        with self.using() as shard:
            found = shard.facet(qdrant.FacetRequest("scope", limit=max(1, points_in(shard)), exact=True))
        return schema.scopes_of(hit.value for hit in found.hits if hit.count)

    def compact(self) -> bool:
        """See `Store.compact`. What is alive is copied to a new shard, while reads and writes go on; then that takes the place of the old one."""
        self._check_process()
        with self._compacting:
            if self._folder.erased_since() is not None:
                self._renew()
        return True

    def renew(self) -> None:
        """Rewrite the files, whether something was erased or not."""
        with self._compacting:
            self._renew()

    def _renew(self) -> None:
        self._folder.check_room(self._folder.size())
        try:
            self._rewrite()
        finally:
            self._touched = None
        if self._folder.erased_since() is not None:
            self._folder.withdraw_erasure()

    def _rewrite(self) -> None:
        self._touched = set()
        with self.using() as shard:
            self._folder.clear_aside()
            copy = Copy(self._folder.fresh, self._manifest.models.slots, optimize_every=OPTIMIZE_EVERY)
            copy.take_all(shard, between=self._gate.check)
        with self._write, self._gate.alone(), translated(self._folder.path):
            if (old := self._shard) is None:
                raise self._closed()
            old.flush()
            copy.finish(old, self._touched, durable=self._durable)
            self._shard = None
            old.close()
            self._folder.take_over()
            self._shard = qdrant.EdgeShard.load(str(self._folder.shard))
            self._log = WriteAheadLog(self._folder.shard / "wal", self._flush)
            self._since_optimized = copy.unoptimized
            self._folder.clear_aside()

    def settle(self) -> None:
        """See `Store.settle`."""
        if self._durable:
            with self.using():
                self._commits.wait()

    def latest(self) -> datetime | None:
        """See `Store.latest`."""
        with self.using():
            return self._latest

    def info(self) -> StoreInfo:
        """See `Store.info`."""
        with self.using() as shard:
            versions = points_in(shard)
        return StoreInfo(
            kind="embedded",
            location=str(self._folder.path),
            fingerprint=self._manifest.fingerprint,
            dimension=self._manifest.dimension,
            versions=versions,
            details={
                "created": self._manifest.created,
                "format": self._manifest.format,
                "disk_bytes": self._folder.size(),
                "durable": self._durable,
                "erased_since": self._folder.erased_since(),
                "backups": self._folder.backups(),
            },
        )

    def close(self) -> None:
        """See `Store.close`. In a fork it does nothing: the store is the parent's."""
        if os.getpid() != self._process:
            return
        # Whoever is inside finishes first: Qdrant cannot close a shard that is being read.
        if not self._gate.shut() or (shard := self._shard) is None:
            return
        try:
            self._finish(shard)
        finally:
            self._shard = None
            self._folder.release()

    def _finish(self, shard: qdrant.EdgeShard) -> None:
        try:
            with translated(self._folder.path):
                self._optimize(shard, OPTIMIZE_EVERY // 2)
                shard.flush()
                self._witness.note(points_in(shard), _micros(self._latest))
        except StoreUnavailableError:
            # A full disk. The log holds all of it, and the next opening applies it; only if that is in doubt does the caller need to know.
            self._sync()
        finally:
            self._witness.close()
            with translated(self._folder.path):
                shard.close()

    def _optimize(self, shard: qdrant.EdgeShard, threshold: int) -> None:
        if self._since_optimized >= threshold:
            if self._folder.has_room_for_copy():
                shard.optimize()
                # Only a flush drops what the log need not hold any more, and the log is what an opening after a crash has to go through.
                shard.flush()
            self._since_optimized = 0


def _micros(time: datetime | None) -> int:
    return 0 if time is None else to_micros(time)
