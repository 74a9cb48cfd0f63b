"""The contract of a store: operations are plain values, and a few methods carry them out.

A store keeps rows. A row is a version with its vector; the lexical index is derived from the version by the store itself. Every read names its scopes.
`erstwhile.testing.StoreSuite` holds what every implementation must pass.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from erstwhile.errors import InvalidInputError, StoreUnavailableError, WriteConflictError
from erstwhile.model import Scope, Version
from erstwhile.store.seats import Seat, names_of
from erstwhile.store.second import Second
from erstwhile.store.times import LocalTimes, Times
from erstwhile.time import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TURN", "Batch", "Candidate", "ClaimLostError", "Find", "Row", "Search", "Store", "StoreInfo", "Where", "millionths"]

TURN: Final = "turn"
"""Stands for verbatim turns wherever types of memory are named in a filter."""
PAGE: Final = 1_000
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which versions. Every condition given must hold; the scope is the only one that must be given.

    Attributes:
        scopes: Exactly these scopes, at least one.
        ids: Version ids.
        memory_ids: Memories.
        types: Names of memory types, or `TURN`.
        tags: Versions that carry at least one of these tags.
        keys: Versions written under at least one of these idempotency keys.
        derived_from: Versions drawn from at least one of these.
        related: Versions whose write found something about at least one of these memories.
        actors: Said or done by one of these.
        names: Said or done by somebody with one of these names, whole or one of its words, all in lower case.
        kinds: Names of source kinds: come to be known in one of these ways.
        session: Said in this session.
        turns: Places in the session, closed-open from and to.
        places: Turns at one of these places: a session, and the place in it.
        confidence: At least so sure, 0 to 1, to the millionth.
        pinned: Whether they are part of the profile.
        quarantined: Whether they are kept apart.
        contested: Only those that clash with another memory, unsettled.
        unended: Only those that had not ended yet when they were written.
        expired: Those that expire at this time or before.
        believed: ``True``: believed now. A time: believed then. ``None``: whenever.
        valid: Holding at this time.
        during: Holding at some time within.
        changed: Appended or closed within this stretch of system time.
    """

    scopes: tuple[Scope, ...]
    ids: tuple[str, ...] | None = None
    memory_ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    keys: tuple[str, ...] | None = None
    derived_from: tuple[str, ...] | None = None
    related: tuple[str, ...] | None = None
    actors: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    session: str | None = None
    turns: tuple[int, int] | None = None
    places: tuple[tuple[str, int], ...] | None = None
    confidence: float | None = None
    pinned: bool | None = None
    quarantined: bool | None = None
    contested: bool = False
    unended: bool = False
    expired: datetime | None = None
    believed: datetime | bool | None = None
    valid: datetime | None = None
    during: Interval | None = None
    changed: Interval | None = None

    def __post_init__(self) -> None:
        if not self.scopes:
            raise InvalidInputError("No scope was named; name at least one, an empty scope never means everything.")

    @property
    def corpus(self) -> "Where":
        """The texts that word statistics are taken over: what is believed in the same scopes at the same time, and nothing else."""
        return Where(scopes=self.scopes, believed=self.believed)

    def matches(self, version: Version) -> bool:
        """Whether ``version`` is one of those meant. This is the definition; a store's own filter must agree with it."""
        holds = version.holds
        return (
            version.scope in self.scopes
            and (self.ids is None or version.id in self.ids)
            and (self.memory_ids is None or version.memory_id in self.memory_ids)
            and (self.types is None or (version.type or TURN) in self.types)
            and (self.tags is None or not set(self.tags).isdisjoint(version.tags))
            and (self.keys is None or not set(self.keys).isdisjoint(version.keys))
            and (self.derived_from is None or not set(self.derived_from).isdisjoint(version.links.derived_from))
            and (self.related is None or any(tie.memory_id in self.related for tie in version.ties))
            and (self.actors is None or version.source.actor in self.actors)
            and (self.names is None or not names_of(version.source.actor).isdisjoint(self.names))
            and (self.kinds is None or version.source.kind in self.kinds)
            and (self.session is None or version.source.session == self.session)
            and (self.turns is None or (version.source.turn is not None and self.turns[0] <= version.source.turn < self.turns[1]))
            and (self.places is None or (version.is_turn and (version.source.session, version.source.turn) in self.places))
            and (self.confidence is None or millionths(version.confidence) >= millionths(self.confidence))
            and (self.pinned is None or version.pinned is self.pinned)
            and (self.quarantined is None or version.quarantined is self.quarantined)
            and (version.contested or not self.contested)
            and (not self.unended or holds.end is None or holds.end > version.system_from)
            and (self.expired is None or (version.expires_at is not None and version.expires_at <= self.expired))
            and self._believes(version)
            and (self.valid is None or holds.contains(self.valid))
            and (self.during is None or holds.overlaps(self.during))
            and (self.changed is None or self.changed.contains(version.system_from) or _closed_within(version, self.changed))
        )

    def _believes(self, version: Version) -> bool:
        if self.believed is None:
            return True
        if isinstance(self.believed, bool):
            return version.believed is self.believed
        return Interval(start=version.system_from, end=version.system_to).contains(self.believed)


