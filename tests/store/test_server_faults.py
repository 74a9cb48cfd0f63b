"""The server store when the server, the network or the caller is at fault: clear errors, no secrets in them, nothing half done."""

import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

from erstwhile.errors import (
    ErstwhileError,
    MissingDependencyError,
    ModelMismatchError,
    StoreForkedError,
    StoreFormatError,
    StoreUnavailableError,
    WriteConflictError,
)
from erstwhile.store import Search, Where, schema
from erstwhile.store import connection as connection_module
from erstwhile.store.server import ServerStore
from erstwhile.testing.case import ANA, everything, put
from erstwhile.testing.rows import DIMENSION, FINGERPRINT, make_row, make_vector

Server = Any  # conftest's StandIn, which cannot be imported from here
KEY = "key-that-must-not-show"
SECRET = "SECRET-the-diagnosis"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "SHORTEST", 0.0)


def connect(url: str, *, fingerprint: str = FINGERPRINT, api_key: str | None = None, collection: str = "erstwhile") -> ServerStore:
    return ServerStore.connect(url, fingerprint=fingerprint, dimension=DIMENSION, api_key=api_key, collection=collection)


@pytest.fixture
def store(stand_in: Server) -> Iterator[ServerStore]:
    """A store on the stand-in for a server."""
    store = connect(stand_in.url)
    stand_in.asked.clear()
    stand_in.queries.clear()
    yield store
    store.close()


