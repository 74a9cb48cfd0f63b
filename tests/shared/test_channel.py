"""The local channel: who may speak on it, what is refused, and what becomes of a write whose answer is lost."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import InvalidInputError, ModelMismatchError, StoreForkedError, StoreLockedError, WriteConflictError
from erstwhile.sharing import host as hosting
from erstwhile.sharing import wire
from erstwhile.sharing.channel import Channel, ChannelBrokenError, dial, listen, prove
from erstwhile.sharing.client import SharedStore
from erstwhile.sharing.host import Host
from erstwhile.sharing.link import Link
from erstwhile.sharing.opened import OpenedStore
from erstwhile.sharing.reaching import Opening
from erstwhile.store import Find, Where
from erstwhile.store.folder import KEY, OWNER
from erstwhile.store.holder import Holder, read_holder
from erstwhile.testing.case import ANA, everything, put
from erstwhile.testing.rows import make_row

MODEL = HashingEmbedder()
PATIENCE = 60
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Serve = Callable[..., Host]
HolderOf = Callable[[Path], Holder]


def _dial(path: Path, holder_of: HolderOf) -> Channel:
    address = holder_of(path).address
    assert address is not None
    return dial(address, timeout=PATIENCE)


def _row(text: str = "tea", **parts: Any) -> Any:  # noqa: ANN401 - a row, of whatever parts
    row = make_row(text, **parts)
    return type(row)(version=row.version, vector=MODEL.embed([text], role="passage")[0])


def test_a_wrong_secret_is_refused(served: Host, tmp_path: Path, holder_of: HolderOf) -> None:
    """Who cannot read the folder learns nothing and changes nothing; and who only pretends to serve does not get a client to speak."""
    channel = _dial(tmp_path / "store", holder_of)
    with pytest.raises(ChannelBrokenError):
        prove(channel, b"x" * 32, serves=False, timeout=PATIENCE)
    channel.close()
    here, there = socket.socketpair()
    thread = threading.Thread(target=lambda: _tolerated(lambda: prove(Channel(there), b"other", serves=True, timeout=PATIENCE)))
    thread.start()
    with pytest.raises(ChannelBrokenError):
        prove(Channel(here), (tmp_path / "store" / KEY).read_bytes(), serves=False, timeout=1)
    here.close()
    thread.join(PATIENCE)
    there.close()


def _tolerated(verb: Callable[[], object]) -> None:
    with suppress(ChannelBrokenError, OSError):
        verb()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.lists(st.binary(max_size=200), min_size=1, max_size=4), proved=st.booleans(), framed=st.booleans())
def test_garbage_is_refused(connect: Callable[[], SharedStore], garbage: list[bytes], proved: bool, framed: bool) -> None:
    """Whatever bytes come, from strangers or from who knows the secret: no crash, no hang, nothing written, and others are served on."""
    path = connect().link.opening.path
    holder = read_holder(path / OWNER)
    assert holder is not None
    assert holder.address is not None
    with closing(dial(holder.address, timeout=PATIENCE)) as channel:
        if proved:
            prove(channel, (path / KEY).read_bytes(), serves=False, timeout=PATIENCE)
            channel.send(wire.encode(wire.Hello(build=wire.build(), pid=os.getpid())))
            wire.answered(channel.receive(timeout=PATIENCE), wire.Welcome)
        for piece in garbage:
            _tolerated(partial(channel.send, piece) if framed else partial(channel._socket.sendall, piece))
            if framed and proved:
                with pytest.raises(InvalidInputError):
                    wire.answered(channel.receive(timeout=PATIENCE), None)
    with closing(connect()) as other:
        assert other.count(everything()) == 0


@given(data=st.binary(max_size=400))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    """Decoding gives what was asked for, or raises one kind of error."""
    for kind in (wire.Request, wire.Hello, wire.Welcome, tuple[wire.WireRow, ...]):
        with suppress(InvalidInputError):
            wire.decode(data, kind)


def test_vectors_of_another_length_are_refused(connect: Callable[[], SharedStore]) -> None:
    """A batch that does not fit the store is refused whole."""
    store = connect()
    row = _row()
    for vector in (b"", b"\0" * 4, b"\0" * (4 * MODEL.dimension + 4), b"\0" * (8 * MODEL.dimension), None):
        (sent,) = wire.rows_out([row])
        request = wire.WriteRows(puts=(wire.WireRow(body=sent.body, vector=vector),), believed=())
        with pytest.raises(InvalidInputError):
            store.link.call(request, None)
    assert store.count(everything()) == 0


def test_another_model_is_refused_by_the_holder(tmp_path: Path) -> None:
    """The mistake is told to who makes it, and the other keeps the store for itself."""
    with erstwhile.open(tmp_path / "store", model=MODEL) as memory:
        with pytest.raises(ModelMismatchError):
            erstwhile.open(tmp_path / "store", model=HashingEmbedder(dimension=256))
        store = memory._ledger.store
        assert isinstance(store, OpenedStore)
        assert store.link() is None


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.usefixtures("ended")
def test_another_release(connect: Callable[[], SharedStore], served: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: bool) -> None:
    """A process of another release ends if it serves nobody, and one of ours takes its place; otherwise both releases are named."""
    mine = wire.build()
    if busy:
        connect().latest()
    monkeypatch.setattr(wire, "build", lambda: "0.0, the other one" if threading.current_thread().name == "erstwhile-client" else mine)
    if not busy:
        with erstwhile.open(tmp_path / "store", model=MODEL) as memory:
            assert memory.info().versions == 0
            assert served.ending.is_set()
        return
    with pytest.raises(StoreLockedError) as caught:
        erstwhile.open(tmp_path / "store", model=MODEL)
    assert mine in str(caught.value)
    assert "0.0, the other one" in str(caught.value)


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("claimed", [False, True])
def test_a_write_whose_answer_is_lost(connect: Callable[[], SharedStore], monkeypatch: pytest.MonkeyPatch, applied: bool, claimed: bool) -> None:
    """If the connection breaks before or after a batch is carried out, it is there once in the end, or who claimed its names is told to plan anew."""
    store, row = connect(), _row()
    real = hosting._Session._answered
    broken: list[bool] = []

    def answered(session: Any, data: bytes) -> bytes:  # noqa: ANN401 - private
        if b"WriteRows" not in data or broken:
            return real(session, data)
        broken.append(True)
        if applied:
            real(session, data)
        raise ChannelBrokenError("as if it had ended")

    monkeypatch.setattr(hosting._Session, "_answered", answered)
    if claimed and not applied:
        with pytest.raises(WriteConflictError), store.claim(["a"]):
            put(store, row)
        assert store.count(everything()) == 0
        return
    if claimed:
        with store.claim(["a"]):
            put(store, row)
    else:
        put(store, row)
    assert [found.version for found in store.find(Find(where=everything()))] == [row.version]


@pytest.mark.parametrize("kind", ["WriteRows", "Turn", "Claim", "FindRows", "SearchRows", "Reading", "EraseRows", "Settle", "Leave"])
@pytest.mark.parametrize("applied", [False, True])
def test_a_memory_is_remembered_once(connect: Callable[[], SharedStore], monkeypatch: pytest.MonkeyPatch, kind: str, applied: bool) -> None:
    """Wherever in a supersession, and in an erasure, the connection breaks: the call succeeds, the memory is there once, and its chain is whole."""
    from erstwhile.engine import Engine
    from erstwhile.time import SystemClock

    real = hosting._Session._answered
    engine = Engine(store=connect(), embedder=MODEL, clock=SystemClock())
    ana = engine.scope(user="ana")
    first = ana.remember("Ana lives in Porto", valid_from="2020-01-01")
    left = 3

    def answered(session: Any, data: bytes) -> bytes:  # noqa: ANN401 - private
        nonlocal left
        if kind.encode() not in data or not left:
            return real(session, data)
        left -= 1
        if applied:
            real(session, data)
        raise ChannelBrokenError("as if it had ended")

    monkeypatch.setattr(hosting._Session, "_answered", answered)
    ana.remember("Ana lives in Lisbon", supersedes=first, valid_from="2021-01-01")
    assert [hit.content for hit in ana.recall("Ana", min_relevance=0)] == ["Ana lives in Lisbon"]
    ana.remember("Bo lives in Gaia")
    assert sorted(version.content for version in ana.history(first)) == ["Ana lives in Lisbon", "Ana lives in Porto", "Ana lives in Porto"]
    receipt = ana.erase(first)
    assert (receipt.versions, receipt.remaining) == (3, 0)
    assert [version.content for version in ana.snapshot()] == ["Bo lives in Gaia"]
    engine.close()


def test_a_read_waits_for_a_write_of_another_process(connect: Callable[[], SharedStore]) -> None:
    """A time to read at is not given out while a write of an earlier time is under way, whoever writes: an answer for that time would change."""
    writer, reader = connect(), connect()
    got: list[datetime] = []
    thread = threading.Thread(target=lambda: got.append(reader.times.reading(NOW + timedelta(days=1)).time))
    with writer.claim([]), writer.times.writing(NOW, []) as time_written:
        thread.start()
        thread.join(0.3)
        assert not got
        put(writer, _row(system_from=time_written))
    thread.join(PATIENCE)
    assert got == [NOW + timedelta(days=1)]
    assert reader.count(Where(scopes=(ANA,), believed=got[0])) == 1
    with writer.claim([]), writer.times.writing(NOW, []) as later:
        assert later > got[0]


def test_times_go_on_where_they_were(served: Host, connect: Callable[[], SharedStore]) -> None:
    """A client tells whoever serves next the last time that it was given, so that none is given out before it."""
    connect().link.given(NOW + timedelta(days=9))
    told = connect()
    told.link.given(NOW + timedelta(days=9))
    told.latest()
    assert connect().times.reading(NOW).time == NOW + timedelta(days=9)


def test_a_broken_connection_lets_go(connect: Callable[[], SharedStore]) -> None:
    """What a client held when its connection ended is free for others."""
    dead, other = connect(), connect()
    held = dead.claim(["a"])
    held.__enter__()
    turn = dead.times.writing(NOW, [])
    turn.__enter__()
    dead.link._pin().channel.end()  # type: ignore[union-attr]
    with other.claim(["a"]), other.times.writing(NOW, []):
        put(other, _row())
    with pytest.raises(WriteConflictError):
        dead.count(everything())
    turn.__exit__(None, None, None)
    held.__exit__(None, None, None)
    assert dead.count(everything()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_does_not_speak_for_its_parent(connect: Callable[[], SharedStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes on one connection would read each other's answers."""
    store = connect()
    store.latest()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(StoreForkedError):
        store.latest()
    store.close()
    monkeypatch.undo()
    assert store.latest() is None


