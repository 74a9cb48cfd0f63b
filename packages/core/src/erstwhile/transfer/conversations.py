"""A conversation as it was read from a file, whatever the file's format."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erstwhile.draft import Draft
from erstwhile.turns import Message

__all__ = ["Conversation", "Correction", "Marked", "Question", "Session", "Spoken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A memory that the file says was drawn from a turn.

    Attributes:
        label: What the file calls it, so that later marks can name it; ``None`` where it has no name.
        draft: The memory. ``supersedes`` holds labels, not ids; the source lacks the session and the turn, which are known once the turn is kept.
    """

    label: str | None
    draft: Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A better belief that the file says was drawn from a turn.

    Attributes:
        label: The memory that was wrong.
        changes: What is right instead, by the names that `ScopedMemory.correct` has for it; at least one.
    """

    label: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One turn, with what the file says was drawn from it.

    Attributes:
        message: The turn.
        marks: In the order in which they apply.
    """

    message: Message
    marks: tuple[Marked | Correction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A stretch of turns without a break.

    Attributes:
        id: What the file calls it. A session that is taken up again later comes twice.
        turns: In order, at least one, none of them blank.
    """

    id: str
    turns: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that the file asks about its conversation.

    Attributes:
        text: The question.
        answer: The answer that the file gives, if any.
        as_of: The time that it asks about, or at which it is asked.
        evidence: Ids of the messages, or of the sessions, that hold the answer.
    """

    text: str
    answer: str | None = None
    as_of: datetime | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation of one or many sessions.

    Attributes:
        name: What the file calls it, else the file's name.
        format: The format it was read from: "erstwhile", "locomo", "longmemeval", "chatgpt" or "claude".
        sessions: In the file's order, at least one.
        questions: In the file's order.
    """

    name: str
    format: str
    sessions: tuple[Session, ...]
    questions: tuple[Question, ...] = ()
