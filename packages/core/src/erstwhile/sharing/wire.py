"""What is said between a process that holds a store and its clients: typed messages in MessagePack.

Whatever arrives is decoded into the types below, and nothing else: what does not fit is refused before anybody looks at it. Versions travel as the JSON that
stores keep, since metadata may hold numbers that MessagePack has no form for; vectors as their float32 numbers, little-endian, one after the other.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import msgspec

import erstwhile.errors
from erstwhile.embed import Role
from erstwhile.errors import ErstwhileError, InvalidInputError, StoreUnavailableError
from erstwhile.judge import Pair
from erstwhile.model import Version
from erstwhile.sharing.second import Second
from erstwhile.store.protocol import Batch, ClaimLostError, Find, Row, Search, Where
from erstwhile.store.schema import FORMAT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Failed", "Hello", "Request", "Welcome", "build", "decode", "encode", "failure", "raised"]

PROTOCOL: Final = 2
"""Goes up when a message changes. Processes of different protocols, store formats or releases do not work on one store at the same time."""

T = TypeVar("T")
Count = Annotated[int, msgspec.Meta(ge=0)]


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """One thing that is said."""


class Welcome(Message, frozen=True, forbid_unknown_fields=False):
    """The answer to `Hello`.

    Attributes:
        role: "host": it serves the store. "process": it uses the store itself, and hands it over when asked to.
        pid: Who answers.
        build: Its `build`.
        clients: How many connections it serves, this one included.
    """

    role: Literal["host", "process"]
    pid: int
    build: str
    clients: Count = 1


class Failed(Message, frozen=True):
    """The answer where something went wrong: the name of one of our errors, and its message."""

    error: str
    message: str


class Hello(Message, frozen=True, forbid_unknown_fields=False):
    """The first thing that a client says; it and the answer are understood by every release.

    Attributes:
        build: Its `build`.
        pid: Who it is.
        fingerprint: The embedding model it opens the store with; ``None`` where it only looks.
        dimension: Length of that model's vectors.
        known: The latest system time that it was ever given for this store.
    """

    build: str
    pid: int
    fingerprint: str | None = None
    dimension: Count = 0
    known: datetime | None = None


class HandOver(Message, frozen=True):
    """Let go of the store, so that a host can serve it to both."""


class End(Message, frozen=True):
    """End, if nobody else is served: a client of another release waits."""


class Ping(Message, frozen=True):
    """Say that you are there."""


class WireRow(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A `Row`."""

    body: bytes
    vector: bytes | None = None


class FindRows(Message, frozen=True):
    """`Store.find`. Here and below, ``model`` is the fingerprint of what vectors are of, where there are any."""

    find: Find
    model: str | None = None


class ScanRows(Message, frozen=True):
    """`Store.scan`."""

    after: str | None
    limit: int
    vectors: bool
    model: str | None = None


class NoteBackup(Message, frozen=True):
    """`Store.note_backup`."""

    path: str
    at: datetime
    versions: int


class SearchRows(Message, frozen=True):
    """`Store.search`."""

    where: Where
    vector: bytes
    text: str
    limit: Count
    seats: bool
    model: str | None = None


class CountRows(Message, frozen=True):
    """`Store.count`."""

    where: Where


class WriteRows(Message, frozen=True):
    """`Store.write`."""

    puts: tuple[WireRow, ...]
    believed: tuple[str, ...]
    model: str | None = None


class EraseRows(Message, frozen=True):
    """`Store.erase`."""

    where: Where


class Compact(Message, frozen=True):
    """`Store.compact`."""


class Scopes(Message, frozen=True):
    """`Store.scopes`."""


class Latest(Message, frozen=True):
    """`Store.latest`."""


class Info(Message, frozen=True):
    """`Store.info`."""


class Settle(Message, frozen=True):
    """`Store.settle`."""


class Claim(Message, frozen=True):
    """Enter `Store.claim`."""

    names: tuple[str, ...]


class Turn(Message, frozen=True):
    """Enter `Times.writing`."""

    now: datetime
    earlier: datetime | None


class Leave(Message, frozen=True):
    """Leave the claim or turn that was entered last."""


class Reading(Message, frozen=True):
    """`Times.reading`."""

    now: datetime


class Writes(Message, frozen=True):
    """`Times.writes`."""


class Embed(Message, frozen=True):
    """`Embedder.embed`, by a model that comes with erstwhile."""

    model: str
    fingerprint: str
    texts: tuple[str, ...]
    role: Role


