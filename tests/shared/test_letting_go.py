"""Whoever ends, stops or is interrupted in the middle of something lets go of it, and whoever waits for it goes on."""

import socket
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

import pytest

from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import StoreClosedError
from erstwhile.sharing import host as hosting
from erstwhile.sharing import wire
from erstwhile.sharing.channel import Channel, prove
from erstwhile.sharing.client import SharedStore
from erstwhile.sharing.host import Host
from erstwhile.sharing.link import Link
from erstwhile.sharing.opened import _meet
from erstwhile.store import Find, Where
from erstwhile.store.protocol import Row
from erstwhile.testing.case import everything, put
from erstwhile.testing.rows import make_row

MODEL = HashingEmbedder()
PATIENCE = 60


def _row(text: str) -> Row:
    return Row(version=make_row(text).version, vector=MODEL.embed([text], role="passage")[0])


def test_an_interrupted_leaving_keeps_nothing(connect: Callable[[], SharedStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a claim is left ends the call, and not every later one of that thread."""
    store, real = connect(), Link._exchange

    def exchange(link: Link, channel: Channel, data: bytes) -> bytes:
        if b"Leave" in data:
            channel.close()
            raise KeyboardInterrupt
        return real(link, channel, data)

    monkeypatch.setattr(Link, "_exchange", exchange)
    with pytest.raises(KeyboardInterrupt), store.claim(["a"]):
        pass
    monkeypatch.undo()
    assert store.count(everything()) == 0


def test_who_reads_no_answer_lets_go(connect: Callable[[], SharedStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that is stopped in the middle of a long answer does not keep what it held from others."""
    stopped, other = connect(), connect()
    with stopped.claim(["a"]):
        put(stopped, *(_row("tea " * 8_000) for _ in range(100)))
    held = stopped.claim(["a"])
    held.__enter__()
    stopped.link._pin().channel.send(wire.encode(wire.FindRows(find=Find(where=everything()))))  # type: ignore[union-attr]
    monkeypatch.setattr(hosting, "is_stopped", lambda _: True)
    got: list[bool] = []

    def claim() -> None:
        with other.claim(["a"]):
            got.append(True)

    thread = threading.Thread(target=claim)
    thread.start()
    thread.join(PATIENCE)
    assert got == [True]
    held.__exit__(None, None, None)


def test_a_store_that_closes_under_a_call_is_asked_elsewhere(served: Host, connect: Callable[[], SharedStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """That the process which serves ends is no error of the client's: it asks again, and whoever serves then answers."""
    real, closed = served.store.count, [True]

    def count(where: Where) -> int:
        if closed:
            closed.pop()
            raise StoreClosedError("as if it were ending")
        return real(where)

    monkeypatch.setattr(served.store, "count", count)
    assert connect().count(everything()) == 0
    assert not closed


def test_who_asked_for_the_store_may_be_gone() -> None:
    """What was handed over is handed over, also where nobody hears of it any more: it is not waited for another who asks."""
    here, there = map(Channel, socket.socketpair())

    class Holder:
        def hand_over(self) -> None:
            here.close()

    def ask() -> None:
        prove(here, b"key", serves=False, timeout=PATIENCE)
        here.send(wire.encode(wire.Hello(build=wire.build(), pid=1)))
        here.receive(timeout=PATIENCE)
        here.send(wire.encode(wire.HandOver()))

    holder, asking = Holder(), threading.Thread(target=ask)
    asking.start()
    assert _meet(there, b"key", WeakMethod(holder.hand_over), lambda *_: None)
    asking.join(PATIENCE)
    there.close()


def test_it_listens_on_after_a_failure(served: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no more files can be opened for a while, later clients are let in all the same."""
    monkeypatch.setattr(hosting, "TICK", 0.01)
    calls: list[int] = []

    class Exhausted:
        def accept(self) -> None:
            calls.append(1)
            if len(calls) > 1:
                served.ending.set()
            raise OSError(24, "Too many open files")

        def shutdown(self, how: int) -> None:
            """The host wakes its own thread so when it ends."""

        def close(self) -> None:
            """And closes it."""

    listener: Any = Exhausted()
    own = served._listener
    assert own is not None
    monkeypatch.setattr(served, "_listener", listener)
    served._accept(listener)
    own.close()
    assert len(calls) == 2
