"""The embedded store: Qdrant Edge, in this process.

What Qdrant Edge 0.9.0 asks of its user, and what is done about it here: one upsert is one record of the write-ahead log, so a batch is one upsert; the log
is written on every update and synced on request (`durable`); a graph index is not worth its cost below some 300,000 points, so vectors are scanned, in int8
with exact rescoring once there are many; it must not be used after a fork; and its errors are plain exceptions, translated here.
"""

import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import qdrant_edge as qdrant

from erstwhile.errors import (
    ErstwhileError,
    ModelMismatchError,
    StoreClosedError,
    StoreCorruptError,
    StoreForkedError,
    StoreLockedError,
    StoreUnavailableError,
    WriteConflictError,
)
from erstwhile.store import schema
from erstwhile.store.durable import GroupCommit, sync_wal
from erstwhile.store.folder import Manifest, StoreFolder
from erstwhile.store.lexical import document_terms, lexical_text, query_terms
from erstwhile.store.protocol import Batch, Candidate, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.selection import best_of_ranked
from erstwhile.time import from_micros

__all__ = ["EdgeStore"]

SCAN_EXACTLY_BELOW: Final = 20_000
"""Up to so many points the float32 scan costs under 2 ms; above, the int8 scan with exact rescoring gives the same answers several times faster."""
OPTIMIZE_EVERY: Final = 10_000
"""Points written between two builds of the int8 copies; a build stops the process for about 0.07 s per thousand points."""
POINT_BYTES: Final = 8_192
"""What a point may take on the disk beside its text, for the check of free space."""


@dataclass(frozen=True, slots=True)
class _Query:
    """One channel of a search."""

    query: qdrant.Query
    filter: qdrant.Filter
    params: qdrant.SearchParams

    def request(self, limit: int, *, payload: bool) -> qdrant.QueryRequest:
        return qdrant.QueryRequest(
            limit=limit, query=self.query, filter=self.filter, params=self.params, with_payload=[schema.BODY] if payload else False, with_vector=False
        )


