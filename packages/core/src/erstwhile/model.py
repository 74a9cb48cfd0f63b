"""What is stored: typed memories and verbatim turns, each a chain of immutable versions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self, TypeVar

import msgspec

from erstwhile.errors import InvalidInputError, shown
from erstwhile.relations import Claim, Tie
from erstwhile.time import Interval

__all__ = [
    "MAX_CONTENT",
    "MAX_METADATA_BYTES",
    "MAX_TAGS",
    "Confirmation",
    "Explained",
    "Links",
    "MemoryType",
    "Provenance",
    "Scope",
    "SourceKind",
    "Version",
    "check_expiry",
    "check_metadata",
    "check_names",
    "check_share",
    "check_text",
    "one_of",
]

MAX_CONTENT: Final = 32_768
"""Longest content, in characters."""
MAX_METADATA_BYTES: Final = 65_536
"""Largest metadata, in bytes of JSON."""
MAX_TAGS: Final = 64
"""Most tags, and most aliases, of one version."""
MAX_NAME: Final = 256
"""Longest tag, alias, scope part or source reference, in characters."""


Kind = TypeVar("Kind", bound=StrEnum)


def _member(kinds: type[Kind], value: str, what: str) -> Kind:
    if not isinstance(value, str):
        raise InvalidInputError(f"Expected {what}, got {type(value).__name__}; choose one of {', '.join(kinds)}.")
    return one_of(kinds, value, what)


def one_of(kinds: type[Kind], value: object, what: str) -> Kind:
    """The member with this name, whatever its case; InvalidInputError, which lists them, where there is none. ``what`` is such as "a rule"."""
    for member in kinds:
        if isinstance(value, str) and member == value.strip().lower():
            return member
    raise InvalidInputError(f"{shown(value) if isinstance(value, str) else type(value).__name__} is not {what}; choose one of {', '.join(kinds)}.")


class Explained(StrEnum):
    """Names, each with what it means in a line."""

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


class MemoryType(Explained):
    """The thirteen types of memory. The type decides what a new memory does to an old one."""

    FACT = "fact", "Objective and verifiable."
    PREFERENCE = "preference", "What somebody likes or dislikes."
    DECISION = "decision", "A choice that shapes what follows."
    COMMITMENT = "commitment", "A promise or an obligation."
    GOAL = "goal", "What somebody wants to reach."
    EVENT = "event", "Something that happened."
    ARTIFACT = "artifact", "A document, a file, a piece of work."
    INSTRUCTION = "instruction", "A rule or a procedure to follow."
    RELATIONSHIP = "relationship", "How two people or things are linked."
    CONTEXT = "context", "The situation at present."
    LEARNING = "learning", "A lesson learned."
    OBSERVATION = "observation", "A pattern noticed."
    ERROR = "error", "A mistake to avoid."

    @classmethod
    def of(cls, value: "MemoryType | str") -> "MemoryType":
        """Read a type from its name, whatever its case.

        Raises:
            InvalidInputError: There is no such type; the message lists all thirteen.
        """
        return _member(cls, value, "a memory type")


class SourceKind(StrEnum):
    """How a memory came to be known."""

    STATED = "stated"
    """The actor said it."""
    CORRECTED = "corrected"
    """The actor corrected an earlier memory."""
    VALIDATED = "validated"
    """The actor confirmed it."""
    OBSERVED = "observed"
    """Taken from what was seen to happen."""
    INFERRED = "inferred"
    """Concluded by a model or a rule."""
    TOOL = "tool"
    """The output of a tool, a web page or a document."""
    IMPORTED = "imported"
    """Brought from another system."""

    @classmethod
    def of(cls, value: "SourceKind | str") -> "SourceKind":
        """Read a kind from its name, whatever its case.

        Raises:
            InvalidInputError: There is no such kind; the message lists them.
        """
        return _member(cls, value, "a source kind")


def check_text(value: object, *, name: str, limit: int = MAX_NAME) -> str:
    """Return ``value`` if it is text that can be stored: not blank, at most ``limit`` characters, no NUL, no lone surrogate.

    Raises:
        InvalidInputError: It is not. The message gives the length and the place, never the text itself.
    """
    if not isinstance(value, str):
        raise InvalidInputError(f"{name}: expected text, got {type(value).__name__}.")
    if not value.strip():
        raise InvalidInputError(f"{name} is empty; give 1 to {limit:,} characters.")
    if len(value) > limit:
        raise InvalidInputError(f"{name} has {len(value):,} characters and at most {limit:,} are kept; shorten it or split it.")
    if "\0" in value:
        raise InvalidInputError(f"{name} has a NUL character at position {value.index(chr(0))}; remove it.")
    if (place := _lone_surrogate(value)) is not None:
        raise InvalidInputError(f"{name} has a lone surrogate at position {place}; decode the text properly before it is remembered.")
    return value


def _lone_surrogate(text: str) -> int | None:
    # The codec's own error holds the whole text, so it must not be what ours was raised from.
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def check_names(values: object, *, name: str) -> tuple[str, ...]:
    """The names as a tuple, each once; InvalidInputError where one cannot be used or there are too many."""
    if isinstance(values, str) or not isinstance(values, (list, tuple, set, frozenset)):
        raise InvalidInputError(f"{name}: expected a list of texts, got {type(values).__name__}.")
    unique = tuple(dict.fromkeys(check_text(value, name=f"each of {name}") for value in values))
    if len(unique) > MAX_TAGS:
        raise InvalidInputError(f"{name}: {len(unique)} given and at most {MAX_TAGS} are kept.")
    return unique


def check_share(value: object, *, name: str) -> float:
    """The number, from 0 to 1; InvalidInputError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise InvalidInputError(f"{name} is {value!r:.40}; give a number from 0 to 1.")
    return float(value)