class WirePair(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A `Pair`."""

    earlier: bytes
    later: bytes
    cosine: float


class JudgePairs(Message, frozen=True):
    """`Judge.judge`, by the judge that comes with erstwhile."""

    fingerprint: str
    pairs: tuple[WirePair, ...]


Request = (
    FindRows
    | ScanRows
    | NoteBackup
    | SearchRows
    | CountRows
    | WriteRows
    | EraseRows
    | Compact
    | Scopes
    | Latest
    | Info
    | Settle
    | Claim
    | Turn
    | Leave
    | Reading
    | Writes
    | Embed
    | JudgePairs
    | Second
    | Ping
    | End
    | HandOver
)


@cache
def build() -> str:
    """Release, protocol and store format: what two processes must have in common to work on one store at the same time."""
    try:
        release = version("erstwhile")
    except PackageNotFoundError:
        release = "from source"
    return f"{release}, protocol {PROTOCOL}, store format {FORMAT}"


_encoder: Final = msgspec.msgpack.Encoder()
_versions: Final = msgspec.json.Decoder(Version)


@cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:  # noqa: ANN401 - a type, or a union of types
    return msgspec.msgpack.Decoder(kind)


def encode(message: object) -> bytes:
    """The bytes of a message, or of an answer."""
    return _encoder.encode(message)


def decode(data: bytes | bytearray, kind: Any) -> Any:  # noqa: ANN401 - the caller knows what it asked for
    """What the bytes say, as ``kind``.

    Raises:
        InvalidInputError: They are not that. The message never quotes them.
    """
    try:
        return _decoder(kind).decode(data)
    except (msgspec.MsgspecError, ErstwhileError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise InvalidInputError(f"A message on the local channel is not what was expected ({type(error).__name__}).") from None


def answer(value: object) -> bytes:
    """The bytes of an answer: one that says that it went well, and the value."""
    return b"\x01" + encode(value)


def failure(error: ErstwhileError) -> bytes:
    """The bytes of an answer: one that says that it did not, and what was raised."""
    return b"\x00" + encode(Failed(error=type(error).__name__, message=str(error)))


def answered(data: bytes | bytearray, kind: Any) -> Any:  # noqa: ANN401 - as `decode`
    """What an answer holds, as ``kind``; raises what it says was raised."""
    if not data:
        raise InvalidInputError("An answer on the local channel is empty.")
    body = bytes(memoryview(data)[1:])
    if data[0] != 1:
        raise raised(decode(body, Failed))
    return decode(body, kind)


def raised(failed: Failed) -> ErstwhileError:
    """The error that was raised on the other side."""
    kind = {ClaimLostError.__name__: ClaimLostError}.get(failed.error) or getattr(erstwhile.errors, failed.error, None)
    if isinstance(kind, type) and issubclass(kind, ErstwhileError):
        return kind(failed.message)
    return StoreUnavailableError(failed.message)


def packed(vector: "NDArray[np.float32] | None") -> bytes | None:
    """The bytes of a vector, or of several."""
    return None if vector is None else vector.astype("<f4", copy=False).tobytes()


def unpacked(data: bytes, dimension: int) -> "NDArray[np.float32]":
    """The vectors in ``data``, float32 of shape (vectors, dimension).

    Raises:
        InvalidInputError: They are of another length.
    """
    import numpy as np

    if not dimension or len(data) % (4 * dimension):
        raise InvalidInputError(f"Vectors of {len(data)} bytes are not of {dimension} numbers each.")
    return np.frombuffer(data, dtype="<f4").astype(np.float32).reshape(-1, dimension)


def _vector(data: bytes | None, dimension: int) -> "NDArray[np.float32] | None":
    if data is None:
        return None
    vectors = unpacked(data, dimension)
    if len(vectors) != 1:
        raise InvalidInputError(f"A vector has {len(data)} bytes and the store's have {4 * dimension}.")
    found: NDArray[np.float32] = vectors[0]
    return found


def rows_out(rows: Iterable[Row]) -> tuple[WireRow, ...]:
    """Rows, to be sent."""
    return tuple(WireRow(body=msgspec.json.encode(row.version), vector=packed(row.vector)) for row in rows)


def rows_in(rows: Iterable[WireRow], dimension: int) -> tuple[Row, ...]:
    """Rows that were sent.

    Raises:
        InvalidInputError: They are none, or their vectors are of another length.
    """
    return tuple(Row(version=_version(row.body), vector=_vector(row.vector, dimension)) for row in rows)


def _version(body: bytes) -> Version:
    try:
        return _versions.decode(body)
    except (msgspec.MsgspecError, ErstwhileError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(f"A version on the local channel cannot be read ({type(error).__name__}).") from None


def search_out(search: Search) -> SearchRows:
    """A search, to be sent."""
    vector, text = packed(search.vector) or b"", _plain(search.text)
    return SearchRows(where=search.where, vector=vector, text=text, limit=search.limit, seats=search.seats, model=search.fingerprint)


def search_in(search: SearchRows, dimension: int) -> Search:
    """A search that was sent."""
    vector = _vector(search.vector, dimension)
    assert vector is not None
    return Search(where=search.where, vector=vector, text=search.text, limit=search.limit, seats=search.seats, fingerprint=search.model)


def batch_in(write: WriteRows, dimension: int) -> Batch:
    """A batch that was sent.

    Raises:
        InvalidInputError: A row lacks its vector, or cannot be read.
    """
    puts = rows_in(write.puts, dimension)
    if any(row.vector is None for row in puts):
        raise InvalidInputError("A row is written with its vector.")
    return Batch(puts=puts, believed=write.believed)


def pairs_out(pairs: Sequence[Pair]) -> tuple[WirePair, ...]:
    """Pairs, to be sent."""
    return tuple(WirePair(earlier=msgspec.json.encode(pair.earlier), later=msgspec.json.encode(pair.later), cosine=float(pair.cosine)) for pair in pairs)


def pairs_in(pairs: Iterable[WirePair]) -> tuple[Pair, ...]:
    """Pairs that were sent."""
    return tuple(Pair(earlier=_version(pair.earlier), later=_version(pair.later), cosine=pair.cosine) for pair in pairs)


def texts_out(texts: Collection[str]) -> tuple[str, ...]:
    """Texts, to be sent. A lone surrogate, which no encoding has a form for, becomes the question mark that a model would be given for it."""
    return tuple(_plain(text) for text in texts)


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
