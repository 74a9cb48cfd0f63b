"""What the engine answers with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import overload

from erstwhile.errors import InvalidInputError, shown
from erstwhile.model import Scope, Version
from erstwhile.relations import Tie
from erstwhile.time import AsOf

__all__ = ["Action", "Change", "Conflict", "Hit", "Observed", "Outcome", "Recall", "Receipt", "Settlement", "Stats"]


class Action(StrEnum):
    """What a write did."""

    REMEMBERED = "remembered"
    """A new memory."""
    SUPERSEDED = "superseded"
    """A new version takes the time of older ones in the world, from its ``valid_from`` on."""
    PLACED = "placed"
    """It joined a memory at a time when nothing of it held, and ends nothing: a fact that arrives late, or after a gap."""
    ENDED = "ended"
    """It says that older ones ended, and takes nobody's place."""
    REINFORCED = "reinforced"
    """It says again what was known: that is confirmed, and nothing new is kept."""
    CONTESTED = "contested"
    """It clashes with another memory and neither could be told right: both stay, and a conflict is open."""
    CORRECTED = "corrected"
    """A better belief over the same time."""
    RETRACTED = "retracted"
    """It is no longer asserted."""
    SETTLED = "settled"
    """A conflict was settled."""
    UNDONE = "undone"
    """An earlier write was undone."""
    UNCHANGED = "unchanged"
    """It was there already; nothing was written."""


class Settlement(StrEnum):
    """How a conflict can be settled."""

    KEEP_NEW = "keep-new"
    """The newer one holds from its start on; the older one ends there."""
    KEEP_OLD = "keep-old"
    """The older one holds; the newer one is retracted."""
    KEEP_BOTH = "keep-both"
    """Both are true."""
    MERGE = "merge"
    """A text takes the place of both."""

    @classmethod
    def of(cls, value: object) -> "Settlement":
        """Read it from its name, whatever its case, with a blank or an underscore for the hyphen.

        Raises:
            InvalidInputError: There is no such settlement; the message lists them.
        """
        given = value.strip().lower().replace("_", "-").replace(" ", "-") if isinstance(value, str) else ""
        for member in cls:
            if member == given:
                return member
        raise InvalidInputError(f"{shown(value) if isinstance(value, str) else type(value).__name__} settles nothing; choose one of {', '.join(cls)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a write did, and why.

    Attributes:
        action: What was done.
        version: The version that now stands (for a retraction: the last one that was believed).
        ended: Older versions as they were before this write, whose belief it closed.
        written: Every version that it appended, in order of valid time.
        relations: What it was found to relate to, and how, the surest first.
        reason: One line for people.
    """

    action: Action
    version: Version
    ended: tuple[Version, ...] = ()
    written: tuple[Version, ...] = ()
    relations: tuple[Tie, ...] = ()
    reason: str

    @property
    def memory_id(self) -> str:
        """The memory that was written to."""
        return self.version.memory_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One result of a recall.

    Attributes:
        version: What was found, as it was believed at the time asked about.
        score: Fused relevance, 0 to 1 within one recall; not comparable between recalls.
        dense: Similarity of meaning, a cosine; ``None`` if that channel did not return it.
        lexical: BM25 score; ``None`` if that channel did not return it.
        evidence: Ids of the turns it was drawn from that were found by the same recall and are folded into it.
    """

    version: Version
    score: float
    dense: float | None = None
    lexical: float | None = None
    evidence: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """The text that was found."""
        return self.version.content

    @property
    def memory_id(self) -> str:
        """The memory it belongs to."""
        return self.version.memory_id

    @property
    def contested(self) -> bool:
        """Whether it clashes with another memory and nobody has settled it."""
        return self.version.contested


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two memories that clash, and nobody has settled it.

    Attributes:
        id: Id of the conflict; the same two memories always have the same.
        older: The one that was there first.
        newer: The other one.
        reason: Why they clash, in one line.
        score: How sure the judge was, 0 to 1.
        judge: Who judged.
        opened: When the conflict was opened.
    """

    id: str
    older: Version
    newer: Version
    reason: str
    score: float
    judge: str
    opened: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Sequence[Version]):
    """What observing a conversation kept and drew; use it like a list of the turns.

    Attributes:
        turns: The turns, in order, those kept before included.
        outcomes: What became of each memory that was drawn from them, in order.
    """

    turns: tuple[Version, ...]
    outcomes: tuple[Outcome, ...] = ()

    def __len__(self) -> int:
        return len(self.turns)

    def __iter__(self) -> Iterator[Version]:
        return iter(self.turns)

    @overload
    def __getitem__(self, index: int) -> Version: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Version, ...]: ...
    def __getitem__(self, index: int | slice) -> Version | tuple[Version, ...]:
        return self.turns[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Sequence[Hit]):
    """The hits of one recall, best first; use it like a list.

    Attributes:
        query: What was asked.
        as_of: The point asked about; without a valid time where it was asked with ``during``. The same question with it gives the same hits, whatever was
            written since, except after ``erase``.
        hits: The hits.
    """

    query: str
    as_of: AsOf
    hits: tuple[Hit, ...]

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one write changed in one memory.

    Attributes:
        at: The system time of the write.
        action: What it did.
        memory_id: The memory.
        before: Versions whose belief was closed.
        after: Versions that were appended.
    """

    at: datetime
    action: Action
    memory_id: str
    before: tuple[Version, ...]
    after: tuple[Version, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an erasure removed, verified by reading back.

    Attributes:
        id: Id of the receipt.
        at: When it was done.
        scope: The scope in which it was done.
        memory_ids: Memories and turns of which nothing is left.
        memories: How many memories.
        turns: How many turns.
        versions: How many versions in all, each with its vectors.
        remaining: Versions still found when the store was read back; anything but 0 raised an error instead.
        evidence_kept: Ids of turns that the erased memories were drawn from and that are still there.
    """

    id: str
    at: datetime
    scope: Scope
    memory_ids: tuple[str, ...]
    memories: int
    turns: int
    versions: int
    remaining: int
    evidence_kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Counts over one scope.

    Attributes:
        versions: Every version ever written and not erased.
        believed: Versions believed now, turns left out.
        holding: Of those, the ones that hold now.
        turns: Turns kept.
        by_type: Versions that hold now, by type.
    """

    versions: int
    believed: int
    holding: int
    turns: int
    by_type: dict[str, int]
