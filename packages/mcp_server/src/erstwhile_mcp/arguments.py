"""What the tools are called with: fields with a meaning, a kind and a limit, from which their input schemas are made."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from erstwhile import Draft, MemoryType, Provenance, SourceKind, TypeName

__all__ = [
    "MAX_BATCH",
    "Budget",
    "Confidence",
    "Content",
    "CursorWord",
    "How",
    "Importance",
    "KeptMemory",
    "Labels",
    "MemoryId",
    "NewMemory",
    "Question",
    "Said",
    "Time",
    "Types",
    "draft",
]

MAX_BATCH: Final = 100
MAX_CONTENT: Final = 32_768

Content = Annotated[str, Field(min_length=1, max_length=MAX_CONTENT, description="One statement that stands by itself: names in place of pronouns.")]
Question = Annotated[str, Field(min_length=1, max_length=MAX_CONTENT, description="A question or a topic, in plain words.")]
Time = Annotated[str, Field(max_length=64, description="ISO 8601: a date, or a time with its zone.")]
MemoryId = Annotated[str, Field(min_length=1, max_length=64, description="Id of a memory, or of one of its versions.")]
Labels = Annotated[list[Annotated[str, Field(min_length=1, max_length=256)]], Field(max_length=64)]
Confidence = Annotated[float, Field(ge=0, le=1, description="How sure, 0 to 1.")]
Importance = Annotated[float, Field(ge=0, le=1, description="How much it matters, 0 to 1.")]
Types = Annotated[list[TypeName], Field(max_length=13, description="Only these types; turns of conversations have none.")]
Budget = Annotated[int, Field(ge=300, le=20_000, description="About how many tokens the answer may take.")]
CursorWord = Annotated[str, Field(max_length=500, description="next_cursor of the last answer, for the next page.")]
How = Literal["keep-new", "keep-old", "keep-both", "merge"]
Said = Annotated[
    Literal["stated", "inferred", "observed", "tool"],
    Field(description="stated: the user said it; inferred: you concluded it; observed: you saw it happen; tool: a tool, page or document said it."),
]

_ACTORS: Final = {"inferred": "assistant", "observed": "assistant", "tool": "tool"}


class NewMemory(BaseModel):
    """One thing to remember."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: Content
    type: Annotated[TypeName | None, Field(description="Default: what its words tell.")] = None
    source: Said = "stated"
    valid_from: Annotated[Time | None, Field(description="Since when it holds. Default: now.")] = None
    valid_to: Annotated[Time | None, Field(description="Until when. Default: until changed.")] = None
    confidence: Confidence = 1.0
    importance: Importance = 0.5
    pinned: Annotated[bool, Field(description="Whether it belongs to the profile, which always counts.")] = False
    tags: Labels = Field(default_factory=list)
    key: Annotated[str | None, Field(min_length=1, max_length=256, description="Your own id for this write; the same key writes once.")] = None


class KeptMemory(NewMemory):
    """A memory as it was exported."""

    source: Literal["stated", "corrected", "validated", "inferred", "observed", "tool", "imported"] = "imported"  # type: ignore[assignment]
    actor: Annotated[str | None, Field(min_length=1, max_length=256)] = None


def draft(memory: NewMemory, *, supersedes: tuple[str, ...] = ()) -> Draft:
    """What the engine is to remember.

    Raises:
        InvalidInputError: A part of it cannot be used.
    """
    given: dict[str, Any] = {name: getattr(memory, name) for name in ("content", "valid_from", "valid_to", "confidence", "importance", "pinned", "key")}
    kind = None if memory.type is None else MemoryType.of(memory.type)
    actor = memory.actor if isinstance(memory, KeptMemory) else None
    source = Provenance(kind=SourceKind.of(memory.source), actor=actor or _ACTORS.get(memory.source, "user"))
    return Draft(type=kind, source=source, tags=tuple(memory.tags), supersedes=supersedes, **given)
