"""What the engine answers with."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, overload

from erstwhile.errors import InvalidInputError, shown
from erstwhile.guard import Masked
from erstwhile.model import Scope, Version
from erstwhile.packing import Pack, pack
from erstwhile.relations import Tie
from erstwhile.time import AsOf

__all__ = ["Action", "Change", "Conflict", "Doomed", "Hit", "Observed", "Outcome", "Parts", "Recall", "Receipt", "Settlement", "Stats"]


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
        masked: The secrets that were left out of what was written, if the policy says so: what they were and where, never their text.
    """

    action: Action
    version: Version
    ended: tuple[Version, ...] = ()
    written: tuple[Version, ...] = ()
    relations: tuple[Tie, ...] = ()
    reason: str
    masked: tuple[Masked, ...] = ()

    @property
    def memory_id(self) -> str:
        """The memory that was written to."""
        return self.version.memory_id


@dataclass(frozen=True, slots=True)
class Parts:
    """What a score is made of; the five add up to it.

    Attributes:
        dense: For its meaning.
        lexical: For the words that it shares with the question.
        nearby: For what was said just before or after.
        speaker: For being said by somebody whom the question names.
        time: For being of a time that the question speaks of, or for speaking of one where it asks when.
    """

    dense: float = 0.0
    lexical: float = 0.0
    nearby: float = 0.0
    speaker: float = 0.0
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One result of a recall.

    Attributes:
        version: What was found, as it was believed at the time asked about.
        score: Fused relevance, 0 to 1 within one recall; not comparable between recalls.
        dense: Similarity of meaning, a cosine; ``None`` if that channel did not return it.
        lexical: BM25 score; ``None`` if that channel did not return it.
        relevance: How likely it has to do with the question at all, 0 to 1, by its meaning and by the share of the question's words that it has. Unlike the
            score it can be compared between recalls; what is less relevant than ``min_relevance`` is not returned.
        parts: What its own score is made of.
        reranked: What the reranker gave it, 0 to 1, where one is used; hits are then in that order.
        evidence: Ids of the turns it was drawn from that were found by the same recall and are folded into it.
        repeats: Ids of versions in which the same person says the same in the same words, found by the same recall and folded into it.
        neighbours: Where they were asked for: the turns said before and after it in the same session, in that order, without itself. Of a memory: those around
            the turns that it was drawn from, and these too.
    """

    version: Version
    score: float
    dense: float | None = None
    lexical: float | None = None
    relevance: float = 1.0
    parts: Parts = Parts()
    reranked: float | None = None
    evidence: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()
    neighbours: tuple[Version, ...] = ()

    @property
    def content(self) -> str:
        """The text that was found."""
        return self.version.content

    @property
    def why(self) -> str:
        """Which channels found it and how its score came about, in one line. The score may be that of a turn that is folded into it."""
        ways = [f"by meaning (cosine {self.dense:.2f})"] if self.dense is not None else []
        ways += [f"by words (BM25 {self.lexical:.1f})"] if self.lexical is not None else []
        named = {
            "meaning": self.parts.dense,
            "words": self.parts.lexical,
            "what was said beside it": self.parts.nearby,
            "its speaker": self.parts.speaker,
            "its time": self.parts.time,
        }
        made_of = " + ".join(f"{share:.2f} for {name}" for name, share in named.items() if share)
        own = sum(named.values())
        taken = "" if abs(own - self.score) < 0.001 else f"; it stands at {self.score:.2f}, that of what it was folded with or of its rivals, or faded"
        return f"Found {' and '.join(ways) or 'beside others'}. {own:.2f} = {made_of or '0'}{taken}. Relevance {self.relevance:.2f}."

    @property
    def memory_id(self) -> str:
        """The memory it belongs to."""
        return self.version.memory_id

    def described(self) -> dict[str, Any]:
        """What is known of what was found, but for its text, as JSON can hold it: for frameworks that keep a mapping beside each text.

        ``id`` is that of the memory, ``version_id`` that of the version; ``type`` is "turn" for a turn; times are ISO 8601 texts, and ``valid_to`` is ``None``
        where it holds until changed; ``source`` has the parts that are known.
        """
        version, source = self.version, self.version.source
        parts = {
            "kind": source.kind.value,
            "actor": source.actor,
            "session": source.session,
            "turn": source.turn,
            "reference": source.reference,
            "quote": source.quote,
        }
        return {
            "id": version.memory_id,
            "version_id": version.id,
            "type": "turn" if version.type is None else version.type.value,
            "valid_from": version.valid_from.isoformat(),
            "valid_to": None if version.holds.end is None else version.holds.end.isoformat(),
            "system_from": version.system_from.isoformat(),
            "confidence": version.confidence,
            "contested": version.contested,
            "source": {name: value for name, value in parts.items() if value is not None},
            "scope": version.scope.parts(),
            "tags": list(version.tags),
            "metadata": version.metadata,
        }

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
        masked: The secrets that were left out of the turns: what they were and where, "message 3 content", never their text.
    """

    turns: tuple[Version, ...]
    outcomes: tuple[Outcome, ...] = ()
    masked: tuple[Masked, ...] = ()

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

    def pack(self, *, budget_tokens: int = 1_000, count: Callable[[str], int] | None = None) -> Pack:
        """The hits as text for a prompt, within a budget, fenced as data.

        Args:
            budget_tokens: At most so many tokens, frame and fence included.
            count: Counts the tokens of a text. Default: an estimate that errs on the high side for English and code (`erstwhile.packing`).

        Raises:
            InvalidInputError: ``count`` gave no whole number.
        """
        return pack(self.hits, budget_tokens=budget_tokens, count=count, as_of=self.as_of)

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
        by_type: How many memories of each type; turns are "turn".
        touched: Versions that stay and held words of what was erased: these were taken out of them.
        by: Who asked for it, as the caller said.
        reason: Why, as the caller said.
        compacted: Whether the store's files were rewritten, so that no byte of it is left in them. Else `Engine.compact` does it; a server, in its own time.
        backups: Backups that were made of the store before, as far as it knows: each may still hold what was erased.
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
    by_type: dict[str, int] = field(default_factory=dict)
    touched: int = 0
    by: str | None = None
    reason: str | None = None
    compacted: bool = False
    backups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """What an erasure would remove.

    Attributes:
        scope: The scope in which it would be done.
        versions: Every version that would go, in order of memory and writing.
        derived: Memories and turns that nobody named: they hold what the named ones say, and would go with them.
        touched: Versions that would stay, and lose words that they hold of what goes.
        evidence_kept: Ids of turns that the memories were drawn from and that would stay.
    """

    scope: Scope
    versions: tuple[Version, ...]
    derived: tuple[str, ...] = ()
    touched: int = 0
    evidence_kept: tuple[str, ...] = ()

    @property
    def memory_ids(self) -> tuple[str, ...]:
        """The memories and turns, in order."""
        return tuple(sorted({version.memory_id for version in self.versions}))

    @property
    def by_type(self) -> dict[str, int]:
        """How many memories of each type; turns are "turn"."""
        types = {version.memory_id: version.type or "turn" for version in self.versions}
        return {str(name): number for name, number in sorted(Counter(types.values()).items())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Counts over one scope.

    Attributes:
        versions: Every version ever written and not erased.
        believed: Versions believed now, turns and what is quarantined left out.
        holding: Of those, the ones that hold now.
        turns: Turns kept.
        quarantined: Versions and turns believed now that are kept apart.
        by_type: Versions that hold now, by type.
    """

    versions: int
    believed: int
    holding: int
    turns: int
    quarantined: int
    by_type: dict[str, int]
