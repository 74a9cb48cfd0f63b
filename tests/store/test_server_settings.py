"""How a store is laid out on a server is data: checked when it is given, kept with the store, and carried out as Qdrant has it."""

from typing import Any

import pytest
from qdrant_client import models

from erstwhile.errors import InvalidInputError, StoreUnavailableError
from erstwhile.model import Scope
from erstwhile.store import Find, Search, Where, schema
from erstwhile.store.portions import bytes_of, portions
from erstwhile.store.server import ServerStore
from erstwhile.store.server_settings import ServerSettings
from erstwhile.testing.case import everything, put
from erstwhile.testing.rows import DIMENSION, FINGERPRINT, make_row, make_vector

Server = Any  # conftest's StandIn, which cannot be imported from here

ACME, OTHER = Scope(tenant="acme", user="ana"), Scope(tenant="other", user="ana")
APART = ServerSettings(shard_number=4, dedicated_tenants=("acme",))


def connect(server: Server, settings: ServerSettings | None = None) -> ServerStore:
    return ServerStore.connect(server.url, fingerprint=FINGERPRINT, dimension=DIMENSION, settings=settings)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"shard_number": 0}, "shard_number is 0; give a whole number from 1 to 1,000"),
        ({"shard_number": True}, "shard_number is True"),
        ({"replication_factor": "2"}, "replication_factor is '2'"),
        ({"replication_factor": 3, "write_consistency_factor": 1}, "write_consistency_factor is 1; give a whole number from 2 to 3"),
        ({"write_consistency_factor": 2}, "write_consistency_factor is 2; give a whole number from 1 to 1"),
        ({"quantisation": "int4"}, "quantisation is 'int4'; give one of int8, binary, none"),
        ({"vectors_on_disk": "yes"}, "vectors_on_disk is 'yes'; give true or false"),
        ({"payload_m": -1}, "payload_m is -1"),
        ({"dedicated_tenants": "acme"}, "dedicated_tenants: expected a list"),
        ({"dedicated_tenants": ["a", "a"]}, "dedicated_tenants: expected a list of different names"),
        ({"dedicated_tenants": [""]}, "each of dedicated_tenants is empty"),
        ({"timeout": 0.5}, "timeout is 0.5"),
        ({"retries": 11}, "retries is 11"),
        ({"request_mb": 0}, "request_mb is 0"),
        ({"sharding": 2}, "sharding is no setting of a server; the settings are shard_number"),
    ],
)
def test_bad_settings(given: dict[str, Any], told: str) -> None:
    """What cannot be meant is refused before any server is asked, with its name, its value and what can be given."""
    with pytest.raises(InvalidInputError, match=told):
        ServerSettings.of(given)


def test_how_a_store_is_laid_out(stand_in: Server) -> None:
    """Each setting reaches the collection under Qdrant's own name; claims are kept as safe as memories."""
    connect(
        stand_in,
        ServerSettings(
            replication_factor=3, write_consistency_factor=2, quantisation="binary", vectors_on_disk=True, payload_on_disk=False, payload_m=16, shard_number=2
        ),
    ).close()
    made, claims = stand_in.made["erstwhile"], stand_in.made["erstwhile-claims"]
    assert (made.sharding_method, made.shard_number) == (models.ShardingMethod.CUSTOM, 1)
    assert stand_in.keys["erstwhile"] == ["shared-0", "shared-1"]
    assert [(each.replication_factor, each.write_consistency_factor) for each in (made, claims)] == [(3, 2), (3, 2)]
    assert (claims.sharding_method, claims.shard_number) == (None, 1)
    assert made.quantization_config.binary.encoding == models.BinaryQuantizationEncoding.TWO_BITS
    assert made.vectors[schema.DENSE].on_disk is True
    assert made.on_disk_payload is False
    assert (made.hnsw_config.m, made.hnsw_config.payload_m) == (0, 16)
    graphs = {field for field, index in stand_in.indexes["erstwhile"].items() if index["params"].get("enable_hnsw")}
    assert graphs == {"scope", "live", "held"}
    assert all(index["params"]["enable_hnsw"] is not None for index in stand_in.indexes["erstwhile"].values())


