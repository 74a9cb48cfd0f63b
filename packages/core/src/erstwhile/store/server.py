"""The store on a Qdrant server, cluster or cloud, through qdrant-client; needs the extra ``erstwhile[server]``.

What differs from the embedded store. A server has no locks, so the right to write is handed out by `claims`. A batch is one upsert and all of a tenant lies in
one shard, because only an upsert within one shard is carried out whole or, after a crash, again; a read at the very moment of a write may see part of it.
Erasing does not reach snapshots and backups made of the server. Its local mode in this process serves tests: plain Python, slow, without locks of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Final, Self

from erstwhile.errors import MissingDependencyError, StoreUnavailableError, WriteConflictError

try:
    from qdrant_client import QdrantClient, models
except ImportError as error:
    raise MissingDependencyError('Memories on a Qdrant server need qdrant-client; install it with: pip install "erstwhile[server]"') from error

from erstwhile.model import Scope
from erstwhile.store import collection as collections
from erstwhile.store import schema
from erstwhile.store.arrival import Arrival
from erstwhile.store.claims import Claims
from erstwhile.store.connection import Connection, client_of, place_of
from erstwhile.store.lexical import query_terms
from erstwhile.store.portions import bytes_of
from erstwhile.store.protocol import PAGE, Batch, Candidate, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.second import Models, Space, check_rows, check_search, mismatch
from erstwhile.store.selection import best_of_ranked, candidates
from erstwhile.store.server_second import ServerSecond
from erstwhile.store.server_settings import ServerSettings
from erstwhile.time import from_micros

__all__ = ["ServerStore", "look", "place_of"]

OLDEST: Final = (1, 19)
"""The first server that takes word statistics over one scope; an older one would let scopes change each other's ranking without a word."""


