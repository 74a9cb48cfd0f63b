"""Messages of a conversation, read into turns; pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from erstwhile.errors import InvalidInputError
from erstwhile.model import MAX_CONTENT, Provenance, SourceKind, check_text
from erstwhile.time import Instant, as_utc

__all__ = ["AGENTS", "ASSISTANTS", "ROLES", "SILENT", "Message", "Turn", "is_outside", "read_turns", "role_name", "text_key"]

DEFAULT_SESSION: Final = "default"
TOOLS: Final = frozenset({"tool", "function"})
"""Roles in which a tool gives its output."""
OUTSIDE: Final = TOOLS | {"tool_result", "observation", "ipython", "document", "web", "browser", "search", "retrieval", "context", "file", "email"}
"""Roles under which frameworks hand in what comes from outside: nobody in the conversation said it."""
RARELY: Final = frozenset({"documents", "mcp", "plugin", "rag", "search_result", "search_results", "tools", "web_page", "webpage", "website"})
"""More of them, which may be the name of somebody's company or topic as well."""
ASSISTANTS: Final = frozenset({"assistant", "ai", "model", "bot"})
"""Roles in which a model speaks."""
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|[\s.-]+")
AGENTS: Final = ASSISTANTS | {"agent"}
"""Roles in which a model may be taken to speak: an agent may be somebody at work as well."""
SILENT: Final = TOOLS | {"system", "developer"}
"""Roles whose turns are no one's assertion: the output of a tool, and what an application tells its model."""
ROLES: Final = AGENTS | OUTSIDE | {"user", "human", "system"}
"""Roles are no names: "my assistant" is somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation, as a caller hands it in.

    Attributes:
        role: "user", "assistant", "system", "tool" or any other.
        content: The text.
        at: When it was said. Default: now.
        name: Who said it, where the role does not tell.
        id: The caller's own id; a message with an id or a time is kept once, however often it is observed.
        session: The conversation. Default: the one given to ``observe``.
        kind: How it came to be known: ``"tool"`` for a page or a document that stands in a message. Default: by the role.
    """

    role: str
    content: str
    at: Instant | None = None
    name: str | None = None
    id: str | None = None
    session: str | None = None
    kind: SourceKind | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A checked message, before it has a place in its session.

    Attributes:
        content: The text.
        session: The conversation.
        source: Where it comes from, its place left open.
        at: When it was said, ``None`` for now.
        role: The role.
        key: Idempotency key, where the message can be told from another like it.
        place: Which of the messages given it is, from 0.
    """

    content: str
    session: str
    source: Provenance
    at: datetime | None
    role: str
    key: str | None
    place: int


def role_name(role: str) -> str:
    """A role as this module spells it: "toolResult", "Tool-Result" and "tool result" are "tool_result"."""
    return _CAMEL.sub("_", role.strip()).lower()


def is_outside(role: str) -> bool:
    """Whether what is said in a role comes from outside the conversation."""
    name = role_name(role)
    return name in OUTSIDE | RARELY or name.startswith(("tool_", "tools_", "function_"))


def read_turns(messages: Iterable[Message | Mapping[str, Any]], *, session: str | None) -> tuple[Turn, ...]:
    """Check messages and turn them into turns. Messages without any text (a bare tool call) hold nothing to keep and are left out.

    Args:
        messages: `Message` objects or mappings with the same keys; ``content`` may also be a list of parts, as chat APIs have it, of which the text is kept.
        session: The conversation of those that name none. Default: "default".

    Raises:
        InvalidInputError: One cannot be used; the message names its place.
    """
    if isinstance(messages, (str, bytes, Mapping, Message)) or not isinstance(messages, Iterable):
        raise InvalidInputError(f"messages: expected a list of messages, got one {type(messages).__name__}; put it in a list.")
    turns = [turn for place, message in enumerate(messages) if (turn := _read(message, place, session)) is not None]
    return tuple(_told_apart(turns))


def _told_apart(turns: Iterable[Turn]) -> Iterator[Turn]:
    # Two messages of one call that are alike in everything, time included, were both said: the second is told from the first by its count.
    seen = Counter[str]()
    for turn in turns:
        if turn.key is None or turn.source.reference is not None:
            yield turn
            continue
        seen[turn.key] += 1
        yield turn if seen[turn.key] == 1 else replace(turn, key=f"{turn.key}:{seen[turn.key]}")


def _read(message: Message | Mapping[str, Any], place: int, session: str | None) -> Turn | None:
    name = f"message {place}"
    given = message if isinstance(message, Message) else _of_mapping(message, name)
    text = _text(given.content, name)
    if not text.strip():
        return None
    content = check_text(text, name=f"{name} content", limit=MAX_CONTENT)
    role = check_text(given.role, name=f"{name} role")
    at = None if given.at is None else as_utc(given.at, name=f"{name} at")
    spoken_in = given.session or session or DEFAULT_SESSION
    usual = SourceKind.TOOL if is_outside(role) or _from_outside(given.content) else SourceKind.STATED
    try:
        kind = usual if given.kind is None else SourceKind.of(given.kind)
        source = Provenance(kind=kind, actor=role if given.name is None else given.name, session=spoken_in, reference=given.id)
    except InvalidInputError as error:
        raise InvalidInputError(f"{name}: {error}") from None
    return Turn(
        content=content,
        session=spoken_in,
        source=source,
        at=at,
        role=role,
        key=_turn_key(given, content, spoken_in, at),
        place=place,
    )


def _of_mapping(message: object, name: str) -> Message:
    if not isinstance(message, Mapping):
        raise InvalidInputError(f"{name}: expected a Message or a mapping with role and content, got {type(message).__name__}.")
    known = {key: message[key] for key in ("role", "content", "at", "name", "id", "session", "kind") if key in message}
    if missing := {"role", "content"} - known.keys():
        raise InvalidInputError(f"{name} has no {' and no '.join(sorted(missing))}.")
    return Message(**known)


def _text(content: object, name: str) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part if isinstance(part, str) else part.get("text", "") for part in content if isinstance(part, (str, Mapping))]
        if all(isinstance(part, str) for part in parts):
            return "\n".join(part for part in parts if part)
    raise InvalidInputError(f"{name} content: expected text or a list of parts with text, got {type(content).__name__}.")


def _from_outside(content: object) -> bool:
    # A chat API hands the output of a tool in as a part of what the user says.
    parts = content if isinstance(content, list) else ()
    return any(is_outside(kind) for part in parts if isinstance(part, Mapping) and part.get("text") and isinstance(kind := part.get("type"), str))


def _turn_key(message: Message, content: str, session: str, at: datetime | None) -> str | None:
    if message.id is not None:
        return text_key("turn", session, message.id)
    if at is not None:
        return text_key("turn", session, message.role, message.name, at, content)
    return None


def text_key(*parts: object) -> str:
    """A hash that stands for these parts: the first 128 bits of SHA-256 over their JSON, in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]