def test_without_quantisation(stand_in: Server) -> None:
    """Nothing is scanned but the vectors themselves, and so nothing is rescored."""
    store = connect(stand_in, ServerSettings(quantisation="none"))
    store.search(Search(where=everything(), vector=make_vector("coffee"), text="coffee"))
    assert stand_in.made["erstwhile"].quantization_config is None
    assert stand_in.searches[0].params is None
    store.close()


def test_the_layout_stays_with_the_store(stand_in: Server) -> None:
    """Who names no settings uses the store as it was laid out; who names another layout is refused, with both values; what is not of the layout is free."""
    connect(stand_in, APART).close()
    store = connect(stand_in)
    put(store, make_row(scope=ACME))
    assert list(stand_in.shards["erstwhile"].values()) == ["tenant-acme"]
    assert store.info().details["layout"]["shard_number"] == 4
    store.close()
    connect(stand_in, ServerSettings(shard_number=4, dedicated_tenants=("acme",), timeout=5)).close()
    with pytest.raises(InvalidInputError, match="was made with shard_number = 4 and is opened with 2"):
        connect(stand_in, ServerSettings(shard_number=2, dedicated_tenants=("acme",)))


def test_a_store_from_before_layouts(stand_in: Server) -> None:
    """A collection without a layout is one with a single shard, and opens as it did."""
    connect(stand_in).close()
    old = {"format": schema.FORMAT, "fingerprint": FINGERPRINT, "dimension": DIMENSION}
    stand_in.client._client._get_collection("erstwhile").config.metadata = {"erstwhile": old}
    store = connect(stand_in)
    put(store, make_row())
    assert store.count(everything()) == 1
    store.close()


def test_a_shard_that_is_missing_is_made(stand_in: Server) -> None:
    """Who died between making a store and making its shards leaves nothing that the next one cannot finish."""
    connect(stand_in, APART).close()
    stand_in.keys["erstwhile"].remove("shared-2")
    connect(stand_in).close()
    assert sorted(stand_in.keys["erstwhile"]) == ["shared-0", "shared-1", "shared-2", "shared-3", "tenant-acme"]


