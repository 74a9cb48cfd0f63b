"""The local channel: a socket that only this user's processes can open, and that both ends prove on with a secret from the store's folder.

Plain sockets, and not `multiprocessing.connection`: that one pickles unless it is kept from it, proves a client inside ``accept``, where one that stalls
holds up all others, and knows no time limit within a message, so that a frozen process on the other end would freeze this one.
"""

import hmac
import os
import secrets
import socket
import stat
import struct
import sys
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final

__all__ = ["Address", "Channel", "ChannelBrokenError", "dial", "listen", "prove", "silence"]

Address = str | list[str | int]
"""Where a process listens: the path of a Unix socket, or the host and the port on the loopback interface."""

LONGEST: Final = 2**30
"""Bytes of a message at most."""
GREETING: Final = 1_024
"""Bytes of a message at most before both ends have proved who they are."""
PATH_BYTES: Final = 100
"""Bytes that the path of a Unix socket may have everywhere (macOS allows 104, with the end)."""
NAME_BYTES: Final = 22
"""Bytes of a socket's name in its folder."""
PIECE: Final = 2**18
"""Bytes read at once: memory is taken for what came, not for what was announced."""
WITHIN: Final = 20.0
"""Seconds between two pieces of one message: an engine that builds its int8 copies may stall its process for that long."""
NONCE: Final = 32
QUEUE: Final = 64
TRIES: Final = 3
LEFT_AFTER: Final = 60.0
"""Seconds after which a socket that refuses is no longer one that is just being opened."""
SWEPT: Final = 256
"""Sockets looked at, at most, before a new one is opened."""
_LENGTH: Final = struct.Struct(">I")


class ChannelBrokenError(Exception):
    """The other end is gone, does not answer in time, or is not who it should be."""


class Channel:
    """A connection that carries whole messages, each with its length before it.

    Args:
        connection: The socket.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._limit = GREETING
        self.closed = False

    def trust(self) -> None:
        """From here on long messages are read as well."""
        self._limit = LONGEST

    def send(self, message: bytes, *, timeout: float | None = None) -> None:
        """Send a message.

        Raises:
            ChannelBrokenError: It cannot be sent, or not within ``timeout`` seconds.
        """
        try:
            self._socket.settimeout(timeout)
            self._socket.sendall(_LENGTH.pack(len(message)) + message)
        except (OSError, ValueError) as error:
            raise ChannelBrokenError(type(error).__name__) from None

    def receive(self, *, timeout: float | None = None) -> bytes:
        """The next message.

        Raises:
            TimeoutError: Nothing at all came within ``timeout`` seconds; the channel can still be used.
            ChannelBrokenError: The other end is gone, stopped in the middle of a message, or sent too long a one.
        """
        try:
            self._socket.settimeout(timeout)
            first = self._socket.recv(_LENGTH.size)
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise ChannelBrokenError(type(error).__name__) from None
        try:
            if timeout is not None:
                self._socket.settimeout(max(timeout, WITHIN))
            (length,) = _LENGTH.unpack(first + self._rest(_LENGTH.size - len(first)) if first else self._rest(_LENGTH.size))
            if length > self._limit:
                raise ChannelBrokenError(f"a message of {length} bytes")
            return self._rest(length)
        except (OSError, ValueError) as error:
            raise ChannelBrokenError(type(error).__name__) from None

    def _rest(self, length: int) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            part = self._socket.recv(min(length - len(parts), PIECE))
            if not part:
                raise ChannelBrokenError("the other end is gone")
            parts += part
        return bytes(parts)

    def end(self) -> None:
        """Let whoever waits on it, here or there, see its end."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def finish(self) -> None:
        """Read no more: a reader here sees the end, and what is being answered can still be sent."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Close this process's end. A fork that has a copy leaves the connection as it is."""
        self.closed = True
        with suppress(OSError):
            self._socket.close()


