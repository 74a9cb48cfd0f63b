"""The store on a Qdrant server, cluster or cloud, through qdrant-client; needs the extra ``erstwhile[server]``.

What differs from the embedded store. A server has no locks, so the right to write is handed out by `claims`. A batch is one upsert and the collection has one
shard, because only an upsert within one shard is carried out whole or, after a crash, again; a read at the very moment of a write may see part of it. Erasing
does not reach snapshots and backups made of the server. Its local mode in this process serves tests: plain Python, slow, without locks of its own.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Final, Self

from erstwhile.errors import (
    MissingDependencyError,
    StoreFormatError,
    StoreUnavailableError,
    WriteConflictError,
)

try:
    from qdrant_client import QdrantClient, models
except ImportError as error:
    raise MissingDependencyError('Memories on a Qdrant server need qdrant-client; install it with: pip install "erstwhile[server]"') from error

from erstwhile.model import Scope
from erstwhile.store import schema
from erstwhile.store.claims import Claims
from erstwhile.store.connection import Connection, client_of, confirm
from erstwhile.store.lexical import query_terms
from erstwhile.store.protocol import PAGE, Batch, Candidate, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.seats import NUMBERS
from erstwhile.store.second import Models, Space, check_rows, check_search, mismatch
from erstwhile.store.selection import best_of_ranked, candidates
from erstwhile.store.server_second import ServerSecond, described, models_of
from erstwhile.time import from_micros

__all__ = ["ServerStore"]

OLDEST: Final = (1, 19)
"""The first server that takes word statistics over one scope; an older one would let scopes change each other's ranking without a word."""