class EdgeStore(Store):
    """A folder on this machine.

    Args:
        path: The folder; made if it does not exist.
        fingerprint: The embedding model; must be the one that the store was made with.
        dimension: Length of a vector.
        durable: Whether a write survives a power cut once it returned (default), or only the end of the process.

    Raises:
        StoreLockedError: Another process has it open.
        StoreCorruptError: It cannot be read.
        StoreUnavailableError: It cannot be written.
        ModelMismatchError: It holds vectors of another model.
    """

    def __init__(self, path: Path, *, fingerprint: str, dimension: int, durable: bool = True) -> None:
        self._folder = StoreFolder(path)
        self._process = os.getpid()
        self._write = threading.Lock()
        self._claim = threading.RLock()
        self._durable = durable
        self._since_optimized = 0
        self._shard: qdrant.EdgeShard | None = None
        try:
            self._manifest = self._open(fingerprint, dimension)
        except BaseException:
            self._folder.release()
            raise
        self._commits = GroupCommit(self._sync)

    def _open(self, fingerprint: str, dimension: int) -> Manifest:
        manifest = self._folder.read_manifest()
        if manifest is None:
            self._folder.clear_fresh()
            with _translated(self._folder.fresh):
                make_shard(self._folder.fresh, dimension)
            self._folder.establish(fingerprint=fingerprint, dimension=dimension)
            manifest = self._folder.read_manifest()
            assert manifest is not None
        if (manifest.fingerprint, manifest.dimension) != (fingerprint, dimension):
            raise ModelMismatchError(
                f"{self._folder.path} holds vectors of {manifest.fingerprint} ({manifest.dimension} numbers each) and was opened with {fingerprint} "
                f"({dimension}). Open it with the model it was made with, or remember its memories anew in another folder."
            )
        with _translated(self._folder.shard):
            self._shard = qdrant.EdgeShard.load(str(self._folder.shard))
        return manifest

    def _sync(self) -> None:
        with self._using() as shard:
            sync_wal(self._folder.shard, shard.flush)

    @contextmanager
    def _using(self) -> Iterator[qdrant.EdgeShard]:
        if os.getpid() != self._process:
            raise StoreForkedError(
                f"{self._folder.path} was opened in process {self._process} and is used in its fork {os.getpid()}. Open it in the child, or spawn the child."
            )
        if self._shard is None:
            raise StoreClosedError(f"{self._folder.path} was closed; open it again.")
        with _translated(self._folder.path):
            yield self._shard

    def find(self, find: Find) -> tuple[Row, ...]:
        """See `Store.find`."""
        request = qdrant.ScrollRequest(
            offset=find.after,
            limit=find.limit + 1 if find.after else find.limit,
            filter=_filter(find.where),
            with_payload=[schema.BODY],
            with_vector=[schema.DENSE] if find.vectors else False,
        )
        with self._using() as shard:
            points, _ = shard.scroll(request)
        rows = [_row(point) for point in points if str(point.id) != find.after]
        return tuple(rows[: find.limit])

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Store.search`."""
        queries = self._queries(search)
        with self._using() as shard:
            answers = shard.query_batch(qdrant.QueryBatchRequest([query.request(search.limit + 1, payload=True) for query in queries.values()]))
            payloads = {str(point.id): point.payload for points in answers for point in points}
            channels = {
                name: best_of_ranked(partial(_more, shard, query), _scores(points), search.limit)
                for (name, query), points in zip(queries.items(), answers, strict=True)
            }
            chosen = sorted({id for scores in channels.values() for id in scores})
            if missing := [id for id in chosen if id not in payloads]:
                payloads |= {str(point.id): point.payload for point in shard.retrieve(list(missing), with_payload=[schema.BODY], with_vector=False)}
        dense, words = channels[schema.DENSE], channels.get(schema.WORDS, {})
        return tuple(Candidate(version=schema.version_of(payloads[id]), dense=dense.get(id), lexical=words.get(id)) for id in chosen)

    def _queries(self, search: Search) -> dict[str, _Query]:
        chosen = _filter(search.where)
        scan = qdrant.QuantizationSearchParams(rescore=True, oversampling=2.0)
        dense = qdrant.SearchParams(exact=self._points() < SCAN_EXACTLY_BELOW, quantization=scan)
        queries = {schema.DENSE: _Query(qdrant.Query.Nearest(search.vector.tolist(), schema.DENSE), chosen, dense)}
        if terms := query_terms(search.text):
            sparse = qdrant.SparseVector(list(terms), list(terms.values()))
            corpus = qdrant.SearchParams(idf=qdrant.IdfParams(corpus=_filter(search.where.corpus)))
            queries[schema.WORDS] = _Query(qdrant.Query.Nearest(sparse, schema.WORDS), chosen, corpus)
        return queries

    def count(self, where: Where) -> int:
        """See `Store.count`."""
        with self._using() as shard:
            return int(shard.count(qdrant.CountRequest(exact=True, filter=_filter(where))))

    def write(self, batch: Batch) -> None:
        """See `Store.write`."""
        points = [_point(row) for row in batch.puts]
        with self._write, self._using() as shard:
            self._folder.check_room(sum(POINT_BYTES + 4 * len(row.version.content) for row in batch.puts))
            self._check(batch, shard)
            shard.update(qdrant.UpdateOperation.upsert_points(points))
            self._since_optimized += len(points)
            self._optimize(shard, OPTIMIZE_EVERY)

    def _check(self, batch: Batch, shard: qdrant.EdgeShard) -> None:
        held = shard.retrieve(list(batch.believed), with_payload=["live"], with_vector=False) if batch.believed else []
        if sum("live" in (point.payload or {}) for point in held) != len(batch.believed):
            raise WriteConflictError("Another writer changed the memory first; read it again and retry.")

    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:  # noqa: ARG002 - one process writes, so one lock stands for every name
        """See `Store.claim`."""
        return self._claim

    def erase(self, where: Where) -> None:
        """See `Store.erase`. The disk space, and the bytes in it, are given back when the shard is next compacted."""
        with self._write, self._using() as shard:
            shard.update(qdrant.UpdateOperation.delete_points_by_filter(_filter(where)))
            shard.flush()

    def settle(self) -> None:
        """See `Store.settle`."""
        if self._durable:
            with self._using():
                self._commits.wait()

    def latest(self) -> datetime | None:
        """See `Store.latest`."""
        with self._using() as shard:
            last = [_highest(shard, "sf", below=schema.FOREVER), _highest(shard, "st", below=schema.FOREVER)]
        return from_micros(max(found)) if (found := [micros for micros in last if micros is not None]) else None

    def info(self) -> StoreInfo:
        """See `Store.info`."""
        return StoreInfo(
            kind="embedded",
            location=str(self._folder.path),
            fingerprint=self._manifest.fingerprint,
            dimension=self._manifest.dimension,
            versions=self._points(),
            details={"created": self._manifest.created, "format": self._manifest.format, "disk_bytes": self._folder.size(), "durable": self._durable},
        )

    def close(self) -> None:
        """See `Store.close`."""
        with self._write:
            if self._shard is None:
                return
            if os.getpid() == self._process:
                with _translated(self._folder.path):
                    self._optimize(self._shard, OPTIMIZE_EVERY // 2)
                    self._shard.flush()
                    self._shard.close()
                self._folder.release()
            self._shard = None

    def _points(self) -> int:
        with self._using() as shard:
            return int(shard.info().points_count)

    def _optimize(self, shard: qdrant.EdgeShard, threshold: int) -> None:
        if self._since_optimized >= threshold:
            shard.optimize()
            self._since_optimized = 0


def make_shard(path: Path, dimension: int) -> None:
    """Make an empty shard with the vectors and payload indexes of `schema`."""
    path.mkdir(mode=0o700)
    config = qdrant.EdgeConfig(
        vectors={schema.DENSE: qdrant.EdgeVectorParams(size=dimension, distance=qdrant.Distance.Dot)},
        sparse_vectors={schema.WORDS: qdrant.EdgeSparseVectorParams(modifier=qdrant.Modifier.Idf)},
        hnsw_config=qdrant.HnswIndexConfig(m=0, payload_m=0, ef_construct=100, full_scan_threshold=10_000),
        quantization_config=qdrant.ScalarQuantizationConfig(qdrant.ScalarType.Int8, quantile=0.99),
        wal_enabled=True,
    )
    shard = qdrant.EdgeShard.create(str(path), config)
    for field, kind in schema.FIELDS.items():
        index = (
            qdrant.IntegerIndexParams(lookup=False, range=True, enable_hnsw=False)
            if kind == "range"
            else qdrant.KeywordIndexParams(is_tenant=kind == "tenant", enable_hnsw=False)
        )
        shard.update(qdrant.UpdateOperation.create_field_index(field, index))
    shard.flush()
    shard.close()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except ErstwhileError:
        raise
    except OSError as error:
        raise StoreUnavailableError(f"{path}: {error.strerror or error}. Check the disk and its permissions, then open the store again.") from error
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)):
            raise
        text = str(error)
        if "WouldBlock" in text:
            raise StoreLockedError(f"{path} is open in another process that does not go by erstwhile's lock; close it there.") from error
        if "No space left" in text or "Permission denied" in text or "Read-only" in text:
            raise StoreUnavailableError(
                f"{path} cannot be written ({type(error).__name__}). Check the disk's space and permissions, then open the store again."
            ) from error
        raise StoreCorruptError(
            f"{path} could not carry out the operation ({type(error).__name__}); open it again, and if that fails restore it from a backup."
        ) from error


def _filter(where: Where) -> qdrant.Filter:
    return qdrant.Filter(must=[_condition(clause) for clause in schema.clauses(where)])


def _condition(clause: schema.Clause) -> qdrant.FieldCondition | qdrant.HasIdCondition | qdrant.Filter:
    match clause:
        case schema.Match(field, (value,)):
            return qdrant.FieldCondition(field, match=qdrant.MatchValue(value))
        case schema.Match(field, values):
            return qdrant.FieldCondition(field, match=qdrant.MatchAny(list(values)))
        case schema.Ids(ids):
            return qdrant.HasIdCondition(set(ids))
        case schema.AnyOf(spans):
            return qdrant.Filter(should=[_condition(span) for span in spans])
        case schema.Span():
            return qdrant.FieldCondition(clause.field, range=qdrant.RangeFloat(gt=clause.gt, gte=clause.gte, lt=clause.lt, lte=clause.lte))


def _more(shard: qdrant.EdgeShard, query: _Query, limit: int) -> Mapping[str, float]:
    return _scores(shard.query(query.request(limit, payload=False)))


def _scores(points: Sequence[qdrant.ScoredPoint]) -> Mapping[str, float]:
    return {str(point.id): point.score for point in points}


def _row(point: qdrant.Record) -> Row:
    vector = point.vector.get(schema.DENSE) if isinstance(point.vector, dict) else None
    return Row(version=schema.version_of(point.payload), vector=None if vector is None else np.asarray(vector, dtype=np.float32))


def _point(row: Row) -> qdrant.Point:
    if row.vector is None:
        raise ValueError("A row is written with its vector.")
    vectors: dict[str, Any] = {schema.DENSE: row.vector.tolist()}
    if terms := document_terms(lexical_text(row.version)):
        vectors[schema.WORDS] = qdrant.SparseVector(list(terms), list(terms.values()))
    return qdrant.Point(row.version.id, vectors, schema.payload_of(row.version))


def _highest(shard: qdrant.EdgeShard, field: str, *, below: int) -> int | None:
    ceiling = qdrant.Filter(must=[qdrant.FieldCondition(field, range=qdrant.RangeFloat(lt=below))])
    order = qdrant.OrderBy(field, direction=qdrant.Direction.Desc)
    points, _ = shard.scroll(qdrant.ScrollRequest(limit=1, filter=ceiling, with_payload=[field], with_vector=False, order_by=order))
    return int((points[0].payload or {})[field]) if points else None
