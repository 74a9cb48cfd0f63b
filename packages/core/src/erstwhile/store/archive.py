"""A store in one file: every row with its vector, a JSON object a line, each line with its checksum, and a seal at the end.

    {"crc":"5f0c1d2e","head":{"format":1,"fingerprint":"…","dimension":384,"as_of":"2026-01-01T12:00:00Z"}}
    {"crc":"91b7a340","row":{"version":{…},"vector":"…"}}
    {"crc":"0d4be6f7","end":{"versions":1,"sha256":"…"}}

``crc`` is the CRC-32 of the bytes of the value that follows. A vector is its numbers as little-endian float16, which holds them exactly, in base64. The seal
counts the rows and holds the SHA-256 of their values, so that a line that is gone or out of its place is noticed too.
"""

import hashlib
import os
import tempfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import msgspec

from erstwhile.errors import ErstwhileError, InvalidInputError, StoreCorruptError, StoreFormatError, StoreUnavailableError
from erstwhile.model import Version
from erstwhile.store.durable import sync_folder
from erstwhile.store.protocol import Row

__all__ = ["Archive", "Head", "Seal", "write_archive"]

Shape = TypeVar("Shape")

FORMAT: Final = 1
"""Version of the layout of an archive."""
LONGEST: Final = 2**24
"""Bytes of a line at most: 100 times what the longest content with the largest metadata takes."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive is of.

    Attributes:
        format: Version of the layout.
        fingerprint: The embedding model and preprocessing behind the vectors.
        dimension: Length of a vector.
        as_of: The system time at which the store is held: what it believed then, and nothing later.
    """

    format: int
    fingerprint: str
    dimension: int
    as_of: datetime


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """What must be in an archive.

    Attributes:
        versions: How many rows.
        sha256: Of their values, in order.
    """

    versions: int
    sha256: str


class _Stored(msgspec.Struct, frozen=True):
    version: Version
    vector: bytes


class _Line(msgspec.Struct, frozen=True):
    crc: str
    head: msgspec.Raw = msgspec.Raw()
    row: msgspec.Raw = msgspec.Raw()
    end: msgspec.Raw = msgspec.Raw()


def write_archive(path: Path, head: Head, rows: Iterable[Row], *, confirm: Callable[[], bool]) -> Seal | None:
    """Write an archive: after a crash ``path`` is what it was, or the archive, whole and durable.

    Args:
        path: The file. An archive that is there is replaced.
        head: What it is of.
        rows: Every row, with its vector, in order of id.
        confirm: Asked once all of it is written, whether it shall be kept.

    Returns:
        What it holds; ``None`` where it was not confirmed, and ``path`` is as it was.

    Raises:
        InvalidInputError: There is something else at ``path``.
        StoreUnavailableError: It cannot be written.
    """
    _check_place(path)
    with _writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Among its own, so that it can be renamed; readable by its owner alone, as the store is.
        descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
        fresh = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                seal = _write(file, head, rows)
            if not confirm():
                return None
            fresh.replace(path)
            sync_folder(path.parent)
            return seal
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise InvalidInputError(f"{path} is a folder; a backup is one file: give its name, such as {path / 'memories.backup'}.")
    if path.exists() and not _is_archive(path):
        raise InvalidInputError(f"{path} is there and is no backup of erstwhile's; give another name.")


