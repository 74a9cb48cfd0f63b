"""Collections on a Qdrant server: how they are made and laid out, and what is written on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from qdrant_client import QdrantClient, models

from erstwhile.errors import InvalidInputError, StoreFormatError
from erstwhile.store import schema
from erstwhile.store.arrival import Arrival
from erstwhile.store.connection import Connection
from erstwhile.store.seats import NUMBERS
from erstwhile.store.second import Models, Space
from erstwhile.store.server_second import MANIFEST, described, models_of
from erstwhile.store.server_settings import ServerSettings

__all__ = ["Manifest", "called", "create", "create_claims", "index", "make", "rescored", "shards"]

LAYOUT: Final = "erstwhile-layout"
ARRIVAL: Final = "erstwhile-arrival"
"""Under these names stands in a collection's metadata how it is laid out, and whether it is, or was, the target of a transfer."""
GRAPHED: Final = frozenset({"scope", "live", "held"})
"""Fields with a graph for each of their values, where there are graphs: those that name the scope in what is asked most."""
SMALL: Final = 1_024
"""Dimensions below which one bit a number loses too much; by Qdrant's documentation of quantisation, which has two bits for smaller vectors."""


def called(connection: Connection, name: str) -> str:
    """What a collection is called in messages."""
    return f"Collection {name} at {connection.place}"


def make(connection: Connection, name: str, create: Callable[[QdrantClient], None]) -> None:
    """Make a collection that is not there yet."""
    with connection.using() as client:
        if client.collection_exists(name):
            return
        try:
            create(client)
        except Exception:
            # Another process made it in between.
            if not client.collection_exists(name):
                raise


def create(client: QdrantClient, name: str, *, first: Space, settings: ServerSettings) -> None:
    """Create the collection that holds versions, with vectors of the first model."""
    apart = settings.shard_keys()
    client.create_collection(
        name,
        vectors_config={
            first.slot: models.VectorParams(
                size=first.dimension, distance=models.Distance.DOT, datatype=models.Datatype.FLOAT16, on_disk=settings.vectors_on_disk or None
            ),
            schema.SEAT: models.VectorParams(size=NUMBERS, distance=models.Distance.DOT),
        },
        sparse_vectors_config={schema.WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        # With shards by name, so many for each of them.
        shard_number=1,
        sharding_method=models.ShardingMethod.CUSTOM if apart else None,
        replication_factor=settings.replication_factor,
        write_consistency_factor=settings.copies,
        on_disk_payload=settings.payload_on_disk,
        hnsw_config=models.HnswConfigDiff(m=0, payload_m=settings.payload_m),
        quantization_config=_quantisation(settings, first.dimension),
        metadata={MANIFEST: described(Models(first=first)), LAYOUT: dict(settings.layout)},
    )


def create_claims(client: QdrantClient, name: str, *, settings: ServerSettings) -> None:
    """Create the collection that holds claims."""
    client.create_collection(name, vectors_config={}, shard_number=1, replication_factor=settings.replication_factor, write_consistency_factor=settings.copies)


def _quantisation(settings: ServerSettings, dimension: int) -> models.ScalarQuantization | models.BinaryQuantization | None:
    match settings.quantisation:
        case "int8":
            return models.ScalarQuantization(scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True))
        case "binary":
            encoding = models.BinaryQuantizationEncoding.TWO_BITS if dimension < SMALL else models.BinaryQuantizationEncoding.ONE_BIT
            return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True, encoding=encoding))
        case _:
            return None


def rescored(settings: ServerSettings) -> models.SearchParams | None:
    """How a search makes up for what quantisation loses: it compares the best of a wider choice exactly.

    Twice as many for int8, measured; four times for fewer bits, as Qdrant's documentation of quantisation reports.
    """
    if settings.quantisation == "none":
        return None
    oversampling = 2.0 if settings.quantisation == "int8" else 4.0
    return models.SearchParams(quantization=models.QuantizationSearchParams(rescore=True, oversampling=oversampling))


def shards(connection: Connection, name: str, settings: ServerSettings) -> None:
    """Make the shards that are not there yet; a process that died may have left some out."""
    if not settings.shard_keys():
        return
    with connection.using() as client:
        present = {str(shard.key) for shard in client.list_shard_keys(name).shard_keys or ()}
        for key in settings.shard_keys():
            if key not in present:
                client.create_shard_key(name, key, shards_number=1, replication_factor=settings.replication_factor)


def index(connection: Connection, name: str, fields: Mapping[str, str], settings: ServerSettings) -> None:
    """Make the indexes that are not there yet."""
    if connection.local:
        return
    with connection.using() as client:
        present = client.get_collection(name).payload_schema
        for field, kind in fields.items():
            if field not in present:
                client.create_payload_index(name, field, _index(field, kind, graphs=settings.payload_m > 0), wait=True)


def _index(field: str, kind: str, *, graphs: bool) -> models.KeywordIndexParams | models.IntegerIndexParams:
    linked = field in GRAPHED if graphs else None
    if kind == "range":
        return models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=False, range=True, enable_hnsw=linked)
    return models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=kind == "tenant", enable_hnsw=linked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is written on a collection.

    Attributes:
        place: What it is called in messages.
        models: The embedding models.
        layout: How it was laid out; empty where it was made before that was written down.
        arrival: The transfer that it is, or was, the target of.
    """

    place: str
    models: Models
    layout: Mapping[str, Any]
    arrival: Arrival | None

    @classmethod
    def read(cls, connection: Connection, name: str) -> Self:
        """What is written on a collection that exists.

        Raises:
            StoreFormatError: It is not erstwhile's, or of another version.
        """
        metadata = connection.read(lambda client: client.get_collection(name)).config.metadata or {}
        found, place = metadata.get(MANIFEST), called(connection, name)
        if not isinstance(found, Mapping):
            raise StoreFormatError(f"{place} was not made by erstwhile; give the name of another collection.")
        if found.get("format") != schema.FORMAT:
            raise StoreFormatError(
                f"{place} is in store format {found.get('format')} and this version of erstwhile reads {schema.FORMAT}; use the one that wrote it."
            )
        try:
            models = models_of(found)
        except (KeyError, TypeError):
            raise StoreFormatError(f"{place} does not say which model its vectors are of; restore the collection from a snapshot.") from None
        return cls(place=place, models=models, layout=metadata.get(LAYOUT) or {}, arrival=Arrival.read(metadata.get(ARRIVAL)))

    def settings(self, given: ServerSettings | None) -> ServerSettings:
        """How to use it: as it was laid out, and asked as is ``given``.

        Raises:
            InvalidInputError: What is given is another layout.
        """
        made = (given or ServerSettings()).laid_out(self.layout)
        if given is not None and given.layout != made.layout:
            name = next(name for name, value in given.layout.items() if value != made.layout[name])
            raise InvalidInputError(
                f"{self.place} was made with {name} = {made.layout[name]!r} and is opened with {given.layout[name]!r}; that is fixed when it is made. Give the "
                "same, or leave it out; to change it, transfer the memories to another server, or to a folder and back."
            )
        return made


def note_arrival(connection: Connection, name: str, arrival: Arrival) -> None:
    """Write on a collection that it is, or was, the target of a transfer."""
    with connection.using() as client:
        client.update_collection(name, metadata={ARRIVAL: arrival.written()})
