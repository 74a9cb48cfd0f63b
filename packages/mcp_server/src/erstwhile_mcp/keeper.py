"""The engine behind a server: opened beside the handshake and not before it, used by calls that never wait without a word, closed once they are done."""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

import erstwhile
from erstwhile import Engine, ErstwhileError, StoreUnavailableError
from erstwhile_mcp.settings import ServerSettings

__all__ = ["FAREWELL", "Headstart", "Keeper", "StillOpeningError", "keeper_of"]

BREATH: Final = 0.3
"""Seconds after the tools were listed until the store is opened though nobody asked: clients list resources and prompts next."""
HEADSTART: Final = 5.0
"""Seconds after the start until it is opened though nobody even listed the tools."""
BEAT: Final = 1.0
"""Seconds between two reports of progress."""
PATIENCE: Final = 25.0
"""Seconds that a call waits for the store to open before it says so and gives up. Clients give a call a minute or more."""
FAREWELL: Final = 10.0
"""Seconds that closing waits for calls that are being carried out."""

Report = Callable[[float, str], Awaitable[None]]
"""Takes the seconds that passed, and what is waited for."""

T = TypeVar("T")

log = logging.getLogger("erstwhile_mcp")


class StillOpeningError(ErstwhileError):
    """The store is not open yet. Nothing was done; the call can be made again."""


def keeper_of(settings: ServerSettings, engine: Engine | None = None) -> "Keeper":
    """The keeper of an open engine, or of the store that the settings name."""
    if engine is not None:
        return Keeper(lambda: engine, owned=False)
    return Keeper(lambda: _opened(settings))


def _opened(settings: ServerSettings) -> Engine:
    given = erstwhile.Settings.load()
    location = settings.store or given.store
    # Several clients start a server each. The process that serves the store to all of them loads the model once and keeps it.
    embedded = location != ":memory:" and not location.lower().startswith(("http://", "https://"))
    shared = True if embedded and given.shared is None else None
    try:
        engine = erstwhile.open(location, model=settings.model, shared=shared)
    except OSError as error:
        raise StoreUnavailableError(f"{location} cannot be opened: {error.strerror or type(error).__name__}. Choose another with --store.") from error
    try:
        # What a first recall loads is loaded now.
        engine.scope(settings.scope()).recall("?", k=1)
    except BaseException:
        engine.close()
        raise
    return engine


class Headstart:
    """Has the store opened before anyone asks, but not before the client has what it waits for first: opening takes the interpreter's attention away.

    Args:
        begin: Begins to open it.
    """

    def __init__(self, begin: Callable[[], object]) -> None:
        self._begin = begin
        self._timer: asyncio.TimerHandle | None = None
        self._listed = False

    def start(self) -> None:
        """The server runs."""
        self._listed = False
        self._timer = asyncio.get_running_loop().call_later(HEADSTART, self._begin)

    def listed(self) -> None:
        """The tools are listed; only the first time counts."""
        if self._timer is not None and not self._listed:
            self._listed = True
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(BREATH, self._begin)

    def stop(self) -> None:
        """The server ends."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Keeper:
    """Keeps an engine.

    Args:
        open: Opens it; called in a thread, again after a failure, and again after `close`.
        owned: Whether `close` closes it.
        patience: Seconds that a call waits for it.
    """

    def __init__(self, open: Callable[[], Engine], *, owned: bool = True, patience: float = PATIENCE) -> None:  # noqa: A002 - what it does
        self._open = open
        self._owned = owned
        self._patience = patience
        self._lock = threading.Lock()
        self._opening: Future[Engine] | None = None
        self._calls: set[Future[Any]] = set()
        self._threads: ThreadPoolExecutor | None = None

    def begin(self) -> "Future[Engine]":
        """Open the engine in a thread, unless that was begun."""
        with self._lock:
            failed = self._opening is not None and self._opening.done() and self._opening.exception() is not None
            if self._opening is None or failed:
                self._opening = Future()
                threading.Thread(target=self._fill, args=(self._opening,), name="erstwhile-opening", daemon=True).start()
            return self._opening

    def _fill(self, opening: "Future[Engine]") -> None:
        started = time.monotonic()
        try:
            engine = self._open()
        except BaseException as error:  # noqa: BLE001 - whoever waits is told
            opening.set_exception(error)
            log.warning("The store could not be opened: %s", error if isinstance(error, ErstwhileError) else type(error).__name__)
        else:
            opening.set_result(engine)
            log.info("The store is open after %.1f s.", time.monotonic() - started)

    async def run(self, call: Callable[[Engine], T], report: Report) -> T:
        """Carry out a call in a thread, once the engine is open. Who waits is told every second.

        Cancelling stops the waiting and not the call.

        Raises:
            StillOpeningError: The engine took too long to open; the call was not begun.
            ErstwhileError: What opening or the call raised.
        """
        opening = self.begin()
        engine = await self._wait(opening, report, "Opening the memory: its model is being loaded.", self._patience)
        return await self._wait(self._submit(call, engine), report, "Working on it.", None)

    def _submit(self, call: Callable[[Engine], T], engine: Engine) -> "Future[T]":
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(8, thread_name_prefix="erstwhile-call")
            future = self._threads.submit(call, engine)
            self._calls.add(future)
        future.add_done_callback(self._done)
        return future

    def _done(self, future: "Future[Any]") -> None:
        with self._lock:
            self._calls.discard(future)

    async def _wait(self, future: "Future[T]", report: Report, what: str, patience: float | None) -> T:
        started = time.monotonic()
        waiting = asyncio.wrap_future(future)
        # Nobody else hears of what it raises where this wait is cancelled.
        waiting.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        while not (await asyncio.wait({waiting}, timeout=BEAT))[0]:
            passed = time.monotonic() - started
            if patience is not None and passed >= patience:
                raise StillOpeningError(f"The memory is not open yet after {passed:.0f} seconds, and nothing was done. Make the same call again in a moment.")
            await report(passed, what)
        return waiting.result()

    async def close(self) -> None:
        """Wait for the calls that are being carried out, and close the engine. It opens again with the next call."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        with self._lock:
            opening, self._opening = self._opening, None
            threads, self._threads = self._threads, None
            calls = tuple(self._calls)
        deadline = time.monotonic() + FAREWELL
        for call in calls:
            if not _settled(call, deadline - time.monotonic()):
                log.warning("A call was still being carried out when the server closed.")
        if opening is not None and not _settled(opening, deadline - time.monotonic()):
            log.info("The store was still being opened when the server closed.")
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)
        if opening is not None and opening.done() and opening.exception() is None and self._owned:
            opening.result().close()


def _settled(future: "Future[T]", timeout: float) -> bool:
    try:
        future.exception(timeout=max(timeout, 0))
    except TimeoutError:
        return False
    except CancelledError:
        pass
    return True