def check_metadata(value: object) -> dict[str, Any]:
    """A deep copy, plain as JSON reads it back; InvalidInputError for what JSON cannot hold."""
    if not isinstance(value, Mapping):
        raise InvalidInputError(f"metadata: expected a mapping, got {type(value).__name__}.")
    encoded = _json(dict(value))
    if encoded is None:
        raise InvalidInputError("metadata cannot be written as JSON; use text, numbers, booleans, null, lists and mappings.")
    if len(encoded) > MAX_METADATA_BYTES:
        raise InvalidInputError(
            f"metadata takes {len(encoded):,} bytes as JSON and at most {MAX_METADATA_BYTES:,} are kept; store the bulk elsewhere and keep a reference."
        )
    plain: dict[str, Any] = msgspec.json.decode(encoded)
    return plain


def _json(value: dict[Any, Any]) -> bytes | None:
    # The standard library's, which refuses what JSON has no form for; msgspec would write bytes as text and not-a-number as null.
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose memory it is. At least one part is given; a read sees exactly the scopes it names.

    Attributes:
        tenant: The customer or organisation.
        user: The person.
        agent: The agent.
        session: One conversation or run, for memories that no other session may see.
        project: The project or workspace.
    """

    tenant: str | None = None
    user: str | None = None
    agent: str | None = None
    session: str | None = None
    project: str | None = None

    def __post_init__(self) -> None:
        parts = self.parts()
        if not parts:
            raise InvalidInputError("The scope is empty; name at least one of tenant, user, agent, session, project.")
        for name, value in parts.items():
            check_text(value, name=f"scope {name}")

    def parts(self) -> dict[str, str]:
        """The parts that are given, in fixed order."""
        named = {"tenant": self.tenant, "user": self.user, "agent": self.agent, "session": self.session, "project": self.project}
        return {name: value for name, value in named.items() if value is not None}

    @property
    def key(self) -> str:
        """One text that stands for exactly this scope: its parts as JSON, in fixed order."""
        return msgspec.json.encode(self.parts()).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a version comes from.

    Attributes:
        kind: How it came to be known.
        actor: Who said or did it: "user", "assistant", a name, a tool.
        session: The conversation it was said in.
        turn: Its place in that conversation, from 0.
        reference: Any other reference to the source: a message id, a path, a URI.
        quote: The words it was drawn from.
    """

    kind: SourceKind = SourceKind.STATED
    actor: str = "user"
    session: str | None = None
    turn: int | None = None
    reference: str | None = None
    quote: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", SourceKind.of(self.kind))
        check_text(self.actor, name="source actor")
        for name, limit in (("session", MAX_NAME), ("reference", 2_048), ("quote", MAX_CONTENT)):
            if (value := getattr(self, name)) is not None:
                check_text(value, name=f"source {name}", limit=limit)
        if self.turn is not None and (type(self.turn) is not int or self.turn < 0):
            raise InvalidInputError(f"source turn is {self.turn!r:.40}; give its place in the session, from 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """How a version is tied to others: ``joins``, ``contradicts`` and ``apart`` by ids of memories, the rest by ids of versions.

    Attributes:
        joins: Memories that this one supersedes; it belongs to the oldest of them.
        supersedes: Versions whose time in the world this one ends or takes.
        corrects: The version that this one replaces as the better belief.
        contradicts: Memories that it clashes with, as long as nobody has settled it.
        apart: Memories that it was found to clash with, and settled to stand beside.
        derived_from: Turns or versions that it was drawn from.
    """

    joins: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    corrects: tuple[str, ...] = ()
    contradicts: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()

    @property
    def lasting(self) -> "Links":
        """What goes on where a row is appended again: all but what its own write did, which it alone keeps telling."""
        return replace(self, joins=(), supersedes=(), corrects=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The same, said again.

    Attributes:
        said: In which words.
        at: As of when, in the world.
        source: Where that came from.
        system: When it was written.
    """

    said: str
    at: datetime
    source: Provenance
    system: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One append-only row: a content, over a valid interval, believed over a system interval.

    Attributes:
        id: Time-ordered UUID of this version.
        memory_id: Time-ordered UUID of the memory whose chain it belongs to.
        content: The text, 1 to 32,768 characters.
        type: One of the thirteen, or ``None`` for a verbatim turn of a conversation, which is evidence and not a memory.
        scope: Whose memory it is.
        source: Where it comes from.
        valid_from, valid_to: When it holds in the world; ``None`` as the end means until changed.
        system_from, system_to: When the store believed it; ``None`` as the end means that it still does. Written by the store only.
        expires_at: From this time on it no longer holds, whatever ``valid_to`` says; ``None`` for never.
        confidence: How sure, 0 to 1. Default 1.
        importance: How much it matters, 0 to 1. Default 0.5.
        pinned: Whether it is always part of the profile.
        tags: Labels to filter by.
        aliases: Other names that it should be found under.
        metadata: Anything that JSON can hold.
        links: How it is tied to other versions.
        claims: What it says about what, where that can be told from its words.
        ends: Whether it says that what it superseded ended, with nothing in its place.
        ties: What its write found about other memories.
        confirmations: When the same was said again, oldest first; at most 32, the last of each kind of source.
        type_confidence: How sure the type is, 0 to 1; 1 where it was given.
        times: The stretches of days that its words speak of ("last weekend"), each of a year at most, worked out from when it began to hold.
        context: Of a turn, the beginning of what it answers, by which it is found as well; at most 600 characters.
        fingerprint: The embedding model and preprocessing behind its vector.
        keys: Idempotency keys (hashes) under which it was written.
        quarantine: Signs that it gives orders to a model, and comes from a source that may not (`cues_of`). With any, it is kept apart: as evidence only.
    """

    id: str
    memory_id: str
    content: str
    type: MemoryType | None
    scope: Scope
    source: Provenance = field(default_factory=Provenance)
    valid_from: datetime
    valid_to: datetime | None = None
    system_from: datetime
    system_to: datetime | None = None
    expires_at: datetime | None = None
    confidence: float = 1.0
    importance: float = 0.5
    pinned: bool = False
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    claims: tuple[Claim, ...] = ()
    ends: bool = False
    ties: tuple[Tie, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    type_confidence: float = 1.0
    times: tuple[Interval, ...] = ()
    context: str = ""
    fingerprint: str = ""
    keys: tuple[str, ...] = ()
    quarantine: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Runs for every version that a search reads, so an interval is made only where there is an end to check.
        if self.valid_to is not None:
            Interval(start=self.valid_from, end=self.valid_to)
        check_expiry(self.valid_from, self.expires_at)

    @property
    def valid(self) -> Interval:
        """When it holds in the world."""
        return Interval(start=self.valid_from, end=self.valid_to)

    @property
    def holds(self) -> Interval:
        """When it holds in the world, cut short where it expires."""
        ends = [end for end in (self.valid_to, self.expires_at) if end is not None]
        return Interval(start=self.valid_from, end=min(ends, default=None))

    @property
    def believed(self) -> bool:
        """Whether the store still believes it."""
        return self.system_to is None

    @property
    def contested(self) -> bool:
        """Whether it clashes with another memory and nobody has settled it."""
        return bool(self.links.contradicts)

    @property
    def quarantined(self) -> bool:
        """Whether it is kept apart: found only where that is asked for, in no profile, and without effect on other memories."""
        return bool(self.quarantine)

    @property
    def confirmed_at(self) -> datetime:
        """When it was last said, in the world."""
        return max([self.valid_from, *(confirmation.at for confirmation in self.confirmations)])

    @property
    def is_turn(self) -> bool:
        """Whether it is a verbatim turn of a conversation."""
        return self.type is None


def check_expiry(start: datetime, expires_at: datetime | None) -> None:
    """InvalidInputError where it expires before it begins to hold."""
    if expires_at is not None and expires_at <= start:
        raise InvalidInputError(f"It expires at {expires_at.isoformat()}, not after it begins to hold at {start.isoformat()}; give a later expiry.")
