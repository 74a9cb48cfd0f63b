"""A store that others may ask for: used in this process as long as nobody else wants it, and from then on through a process that serves it to all."""

import os
import socket
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from erstwhile.errors import ErstwhileError, InvalidInputError, StoreClosedError, StoreForkedError, StoreLockedError, StoreUnavailableError
from erstwhile.model import Scope
from erstwhile.store.edge import EdgeStore
from erstwhile.store.folder import OWNER
from erstwhile.store.holder import read_holder
from erstwhile.store.protocol import PAGE, Batch, Candidate, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.second import Models, Second
from erstwhile.store.times import LocalTimes, Moment, Times

if TYPE_CHECKING:
    from erstwhile.sharing.channel import Address, Channel
    from erstwhile.sharing.link import Link
    from erstwhile.sharing.reaching import Opening

__all__ = ["OpenedStore", "open_store"]

GREETING: Final = 5.0
"""Seconds that one who asks for the store may take over each thing it says."""


def open_store(path: Path, *, fingerprint: str, dimension: int, durable: bool, shared: bool | None, idle: float) -> Store:
    """Open the store in a folder, whoever else has it open.

    Args:
        path: The folder; made if it does not exist.
        fingerprint: The embedding model.
        dimension: Length of a vector.
        durable: Whether a write survives a power cut once it returned.
        shared: ``None``: in this process while it is the only one, and from then on through a process that serves it to all. ``True``: through such a process
            from the start. ``False``: in this process only.
        idle: Seconds without a client after which such a process ends.

    Raises:
        StoreError: As `EdgeStore`; StoreLockedError only if the other process does not share the store, does not answer, or is of another release.
    """
    if shared is False:
        return EdgeStore(path, fingerprint=fingerprint, dimension=dimension, durable=durable)
    from erstwhile.sharing.channel import silence
    from erstwhile.sharing.reaching import Opening

    try:
        opening = Opening(path=path.resolve(), fingerprint=fingerprint, dimension=dimension, idle=idle)
    except (OSError, ValueError, RuntimeError) as error:
        raise InvalidInputError(f"{str(path)!r} is not a path ({error}); choose another.") from error
    if shared is None:
        before = read_holder(path / OWNER)
        with suppress(StoreLockedError):
            store = EdgeStore(path, fingerprint=fingerprint, dimension=dimension, durable=durable, role="process")
            try:
                silence(before.address if before else None)
                return OpenedStore(store, opening, durable=durable)
            except OSError as error:
                store.close()
                raise StoreUnavailableError(f"{path} cannot be shared: {error.strerror or error}. Mend that, or open it with shared=False.") from error
            except BaseException:
                store.close()
                raise
    return _joined(path, opening, durable=durable)


def _joined(path: Path, opening: "Opening", *, durable: bool) -> Store:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreUnavailableError(f"{path} cannot be used: {error.strerror or error}. Choose a folder that can be written.") from error
    store = OpenedStore(None, opening, durable=durable)
    # So that what is wrong is said now, and not at the first use.
    store.times.writes()
    return store


