"""The process that serves a store to others: it holds the folder and the models, and ends when nobody has needed it for a while.

Each connection has a thread of its own, so that what a client's thread holds, a claim or a turn to write, is held by one thread here, and is let go of when the
connection ends, however it ends.
"""

import os
import socket
import sys
import threading
import time
import traceback
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from erstwhile.embed import Embedder, load_embedder
from erstwhile.embed.models import PROFILES
from erstwhile.errors import ErstwhileError, InvalidInputError, ModelMismatchError, ModelNotFoundError, StoreClosedError, StoreUnavailableError
from erstwhile.judge import OnnxJudge, shipped_judge
from erstwhile.sharing import wire
from erstwhile.sharing.channel import Address, Channel, ChannelBrokenError, listen, prove, silence
from erstwhile.sharing.second import Second
from erstwhile.sharing.seconding import answer
from erstwhile.store.folder import Manifest, StoreFolder
from erstwhile.store.holder import is_alive, is_stopped
from erstwhile.store.protocol import Store
from erstwhile.store.second import mismatch
from erstwhile.store.times import LocalTimes

__all__ = ["Host"]

GREETING: Final = 10.0
"""Seconds that a client may take over each step of its greeting."""
TICK: Final = 1.0
"""Seconds between two looks at what there is to do besides serving."""
HELD: Final = 300.0
"""Seconds for which a client may hold a claim and say nothing, where it cannot be seen whether it lives. A language model may be asked meanwhile."""
QUIET: Final = 5.0
"""Seconds without a request after which the process does what would hold a request up."""
FINISH: Final = 10.0
"""Seconds that what is under way has to end in, when the process is asked to."""


class Host:
    """Serves one store.

    Args:
        store: The store.
        folder: Its folder, taken with the role "host".
        manifest: What it was made with.
        idle: Seconds without a client after which it ends.
    """

    def __init__(self, store: Store, *, folder: StoreFolder, manifest: Manifest, idle: float) -> None:
        self.store = store
        self.folder = folder
        self._manifest = manifest
        self.key = b""
        self.ending = threading.Event()
        self._idle = idle
        self._lock = threading.Lock()
        self._sessions: set[_Session] = set()
        self._last = time.monotonic()
        self._address: Address | None = None
        self._listener: socket.socket | None = None
        # Here and now: of two threads that ask first, each would make its own.
        self.store.times.writes()

    @property
    def manifest(self) -> Manifest:
        """What the store was made with, and the models that it has by now."""
        return self._manifest.with_models(self.store.second.models())

    def open(self) -> None:
        """Listen, and say where."""
        if self._listener is not None:
            self._listener.close()
        self._listener, self._address = listen()
        self.key = self.folder.invite("host", self._address)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True, name="erstwhile-accept").start()

    def run(self) -> None:
        """Serve until there is nothing more to do, or `ending` is set; then close the store."""
        while not self.ending.wait(TICK):
            now = time.monotonic()
            with self._lock:
                sessions = list(self._sessions)
                quiet = now - self._last
                if not sessions and quiet >= self._idle:
                    break
            for session in sessions:
                session.check(now)
            if quiet > QUIET:
                with suppress(ErstwhileError):
                    self.store.tidy()
            if isinstance(self._address, str) and not Path(self._address).exists():
                # Whatever sweeps temporary folders has taken it.
                self.open()
        self._close()

    def _close(self) -> None:
        self.ending.set()
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.channel.finish()
        ends = time.monotonic() + FINISH
        for session in sessions:
            session.thread.join(max(0.0, ends - time.monotonic()))
        silence(self._address)
        self.store.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self.ending.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                if self.ending.wait(TICK) or listener is not self._listener:
                    return
                # As where no more files can be opened: when others are closed, it goes on.
                continue
            if connection.family == socket.AF_INET:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = _Session(self, Channel(connection))
            with self._lock:
                self._sessions.add(session)
            session.thread.start()

    def left(self, session: "_Session") -> None:
        """Take in that a client is gone."""
        with self._lock:
            self._sessions.discard(session)
            self._last = time.monotonic()

    def active(self) -> None:
        """Take in that something was asked for."""
        self._last = time.monotonic()

    def clients(self) -> int:
        """How many connections there are."""
        with self._lock:
            return len(self._sessions)


@cache
def _embedder(model: str) -> Embedder:
    if model not in PROFILES:
        raise ModelNotFoundError("A process that serves a store runs the models that come with erstwhile, and no others.")
    return load_embedder(model)


@cache
def _judge() -> OnnxJudge:
    if (judge := shipped_judge()) is None:
        raise ModelNotFoundError("The judge that comes with erstwhile is not installed where the store is served.")
    return judge


