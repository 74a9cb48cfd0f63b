"""The way to the process that serves a store: find it, ask whoever holds the store to hand it over, start one, and end one that is frozen."""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from erstwhile.errors import ErstwhileError, InvalidInputError, StoreLockedError, StoreUnavailableError
from erstwhile.sharing import wire
from erstwhile.sharing.channel import Channel, ChannelBrokenError, dial, prove
from erstwhile.store.folder import KEY, OWNER
from erstwhile.store.holder import Holder, read_holder

__all__ = ["ANSWER", "Opening", "greet", "is_frozen", "look", "reach"]

ANSWER: Final = 20.0
"""Seconds that a process may leave a greeting unanswered before it is taken for frozen. Building int8 copies stalls one for a few, a slow disk for more."""
DEADLINE: Final = 90.0
"""Seconds after which no more attempt is made to find or start a process that serves the store."""
UNREACHED: Final = 1.0
"""Seconds after which it is tried whether the store is free, though somebody who is there wrote down that they have it."""
UNNAMED: Final = 5.0
"""Seconds for which the store may be taken by one who does not say who they are."""
FINISH: Final = 60.0
"""Seconds that the holder may take to finish what is under way, before it lets go: within a write, a language model may be asked."""
START: Final = 60.0
"""Seconds that such a process may take to open the store."""
LOOK: Final = 1.0
"""Seconds between two looks at whether a process is stopped."""
SHORTEST, LONGEST = 0.01, 0.5
"""Seconds between two attempts."""
PROGRAM: Final = Path(__file__).with_name("__main__.py")
_running: Final[list[subprocess.Popen[bytes]]] = []
"""Where a process cannot let go of its child, the children; so that none is waited for, or missed, by an accident of collection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a shared store is opened with.

    Attributes:
        path: The folder, resolved.
        fingerprint: The embedding model.
        dimension: Length of a vector.
        idle: Seconds without a client after which the process that serves it ends.
    """

    path: Path
    fingerprint: str
    dimension: int
    idle: float

    def holder(self) -> Holder | None:
        """Who wrote down that they hold it."""
        return read_holder(self.path / OWNER)


def greet(path: Path, holder: Holder, hello: wire.Hello, *, timeout: float = ANSWER) -> tuple[Channel, wire.Welcome]:
    """A connection to the holder, both ends proved.

    Raises:
        ChannelBrokenError: It does not listen, does not answer, or does not know the secret.
        ErstwhileError: It refuses, and says why.
    """
    if holder.address is None:
        raise ChannelBrokenError("it does not listen")
    try:
        key = (path / KEY).read_bytes()
    except OSError as error:
        raise ChannelBrokenError(type(error).__name__) from None
    channel = dial(holder.address, timeout=timeout)
    try:
        prove(channel, key, serves=False, timeout=timeout)
        channel.send(wire.encode(hello), timeout=timeout)
        return channel, wire.answered(channel.receive(timeout=timeout), wire.Welcome)
    except TimeoutError:
        channel.close()
        raise ChannelBrokenError("no answer in time") from None
    except BaseException:
        channel.close()
        raise


def look(path: Path) -> tuple[Holder, wire.Welcome | None] | None:
    """Who holds the store, and what they answer; ``None`` where nobody who is still there says so. Changes nothing."""
    holder = read_holder(path / OWNER)
    if holder is None or not holder.is_there:
        return None
    try:
        if holder.is_stopped:
            return holder, None
        channel, welcome = greet(path, holder, wire.Hello(build=wire.build(), pid=os.getpid()))
    except (ChannelBrokenError, ErstwhileError):
        return holder, None
    channel.close()
    return holder, welcome


def is_frozen(path: Path, holder: Holder) -> bool:
    """Whether the holder runs no more though it is there: seen to be stopped twice, or silent for long."""
    if not holder.is_there:
        return False
    if holder.is_stopped:
        time.sleep(LOOK)
        return holder.is_stopped
    try:
        channel, _ = greet(path, holder, wire.Hello(build=wire.build(), pid=os.getpid()))
    except ErstwhileError:
        return False
    except ChannelBrokenError as error:
        return str(error) == "no answer in time" or holder.is_stopped
    channel.close()
    return False


def reach(opening: Opening, *, known: datetime | None) -> Channel:
    """A connection to a process that serves the store, which is found, or started.

    Args:
        opening: The store.
        known: The latest system time that was given out to this process.

    Raises:
        StoreLockedError: A process has it that does not hand it over, or does not answer; or one of another release of erstwhile serves others.
        StoreUnavailableError: No process that serves it can be started.
        ErstwhileError: It cannot be opened; as `EdgeStore` raises it.
    """
    hello = wire.Hello(build=wire.build(), pid=os.getpid(), fingerprint=opening.fingerprint, dimension=opening.dimension, known=known)
    began, pause = time.monotonic(), SHORTEST
    while True:
        holder, waited = opening.holder(), time.monotonic() - began
        there = holder is not None and holder.is_there
        if holder is not None and there and (channel := _approach(opening, holder, hello)) is not None:
            return channel
        # Who is there and cannot be approached is opening or closing the store, or has forgotten to take its name away.
        if not there or waited > UNREACHED:
            _start(opening, unless=holder)
        if waited > DEADLINE or (opening.holder() is None and waited > UNNAMED):
            raise StoreLockedError(f"{opening.path} is open in {opening.holder() or 'another process'}, which does not answer. Close it there.")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST)


