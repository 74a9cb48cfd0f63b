"""A change of model on a Qdrant server, where others may write that have not learned of it."""

from collections.abc import Iterator

import pytest
from qdrant_client import QdrantClient, models

from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import ModelMismatchError, StoreFormatError
from erstwhile.store import Search
from erstwhile.store.collection import Manifest
from erstwhile.store.server import ServerStore
from erstwhile.store.server_second import ServerSecond
from erstwhile.testing.case import everything, put
from erstwhile.testing.rows import make_row, make_vector
from erstwhile.time import SystemClock

OLD, NEW = HashingEmbedder(), HashingEmbedder(256)


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for a lease to end."""
    monkeypatch.setattr(ServerSecond, "grace", 0.0)


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    """A server, in its local mode."""
    client = QdrantClient(":memory:")
    yield client
    client.close()


def _store(client: QdrantClient, model: HashingEmbedder = OLD) -> ServerStore:
    return ServerStore(client, fingerprint=model.fingerprint, dimension=model.dimension)


def _engine(client: QdrantClient, model: HashingEmbedder = OLD) -> Engine:
    return Engine(store=_store(client, model), embedder=model, clock=SystemClock())


def test_another_process_is_refused_after_the_exchange(client: QdrantClient) -> None:
    """Who opened the collection with the old model writes nothing more; it still reads by the old vectors, and once they are dropped is told why not."""
    engine, other = _engine(client), _store(client)
    engine.scope(user="ana").remember("I live in Porto")
    change = engine.reembed(NEW)
    change.fill()
    put(other, make_row("written beside it"))
    change.swap()
    assert engine.info().versions == 2
    with pytest.raises(ModelMismatchError, match="rollback"):
        put(other, make_row("too late"))
    search = Search(where=everything(), vector=make_vector("written beside it"), text="", limit=1)
    assert len(other.search(search)) == 1
    change.drop()
    with pytest.raises(ModelMismatchError, match="reembed"):
        other.search(search)
    assert _store(client, NEW).info().versions == 2


def test_what_strayed_is_found_and_mended(client: QdrantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that looked before the exchange and landed long after it lacks a vector of the new model: the state says so, and filling mends it."""
    engine, other = _engine(client), _store(client)
    engine.scope(user="ana").remember("I live in Porto")
    change = engine.reembed(NEW)
    change.fill()
    before = Manifest.read(other._connection, "erstwhile")
    assert change.swap().stray == 0
    monkeypatch.setattr(other, "_check_manifest", lambda: other._checked(before))
    put(other, make_row("written late"))
    assert change.status().stray == 1
    assert change.fill().given == 1
    assert change.status().stray == 0


def test_the_lease_is_waited_for(client: QdrantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the exchange the last writers' lease is waited for, and what they left is caught up with."""
    engine, other = _engine(client), _store(client)
    before, waited = Manifest.read(other._connection, "erstwhile"), list[float]()

    def late(seconds: float) -> None:
        waited.append(seconds)
        monkeypatch.setattr(other, "_check_manifest", lambda: other._checked(before))
        put(other, make_row("written late"))

    change = engine.reembed(NEW)
    change.fill()
    monkeypatch.setattr(ServerSecond, "grace", 10.0)
    monkeypatch.setattr("erstwhile.reembedding.time.sleep", late)
    done = change.swap()
    assert waited == [10.0]
    assert (done.versions, done.stray) == (1, 0)


def test_a_description_that_names_no_model(client: QdrantClient) -> None:
    """A collection whose description lost its model is refused."""
    store = _store(client)
    client.update_collection("erstwhile", metadata={"erstwhile": {"format": client.get_collection("erstwhile").config.metadata["erstwhile"]["format"]}})
    with pytest.raises(StoreFormatError, match="which model"):
        _store(client)
    store.close()


def test_a_new_vector_is_made_like_the_first(client: QdrantClient) -> None:
    """Half precision and the dot product, as in a collection that is made with the model."""
    _store(client).second.begin(fingerprint=NEW.fingerprint, dimension=NEW.dimension)
    vectors = client.get_collection("erstwhile").config.params.vectors
    assert isinstance(vectors, dict)
    assert (vectors["dense-2"].size, vectors["dense-2"].distance) == (NEW.dimension, models.Distance.DOT)