class _Session:
    """One client's connection."""

    def __init__(self, host: Host, channel: Channel) -> None:
        self.channel = channel
        self.thread = threading.Thread(target=self._run, daemon=True, name="erstwhile-client")
        self._host = host
        self._store = host.store
        self._pid = 0
        self._since: float | None = None
        self._held: list[ExitStack] = []

    def check(self, now: float) -> None:
        """End it if it holds something and its process is stopped or gone. What it held, it cannot miss: it will find the connection closed."""
        since = self._since
        if not self._held or since is None or now - since < TICK:
            return
        known = sys.platform == "linux"
        if (known and (is_stopped(self._pid) or not is_alive(self._pid))) or (not known and now - since > HELD):
            self.channel.end()

    def _run(self) -> None:
        try:
            with suppress(ChannelBrokenError, TimeoutError):
                self._greet()
                while True:
                    self._since = time.monotonic()
                    data = self.channel.receive()
                    self._since = None
                    self._host.active()
                    answered = self._answered(data)
                    # A client that is stopped reads no answer either, and may hold something.
                    self._since = time.monotonic()
                    self.channel.send(answered)
        except Exception as error:  # noqa: BLE001 - one client's trouble must not be another's
            note(error)
        finally:
            while self._held:
                self._held.pop().close()
            self.channel.close()
            self._host.left(self)

    def _greet(self) -> None:
        prove(self.channel, self._host.key, serves=True, timeout=GREETING)
        try:
            hello: wire.Hello = wire.decode(self.channel.receive(timeout=GREETING), wire.Hello)
            self._pid = hello.pid
            if hello.build == wire.build() and hello.fingerprint is not None:
                self._host.manifest.check(self._host.folder.path, fingerprint=hello.fingerprint, dimension=hello.dimension)
                times = self._store.times
                if hello.known is not None and isinstance(times, LocalTimes):
                    times.advance(hello.known)
        except ErstwhileError as error:
            self.channel.send(wire.failure(error), timeout=GREETING)
            raise ChannelBrokenError("refused") from None
        welcome = wire.Welcome(role="host", pid=os.getpid(), build=wire.build(), clients=self._host.clients())
        self.channel.send(wire.answer(welcome), timeout=GREETING)

    def _answered(self, data: bytes) -> bytes:
        try:
            return wire.answer(self._answer(wire.decode(data, wire.Request)))
        except StoreClosedError:
            # It ends: not a matter of the client's, who asks whoever serves the store next.
            raise ChannelBrokenError("it ends") from None
        except ErstwhileError as error:
            return wire.failure(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client has to know
            note(error)
            return wire.failure(StoreUnavailableError(f"The process that serves the store failed ({type(error).__name__}); host.log in its folder says where."))

    def _answer(self, request: wire.Request) -> Any:  # noqa: ANN401, PLR0911, PLR0912 - one for each request there is
        store, models = self._store, self._store.second.models()
        if isinstance(request, wire.FindRows | wire.ScanRows | wire.SearchRows | wire.WriteRows) and request.model not in (None, models.first.fingerprint):
            raise mismatch(str(self._host.folder.path), models=models, fingerprint=request.model or "")
        dimension = models.first.dimension
        match request:
            case wire.FindRows():
                return wire.rows_out(store.find(request.find))
            case wire.ScanRows():
                return wire.rows_out(store.scan(after=request.after, limit=request.limit, vectors=request.vectors))
            case wire.NoteBackup():
                return store.note_backup(request.path, at=request.at, versions=request.versions)
            case wire.SearchRows():
                return store.search(wire.search_in(request, dimension))
            case wire.CountRows():
                return store.count(request.where)
            case wire.WriteRows():
                return store.write(wire.batch_in(request, dimension))
            case wire.EraseRows():
                return store.erase(request.where)
            case wire.Compact():
                return store.compact()
            case wire.Scopes():
                return store.scopes()
            case wire.Latest():
                return store.latest()
            case wire.Info():
                info = store.info()
                shared = {"served_by": os.getpid(), "connections": self._host.clients()}
                return {name: getattr(info, name) for name in ("kind", "location", "fingerprint", "dimension", "versions")} | {"details": info.details | shared}
            case wire.Settle():
                return store.settle()
            case wire.Claim() | wire.Turn():
                return self._enter(request)
            case wire.Leave():
                return self._held.pop().close() if self._held else None
            case wire.Reading():
                return store.times.reading(request.now)
            case wire.Writes():
                return store.times.writes()
            case wire.Embed():
                return self._embed(request)
            case wire.JudgePairs():
                judge = _judge()
                if judge.fingerprint != request.fingerprint:
                    raise ModelMismatchError("The judge where the store is served is another one.")
                return judge.judge(wire.pairs_in(request.pairs))
            case wire.End():
                return self._end()
            case Second():
                return answer(store, request)
            case wire.Ping():
                return None
            case _:
                raise InvalidInputError("A process that serves a store has nothing to hand over.")

    def _enter(self, request: wire.Claim | wire.Turn) -> Any:  # noqa: ANN401 - a time, or nothing
        with ExitStack() as stack:
            if isinstance(request, wire.Claim):
                stack.enter_context(self._store.claim(request.names))
                time = None
            else:
                time = stack.enter_context(self._store.times.writing(request.now, () if request.earlier is None else (request.earlier,)))
            self._held.append(stack.pop_all())
        return time

    def _embed(self, request: wire.Embed) -> bytes:
        embedder = _embedder(request.model)
        if embedder.fingerprint != request.fingerprint:
            raise ModelMismatchError(f"The model {request.model} where the store is served is another one.")
        return wire.packed(embedder.embed(request.texts, role=request.role)) or b""

    def _end(self) -> None:
        if self._host.clients() > 1:
            raise InvalidInputError("Others are served.")
        self._host.ending.set()


def note(error: BaseException) -> None:
    """Write down where something went wrong, and what kind of thing; never its message, which may quote a memory."""
    frames = traceback.extract_tb(error.__traceback__)
    where = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-6:])
    say(f"{type(error).__name__} at {where}")


def say(line: str) -> None:
    """Write a line to the log."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {os.getpid()} {line}\n")
        sys.stderr.flush()