class OpenedStore(Store):
    """A store that changes hands under running calls.

    Args:
        held: The store, where this process holds it; it is closed, and everything goes through ``opening`` from then on, when somebody asks for it.
        opening: The way to a process that serves it.
        durable: As for `EdgeStore`.
    """

    def __init__(self, held: EdgeStore | None, opening: "Opening", *, durable: bool) -> None:
        self._opening = opening
        self._durable = durable
        self._process = os.getpid()
        self._turn = threading.Condition()
        self._inside = 0
        self._changing = False
        self._closed = False
        self._depth = threading.local()
        self._held = held
        self._backend: Store = held if held is not None else self._follow(None)
        if held is not None:
            held.times.writes()
            self._listener, self._address = _listen(self, held)

    @cached_property
    def times(self) -> Times:
        """See `Store.times`."""
        return _OpenedTimes(self)

    def link(self) -> "Link | None":
        """The link to the process that serves the store; ``None`` while this process holds it itself."""
        from erstwhile.sharing.client import SharedStore

        backend = self._backend
        return backend.link if isinstance(backend, SharedStore) else None

    def _follow(self, known: datetime | None) -> Store:
        from erstwhile.sharing.client import SharedStore
        from erstwhile.sharing.link import Link

        return SharedStore(Link(self._opening, known=known), durable=self._durable)

    @contextmanager
    def using(self) -> Iterator[Store]:
        """The store behind it, which stays the same within the block. A thread that is inside already goes on where others wait."""
        if os.getpid() != self._process:
            raise StoreForkedError(
                f"{self._opening.path} was opened in process {self._process} and is used in its fork {os.getpid()}. Open it in the child, or spawn the child."
            )
        depth = getattr(self._depth, "value", 0)
        with self._turn:
            if not depth:
                self._turn.wait_for(lambda: not self._changing)
            if self._closed:
                raise StoreClosedError(f"{self._opening.path} was closed; open it again.")
            self._inside += 1
        self._depth.value = depth + 1
        try:
            yield self._backend
        finally:
            self._depth.value = depth
            with self._turn:
                self._inside -= 1
                if not self._inside:
                    self._turn.notify_all()

    def hand_over(self) -> None:
        """Finish what is under way, and let go of the store; calls that come meanwhile wait, and go on through the process that serves it."""
        with self._turn:
            if self._held is None or self._closed:
                return
            self._changing = True
            self._turn.wait_for(lambda: not self._inside)
            held, self._held = self._held, None
        try:
            times = held.times
            held.close()
        finally:
            with self._turn:
                self._backend = self._follow(times.last if isinstance(times, LocalTimes) else None)
                self._changing = False
                self._turn.notify_all()

    def find(self, find: Find) -> tuple[Row, ...]:
        """See `Store.find`."""
        with self.using() as store:
            return store.find(find)

    def scan(self, *, after: str | None = None, limit: int = PAGE, vectors: bool = False) -> tuple[Row, ...]:
        """See `Store.scan`."""
        with self.using() as store:
            return store.scan(after=after, limit=limit, vectors=vectors)

    def note_backup(self, path: str, *, at: datetime, versions: int) -> None:
        """See `Store.note_backup`."""
        with self.using() as store:
            store.note_backup(path, at=at, versions=versions)

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Store.search`."""
        with self.using() as store:
            return store.search(search)

    def count(self, where: Where) -> int:
        """See `Store.count`."""
        with self.using() as store:
            return store.count(where)

    def write(self, batch: Batch) -> None:
        """See `Store.write`."""
        with self.using() as store:
            store.write(batch)

    def erase(self, where: Where) -> None:
        """See `Store.erase`."""
        with self.using() as store:
            store.erase(where)

    def compact(self) -> bool:
        """See `Store.compact`."""
        with self.using() as store:
            return store.compact()

    def scopes(self) -> tuple[Scope, ...]:
        """See `Store.scopes`."""
        with self.using() as store:
            return store.scopes()

    def latest(self) -> datetime | None:
        """See `Store.latest`."""
        with self.using() as store:
            return store.latest()

    def info(self) -> StoreInfo:
        """See `Store.info`."""
        with self.using() as store:
            return store.info()

    def settle(self) -> None:
        """See `Store.settle`."""
        with self.using() as store:
            store.settle()

    @cached_property
    def second(self) -> Second:
        """See `Store.second`."""
        from erstwhile.sharing.seconding import OpenedSecond

        return OpenedSecond(self)

    def follow(self, models: Models) -> None:
        """Work with the model that the store has by now, and no more with the one that this process opened it with."""
        with self._turn:
            self._opening = replace(self._opening, fingerprint=models.first.fingerprint, dimension=models.first.dimension)
            if (link := self.link()) is not None:
                from erstwhile.sharing.client import SharedStore

                link.opening = self._opening
                self._backend = SharedStore(link, durable=self._durable)

    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:
        """See `Store.claim`."""
        return self._claimed(names)

    @contextmanager
    def _claimed(self, names: Collection[str]) -> Iterator[None]:
        with self.using() as store, store.claim(names):
            yield

    def close(self) -> None:
        """See `Store.close`. In a fork it does nothing: the store is the parent's."""
        if os.getpid() != self._process:
            return
        with self._turn:
            self._turn.wait_for(lambda: not self._changing)
            if self._closed:
                return
            self._closed = True
            held = self._held
        if held is not None:
            from erstwhile.sharing.channel import silence

            _wake(self._listener)
            silence(self._address)
        self._backend.close()


class _OpenedTimes(Times):
    def __init__(self, store: OpenedStore) -> None:
        self._store = store

    def reading(self, now: datetime) -> Moment:
        """See `Times.reading`."""
        with self._store.using() as store:
            return store.times.reading(now)

    @contextmanager
    def writing(self, now: datetime, earlier: Iterable[datetime]) -> Iterator[datetime]:
        """See `Times.writing`."""
        with self._store.using() as store, store.times.writing(now, earlier) as time:
            yield time

    def writes(self) -> int:
        """See `Times.writes`."""
        with self._store.using() as store:
            return store.times.writes()


def _listen(store: OpenedStore, held: EdgeStore) -> "tuple[socket.socket, Address]":
    """Wait, in a thread that costs nothing until somebody comes, for those who ask for the store."""
    from erstwhile.sharing.channel import listen, silence

    listener, address = listen()
    try:
        key = held.folder.invite("process", address)
    except BaseException:
        listener.close()
        silence(address)
        raise
    # The thread must not be what keeps a store alive that nobody uses any more.
    weakref.finalize(store, _wake, listener).atexit = False
    waiting = threading.Thread(
        target=_wait, args=(weakref.WeakMethod(store.hand_over), listener, key, address, _checker(held)), daemon=True, name="erstwhile-hand-over"
    )
    waiting.start()
    return listener, address


def _checker(held: EdgeStore) -> Callable[[str, int], None]:
    known = weakref.ref(held)

    def check(fingerprint: str, dimension: int) -> None:
        if (store := known()) is not None:
            store.manifest.check(store.folder.path, fingerprint=fingerprint, dimension=dimension)

    return check


def _wake(listener: socket.socket) -> None:
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def _wait(
    hand_over: "weakref.WeakMethod[Callable[[], None]]",
    listener: socket.socket,
    key: bytes,
    address: str | list[str | int],
    check: Callable[[str, int], None],
) -> None:
    from erstwhile.sharing.channel import Channel, ChannelBrokenError, silence

    done = False
    try:
        while not done:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            channel = Channel(connection)
            with suppress(ChannelBrokenError, TimeoutError, ErstwhileError):
                done = _meet(channel, key, hand_over, check)
            channel.close()
    finally:
        listener.close()
        silence(address)


def _meet(channel: "Channel", key: bytes, hand_over: "weakref.WeakMethod[Callable[[], None]]", check: Callable[[str, int], None]) -> bool:
    """Hear what one wants; returns whether the store was handed over."""
    from erstwhile.sharing import wire
    from erstwhile.sharing.channel import ChannelBrokenError, prove

    prove(channel, key, serves=True, timeout=GREETING)
    hello = wire.decode(channel.receive(timeout=GREETING), wire.Hello)
    try:
        if hello.fingerprint is not None and hello.build == wire.build():
            check(hello.fingerprint, hello.dimension)
    except ErstwhileError as error:
        channel.send(wire.failure(error), timeout=GREETING)
        return False
    channel.send(wire.answer(wire.Welcome(role="process", pid=os.getpid(), build=wire.build())), timeout=GREETING)
    wire.decode(channel.receive(timeout=GREETING), wire.HandOver)
    if (let_go := hand_over()) is not None:
        let_go()
    # Whoever asked may have given up waiting; there is nothing left to hand over all the same.
    with suppress(ChannelBrokenError):
        channel.send(wire.answer(None), timeout=GREETING)
    return True
