"""A memory as a caller hands it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from erstwhile.errors import InvalidInputError
from erstwhile.model import MAX_CONTENT, MemoryType, Provenance, check_expiry, check_metadata, check_names, check_share, check_text
from erstwhile.time import Interval, as_utc

__all__ = ["Draft", "TypeName"]

TypeName = Literal[
    "fact",
    "preference",
    "decision",
    "commitment",
    "goal",
    "event",
    "artifact",
    "instruction",
    "relationship",
    "context",
    "learning",
    "observation",
    "error",
]
"""The names of the types of memory, for the schemas of tools; the same as those of `MemoryType`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A memory as a caller hands it in, checked, before it has ids and system time.

    The attributes are those of `Version`. ``type`` ``None`` means untyped; ``valid_from`` ``None`` means from now on. ``key`` is an idempotency key:
    a second draft with the same key in the same scope changes nothing and returns what the first one wrote.
    """

    content: str
    type: MemoryType | None = None
    source: Provenance = field(default_factory=Provenance)
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    expires_at: datetime | None = None
    confidence: float = 1.0
    importance: float = 0.5
    pinned: bool = False
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    derived_from: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    type_confidence: float = 1.0
    key: str | None = None

    def __post_init__(self) -> None:
        check_text(self.content, name="content", limit=MAX_CONTENT)
        put = object.__setattr__
        if self.type is not None:
            put(self, "type", MemoryType.of(self.type))
        if not isinstance(self.source, Provenance):
            raise InvalidInputError(f"source: expected a Provenance, got {type(self.source).__name__}.")
        for name in ("valid_from", "valid_to", "expires_at"):
            if (value := getattr(self, name)) is not None:
                put(self, name, as_utc(value, name=name))
        self.check_times(self.valid_from)
        for name in ("confidence", "importance", "type_confidence"):
            put(self, name, check_share(getattr(self, name), name=name))
        if not isinstance(self.pinned, bool):
            raise InvalidInputError(f"pinned: expected True or False, got {type(self.pinned).__name__}.")
        for name in ("tags", "aliases", "derived_from", "supersedes"):
            put(self, name, check_names(getattr(self, name), name=name))
        put(self, "metadata", check_metadata(self.metadata))
        if self.key is not None:
            check_text(self.key, name="idempotency key", limit=1_024)

    def check_times(self, start: datetime | None) -> None:
        """Check that it ends, and expires, after ``start``; ``None`` for a start that is not known yet.

        Raises:
            InvalidInputError: It does not.
        """
        if start is None:
            return
        Interval(start=start, end=self.valid_to)
        check_expiry(start, self.expires_at)
