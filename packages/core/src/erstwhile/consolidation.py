"""What consolidating plans and what it did: values, and the pure rules for commitments that ran out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from erstwhile.errors import InvalidInputError
from erstwhile.model import MAX_CONTENT, Links, MemoryType, Provenance, Scope, SourceKind, Version, one_of
from erstwhile.relations import UPKEEP, Relation, Tie
from erstwhile.results import Outcome
from erstwhile.timeline import NewId
from erstwhile.turns import text_key

__all__ = ["Consolidated", "Consolidation", "Left", "Step", "StepKind", "closing", "closing_text", "mark_of", "ran_out"]

KEEPER: Final = "erstwhile"
"""The actor of what housekeeping writes by itself."""


class StepKind(StrEnum):
    """What a step of a consolidation does."""

    MERGE = "merge"
    """What says the same is merged into the memory that said it first, which is confirmed by it."""
    CLOSE = "close"
    """A commitment ran out and nothing says how it came out: a version from its end on says so."""
    FADE = "fade"
    """An observation that was not said again for long counts for less; or, said again since, for more."""
    SUMMARISE = "summarise"
    """A summary of a session, or of what is known of somebody or something, is written or replaced."""

    @classmethod
    def of(cls, value: object) -> "StepKind":
        """Read it from its name, whatever its case.

        Raises:
            InvalidInputError: There is no such step; the message lists them.
        """
        return one_of(cls, value, "a step of a consolidation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write that is planned.

    Attributes:
        kind: What it does.
        memory_ids: The memories that it is about. Of a merge the one that stays comes first; a summary that is new has none.
        reason: Why, in one line.
        text: What is written, for a closing and a summary; it is a memory's content and goes where that may go.
        importance: What the observation counts for from then on, for a fading.
        sources: Of a summary, the versions that it is drawn from.
        subject: Of a summary, what it is of: ``("session", name)`` or ``("entity", name)``.
        marks: What of each memory the plan was made for, as a hash; a memory that is another by now is left alone.
    """

    kind: StepKind
    memory_ids: tuple[str, ...]
    reason: str
    text: str | None = None
    importance: float | None = None
    sources: tuple[str, ...] = ()
    subject: tuple[str, str] | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidation:
    """A plan to put the memory of a scope in order: nothing of it is written yet. `ScopedMemory.apply` carries it out.

    Attributes:
        at: The time that it reckons at.
        scope: Whose memory.
        steps: What would be done, in order.
        seen: How many memories were looked at.
        again: Memories to look at once more after this is carried out, for more can be told of them then.
        notes: What could not be planned, such as a summary for which the model gave no usable answer; one line each.
        complete: Whether all was looked at; ``False`` where there are more steps than were asked for.
    """

    at: datetime
    scope: Scope
    steps: tuple[Step, ...] = ()
    seen: int = 0
    again: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A step that was not carried out, and why, in one line."""

    step: Step
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidated:
    """What a consolidation did.

    Attributes:
        plan: What was planned; of several rounds, all of them together.
        outcomes: What each write did, in order. `ScopedMemory.undo` takes one back; of several about one memory, the last one first.
        left: The steps that were left alone, since the memories are others by now.
    """

    plan: Consolidation
    outcomes: tuple[Outcome, ...] = ()
    left: tuple[Left, ...] = ()


def mark_of(version: Version) -> str:
    """A hash of all that a plan goes by in a version: what it says, how it is labelled and when it holds; not how sure, confirmed or faded it is."""
    return text_key(
        version.content,
        version.type,
        version.valid_from,
        version.valid_to,
        version.expires_at,
        version.pinned,
        version.tags,
        version.metadata,
        version.links.contradicts,
        version.quarantine,
        version.source.kind,
    )


def ran_out(version: Version, chain: tuple[Version, ...], *, now: datetime) -> bool:
    """Whether a version is a commitment whose time is up, and nothing in its memory says how it came out.

    Its end must have lain ahead when it was written: an end that was written down afterwards says that it was kept, called off or replaced by then. What has
    expired is not closed: it is to be erased, and not to be written about.

    Args:
        version: A believed version.
        chain: Every believed version of its memory.
        now: The time.
    """
    end = version.valid_to
    if version.type is not MemoryType.COMMITMENT or version.quarantined or version.contested or version.ends or end is None:
        return False
    told = any(other.valid_from >= end for other in chain)
    expired = version.expires_at is not None and version.expires_at <= now
    return version.system_from < end <= now and not told and not expired


def closing_text(version: Version) -> str:
    """What is written of a commitment that ran out; cut where it would be too long."""
    if version.valid_to is None:
        raise InvalidInputError(f"Version {version.id} has no end, so it cannot have run out.")
    return f"Not known to have been kept by {version.valid_to:%Y-%m-%d}: {version.content}"[:MAX_CONTENT]


def closing(version: Version, *, text: str, now: datetime, new_id: NewId) -> Version:
    """The version, from its end on, that says that a commitment ran out and nothing tells how it came out.

    It stays a commitment, so that "I sent the report", said later, still ends it; what the person said, and when it held, is left as it is.

    Args:
        version: The commitment.
        text: What to write: `closing_text`.
        now: System time of the write.
        new_id: Gives the id.
    """
    id = new_id()
    reason = "Its time is up, and nothing says how it came out."
    return Version(
        id=id,
        memory_id=version.memory_id,
        content=text,
        type=MemoryType.COMMITMENT,
        scope=version.scope,
        source=Provenance(kind=SourceKind.INFERRED, actor=KEEPER, session=version.source.session),
        valid_from=version.valid_to or now,
        system_from=now,
        expires_at=version.expires_at,
        confidence=version.confidence,
        importance=version.importance,
        tags=version.tags,
        aliases=version.aliases,
        metadata=version.metadata,
        links=Links(derived_from=version.links.derived_from),
        ends=True,
        ties=(Tie(memory_id=version.memory_id, version_id=id, relation=Relation.SUPERSEDES, score=1.0, reason=reason, judge=UPKEEP),),
        fingerprint=version.fingerprint,
    )