def _is_archive(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(32).startswith(b'{"crc":"') or not path.stat().st_size
    except OSError:
        return False


def _write(file: BinaryIO, head: Head, rows: Iterable[Row]) -> Seal:
    digest, versions = hashlib.sha256(), 0
    file.write(_line("head", msgspec.json.encode(head)))
    for row in rows:
        value = msgspec.json.encode(_Stored(row.version, _packed(row)))
        digest.update(value)
        versions += 1
        file.write(_line("row", value))
    seal = Seal(versions=versions, sha256=digest.hexdigest())
    file.write(_line("end", msgspec.json.encode(seal)))
    file.flush()
    os.fsync(file.fileno())
    return seal


def _packed(row: Row) -> bytes:
    if row.vector is None:
        raise ValueError("A row is kept with its vector.")
    return row.vector.astype("<f2").tobytes()


def _line(kind: str, value: bytes) -> bytes:
    return b'{"crc":"%08x","%b":%b}\n' % (zlib.crc32(value), kind.encode(), value)


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailableError(f"{path} cannot be written ({error.strerror or error}); choose another place, or free some space.") from error


class Archive:
    """An archive that is read.

    Args:
        path: The file.

    Raises:
        InvalidInputError: There is no such file, or it is no archive.
        StoreFormatError: It was written in a format that this version does not read.
        StoreCorruptError: It is damaged. Only `rows` reads beyond the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise InvalidInputError(f"{path} is no file; give the backup itself.")
        if not _is_archive(path):
            raise InvalidInputError(f"{path} is no backup of erstwhile's.")
        with self._opened() as file:
            self.head = self._head(file.readline(LONGEST))

    def rows(self) -> Generator[Row, None, Seal]:
        """Every row, in order, each checked; and at the end, that it was every row.

        Returns:
            As the generator's value, the seal that was found to fit.

        Raises:
            StoreCorruptError: Something is not what was written; the message names the line.
        """
        digest, versions = hashlib.sha256(), 0
        with self._opened() as file:
            self._head(file.readline(LONGEST))
            for number, raw in enumerate(iter(lambda: file.readline(LONGEST), b""), start=2):
                line = self._line(raw, number)
                if line.row:
                    digest.update(line.row)
                    versions += 1
                    yield self._row(bytes(line.row), number)
                    continue
                seal = self._decoded(bytes(line.end), Seal, number)
                if (seal.versions, seal.sha256) != (versions, digest.hexdigest()):
                    raise self._damaged(f"holds {versions:,} versions, not the {seal.versions:,} that its last line seals, or others")
                if file.read(1):
                    raise self._damaged(f"goes on after the end, on line {number + 1}")
                return seal
        raise self._damaged("is cut off: its last line is missing")

    def seal(self) -> Seal:
        """Read and check all of it; see `rows`."""
        rows = self.rows()
        while True:
            try:
                next(rows)
            except StopIteration as end:
                seal: Seal = end.value
                return seal

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            with self.path.open("rb") as file:
                yield file
        except OSError as error:
            raise StoreUnavailableError(f"{self.path} cannot be read ({error.strerror or error}); check the disk and its permissions.") from error

    def _head(self, raw: bytes) -> Head:
        value = bytes(self._line(raw, 1).head)
        found = self._decoded(value, dict, 1).get("format") if value.startswith(b"{") else None
        if type(found) is int and found != FORMAT:
            raise StoreFormatError(f"{self.path} is a backup in format {found} and this version of erstwhile reads {FORMAT}; use the version that wrote it.")
        return self._decoded(value, Head, 1)

    def _line(self, raw: bytes, number: int) -> _Line:
        if not raw.endswith(b"\n"):
            raise self._damaged(f"is cut off on line {number}")
        line = self._decoded(raw, _Line, number)
        value = bytes(line.head) + bytes(line.row) + bytes(line.end)
        if line.crc != f"{zlib.crc32(value):08x}":
            raise self._damaged(f"is damaged on line {number}: its checksum is another")
        return line

    def _row(self, value: bytes, number: int) -> Row:
        import numpy as np

        stored = self._decoded(value, _Stored, number)
        vector = np.frombuffer(stored.vector, dtype="<f2").astype(np.float32)
        if vector.shape != (self.head.dimension,):
            raise self._damaged(f"has a vector of {len(vector)} numbers, not {self.head.dimension}, on line {number}")
        return Row(version=stored.version, vector=vector)

    def _decoded(self, raw: bytes, shape: type[Shape], number: int) -> Shape:
        try:
            return msgspec.json.decode(raw, type=shape)
        except (msgspec.MsgspecError, ErstwhileError, ValueError, RecursionError) as error:
            # What stands there may be a memory, and the error may quote it.
            raise self._damaged(f"cannot be read on line {number} ({type(error).__name__})") from None

    def _damaged(self, what: str) -> StoreCorruptError:
        return StoreCorruptError(f"The backup {self.path} {what}; nothing was restored from it. Use another backup.")
