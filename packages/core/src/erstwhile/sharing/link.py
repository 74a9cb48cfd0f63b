"""A client's connections to the process that serves a store, and what happens when that process ends."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from erstwhile.errors import StoreClosedError, StoreForkedError, StoreUnavailableError
from erstwhile.sharing import wire
from erstwhile.sharing.channel import Channel, ChannelBrokenError
from erstwhile.sharing.reaching import ANSWER, LOOK, Opening, is_frozen, reach
from erstwhile.store.protocol import ClaimLostError

__all__ = ["Link"]

T = TypeVar("T")

PATIENCE: Final = 120.0
"""Seconds after which a call is given up whose serving process ended, or was ended, again and again."""
PAUSE: Final = 0.02
SPARE: Final = 16
"""Connections that are kept for the next calls."""


@dataclass(slots=True)
class _Pin:
    """The connection that a thread's claims and turns hang on: they last as long as it does."""

    channel: Channel

    @property
    def lost(self) -> bool:
        return self.channel.closed


class Link:
    """Connections to whoever serves the store; each call takes one for itself. Safe to use from several threads.

    Args:
        opening: The store.
        known: The latest system time that was given out to this process.

    Raises:
        StoreError: As `reach`.
    """

    def __init__(self, opening: Opening, *, known: datetime | None = None) -> None:
        self.opening = opening
        self._known = known
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._spare: list[Channel] = []
        self._closed = False
        self._thread = threading.local()

    def call(self, request: wire.Request, kind: Any) -> Any:  # noqa: ANN401 - the caller knows what it asked for
        """Ask, and give the answer as ``kind``. It is asked again where the process that serves the store ends; inside a claim or a turn it is not.

        Raises:
            ClaimLostError: Inside a claim or a turn: the process that held it ended.
            StoreUnavailableError: No process serves the store, and none can be started.
            ErstwhileError: What was raised over there.
        """
        data = wire.encode(request)
        if (pin := self._pin()) is not None:
            return wire.answered(self._pinned(pin, data), kind)
        return self._patiently(lambda: self._once(data, kind))

    def once(self, request: wire.Request, kind: Any) -> Any:  # noqa: ANN401 - as `call`
        """Ask once.

        Raises:
            ChannelBrokenError: The process that serves the store ended before it answered.
            ErstwhileError: As `call`.
        """
        data = wire.encode(request)
        return wire.answered(self._pinned(pin, data), kind) if (pin := self._pin()) is not None else self._once(data, kind)

    @contextmanager
    def entered(self, request: wire.Claim | wire.Turn, kind: Any) -> Iterator[Any]:  # noqa: ANN401 - as `call`
        """Enter a claim or a turn; in this thread all goes over one connection until it is left."""
        data = wire.encode(request)
        outer = self._pin()
        if outer is None:
            channel, value = self._patiently(lambda: self._kept(data, kind))
            pin = self._thread.pin = _Pin(channel)
        else:
            pin, value = outer, wire.answered(self._pinned(outer, data), kind)
        try:
            yield value
        finally:
            try:
                with suppress(ClaimLostError):
                    self._pinned(pin, wire.encode(wire.Leave()))
            finally:
                # Also where Ctrl-C ends the leaving: a thread that kept a lost connection could never write again.
                if outer is None:
                    self._thread.pin = None
                    self._give(pin.channel)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Within the block, this thread's claims and turns are left alone."""
        pin, self._thread.pin = self._pin(), None
        try:
            yield
        finally:
            self._thread.pin = pin

    def given(self, time: datetime) -> None:
        """Take in that ``time`` was given out."""
        with self._lock:
            self._known = time if self._known is None else max(time, self._known)

    def close(self) -> None:
        """Close all connections. In a fork it does nothing: they are the parent's."""
        if os.getpid() == self._process:
            self._closed = True
            self._drop()

    def _pin(self) -> _Pin | None:
        if os.getpid() != self._process:
            raise StoreForkedError(
                f"{self.opening.path} was opened in process {self._process} and is used in its fork {os.getpid()}. Open it in the child, or spawn the child."
            )
        if self._closed:
            raise StoreClosedError(f"{self.opening.path} was closed; open it again.")
        pin: _Pin | None = getattr(self._thread, "pin", None)
        return pin

    def _pinned(self, pin: _Pin, data: bytes) -> bytes:
        if not pin.lost:
            with suppress(ChannelBrokenError):
                return self._exchange(pin.channel, data)
        raise ClaimLostError("The process that served the store ended in the middle of a write; nothing was written. Try again.")

    def _once(self, data: bytes, kind: Any) -> Any:  # noqa: ANN401 - as `call`
        channel = self._take()
        try:
            return wire.answered(self._exchange(channel, data), kind)
        finally:
            self._give(channel)

    def _kept(self, data: bytes, kind: Any) -> tuple[Channel, Any]:  # noqa: ANN401 - as `call`
        channel = self._take()
        try:
            return channel, wire.answered(self._exchange(channel, data), kind)
        except BaseException:
            self._give(channel)
            raise

    def _patiently(self, ask: Callable[[], T]) -> T:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except ChannelBrokenError:
                # What else was connected to the same process has ended as well.
                self._drop()
                if time.monotonic() > deadline:
                    raise StoreUnavailableError(f"The process that serves {self.opening.path} ended again and again; `erstwhile doctor` may say why.") from None
                time.sleep(PAUSE)

    def _exchange(self, channel: Channel, data: bytes) -> bytes:
        try:
            channel.send(data, timeout=ANSWER)
            asked = time.monotonic()
            while True:
                try:
                    return channel.receive(timeout=LOOK)
                except TimeoutError:
                    asked = self._checked(asked)
        except BaseException:
            # Its answer may still come, and must not be taken for another's.
            channel.close()
            raise

    def _checked(self, asked: float) -> float:
        """End the process that should answer if it is frozen; returns from when on to count anew."""
        holder = self.opening.holder()
        if holder is None or holder.role != "host":
            return asked
        if (holder.is_stopped or time.monotonic() - asked > ANSWER) and is_frozen(self.opening.path, holder):
            holder.kill()
            raise ChannelBrokenError("it was frozen")
        return asked if time.monotonic() - asked <= ANSWER else time.monotonic()

    def _take(self) -> Channel:
        with self._lock:
            if self._spare:
                return self._spare.pop()
            known = self._known
        return reach(self.opening, known=known)

    def _give(self, channel: Channel) -> None:
        with self._lock:
            if not channel.closed and not self._closed and len(self._spare) < SPARE:
                self._spare.append(channel)
                return
        channel.close()

    def _drop(self) -> None:
        with self._lock:
            spare, self._spare = self._spare, []
        for channel in spare:
            channel.close()