def test_it_ends_when_idle(serve: Serve, tmp_path: Path) -> None:
    """A client that is there keeps it, however long it says nothing; without one it ends by itself."""
    host = serve(tmp_path / "idle", idle=0.1)
    opening = Opening(path=tmp_path / "idle", fingerprint=MODEL.fingerprint, dimension=MODEL.dimension, idle=1)
    store = SharedStore(Link(opening))
    store.latest()
    assert not host.ending.wait(2.5)
    store.close()
    assert host.ending.wait(PATIENCE)
    ends = time.monotonic() + PATIENCE
    while (tmp_path / "idle/owner.json").exists():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_hand_over_waits_for_what_is_under_way(tmp_path: Path, serve: Serve) -> None:
    """Who holds a claim goes on while others want the store; what comes meanwhile waits, and goes on where the store is then."""
    with erstwhile.open(tmp_path / "store", model=MODEL) as memory:
        store = memory._ledger.store
        assert isinstance(store, OpenedStore)
        counted: list[int] = []
        with store.claim(["a"]):
            handing = threading.Thread(target=store.hand_over)
            handing.start()
            ends = time.monotonic() + PATIENCE
            while not store._changing:
                assert time.monotonic() < ends
            other = threading.Thread(target=lambda: counted.append(store.count(everything())))
            other.start()
            other.join(0.2)
            assert (store.link(), counted) == (None, [])
            put(store, _row())
        handing.join(PATIENCE)
        assert store.link() is not None
        # In place of the process that the next call would start; it serves another, empty store.
        serve(tmp_path / "store")
        other.join(PATIENCE)
        assert counted in ([0], [1])


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")
def test_sockets_of_the_killed_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed process left goes when the next one listens; what somebody listens at, or was made just now, stays."""
    # The path of a socket must be short.
    short = Path(mkdtemp(prefix="ew-", dir="/tmp"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(short))
    first, at = listen()
    folder = Path(str(at)).parent
    assert folder.parent == short
    left, fresh = folder / "left.sock", folder / "fresh.sock"
    for path in (left, fresh):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as killed:
            killed.bind(str(path))
    for path in (left, Path(str(at))):
        os.utime(path, (0, 0))
    second, other = listen()
    assert sorted(folder.iterdir()) == sorted((fresh, Path(str(at)), Path(str(other))))
    first.close()
    second.close()
    shutil.rmtree(short)