def prove(channel: Channel, key: bytes, *, serves: bool, timeout: float) -> None:
    """Both ends show that they know ``key``, without saying it: each signs what the other made up. Who serves speaks first.

    Raises:
        ChannelBrokenError: The other end does not know it, or stops.
    """
    mine = secrets.token_bytes(NONCE)
    try:
        if serves:
            channel.send(mine, timeout=timeout)
            theirs, proof = _split(channel.receive(timeout=timeout))
            if not hmac.compare_digest(proof, _proof(key, b"client", mine, theirs)):
                raise ChannelBrokenError("wrong key")
            channel.send(_proof(key, b"server", mine, theirs), timeout=timeout)
        else:
            theirs = channel.receive(timeout=timeout)
            channel.send(mine + _proof(key, b"client", theirs, mine), timeout=timeout)
            if not hmac.compare_digest(channel.receive(timeout=timeout), _proof(key, b"server", theirs, mine)):
                raise ChannelBrokenError("wrong key")
    except TimeoutError:
        raise ChannelBrokenError("no answer in time") from None
    channel.trust()


def _split(message: bytes) -> tuple[bytes, bytes]:
    return message[:NONCE], message[NONCE:]


def _proof(key: bytes, who: bytes, *nonces: bytes) -> bytes:
    return hmac.digest(key, b"erstwhile local channel\0" + who + b"\0" + b"".join(nonces), sha256)


def listen() -> tuple[socket.socket, Address]:
    """A socket that listens, and where. On Unix a path that only this user can reach; elsewhere, or where there is no such place, the loopback interface."""
    for _ in range(TRIES):
        # Another process may just be taking the folder away.
        if hasattr(socket, "AF_UNIX") and sys.platform != "win32" and (folder := _private_folder()) is not None:
            _sweep(folder)
            path = folder / f"{secrets.token_hex(8)}.sock"
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                made.bind(str(path))
                path.chmod(0o600)
                made.listen(QUEUE)
            except OSError:
                made.close()
            else:
                return made, str(path)
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind(("127.0.0.1", 0))
    made.listen(QUEUE)
    return made, list(made.getsockname())


def _private_folder() -> Path | None:
    """A folder with a short name that nobody else can look into or put anything in the place of."""
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 - what is in it is checked
        folder = Path(parent) / f"erstwhile-{os.getuid()}"
        if len(os.fsencode(folder)) + NAME_BYTES > PATH_BYTES:
            continue
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            if _is_private(folder):
                return folder
    return None


def _sweep(folder: Path) -> None:
    """Remove the sockets of processes that were killed."""
    with suppress(OSError):
        for path in islice(folder.glob("*.sock"), SWEPT):
            with suppress(OSError):
                if time.time() - path.lstat().st_mtime > LEFT_AFTER and _refuses(path):
                    path.unlink(missing_ok=True)


def _refuses(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(0)
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            # Busy is not gone.
            return False
    return False


def _is_private(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def dial(address: Address, *, timeout: float) -> Channel:
    """A connection to who listens at ``address``.

    Raises:
        ChannelBrokenError: Nobody does, or not within ``timeout`` seconds.
    """
    made: socket.socket | None = None
    try:
        made = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(timeout)
        made.connect(address if isinstance(address, str) else ("127.0.0.1", int(address[1])))
        if made.family == socket.AF_INET:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, ValueError, IndexError, TypeError, AttributeError) as error:
        if made is not None:
            made.close()
        raise ChannelBrokenError(type(error).__name__) from None
    return Channel(made)


def silence(address: Address | None) -> None:
    """Remove the socket that a process listened at, if it is one of ours; and the folder, if it was the last one in it."""
    if not isinstance(address, str) or sys.platform == "win32":
        return
    path = Path(address)
    with suppress(OSError):
        if path.parent.name == f"erstwhile-{os.getuid()}" and path.suffix == ".sock" and _is_private(path.parent):
            path.unlink(missing_ok=True)
            path.parent.rmdir()