def _said(error: BaseException) -> str:
    parts = ["".join(traceback.format_exception(error))]
    seen: BaseException | None = error
    while seen is not None:
        parts += [str(seen), repr(seen.args)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


def test_a_server_that_is_not_there() -> None:
    """Nobody listening is told apart from everything else, and the address is named."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(StoreUnavailableError, match=f"No Qdrant server answers at {url}"):
            connect(url)


@pytest.mark.parametrize("url", ["http://", "http://host:port", "http://[::1"])
def test_an_address_that_is_none(url: str) -> None:
    """A URL that cannot be read is an error of ours, with an example."""
    with pytest.raises(StoreUnavailableError, match="http"):
        connect(url)


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
@pytest.mark.parametrize("key", [None, KEY])
def test_a_refused_key(stand_in: Server, key: str | None) -> None:
    """A missing or wrong key is named as the cause, and the key itself is in no message."""
    stand_in.key = "another"
    with pytest.raises(StoreUnavailableError, match=r"HTTP 401.*QDRANT_API_KEY") as caught:
        connect(stand_in.url, api_key=key)
    assert KEY not in _said(caught.value)


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
def test_the_right_key(stand_in: Server) -> None:
    """The key is sent with every request, and shown nowhere."""
    stand_in.key = KEY
    store = connect(stand_in.url, api_key=KEY)
    put(store, make_row())
    assert KEY not in repr(store.info())
    store.close()


def test_a_password_in_the_address_does_not_show(stand_in: Server) -> None:
    """Whoever puts a password into the URL does not find it in the logs."""
    store = connect(stand_in.url.replace("//", f"//me:{KEY}@"))
    assert KEY not in repr(store.info())
    stand_in.faults = [500]
    with pytest.raises(StoreUnavailableError) as caught:
        put(store, make_row())
    assert KEY not in _said(caught.value)
    store.close()


@pytest.mark.parametrize("version", ["1.18.4", "0.11.0", "1.9.0-dev"])
def test_an_old_server(stand_in: Server, version: str) -> None:
    """A server that would take word statistics over all scopes is refused, not used wrongly."""
    stand_in.version = version
    with pytest.raises(StoreUnavailableError, match=f"runs Qdrant {version}.*1.19 or newer"):
        connect(stand_in.url)
    assert stand_in.asked == ["GET /"]


@pytest.mark.parametrize("version", ["1.19.0", "1.21.0-dev", "2.0.0", "dev"])
def test_a_new_server(stand_in: Server, version: str) -> None:
    """Newer servers, and those built by hand, are used."""
    stand_in.version = version
    connect(stand_in.url).close()


def test_what_answers_is_no_qdrant_server(stand_in: Server) -> None:
    """A web page at that address is not taken for a store."""
    stand_in.version = None
    with pytest.raises(StoreUnavailableError, match="does not speak as a Qdrant server does"):
        connect(stand_in.url)
    stand_in.faults = [404]
    with pytest.raises(StoreUnavailableError, match="HTTP 404"):
        connect(stand_in.url)


def test_a_collection_of_somebody_else(stand_in: Server) -> None:
    """A collection that erstwhile did not make is left alone."""
    stand_in.client.create_collection("theirs", vectors_config=models.VectorParams(size=4, distance=models.Distance.COSINE))
    stand_in.indexes["theirs"] = {}
    with pytest.raises(StoreFormatError, match=r"theirs.*not made by erstwhile"):
        connect(stand_in.url, collection="theirs")
    assert stand_in.indexes["theirs"] == {}
    assert not stand_in.client.collection_exists("theirs-claims")


def test_another_format(stand_in: Server) -> None:
    """A store of a later erstwhile is not read as if it were ours."""
    connect(stand_in.url).close()
    stand_in.client.update_collection("erstwhile", metadata={"erstwhile": {"format": 99}})
    with pytest.raises(StoreFormatError, match=rf"format 99.*reads {schema.FORMAT}"):
        connect(stand_in.url)


def test_another_model(stand_in: Server) -> None:
    """The error names both models."""
    connect(stand_in.url).close()
    with pytest.raises(ModelMismatchError, match=f"{FINGERPRINT} .*other@1"):
        connect(stand_in.url, fingerprint="other@1")


def test_two_processes_make_the_store_at_once(stand_in: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second uses what the first one made."""
    first = connect(stand_in.url)
    monkeypatch.setattr(QdrantClient, "collection_exists", _absent_at_first())
    second = connect(stand_in.url)
    put(second, make_row())
    assert first.count(everything()) == 1
    first.close()
    second.close()


def _absent_at_first() -> Callable[[QdrantClient, str], bool]:
    asked: list[str] = []
    real = QdrantClient.collection_exists

    def collection_exists(client: QdrantClient, name: str) -> bool:
        asked.append(name)
        return asked.count(name) > 1 and real(client, name)

    return collection_exists


def test_how_a_collection_is_made(stand_in: Server) -> None:
    """Scans of int8 copies, one shard so that a batch is whole, IDF for words, and an index for every field that filters use; what is missing is added."""
    connect(stand_in.url).close()
    made = stand_in.made["erstwhile"]
    assert made.shard_number == 1
    assert made.hnsw_config.m == 0
    assert made.quantization_config.scalar.type == models.ScalarType.INT8
    assert made.vectors[schema.DENSE].distance == models.Distance.DOT
    assert made.sparse_vectors[schema.WORDS].modifier == models.Modifier.IDF
    assert set(stand_in.indexes["erstwhile"]) == set(schema.FIELDS)
    assert stand_in.indexes["erstwhile"]["scope"]["params"]["is_tenant"] is True
    assert not stand_in.indexes["erstwhile"]["live"]["params"].get("is_tenant")
    del stand_in.indexes["erstwhile"]["live"]
    connect(stand_in.url).close()
    assert set(stand_in.indexes["erstwhile"]) == set(schema.FIELDS)


def test_how_it_is_asked(store: ServerStore, stand_in: Server) -> None:
    """A search is one round trip that rescores exactly; a write, after a look at the store's model, waits to be carried out, in order, as a single request."""
    put(store, make_row("coffee"), make_row("tea"))
    assert stand_in.asked == ["GET /collections/erstwhile", "PUT /collections/erstwhile/points"]
    assert stand_in.queries[1:] == [{"wait": ["true"], "ordering": ["strong"]}]
    stand_in.asked.clear()
    store.search(Search(where=Where(scopes=(ANA,), believed=True), vector=make_vector("coffee"), text="coffee"))
    assert stand_in.asked == ["POST /collections/erstwhile/points/query/batch"]
    dense, words = stand_in.searches
    assert dense.params.quantization.rescore is True
    assert words.params.idf.corpus == words.filter


@pytest.mark.parametrize("fault", [429, 502, 503, 504, "drop"])
def test_reads_try_again(store: ServerStore, stand_in: Server, fault: int | str) -> None:
    """A server that restarts, or is busy for a moment, is not seen by readers."""
    put(store, make_row())
    stand_in.faults = [fault, fault]
    assert store.count(everything()) == 1
    assert stand_in.faults == []


@pytest.mark.parametrize("fault", [400, 401, 404, 500, 502, 504])
def test_writes_do_not_try_again(store: ServerStore, stand_in: Server, fault: int | str) -> None:
    """A write that was refused, or may still be under way behind a gateway, is not sent twice; its error quotes neither the memory nor the server's words."""
    stand_in.faults = [None, fault]
    with pytest.raises(StoreUnavailableError) as caught:
        put(store, make_row(SECRET))
    assert len(stand_in.asked) == 2
    assert SECRET not in _said(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert store.count(everything()) == 0


@pytest.mark.parametrize("fault", [429, 503, "drop", "drop after"])
def test_writes_that_may_be_repeated_are(store: ServerStore, stand_in: Server, fault: int | str) -> None:
    """A server that turns a write away, or a connection that breaks before or after it was carried out, is not seen: the same rows put twice are there once."""
    with store.claim(["a name"]):
        stand_in.faults = [fault, fault]
        put(store, make_row())
    assert stand_in.faults == []
    assert store.count(everything()) == 1
    stand_in.faults = [fault]
    store.erase(everything())
    assert store.count(everything()) == 0


def test_a_write_is_not_repeated_once_its_claim_has_lapsed(store: ServerStore, stand_in: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries another writer may have come: who has lost the right to write does not write again."""
    claims = store._claims
    with store.claim(["a name"]):
        now = claims._now()
        times = iter([now, now + 60])
        monkeypatch.setattr(claims, "_now", lambda: next(times))
        # First the description is read.
        stand_in.faults = [None, "drop"]
        with pytest.raises(WriteConflictError, match="lapsed"):
            put(store, make_row())
    assert stand_in.asked.count("PUT /collections/erstwhile/points") == 1


def test_a_server_says_how_long_to_wait(stand_in: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause that the server asks for is kept, and one that is too long ends the tries."""
    pauses: list[float] = []
    monkeypatch.setattr(connection_module.time, "sleep", pauses.append)
    store = connect(stand_in.url)
    stand_in.retry_after = "3"
    stand_in.faults = [429]
    assert store.count(everything()) == 0
    assert pauses == [3.0]
    stand_in.retry_after = "60"
    stand_in.faults = [429]
    with pytest.raises(StoreUnavailableError, match="busy"):
        store.count(everything())
    assert pauses == [3.0]
    store.close()


@pytest.mark.parametrize(("status", "advice"), [(413, "write less at once"), (500, "log says why"), (403, "api_key"), (404, "was removed")])
def test_errors_say_what_to_do(store: ServerStore, stand_in: Server, status: int, advice: str) -> None:
    """Each refusal comes with its status and a way out."""
    stand_in.faults = [status]
    with pytest.raises(StoreUnavailableError, match=f"HTTP {status}.*{advice}"):
        store.erase(everything())


def test_reads_give_up(store: ServerStore, stand_in: Server) -> None:
    """After three tries the error comes through."""
    stand_in.faults = [503] * 5
    with pytest.raises(StoreUnavailableError):
        store.count(everything())
    assert stand_in.faults == [503] * 2


@pytest.mark.parametrize("status", ["acknowledged", "wait_timeout"])
def test_a_write_that_was_only_taken_note_of(store: ServerStore, stand_in: Server, status: str) -> None:
    """A write is not acknowledged to the caller before it was carried out."""
    stand_in.status = status
    with pytest.raises(StoreUnavailableError, match="harmless"):
        put(store, make_row())


def test_a_slow_server(stand_in: Server) -> None:
    """A server that takes too long is told apart from one that is not there."""
    client = QdrantClient(url=stand_in.url, timeout=1, check_compatibility=False)
    store = ServerStore(client, fingerprint=FINGERPRINT, dimension=DIMENSION)
    with stand_in.lock, pytest.raises(StoreUnavailableError, match="did not answer in time"):
        store.count(everything())
    store.close()
    client.close()


def test_a_client_that_was_handed_over_stays_open(stand_in: Server) -> None:
    """Whoever made the client closes it."""
    client = QdrantClient(url=stand_in.url, check_compatibility=False)
    ServerStore(client, fingerprint=FINGERPRINT, dimension=DIMENSION).close()
    assert client.collection_exists("erstwhile")
    client.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_is_refused() -> None:
    """A connection shared with a fork would mix up answers."""
    program = (
        "import os\n"
        "from qdrant_client import QdrantClient\n"
        "from erstwhile.errors import StoreForkedError\n"
        "from erstwhile.store.server import ServerStore\n"
        "store = ServerStore(QdrantClient(':memory:'), fingerprint='x', dimension=4)\n"
        "if not (child := os.fork()):\n"
        "    try:\n"
        "        store.latest()\n"
        "    except StoreForkedError as error:\n"
        "        os._exit(7)\n"
        "    os._exit(1)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == "7"
    assert issubclass(StoreForkedError, ErstwhileError)


def test_without_the_extra() -> None:
    """Without qdrant-client the error holds the line that mends it, and nothing else of erstwhile needs it."""
    program = (
        "import sys\n"
        "sys.modules['qdrant_client'] = None\n"
        "import erstwhile\n"
        "try:\n"
        "    erstwhile.open('http://localhost:1', model=__import__('erstwhile.embed', fromlist=['x']).HashingEmbedder())\n"
        "except erstwhile.MissingDependencyError as error:\n"
        "    print(error)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert 'pip install "erstwhile[server]"' in result.stdout
    assert issubclass(MissingDependencyError, ImportError)