def millionths(share: float) -> int:
    """A share in whole millionths, as far as stores tell shares apart: 0.1 * 7 is as much as 0.7."""
    return round(share * MILLION)


def _closed_within(version: Version, window: Interval) -> bool:
    return version.system_to is not None and window.contains(version.system_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A version with its vector.

    Attributes:
        version: The version.
        vector: Its embedding, float32 of shape (dimension,), of length 1, its numbers such as sixteen bits hold exactly; ``None`` where it was not asked for.
    """

    version: Version
    vector: "NDArray[np.float32] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """Versions by filter, in order of id, which is the order of writing.

    Attributes:
        where: Which.
        after: Only ids greater than this one.
        limit: At most so many.
        vectors: Whether the rows carry their vectors. Default no.
    """

    where: Where
    after: str | None = None
    limit: int = PAGE
    vectors: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The best versions by meaning and by words, both under the same filter, in one round trip.

    Attributes:
        where: Which; inverse document frequencies are taken over what is believed in these scopes at the time asked about, and nothing else.
        vector: The query's embedding, float32 of shape (dimension,), of length 1, its numbers such as sixteen bits hold exactly.
        text: The query's words for BM25.
        limit: At most so many from each channel.
        seats: Whether the candidates carry their seats, which costs a little. Default no.
        fingerprint: The model of the vector, for a store whose model may change meanwhile; ``None``: the store's, without a check.
    """

    where: Where
    vector: "NDArray[np.float32]"
    text: str
    limit: int = 100
    seats: bool = False
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A version that a search found. Its content is fetched by `Find` once it is known to be wanted: reading it costs more than finding it.

    Attributes:
        id: The version.
        dense: Cosine of its vector with the query's, -1 to 1; ``None`` where it is not among the best by meaning.
        lexical: Its BM25 score, above 0; ``None`` where it is not among the best by words.
        seat: Where, by whom and when it was said; ``None`` where that was not asked for.
    """

    id: str
    dense: float | None = None
    lexical: float | None = None
    seat: Seat | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One write: after a crash at any point, all of it is there or none.

    Attributes:
        puts: Rows to append, and closed rows to put in the place of what they were; each with its vector.
        believed: Version ids that must still be believed; otherwise nothing is written.
    """

    puts: tuple[Row, ...]
    believed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreInfo:
    """What a store says of itself.

    Attributes:
        kind: Its kind: "memory", "embedded" or "server".
        location: Where it is.
        fingerprint: The embedding model and preprocessing whose vectors it holds.
        dimension: Length of a vector.
        versions: Versions of all scopes together.
        details: Anything else worth showing: files, sizes, segments.
    """

    kind: str
    location: str
    fingerprint: str
    dimension: int
    versions: int
    details: dict[str, Any]


class ClaimLostError(WriteConflictError):
    """Whoever handed out the right to write is gone, and the right with it. Nothing was written; read, plan and write anew."""


class Store(ABC):
    """Keeps rows, and finds them again. Safe to use from several threads."""

    @cached_property
    def times(self) -> Times:
        """Where the system times of reads and writes come from."""
        return LocalTimes(self.latest())

    @abstractmethod
    def find(self, find: Find) -> tuple[Row, ...]:
        """Rows by filter, in order of id."""

    @abstractmethod
    def scan(self, *, after: str | None = None, limit: int = PAGE, vectors: bool = False) -> tuple[Row, ...]:
        """Rows of every scope, in order of id: for what looks after the store as a whole, such as a backup. Who reads for somebody names scopes, with `find`.

        Args:
            after: Only ids greater than this one.
            limit: At most so many.
            vectors: Whether the rows carry their vectors. Default no.
        """

    def note_backup(self, path: str, *, at: datetime, versions: int) -> None:  # noqa: B027 - a store may have nowhere to note it
        """Note that a backup was made, so that whoever erases later learns which may still hold it.

        Args:
            path: Where it is, from the root of this machine's files.
            at: The system time as of which it was made.
            versions: How many it holds.
        """

    @abstractmethod
    def search(self, search: Search) -> tuple[Candidate, ...]:
        """The best of each channel, merged, in order of id.

        Raises:
            ModelMismatchError: The vector is of another model than the store's.
        """

    @abstractmethod
    def count(self, where: Where) -> int:
        """How many versions, exactly."""

    @abstractmethod
    def write(self, batch: Batch) -> None:
        """Write all of ``batch`` or nothing. The next read finds it; it survives the end of the process, and after `settle` a power cut.

        Raises:
            WriteConflictError: One of ``believed`` is no longer believed.
            ModelMismatchError: The vector of a row, whose model its version names, is of another model than the store's.
            StoreUnavailableError: It cannot be written, e.g. the disk is full.
        """

    @abstractmethod
    def erase(self, where: Where) -> None:
        """Remove the versions for good, with their vectors and index entries."""

    def compact(self) -> bool:
        """Rewrite what is kept, so that no byte of what was erased is left in the store's own files.

        Returns:
            Whether that is so now. ``False`` where the store cannot tell: a server tidies up in its own time. Default: it cannot.

        Raises:
            StoreUnavailableError: There is no room for the copy; nothing was changed.
        """
        return False

    @abstractmethod
    def scopes(self) -> tuple[Scope, ...]:
        """Every scope of which there is a version, in order of their keys."""

    @abstractmethod
    def latest(self) -> datetime | None:
        """The latest system time that any version carries, ``None`` in an empty store. A clock that jumped back must not go below it."""

    @abstractmethod
    def info(self) -> StoreInfo:
        """What the store says of itself."""

    @property
    def second(self) -> Second:
        """The vectors of a second model, by which the store changes from one model to another.

        Raises:
            StoreUnavailableError: The store has no room for them. Default: it has not.
        """
        raise StoreUnavailableError("This store holds vectors of one model only: export its memories, and take them in with the other model.")

    @abstractmethod
    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:
        """Hold the right to write to what the names stand for (memories, sessions, idempotency keys) while a write is read for, planned and written.

        Two writers that claim the same name take turns, in whatever thread or process they are.

        Raises:
            WriteConflictError: Another writer held a name for too long.
            ClaimLostError: Within the block: the right is gone; what was read and planned under it must not be written.
        """

    def settle(self) -> None:  # noqa: B027 - a store that is durable on write, or never, has nothing to do
        """Make every write that has returned durable: it survives a power cut."""

    def tidy(self) -> None:  # noqa: B027 - a store may have nothing to do
        """Do now, since nobody waits, what would hold up a later call."""

    def close(self) -> None:  # noqa: B027 - a store may have nothing to release
        """Release what the store holds. Calling it again does nothing."""

    def all(self, where: Where, *, vectors: bool = False) -> Iterator[Row]:
        """Every row that ``where`` means, in order of id, fetched page by page."""
        page = Find(where=where, vectors=vectors)
        while rows := self.find(page):
            yield from rows
            if len(rows) < page.limit:
                return
            page = replace(page, after=rows[-1].version.id)

    def whole(self, *, vectors: bool = False) -> Iterator[Row]:
        """Every row of every scope, in order of id, fetched page by page; see `scan`."""
        after = None
        while rows := self.scan(after=after, vectors=vectors):
            yield from rows
            after = rows[-1].version.id