class ServerStore(Store):
    """A collection on a Qdrant server, and a second one, ``<collection>-claims``, for claims.

    Args:
        client: The client; it stays open when the store is closed.
        fingerprint: The embedding model; must be the one that the collection was made with.
        dimension: Length of a vector.
        collection: Name of the collection; made if it does not exist.
        settings: How a new one is laid out, and how the server is asked. Default: as an existing one is, else the defaults.
        arriving: Whether it may be the target of a transfer that is not done. Default no.

    Raises:
        InvalidInputError: The collection is laid out in another way.
        StoreUnavailableError: The server does not answer, refuses access, or is too old; or a transfer to the collection is not done.
        StoreFormatError: The collection is not erstwhile's, or of another version.
        ModelMismatchError: It holds vectors of another model.
    """

    def __init__(
        self,
        client: QdrantClient,
        *,
        fingerprint: str,
        dimension: int,
        collection: str = "erstwhile",
        settings: ServerSettings | None = None,
        arriving: bool = False,
    ) -> None:
        given = settings or ServerSettings()
        self._connection = Connection(client, retries=given.retries)
        self._collection = collection
        self.models = Models(first=Space(fingerprint=fingerprint, dimension=dimension))
        self._owns_client = False
        check_version(self._connection)
        collections.make(self._connection, collection, lambda client: collections.create(client, collection, first=self.models.first, settings=given))
        manifest = collections.Manifest.read(self._connection, collection)
        self.models = self._checked(manifest)
        if manifest.arrival is not None and not arriving:
            manifest.arrival.check(manifest.place)
        self._arrival = manifest.arrival
        self._settings = manifest.settings(settings)
        # What every copy took, any of them tells; otherwise most of them are asked.
        everywhere = self._settings.copies == self._settings.replication_factor
        self._consistency = None if everywhere else models.ReadConsistencyType.MAJORITY
        collections.shards(self._connection, collection, self._settings)
        collections.index(self._connection, collection, schema.FIELDS, self._settings)
        claims = f"{collection}-claims"
        collections.make(self._connection, claims, lambda client: collections.create_claims(client, claims, settings=self._settings))
        collections.index(self._connection, claims, {"owner": "keyword", "at": "range"}, self._settings)
        self._claims = Claims(self._connection, claims)
        self._claims.sweep()

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        fingerprint: str,
        dimension: int,
        api_key: str | None = None,
        collection: str = "erstwhile",
        settings: ServerSettings | None = None,
        arriving: bool = False,
    ) -> Self:
        """Open a collection on the server at ``url``, ``http://…`` or ``https://…``; without a port, 6333 is meant.

        Raises:
            InvalidInputError, StoreUnavailableError, StoreFormatError, ModelMismatchError: See the class.
        """
        client = client_of(url, api_key, timeout=(settings or ServerSettings()).timeout)
        try:
            store = cls(client, fingerprint=fingerprint, dimension=dimension, collection=collection, settings=settings, arriving=arriving)
        except BaseException:
            client.close()
            raise
        store._owns_client = True
        return store

    @cached_property
    def second(self) -> ServerSecond:
        """See `Store.second`."""
        return ServerSecond(self, self._connection, self._collection)

    def look(self) -> Models:
        """Which models the collection has vectors of by now.

        Raises:
            StoreFormatError: The collection is not erstwhile's, or of another version.
        """
        return collections.Manifest.read(self._connection, self._collection).models

    def _checked(self, manifest: collections.Manifest) -> Models:
        models, own = manifest.models, self.models.first
        if (models.first.fingerprint, models.first.dimension) != (own.fingerprint, own.dimension):
            raise mismatch(manifest.place, models=models, fingerprint=own.fingerprint, dimension=own.dimension)
        return models

    def _check_manifest(self) -> None:
        self._checked(collections.Manifest.read(self._connection, self._collection))

    @property
    def _name(self) -> str:
        return collections.called(self._connection, self._collection)

    @property
    def arrival(self) -> Arrival | None:
        """The transfer that it is, or was, the target of."""
        return self._arrival

    def note_arrival(self, arrival: Arrival) -> None:
        """Note how far a transfer to it is."""
        collections.note_arrival(self._connection, self._collection, arrival)
        self._arrival = arrival

    def find(self, find: Find) -> tuple[Row, ...]:
        """See `Store.find`."""
        chosen, shards = _filter(find.where), self._shards(find.where)
        return self.page(self.models.first, chosen, shards=shards, after=find.after, limit=find.limit, vectors=find.vectors)

    def scan(self, *, after: str | None = None, limit: int = PAGE, vectors: bool = False) -> tuple[Row, ...]:
        """See `Store.scan`."""
        return self.page(self.models.first, None, after=after, limit=limit, vectors=vectors)

    def page(
        self, space: Space, chosen: models.Filter | None, *, shards: list[int | str] | None = None, after: str | None, limit: int, vectors: bool
    ) -> tuple[Row, ...]:
        """Rows under a filter, in order of id, with their vectors of this model where these are wanted."""
        points, _ = self._connection.read(
            lambda client: client.scroll(
                self._collection,
                chosen,
                consistency=self._consistency,
                shard_key_selector=shards,
                limit=limit + 1 if after else limit,
                offset=after,
                with_payload=list(schema.READ),
                with_vectors=[space.slot] if vectors else False,
            )
        )
        rows = [schema.row_in(space, point.payload, point.vector) for point in points if str(point.id) != after]
        return tuple(rows[:limit])

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Store.search`."""
        check_search(self._name, self.models, search)
        try:
            return self._found(self._queries(search, self.models.first.slot), search)
        except StoreUnavailableError:
            # Its vectors may be gone, since another process changed the model.
            self._check_manifest()
            raise

    def nearest(self, space: Space, search: Search) -> tuple[Candidate, ...]:
        """The best by meaning alone, by the vectors of one of the collection's models."""
        return self._found(self._queries(replace(search, text=""), space.slot), search)

    def _found(self, queries: "dict[str, _Query]", search: Search) -> tuple[Candidate, ...]:
        requests = [query.request(search.limit + 1) for query in queries.values()]
        answers = self._query(requests)
        seats: dict[str, object] = {}
        channels = {
            name: best_of_ranked(partial(self._more, query, seats), _scores(answer.points, seats), search.limit)
            for (name, query), answer in zip(queries.items(), answers, strict=True)
        }
        return candidates(channels[schema.DENSE], channels.get(schema.WORDS, {}), lambda id: schema.seat_of(seats.get(id)))

    def count(self, where: Where) -> int:
        """See `Store.count`."""
        return self._count(where)

    def write(self, batch: Batch) -> None:
        """See `Store.write`. Whether ``believed`` still are is certain only while their memories are claimed."""
        check_rows(self._name, self.models, batch.puts)
        if (weight := sum(map(bytes_of, batch.puts))) > self._settings.request_bytes:
            raise StoreUnavailableError(
                f"A write of {len(batch.puts):,} versions takes up to {weight:,} bytes in one request, and {self._settings.request_bytes:,} are allowed. Write "
                f"less at once, or raise request_mb here and service.max_request_size_mb at {self._connection.place}."
            )
        # Where the client is local, no other thread gets in between.
        with self._connection.using():
            self._check_believed(batch.believed)
            by_shard: dict[str | None, list[models.PointStruct]] = {}
            for row in batch.puts:
                by_shard.setdefault(self.shard_of(row), []).append(_point(row, self.models.first.slot))
            for shard, points in by_shard.items():
                self._connection.write(partial(self._upsert, points=points, shard=shard), check=self._may_write)

    def shard_of(self, row: Row) -> str | None:
        """The name of the shard that a row lies in, where shards have names."""
        return self._settings.shard_key(row.version.scope)

    def _may_write(self) -> None:
        # Another process may have changed the model.
        self._check_manifest()
        self._claims.check()

    def _check_believed(self, ids: Sequence[str]) -> None:
        if ids:
            held = self._connection.read(
                lambda client: client.retrieve(self._collection, list(ids), with_payload=["live"], consistency=models.ReadConsistencyType.MAJORITY)
            )
            if sum("live" in (point.payload or {}) for point in held) != len(ids):
                raise WriteConflictError("Another writer changed the memory first; read it again and retry.")

    def _upsert(self, client: QdrantClient, *, points: list[models.PointStruct], shard: str | None) -> models.UpdateResult:
        return client.upsert(self._collection, points, wait=True, ordering=models.WriteOrdering.STRONG, shard_key_selector=shard)

    def erase(self, where: Where) -> None:
        """See `Store.erase`. The disk space is given back when the server next tidies up; its snapshots keep what they hold."""
        chosen, shards = models.FilterSelector(filter=_filter(where)), self._shards(where)
        self._connection.write(
            lambda client: client.delete(self._collection, chosen, wait=True, ordering=models.WriteOrdering.STRONG, shard_key_selector=shards)
        )

    def scopes(self) -> tuple[Scope, ...]:
        """See `Store.scopes`."""
        limit = max(1, self._count(None))
        found = self._connection.read(lambda client: client.facet(self._collection, "scope", limit=limit, exact=True, consistency=self._consistency))
        return schema.scopes_of(hit.value for hit in found.hits if hit.count)

    def latest(self) -> datetime | None:
        """See `Store.latest`."""
        last = [self._highest("sf"), self._highest("st")]
        return from_micros(max(found)) if (found := [micros for micros in last if micros is not None]) else None

    def info(self) -> StoreInfo:
        """See `Store.info`."""
        return StoreInfo(
            kind="server",
            location=self._connection.place,
            fingerprint=self.models.first.fingerprint,
            dimension=self.models.first.dimension,
            versions=self._count(None),
            details={
                "collection": self._collection,
                "format": schema.FORMAT,
                "layout": self._settings.layout,
                "server": "local mode" if self._connection.local else self._connection.read(lambda client: client.info()).version,
            },
        )

    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:
        """See `Store.claim`. Not reentrant."""
        return self._claims.hold(names)

    def close(self) -> None:
        """See `Store.close`."""
        self._connection.close(client=self._owns_client)

    def _queries(self, search: Search, slot: str) -> "dict[str, _Query]":
        chosen = _filter(search.where)
        shards = self._shards(search.where)
        rescored = None if self._connection.local else collections.rescored(self._settings)
        vectors: list[str] | bool = [schema.SEAT] if search.seats else False
        queries = {schema.DENSE: _Query(search.vector.tolist(), slot, chosen, rescored, vectors, shards)}
        if terms := query_terms(search.text):
            sparse = models.SparseVector(indices=list(terms), values=list(terms.values()))
            scoped = models.SearchParams(idf=models.IdfCorpusParams(corpus=_filter(search.where.corpus)))
            queries[schema.WORDS] = _Query(sparse, schema.WORDS, chosen, scoped, vectors, shards)
        return queries

    def _more(self, query: "_Query", seats: dict[str, object], limit: int) -> Mapping[str, float]:
        request = query.request(limit)
        return _scores(self._query([request])[0].points, seats)

    def _query(self, requests: Sequence[models.QueryRequest]) -> list[models.QueryResponse]:
        return self._connection.read(lambda client: client.query_batch_points(self._collection, requests, consistency=self._consistency))

    def _shards(self, where: Where) -> list[int | str] | None:
        keys = {self._settings.shard_key(scope) for scope in where.scopes}
        return [*sorted(key for key in keys if key is not None)] or None

    def _count(self, where: Where | None) -> int:
        chosen, shards = (None, None) if where is None else (_filter(where), self._shards(where))
        return self._connection.read(lambda client: client.count(self._collection, chosen, exact=True, shard_key_selector=shards)).count

    def _highest(self, field: str) -> int | None:
        ended = models.Filter(must=[_condition(schema.Span(field=field, lt=schema.FOREVER))])
        order = models.OrderBy(key=field, direction=models.Direction.DESC)
        points, _ = self._connection.read(
            lambda client: client.scroll(self._collection, ended, limit=1, order_by=order, with_payload=[field], consistency=self._consistency)
        )
        return int((points[0].payload or {})[field]) if points else None


@dataclass(frozen=True, slots=True)
class _Query:
    """One channel of a search."""

    query: list[float] | models.SparseVector
    using: str
    filter: models.Filter
    params: models.SearchParams | None
    vectors: list[str] | bool
    shards: list[int | str] | None

    def request(self, limit: int) -> models.QueryRequest:
        return models.QueryRequest(
            query=self.query,
            using=self.using,
            filter=self.filter,
            params=self.params,
            limit=limit,
            with_payload=False,
            with_vector=self.vectors,
            shard_key=self.shards,
        )


def look(url: str, *, api_key: str | None, settings: ServerSettings | None, collection: str = "erstwhile") -> collections.Manifest | None:
    """What is written on a collection; ``None`` where there is none. Nothing is made.

    Raises:
        StoreUnavailableError, StoreFormatError: See `ServerStore`.
    """
    given = settings or ServerSettings()
    client = client_of(url, api_key, timeout=given.timeout)
    try:
        connection = Connection(client, retries=given.retries)
        check_version(connection)
        there = connection.read(lambda client: client.collection_exists(collection))
        return collections.Manifest.read(connection, collection) if there else None
    finally:
        client.close()


def check_version(connection: Connection) -> None:
    """Make sure that the server is new enough.

    Raises:
        StoreUnavailableError: It is not.
    """
    version = connection.read(lambda client: client.info()).version
    numbers = version.partition("-")[0].split(".")
    if all(number.isdecimal() for number in numbers[:2]) and tuple(map(int, numbers[:2])) < OLDEST:
        raise StoreUnavailableError(f"{connection.place} runs Qdrant {version}, and erstwhile needs {'.'.join(map(str, OLDEST))} or newer; upgrade the server.")


def _filter(where: Where) -> models.Filter:
    return models.Filter(must=[_condition(clause) for clause in schema.clauses(where)])


def _condition(clause: schema.Clause) -> models.FieldCondition | models.HasIdCondition | models.Filter:
    match clause:
        case schema.Match(field, (value,)):
            return models.FieldCondition(key=field, match=models.MatchValue(value=value))
        case schema.Match(field, values):
            return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))
        case schema.Ids(ids):
            return models.HasIdCondition(has_id=list(ids))
        case schema.AnyOf(spans):
            return models.Filter(should=[_condition(span) for span in spans])
        case schema.NoneOf(matches):
            return models.Filter(must_not=[_condition(match) for match in matches])
        case schema.Span():
            return models.FieldCondition(key=clause.field, range=models.Range(gt=clause.gt, gte=clause.gte, lt=clause.lt, lte=clause.lte))


def _scores(points: Sequence[models.ScoredPoint], seats: dict[str, object]) -> Mapping[str, float]:
    seats |= {str(point.id): point.vector for point in points if point.vector}
    return {str(point.id): point.score for point in points}


def _point(row: Row, slot: str) -> models.PointStruct:
    dense, terms = schema.vectors_of(row, slot)
    vectors: dict[str, Any] = {**dense}
    if terms:
        vectors[schema.WORDS] = models.SparseVector(indices=list(terms), values=list(terms.values()))
    return models.PointStruct(id=row.version.id, vector=vectors, payload=schema.payload_of(row.version))
