"""Claims: the right to write, among processes that share nothing but a server."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from qdrant_client import QdrantClient, models

from erstwhile.errors import StoreUnavailableError, WriteConflictError
from erstwhile.store.claims import FORGOTTEN, LEASE, WAIT, Claims
from erstwhile.store.connection import Connection
from erstwhile.store.server import ServerStore
from erstwhile.testing.case import put
from erstwhile.testing.rows import DIMENSION, FINGERPRINT, make_row

NAME = "claims"
PATIENCE = 30


class Time:
    """A clock that moves only when somebody sleeps, and what happens while they do."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.meanwhile()


@pytest.fixture
def time() -> Time:
    """A clock under the test's control."""
    return Time()


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    """A server with an empty collection for claims."""
    client = QdrantClient(":memory:")
    client.create_collection(NAME, vectors_config={})
    yield client
    client.close()


@pytest.fixture
def process(client: QdrantClient, time: Time) -> Callable[[], Claims]:
    """Makes claims as another process does: nothing in memory is shared with those made before."""
    return lambda: Claims(Connection(client), NAME, now=time, sleep=time.sleep)


def _held(client: QdrantClient) -> int:
    return client.count(NAME).count


def test_a_claim_is_there_while_it_is_held(process: Callable[[], Claims], client: QdrantClient) -> None:
    """Claims are let go of at the end of the block, and after an error; a free name is had at once."""
    with process().hold(["a", "b", "a"]):
        assert _held(client) == 2
    assert _held(client) == 0
    with pytest.raises(ZeroDivisionError), process().hold(["a"]):
        _ = 1 / 0
    assert _held(client) == 0


def test_a_turn_comes_when_the_other_lets_go(process: Callable[[], Claims], client: QdrantClient, time: Time) -> None:
    """The waiter tries again until the holder is done; while it waits, it holds nothing itself, so that no two wait for each other."""
    other = process().hold(["b"])
    other.__enter__()
    seen: list[int] = []

    def meanwhile() -> None:
        seen.append(_held(client))
        if len(seen) == 5:
            other.__exit__(None, None, None)

    time.meanwhile = meanwhile
    with process().hold(["c", "b", "a"]):
        assert _held(client) == 3
    assert seen == [1] * 5
    assert time.now < 1_000 + LEASE
    assert _held(client) == 0


def test_a_dead_writer_is_outlived(process: Callable[[], Claims], client: QdrantClient, time: Time) -> None:
    """Who died holding a claim blocks others for one lease, and not for good."""
    dead = process().hold(["a"])
    dead.__enter__()
    with process().hold(["a"]):
        assert LEASE <= time.now - 1_000 <= LEASE + 1
        assert _held(client) == 1
    assert _held(client) == 0


def test_a_busy_name_is_not_taken_for_a_dead_one(process: Callable[[], Claims], client: QdrantClient, time: Time) -> None:
    """Writers that take turns on one name, each briefly, are never expelled, however long a third waits; it gives up with a clear error."""
    holders = [process().hold(["a"])]
    holders[0].__enter__()
    turns = 0

    def meanwhile() -> None:
        nonlocal turns
        if time.now - 1_000 > (turns + 1) * LEASE / 2:
            turns += 1
            holders.pop().__exit__(None, None, None)
            holders.append(process().hold(["a"]))
            holders[0].__enter__()

    time.meanwhile = meanwhile
    with pytest.raises(WriteConflictError, match="for over 30 seconds"), process().hold(["a"]):
        pytest.fail("it was held all along")
    assert WAIT <= time.now - 1_000 <= WAIT + 1
    assert turns >= 5
    assert _held(client) == 1


def test_letting_go_is_conditional(process: Callable[[], Claims], client: QdrantClient, time: Time) -> None:
    """A writer that lost its claim to another does not take the other's away when it is done."""
    slow = process()
    late = slow.hold(["a"])
    late.__enter__()
    with process().hold(["a"]):
        late.__exit__(None, None, None)
        assert _held(client) == 1


def test_a_lapsed_claim_does_not_write(process: Callable[[], Claims], time: Time) -> None:
    """A writer that was held up for longer than its lease finds out before it writes, and plans anew."""
    claims = process()
    claims.check()
    with claims.hold(["a"]):
        claims.check()
        time.now += LEASE
        with pytest.raises(WriteConflictError, match="lapsed"):
            claims.check()
    claims.check()


def test_the_store_asks_before_it_writes(client: QdrantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write under a lapsed claim is refused, and nothing is written."""
    store = ServerStore(client, fingerprint=FINGERPRINT, dimension=DIMENSION)
    now = [0.0]
    monkeypatch.setattr(store._claims, "_now", lambda: now[0])
    with store.claim(["a"]):
        now[0] = LEASE
        with pytest.raises(WriteConflictError):
            put(store, make_row())
    assert store.info().versions == 0


def test_a_claim_that_cannot_be_let_go_of_is_no_error(client: QdrantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The write is done; that the server went away right after must not make it look undone."""
    connection = Connection(client)
    with Claims(connection, NAME).hold(["a"]):
        monkeypatch.setattr(client, "delete", _unreachable)
    assert _held(client) == 1


def _unreachable(*_: object, **__: object) -> None:
    raise StoreUnavailableError("gone")


def test_forgotten_claims_are_swept_away(process: Callable[[], Claims], client: QdrantClient) -> None:
    """What dead writers left and nobody asks for does not pile up; what is young stays, for clocks differ."""
    held = process().hold(["young"])
    held.__enter__()
    (young,), _ = client.scroll(NAME)
    assert young.payload is not None
    old = {"owner": "dead", "at": young.payload["at"] - (FORGOTTEN + 60) * 1_000_000}
    client.upsert(NAME, [models.PointStruct(id=7, vector={}, payload=old)])
    process().sweep()
    assert [point.id for point in client.scroll(NAME)[0]] == [young.id]


def test_names_are_not_readable_on_the_server(process: Callable[[], Claims], client: QdrantClient) -> None:
    """A claim tells no more than that there is one: a session may be named after a person."""
    with process().hold(["session of Dr. No"]):
        assert "Dr. No" not in str(client.scroll(NAME, with_payload=True))


def test_two_processes_in_threads(client: QdrantClient) -> None:
    """Real time, two processes with four threads each, names in every order: never two at once, and nobody waits for ever."""
    connection = Connection(client)
    processes = [Claims(connection, NAME), Claims(connection, NAME)]
    inside: list[int] = []
    done: list[int] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait(PATIENCE)
        for turn in range(3):
            with processes[number % 2].hold(["a", "b", "c"][:: 1 if turn % 2 else -1]):
                inside.append(number)
                assert inside == [number]
                done.append(number)
                inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        for one in [pool.submit(work, number) for number in range(8)]:
            one.result(PATIENCE)
    assert len(done) == 24
    assert _held(client) == 0


def test_other_names_do_not_wait(process: Callable[[], Claims], time: Time) -> None:
    """Writers of different memories do not hold each other up."""
    with process().hold(["a"]), process().hold(["b"]), process().hold([]):
        assert time.slept == []