def test_each_request_goes_to_the_shards_of_its_scopes(stand_in: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a tenant lies in one shard, so that its writes are whole and its word statistics are its own; and no other shard is asked about it."""
    store = connect(stand_in, APART)
    asked: list[Any] = []
    real = stand_in._named
    monkeypatch.setattr(
        stand_in, "_named", lambda name, wanted: asked.append(wanted) if name.endswith("claims") else [asked.append(wanted), real(name, wanted)][1]
    )
    put(store, make_row(scope=ACME), make_row(scope=Scope(tenant="acme", project="p")), make_row(scope=OTHER))
    shared = f"shared-{int(APART.shard_key(OTHER).removeprefix('shared-'))}"  # type: ignore[union-attr]
    assert asked == ["tenant-acme", shared]
    asked.clear()
    both = Where(scopes=(ACME, OTHER))
    assert [len(store.find(Find(where=where))) for where in (everything(ACME), both)] == [1, 2]
    assert [store.count(where) for where in (everything(ACME), both)] == [1, 2]
    store.search(Search(where=everything(ACME), vector=make_vector("coffee"), text="coffee"))
    assert asked == [["tenant-acme"], [shared, "tenant-acme"], ["tenant-acme"], [shared, "tenant-acme"], ["tenant-acme"], ["tenant-acme"]]
    asked.clear()
    store.erase(everything(OTHER))
    assert asked == [[shared]]
    assert [row.version.scope.tenant for row in store.scan()] == ["acme", "acme"]
    store.close()


def test_where_a_scope_lies() -> None:
    """A tenant's scopes lie together whatever their other parts, and without a tenant a user's do; it is the same for every process, for ever."""
    settings = ServerSettings(shard_number=7, dedicated_tenants=("acme",))
    tenants = {settings.shard_key(Scope(tenant="t", user=user, project=project)) for user in ("ana", "bo") for project in (None, "p")}
    users = {settings.shard_key(Scope(user="ana", session=session)) for session in (None, "s1", "s2")}
    assert (tenants, users, settings.shard_key(ACME)) == ({"shared-5"}, {"shared-1"}, "tenant-acme")
    assert len({settings.shard_key(Scope(user=f"u{number}")) for number in range(200)}) == 7
    assert ServerSettings().shard_key(ACME) is None


@pytest.mark.parametrize(("copies", "asks"), [(None, None), (2, "majority"), (3, None)])
def test_a_read_finds_what_was_written(stand_in: Server, copies: int | None, asks: str | None) -> None:
    """Where a write counts before every copy has it, each read asks a majority, which holds at least one that has."""
    store = connect(stand_in, ServerSettings(replication_factor=3, write_consistency_factor=copies))
    put(store, make_row())
    stand_in.queries.clear()
    store.find(Find(where=everything()))
    store.search(Search(where=everything(), vector=make_vector("coffee"), text="coffee"))
    assert [query.get("consistency") for query in stand_in.queries] == [asks and [asks]] * 2
    store.close()


def test_how_a_server_is_asked(stand_in: Server) -> None:
    """The time limit and the number of tries are what was set."""
    store = connect(stand_in, ServerSettings(timeout=7, retries=0))
    with store._connection.using() as client:
        assert client.init_options["timeout"] == 7
    stand_in.faults = [503]
    with pytest.raises(StoreUnavailableError):
        store.count(everything())
    store.close()


def test_a_write_that_is_too_large_is_not_sent(stand_in: Server) -> None:
    """It is refused here, with its size and both limits, before the network carries it."""
    store = connect(stand_in, ServerSettings(request_mb=1))
    stand_in.asked.clear()
    with pytest.raises(StoreUnavailableError, match=r"A write of 20 versions takes up to .* bytes .* 1,048,576 are allowed.*request_mb"):
        put(store, *(make_row("x" * 30_000) for _ in range(20)))
    assert stand_in.asked == []
    store.close()


@pytest.mark.parametrize(
    "content", ["x" * 30_000, '"\\\n\u0001' * 4_000, "日本語" * 9_000, " ".join(f"word{number}" for number in range(3_000)), "é🙂" * 9_000, "a"]
)
def test_rows_are_not_taken_for_smaller_than_they_are(stand_in: Server, content: str) -> None:
    """What a row is said to take is never less than its request does, whatever it holds."""
    row = make_row(content, tags=tuple(f"{number}" + "ü🙂" * 120 for number in range(60)), metadata={"a": '"' * 9_000})
    sent: list[int] = []
    store = connect(stand_in)
    store._connection._client._client.rest.client._client.event_hooks["request"].append(lambda request: sent.append(len(request.content)))  # type: ignore[union-attr]
    put(store, row)
    assert 0 < max(sent) <= bytes_of(row)
    store.close()


def test_portions() -> None:
    """Rows come in their order, each once, within both limits; one that is too large for any portion comes alone."""
    rows = [make_row("x" * size) for size in (10, 20_000, 10, 30_000, 10, 10, 10)]
    most = bytes_of(rows[1]) + 100
    parts = list(portions(rows, most=2, most_bytes=most))
    assert [row for part in parts for row in part] == rows
    assert all(len(part) <= 2 and (len(part) == 1 or sum(map(bytes_of, part)) <= most) for part in parts)
    assert [rows[3]] in [list(part) for part in parts]
    assert list(portions([], most=2, most_bytes=9)) == []