def _approach(opening: Opening, holder: Holder, hello: wire.Hello) -> Channel | None:
    """A connection to the holder if it serves; otherwise it is asked to let go, or ended if it is frozen and ours to end."""
    if holder.role == "alone":
        raise StoreLockedError(f"{opening.path} is open in {holder}, which does not share it. Close it there, or open it there without shared=False.")
    try:
        channel, welcome = _greeted(opening, holder, hello)
    except ChannelBrokenError:
        return None
    if channel is None or welcome is None:
        return None
    if welcome.build == hello.build and welcome.role == "host":
        return channel
    try:
        if welcome.build != hello.build and welcome.role == "process":
            raise _other_release(opening, holder, welcome, hello)
        channel.send(wire.encode(wire.HandOver() if welcome.role == "process" else wire.End()), timeout=ANSWER)
        _await(opening, holder, channel)
    except ChannelBrokenError:
        return None
    except InvalidInputError:
        raise _other_release(opening, holder, welcome, hello) from None
    finally:
        channel.close()
    return None


def _greeted(opening: Opening, holder: Holder, hello: wire.Hello) -> tuple[Channel | None, wire.Welcome | None]:
    if not holder.is_stopped:
        try:
            return greet(opening.path, holder, hello)
        except ChannelBrokenError as error:
            if str(error) != "no answer in time" and not holder.is_stopped:
                raise
    if opening.holder() == holder and is_frozen(opening.path, holder):
        if holder.role != "host":
            raise _silent(opening, holder)
        holder.kill()
    return None, None


def _await(opening: Opening, holder: Holder, channel: Channel) -> None:
    """Wait for the answer of one who finishes what is under way."""
    ends = time.monotonic() + FINISH
    while True:
        try:
            wire.answered(channel.receive(timeout=LOOK), None)
        except TimeoutError:
            if time.monotonic() > ends or holder.is_stopped:
                raise _silent(opening, holder) from None
        else:
            return


def _silent(opening: Opening, holder: Holder) -> StoreLockedError:
    return StoreLockedError(f"{opening.path} is open in {holder}, which does not answer: it is stopped or stuck. Let it go on, or end it.")


def _other_release(opening: Opening, holder: Holder, welcome: wire.Welcome, hello: wire.Hello) -> StoreLockedError:
    return StoreLockedError(
        f"{opening.path} is open in {holder}, which runs another release of erstwhile ({welcome.build}) than this process ({hello.build}). "
        "Close it there, or use the same release in both."
    )


def _start(opening: Opening, *, unless: Holder | None) -> None:
    """Start a process that serves the store, unless one other than ``unless`` has it by now; returns when it listens, or finds the store taken."""
    with ExitStack() as stack:
        try:
            stack.enter_context(FileLock(opening.path / "start.lock", thread_local=False).acquire(timeout=START, poll_interval=0.02))
        except Timeout:
            # Whoever is at it is stuck; the lock of the store itself decides who gets it.
            pass
        except OSError as error:
            raise StoreUnavailableError(f"{opening.path} cannot be used: {error.strerror or error}. Choose a folder that can be written.") from error
        holder = opening.holder()
        if holder is not None and holder != unless and holder.is_there:
            return
        said = _said(opening)
    if said != b"ready" and not isinstance(failed := _failure(opening, said), StoreLockedError):
        raise failed


def _failure(opening: Opening, said: bytes) -> ErstwhileError:
    try:
        return wire.raised(wire.decode(said, wire.Failed))
    except InvalidInputError:
        return StoreUnavailableError(f"The process that should serve {opening.path} ended before it did; {opening.path / 'host.log'} may say why.")


def _said(opening: Opening) -> bytes:
    """Start it, and give what it says first: "ready", or a `Failed`."""
    given = {
        "path": str(opening.path),
        "fingerprint": opening.fingerprint,
        "dimension": opening.dimension,
        "idle": opening.idle,
        "modules": [place for place in sys.path if place],
    }
    try:
        process = subprocess.Popen(  # noqa: S603 - this very Python, and a program of ours
            [sys.executable or "python3", "-P", str(PROGRAM), str(opening.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=opening.path,
            start_new_session=True,
        )
    except OSError as error:
        raise StoreUnavailableError(f"No process that serves {opening.path} can be started ({error.strerror or error}).") from error
    assert process.stdin is not None
    assert process.stdout is not None
    said: list[bytes] = []
    reader = threading.Thread(target=lambda out=process.stdout: said.append(out.read()), daemon=True, name="erstwhile-start")
    reader.start()
    with suppress(OSError):
        process.stdin.write(json.dumps(given).encode())
        process.stdin.close()
    reader.join(START)
    if not said:
        process.kill()
    reader.join(LOOK)
    if sys.platform == "win32":
        _running.append(process)
    else:
        # It has left a child of its own behind, which belongs to nobody.
        process.wait()
    process.stdout.close()
    return said[0] if said else b""
