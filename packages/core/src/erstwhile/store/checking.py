"""Whether a shard finds what it holds: each row against its checksum, and each index against the rows.

Qdrant Edge keeps no checksum of its indexes, so they are asked: what a filter counts must be what the rows say.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any, Final

import numpy as np
import qdrant_edge as qdrant

from erstwhile.errors import StoreCorruptError
from erstwhile.store import schema
from erstwhile.store.edge_points import row_of
from erstwhile.store.lexical import version_terms
from erstwhile.store.protocol import Row
from erstwhile.store.seats import Seat

__all__ = ["Contents", "read_contents", "wrong_indexes"]

PAGE: Final = 1_000
MANY: Final = 1_000
"""So many values of a field, the commonest, are each counted through the filter that recalls use; of all of them the index lists its counts."""
STRETCHES: Final = 64
"""Into so many stretches the values of a field are divided that is asked for by range."""
UNIT: Final = 0.01
"""How far the length of a vector may be from 1: sixteen bits leave it within 0.001."""


@dataclass(slots=True, kw_only=True)
class Contents:
    """What could be read of a shard.

    Attributes:
        rows: By id. A row whose vector could not be read, or cannot be right, has none.
        unreadable: Ids of points that are there and cannot be read back as what was written.
        misfiled: Ids of rows that are right in themselves, beside which other fields or words stand than follow from them.
        broken: Why reading ended before the end, if it did.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    misfiled: set[str] = field(default_factory=set)
    broken: str | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing was found wrong."""
        return not (self.unreadable or self.misfiled or self.broken or any(row.vector is None for row in self.rows.values()))


def read_contents(shard: qdrant.EdgeShard, slot: str) -> Contents:
    """Read every point, page by page, and what a page fails on point by point; ``slot`` is the name under which the vectors stand."""
    found = Contents()
    try:
        for ids in _ids(shard):
            for point in _points(shard, ids, found, slot):
                _take(point, found, slot)
    except BaseException as error:  # noqa: BLE001 - a panic of Rust is no Exception
        found.broken = _kind(error)
    return found


def _kind(error: BaseException) -> str:
    # What Qdrant says may quote what was stored, so the kind alone is told.
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
        raise error
    return type(error).__name__


def _ids(shard: qdrant.EdgeShard) -> Iterator[list[str]]:
    after: Any = None
    while True:
        points, after = shard.scroll(qdrant.ScrollRequest(offset=after, limit=PAGE, with_payload=False, with_vector=False))
        yield [str(point.id) for point in points]
        if after is None:
            return


def _points(shard: qdrant.EdgeShard, ids: Sequence[str], found: Contents, slot: str) -> Iterator[qdrant.Record]:
    vectors = [slot, schema.WORDS, schema.SEAT]
    try:
        yield from shard.retrieve(list(ids), with_payload=True, with_vector=vectors)
    except BaseException as error:  # noqa: BLE001 - a panic of Rust is no Exception
        _kind(error)
    else:
        return
    for id in ids:
        for wanted in (vectors, False):
            try:
                yield from shard.retrieve([id], with_payload=True, with_vector=wanted)
                break
            except BaseException as error:  # noqa: BLE001 - as above
                _kind(error)
        else:
            found.unreadable.add(id)


def _take(point: qdrant.Record, found: Contents, slot: str) -> None:
    id = str(point.id)
    try:
        row = row_of(point, slot=slot)
    except StoreCorruptError:
        found.unreadable.add(id)
        return
    if row.version.id != id:
        found.unreadable.add(id)
        return
    vector = row.vector
    found.rows[id] = row if vector is not None and abs(float(np.linalg.norm(vector)) - 1) < UNIT else Row(version=row.version)
    held = point.vector if isinstance(point.vector, dict) else {}
    filed = point.payload == schema.payload_of(row.version) and held.get(schema.SEAT) == Seat.of(row.version).written()
    if not filed or not _same_words(held.get(schema.WORDS), version_terms(row.version)):
        found.misfiled.add(id)


def _same_words(words: Any, terms: dict[int, float]) -> bool:  # noqa: ANN401 - as Qdrant has it
    held = {} if words is None else dict(zip(words.indices, words.values, strict=True))
    return held.keys() == terms.keys() and all(abs(held[term] - weight) <= 1e-5 * weight for term, weight in terms.items())


def wrong_indexes(shard: qdrant.EdgeShard, rows: Sequence[Row]) -> tuple[str, ...]:
    """Fields whose index does not count what the rows say, in order."""
    told: dict[str, Counter[Any]] = {name: Counter() for name in schema.FIELDS}
    for row in rows:
        payload = schema.payload_of(row.version)
        for name, counter in told.items():
            value = payload.get(name)
            counter.update(set(value) if isinstance(value, list) else () if value is None else (value,))
    return tuple(name for name, kind in schema.FIELDS.items() if not _agrees(shard, name, kind, told[name]))


def _agrees(shard: qdrant.EdgeShard, name: str, kind: schema.FieldKind, told: "Counter[Any]") -> bool:
    try:
        return _ranges_agree(shard, name, told) if kind == "range" else _values_agree(shard, name, told)
    except BaseException as error:  # noqa: BLE001 - a panic of Rust is no Exception
        _kind(error)
        return False


def _values_agree(shard: qdrant.EdgeShard, name: str, told: "Counter[Any]") -> bool:
    hits = shard.facet(qdrant.FacetRequest(name, limit=len(told) + 1, exact=True)).hits
    if {hit.value: hit.count for hit in hits} != told:
        return False
    return all(_count(shard, qdrant.FieldCondition(name, match=qdrant.MatchValue(value))) == times for value, times in _commonest(name, told))


def _commonest(name: str, told: "Counter[Any]") -> Iterator[tuple[Any, int]]:
    """The values that most rows have, of each thing that shares the field as many."""
    kinds: dict[str, Counter[Any]] = {}
    for value, times in told.items():
        kinds.setdefault(schema.kind_in_shared(value) if name in schema.SHARED else "", Counter())[value] = times
    return chain.from_iterable(kind.most_common(MANY) for kind in kinds.values())


def _ranges_agree(shard: qdrant.EdgeShard, name: str, told: "Counter[Any]") -> bool:
    # As Qdrant compares them: beyond the year 2255 some times are one to it.
    values = sorted(map(float, told.elements()))
    for first, end in pairwise([*values[:: max(1, len(values) // STRETCHES)], math.inf]):
        if _count(shard, qdrant.FieldCondition(name, range=qdrant.RangeFloat(gte=first, lt=end))) != bisect_left(values, end) - bisect_left(values, first):
            return False
    return _count(shard, qdrant.FieldCondition(name, range=qdrant.RangeFloat(gte=-(2.0**63)))) == len(values)


def _count(shard: qdrant.EdgeShard, condition: qdrant.FieldCondition) -> int:
    return int(shard.count(qdrant.CountRequest(exact=True, filter=qdrant.Filter(must=[condition]))))
