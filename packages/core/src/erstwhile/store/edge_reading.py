"""Rows of a shard of Qdrant Edge: page by page under a filter, or by their ids."""

from pathlib import Path
from typing import TYPE_CHECKING

import qdrant_edge as qdrant

from erstwhile.errors import StoreCorruptError
from erstwhile.store import schema
from erstwhile.store.protocol import Find, Row
from erstwhile.store.second import Space

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["read_ids", "read_page", "row_at"]


def row_at(path: Path, space: Space, point: qdrant.Record) -> Row:
    """The row that a point stands for, with its vector of this model where that was read.

    Raises:
        StoreCorruptError: It is not what was written; the error names the store, at ``path``, and the version.
    """
    try:
        return schema.row_in(space, point.payload, point.vector)
    except StoreCorruptError as error:
        raise StoreCorruptError(f"{path}, version {point.id}: {error}") from None


def read_page(shard: qdrant.EdgeShard, chosen: qdrant.Filter | None, space: Space, *, after: str | None, limit: int, vectors: bool) -> list[qdrant.Record]:
    """Points under a filter, in order of id, at most ``limit`` of those with a greater id than ``after``."""
    request = qdrant.ScrollRequest(
        offset=after,
        limit=limit + 1 if after else limit,
        filter=chosen,
        with_payload=list(schema.READ),
        with_vector=[space.slot] if vectors else False,
    )
    points, _ = shard.scroll(request)
    return [point for point in points if str(point.id) != after][:limit]


def read_ids(shard: qdrant.EdgeShard, find: Find, space: Space) -> list[qdrant.Record]:
    """Points by the ids that are asked for; the rest of the conditions is left to the caller. It costs half of a filtered page."""
    ids: list[int | UUID | str] = [*schema.ids_of(find.where)]
    return shard.retrieve(ids, with_payload=list(schema.READ), with_vector=[space.slot] if find.vectors else False)