class ServerStore(Store):
    """A collection on a Qdrant server, and a second one, ``<collection>-claims``, for claims.

    Args:
        client: The client; it stays open when the store is closed.
        fingerprint: The embedding model; must be the one that the collection was made with.
        dimension: Length of a vector.
        collection: Name of the collection; made if it does not exist.

    Raises:
        StoreUnavailableError: The server does not answer, refuses access, or is too old.
        StoreFormatError: The collection is not erstwhile's, or of another version.
        ModelMismatchError: It holds vectors of another model.
    """

    def __init__(self, client: QdrantClient, *, fingerprint: str, dimension: int, collection: str = "erstwhile") -> None:
        self._connection = Connection(client)
        self._collection = collection
        self.models = Models(first=Space(fingerprint=fingerprint, dimension=dimension))
        self._owns_client = False
        self._check_version()
        self._make(collection, self._create)
        self.models = self._check_manifest()
        self._index(collection, schema.FIELDS)
        claims = f"{collection}-claims"
        self._make(claims, partial(_create_claims, claims))
        self._index(claims, {"owner": "keyword", "at": "range"})
        self._claims = Claims(self._connection, claims)
        self._claims.sweep()

    @classmethod
    def connect(cls, url: str, *, fingerprint: str, dimension: int, api_key: str | None = None, collection: str = "erstwhile") -> Self:
        """Open a collection on the server at ``url``, ``http://…`` or ``https://…``; without a port, 6333 is meant.

        Raises:
            StoreUnavailableError, StoreFormatError, ModelMismatchError: See the class.
        """
        client = client_of(url, api_key)
        try:
            store = cls(client, fingerprint=fingerprint, dimension=dimension, collection=collection)
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
        found = self._connection.read(lambda client: client.get_collection(self._collection)).config.metadata or {}
        manifest, name = found.get("erstwhile"), self._name
        if not isinstance(manifest, Mapping):
            raise StoreFormatError(f"{name} was not made by erstwhile; give the name of another collection.")
        if manifest.get("format") != schema.FORMAT:
            raise StoreFormatError(
                f"{name} is in store format {manifest.get('format')} and this version of erstwhile reads {schema.FORMAT}; use the one that wrote it."
            )
        try:
            return models_of(manifest)
        except (KeyError, TypeError):
            raise StoreFormatError(f"{name} does not say which model its vectors are of; restore the collection from a snapshot.") from None

    @property
    def _name(self) -> str:
        return f"Collection {self._collection} at {self._connection.place}"

    def find(self, find: Find) -> tuple[Row, ...]:
        """See `Store.find`."""
        return self._scroll(_filter(find.where), after=find.after, limit=find.limit, vectors=find.vectors)

    def scan(self, *, after: str | None = None, limit: int = PAGE, vectors: bool = False) -> tuple[Row, ...]:
        """See `Store.scan`."""
        return self._scroll(None, after=after, limit=limit, vectors=vectors)

    def _scroll(self, chosen: models.Filter | None, *, after: str | None, limit: int, vectors: bool) -> tuple[Row, ...]:
        space = self.models.first
        points, _ = self._connection.read(
            lambda client: client.scroll(
                self._collection,
                chosen,
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
        answers = self._connection.read(lambda client: client.query_batch_points(self._collection, requests))
        seats: dict[str, object] = {}
        channels = {
            name: best_of_ranked(partial(self._more, query, seats), _scores(answer.points, seats), search.limit)
            for (name, query), answer in zip(queries.items(), answers, strict=True)
        }
        return candidates(channels[schema.DENSE], channels.get(schema.WORDS, {}), lambda id: schema.seat_of(seats.get(id)))

    def count(self, where: Where) -> int:
        """See `Store.count`."""
        return self._count(_filter(where))

    def write(self, batch: Batch) -> None:
        """See `Store.write`. Whether ``believed`` still are is certain only while their memories are claimed."""
        check_rows(self._name, self.models, batch.puts)
        points = [_point(row, self.models.first.slot) for row in batch.puts]
        with self._connection.using() as client:
            if batch.believed:
                held = client.retrieve(self._collection, list(batch.believed), with_payload=["live"], consistency=models.ReadConsistencyType.MAJORITY)
                if sum("live" in (point.payload or {}) for point in held) != len(batch.believed):
                    raise WriteConflictError("Another writer changed the memory first; read it again and retry.")
            if points:
                # Another process may have changed the model.
                self._check_manifest()
                self._claims.check()
                confirm(client.upsert(self._collection, points, wait=True, ordering=models.WriteOrdering.STRONG), self._connection.place)

    def erase(self, where: Where) -> None:
        """See `Store.erase`. The disk space is given back when the server next tidies up; its snapshots keep what they hold."""
        chosen = models.FilterSelector(filter=_filter(where))
        with self._connection.using() as client:
            confirm(client.delete(self._collection, chosen, wait=True, ordering=models.WriteOrdering.STRONG), self._connection.place)

    def scopes(self) -> tuple[Scope, ...]:
        """See `Store.scopes`."""
        limit = max(1, self._count(None))
        found = self._connection.read(lambda client: client.facet(self._collection, "scope", limit=limit, exact=True))
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
                "server": "local mode" if self._connection.local else self._connection.read(lambda client: client.info()).version,
            },
        )

    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:
        """See `Store.claim`. Not reentrant."""
        return self._claims.hold(names)

    def close(self) -> None:
        """See `Store.close`."""
        self._connection.close(client=self._owns_client)

    def _check_version(self) -> None:
        version = self._connection.read(lambda client: client.info()).version
        numbers = version.partition("-")[0].split(".")
        if all(number.isdecimal() for number in numbers[:2]) and tuple(map(int, numbers[:2])) < OLDEST:
            raise StoreUnavailableError(
                f"{self._connection.place} runs Qdrant {version}, and erstwhile needs {'.'.join(map(str, OLDEST))} or newer; upgrade the server."
            )

    def _make(self, name: str, create: Callable[[QdrantClient], None]) -> None:
        with self._connection.using() as client:
            if client.collection_exists(name):
                return
            try:
                create(client)
            except Exception:
                # Another process made it in between.
                if not client.collection_exists(name):
                    raise

    def _index(self, name: str, fields: Mapping[str, str]) -> None:
        if self._connection.local:
            return
        with self._connection.using() as client:
            present = client.get_collection(name).payload_schema
            for field, kind in fields.items():
                if field not in present:
                    client.create_payload_index(name, field, _index(kind), wait=True)

    def _create(self, client: QdrantClient) -> None:
        scan = models.ScalarQuantization(scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True))
        client.create_collection(
            self._collection,
            vectors_config={
                schema.DENSE: models.VectorParams(size=self.models.first.dimension, distance=models.Distance.DOT, datatype=models.Datatype.FLOAT16),
                schema.SEAT: models.VectorParams(size=NUMBERS, distance=models.Distance.DOT),
            },
            sparse_vectors_config={schema.WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            shard_number=1,
            hnsw_config=models.HnswConfigDiff(m=0, payload_m=0),
            quantization_config=scan,
            metadata={"erstwhile": described(self.models)},
        )

    def _check_manifest(self) -> Models:
        models, own = self.look(), self.models.first
        if (models.first.fingerprint, models.first.dimension) != (own.fingerprint, own.dimension):
            raise mismatch(self._name, models=models, fingerprint=own.fingerprint, dimension=own.dimension)
        return models

    def _queries(self, search: Search, slot: str) -> "dict[str, _Query]":
        chosen = _filter(search.where)
        rescored = models.SearchParams(quantization=models.QuantizationSearchParams(rescore=True, oversampling=2.0))
        vectors: list[str] | bool = [schema.SEAT] if search.seats else False
        queries = {schema.DENSE: _Query(search.vector.tolist(), slot, chosen, None if self._connection.local else rescored, vectors)}
        if terms := query_terms(search.text):
            sparse = models.SparseVector(indices=list(terms), values=list(terms.values()))
            scoped = models.SearchParams(idf=models.IdfCorpusParams(corpus=_filter(search.where.corpus)))
            queries[schema.WORDS] = _Query(sparse, schema.WORDS, chosen, scoped, vectors)
        return queries

    def _more(self, query: "_Query", seats: dict[str, object], limit: int) -> Mapping[str, float]:
        request = query.request(limit)
        return _scores(self._connection.read(lambda client: client.query_batch_points(self._collection, [request]))[0].points, seats)

    def _count(self, chosen: models.Filter | None) -> int:
        return self._connection.read(lambda client: client.count(self._collection, chosen, exact=True)).count

    def _highest(self, field: str) -> int | None:
        ended = models.Filter(must=[_condition(schema.Span(field=field, lt=schema.FOREVER))])
        order = models.OrderBy(key=field, direction=models.Direction.DESC)
        points, _ = self._connection.read(lambda client: client.scroll(self._collection, ended, limit=1, order_by=order, with_payload=[field]))
        return int((points[0].payload or {})[field]) if points else None


@dataclass(frozen=True, slots=True)
class _Query:
    """One channel of a search."""

    query: list[float] | models.SparseVector
    using: str
    filter: models.Filter
    params: models.SearchParams | None
    vectors: list[str] | bool

    def request(self, limit: int) -> models.QueryRequest:
        return models.QueryRequest(
            query=self.query,
            using=self.using,
            filter=self.filter,
            params=self.params,
            limit=limit,
            with_payload=False,
            with_vector=self.vectors,
        )


def _create_claims(name: str, client: QdrantClient) -> None:
    client.create_collection(name, vectors_config={}, shard_number=1)


def _index(kind: str) -> models.KeywordIndexParams | models.IntegerIndexParams:
    if kind == "range":
        return models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=False, range=True)
    return models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=kind == "tenant")


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
