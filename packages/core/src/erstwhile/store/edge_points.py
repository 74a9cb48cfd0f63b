"""Our values as Qdrant Edge's, and back: the shard and its indexes, filters, rows."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import qdrant_edge as qdrant

from erstwhile.model import Version
from erstwhile.store import schema
from erstwhile.store.protocol import Row, Where
from erstwhile.store.seats import NUMBERS
from erstwhile.time import from_micros

__all__ = ["all_of", "filter_of", "latest_of", "make_shard", "point_of", "points_in", "row_of", "times_of"]

SEGMENT_KB: Final = 10_000
"""Vectors kept together, in KiB: some 13,000. It bounds a build, which without a bound would copy the whole store every time."""
HOT: Final = frozenset({"live", "open", "bounded", "type", "vf", "vt"})
"""Fields that everyday recalls filter by: their indexes stay in memory. The others are read through the disk's cache."""


def make_shard(path: Path, slots: Mapping[str, int]) -> None:
    """Make an empty shard with the vectors and payload indexes of `schema`.

    Args:
        path: Where; nothing may be there.
        slots: Length of a vector, by the names under which vectors of models stand.
    """
    path.mkdir(mode=0o700)
    # Only ever read of a few hundred points. "Cached" would keep in memory the 32 MiB that are set aside for those to come.
    seat = qdrant.EdgeVectorParams(size=NUMBERS, distance=qdrant.Distance.Dot, memory=qdrant.Memory.Cold)
    config = qdrant.EdgeConfig(
        vectors={**{slot: _dense(dimension) for slot, dimension in slots.items()}, schema.SEAT: seat},
        sparse_vectors={schema.WORDS: qdrant.EdgeSparseVectorParams(modifier=qdrant.Modifier.Idf)},
        hnsw_config=qdrant.HnswIndexConfig(m=0, payload_m=0, ef_construct=100, full_scan_threshold=10_000),
        # For all vectors: one that is added later cannot be given an int8 copy of its own.
        quantization_config=qdrant.ScalarQuantizationConfig(qdrant.ScalarType.Int8, quantile=0.99),
        optimizers=qdrant.EdgeOptimizersConfig(max_segment_size=SEGMENT_KB),
        wal_enabled=True,
    )
    shard = qdrant.EdgeShard.create(str(path), config)
    for field, kind in schema.FIELDS.items():
        memory = None if field in HOT else qdrant.Memory.Cold
        index = (
            qdrant.IntegerIndexParams(lookup=False, range=True, enable_hnsw=False, memory=memory)
            if kind == "range"
            else qdrant.KeywordIndexParams(is_tenant=kind == "tenant", enable_hnsw=False, memory=memory)
        )
        shard.update(qdrant.UpdateOperation.create_field_index(field, index))
    shard.flush()
    shard.close()


def _dense(dimension: int) -> qdrant.EdgeVectorParams:
    return qdrant.EdgeVectorParams(
        size=dimension,
        distance=qdrant.Distance.Dot,
        datatype=qdrant.VectorStorageDatatype.Float16,
        memory=qdrant.Memory.Cached,
    )


def filter_of(where: Where) -> qdrant.Filter:
    """The filter that selects what ``where`` means."""
    return all_of(schema.clauses(where))


def all_of(clauses: Iterable[schema.Clause]) -> qdrant.Filter:
    """The filter under which every clause holds."""
    return qdrant.Filter(must=[_condition(clause) for clause in clauses])


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
        case schema.NoneOf(matches):
            return qdrant.Filter(must_not=[_condition(match) for match in matches])
        case schema.Span():
            return qdrant.FieldCondition(clause.field, range=qdrant.RangeFloat(gt=clause.gt, gte=clause.gte, lt=clause.lt, lte=clause.lte))


def row_of(point: qdrant.Record, *, slot: str = schema.DENSE) -> Row:
    """The row that a point stands for, as it was written.

    Raises:
        StoreCorruptError: The point is not what was written.
    """
    return schema.row_of(point.payload, point.vector, slot=slot)


def point_of(row: Row, *, slot: str = schema.DENSE) -> qdrant.Point:
    """The point that stands for a row."""
    dense, terms = schema.vectors_of(row, slot)
    vectors: dict[str, Any] = {**dense}
    if terms:
        vectors[schema.WORDS] = qdrant.SparseVector(list(terms), list(terms.values()))
    return qdrant.Point(row.version.id, vectors, schema.payload_of(row.version))


def points_in(shard: qdrant.EdgeShard) -> int:
    """How many points there are."""
    return int(shard.info().points_count)


def latest_of(shard: qdrant.EdgeShard) -> datetime | None:
    """The latest system time that any point carries; ``None`` in an empty shard."""
    last = [_highest(shard, field) for field in ("sf", "st")]
    return max((from_micros(micros) for micros in last if micros is not None), default=None)


def _highest(shard: qdrant.EdgeShard, field: str) -> int | None:
    # Open ends do not count.
    ceiling = qdrant.Filter(must=[qdrant.FieldCondition(field, range=qdrant.RangeFloat(lt=schema.FOREVER))])
    order = qdrant.OrderBy(field, direction=qdrant.Direction.Desc)
    points, _ = shard.scroll(qdrant.ScrollRequest(limit=1, filter=ceiling, with_payload=[field], with_vector=False, order_by=order))
    return int((points[0].payload or {})[field]) if points else None


def times_of(version: Version) -> Iterator[datetime]:
    """The system times that a version carries."""
    yield version.system_from
    if version.system_to is not None:
        yield version.system_to
