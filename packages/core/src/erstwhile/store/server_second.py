"""The vectors of a second model on a Qdrant server.

The models stand in the collection's own description, which the server changes as a whole. A writer looks there right before each write. One that looked before
an exchange and writes after it, within its lease, leaves a version without a vector of the new model: who made the exchange looks for such ones when the
lease is over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from qdrant_client import models as qdrant

from erstwhile.errors import StoreUnavailableError
from erstwhile.store import schema
from erstwhile.store.claims import LEASE
from erstwhile.store.connection import Connection, confirm
from erstwhile.store.protocol import Candidate, Row, Search
from erstwhile.store.second import Models, Second, SecondState, Space

if TYPE_CHECKING:
    from erstwhile.store.server import ServerStore

__all__ = ["MANIFEST", "ServerSecond", "described", "models_of"]

MANIFEST: Final = "erstwhile"
"""Under this name stands in a collection's metadata what it is."""
TRIES: Final = 3
"""How often vectors are given anew where a version was erased in the middle of it."""
CLAIM: Final = "the models of the store"


def models_of(description: Mapping[str, Any]) -> Models:
    """The models that a collection's description names.

    Raises:
        KeyError, TypeError: It is not what `described` gives.
    """
    second = description.get("second")
    first = {name: description[name] for name in ("fingerprint", "dimension")} | {"slot": description.get("slot", schema.DENSE)}
    return Models(first=Space(**first), second=None if second is None else Space(**second), exchanged=bool(description.get("exchanged", False)))


def described(models: Models) -> dict[str, Any]:
    """A collection's description."""
    second = None if models.second is None else asdict(models.second)
    return {"format": schema.FORMAT, **asdict(models.first), "second": second, "exchanged": models.exchanged}


class ServerSecond(Second):
    """See `Second`.

    Args:
        store: The store.
        connection: The server.
        collection: Where its points are.
    """

    grace = LEASE

    def __init__(self, store: "ServerStore", connection: Connection, collection: str) -> None:
        self._store = store
        self._connection = connection
        self._collection = collection

    def models(self) -> Models:
        """See `Second.models`."""
        return self._store.look()

    def state(self) -> SecondState:
        """See `Second.state`."""
        models = self._store.look()
        lacking, stray = (0 if space is None else self._count(_lacks(space)) for space in (models.second, models.first))
        return SecondState.of(models, versions=self._count(None), lacking=lacking, stray=stray)

    def begin(self, *, fingerprint: str, dimension: int) -> None:
        """See `Second.begin`."""
        with self._store.claim([CLAIM]):
            before = self._store.look()
            models = before.begun(fingerprint=fingerprint, dimension=dimension)
            if models == before:
                return
            slot = models.space(fingerprint).slot
            config = qdrant.DenseVectorConfig(size=dimension, distance=qdrant.Distance.DOT, datatype=qdrant.VectorStorageDatatype.FLOAT16)
            with self._connection.using() as client:
                # What was left under this name may be of any model.
                confirm(client.delete_vector_name(self._collection, slot), self._connection.place)
                confirm(client.create_vector_name(self._collection, slot, qdrant.DenseVectorNameConfig(dense=config)), self._connection.place)
            self._adopt(models)

    def lacking(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.lacking`."""
        space = self._store.look().space(fingerprint)
        return self._store.page(space, _lacks(space), after=after, limit=limit, vectors=False)

    def scan(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.scan`."""
        return self._store.page(self._store.look().space(fingerprint), None, after=after, limit=limit, vectors=True)

    def fill(self, rows: Iterable[Row], *, fingerprint: str) -> None:
        """See `Second.fill`."""
        by_shard: dict[str | None, dict[str, list[float]]] = {}
        for row in rows:
            if row.vector is not None:
                by_shard.setdefault(self._store.shard_of(row), {})[row.version.id] = row.vector.tolist()
        space = self._store.look().space(fingerprint)
        for shard, given in by_shard.items():
            self._fill_shard(space, given, shard)

    def _fill_shard(self, space: Space, given: Mapping[str, list[float]], shard: str | None) -> None:
        for last in (*[False] * (TRIES - 1), True):
            try:
                self._fill(space, given, shard)
            except StoreUnavailableError:
                # A server refuses all of them where one was erased in between.
                if last:
                    raise
            else:
                return

    def _fill(self, space: Space, given: Mapping[str, list[float]], shard: str | None) -> None:
        with self._connection.using() as client:
            there = [str(point.id) for point in client.retrieve(self._collection, list(given), with_payload=False, shard_key_selector=shard)]
            points = [qdrant.PointVectors(id=id, vector={space.slot: given[id]}) for id in there]
            if points:
                strong = qdrant.WriteOrdering.STRONG
                confirm(client.update_vectors(self._collection, points, wait=True, ordering=strong, shard_key_selector=shard), self._connection.place)

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Second.search`."""
        models = self._store.look()
        return self._store.nearest(models.first if search.fingerprint is None else models.space(search.fingerprint), search)

    def swap(self, to: str) -> bool:
        """See `Second.swap`."""
        with self._store.claim([CLAIM]):
            before = self._store.look()
            models = before.swapped(to)
            if models != before:
                if self._count(_lacks(models.first)):
                    return False
                self._adopt(models)
            self._store.models = models
            return True

    def drop(self, fingerprint: str) -> None:
        """See `Second.drop`. The server gives the disk space back when it next tidies up."""
        with self._store.claim([CLAIM]):
            before = self._store.look()
            models = before.dropped(fingerprint)
            if models == before:
                return
            self._adopt(models)
            with self._connection.using() as client:
                confirm(client.delete_vector_name(self._collection, before.space(fingerprint).slot), self._connection.place)

    def _adopt(self, models: Models) -> None:
        with self._connection.using() as client:
            client.update_collection(self._collection, metadata={MANIFEST: described(models)})

    def _count(self, chosen: qdrant.Filter | None) -> int:
        return self._connection.read(lambda client: client.count(self._collection, chosen, exact=True)).count


def _lacks(space: Space) -> qdrant.Filter:
    return qdrant.Filter(must_not=[qdrant.HasVectorCondition(has_vector=space.slot)])
