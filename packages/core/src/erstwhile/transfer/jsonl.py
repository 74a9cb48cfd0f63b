"""erstwhile's own format for conversations: a JSON object a line, in UTF-8.

A line is a turn:

| field | meaning | default |
|---|---|---|
| ``role`` | "user", "assistant", "system", "tool" or any other | must be given |
| ``content`` | what was said, 1 to 32,768 characters | must be given |
| ``session`` | the conversation or sitting it belongs to | that of the line before, "default" at first |
| ``at`` | when it was said: ISO 8601 with a time zone, or a date | when it is read |
| ``name`` | who said it, where the role does not tell | none |
| ``id`` | the message's own id; a message with an id or a time is kept once, however often the file is read | none |
| ``remember`` | memories that were drawn from the turn, a list | none |
| ``correct`` | earlier memories that the turn puts right, a list | none |

A memory in ``remember`` has a ``content`` and, where wanted, ``type``, ``valid_from`` (default: when the turn was said), ``valid_to``, ``expires_at``,
``confidence``, ``importance``, ``pinned``, ``tags``, ``aliases`` and ``metadata``, all as in `ScopedMemory.remember`, and three more: ``id``, a label that is
good within the file; ``supersedes``, the label or a list of labels of earlier memories that it ends; and ``source``, an object with ``kind``, ``actor`` and
``quote``, where the memory is not simply what the speaker of the turn stated.

A correction in ``correct`` has the ``id`` of an earlier memory, and what is right instead; ``{"id": "draft", "valid_to": "2024-11-14"}`` says that something
was true and ended.

Or a line is a question, which ``erstwhile demo`` asks: ``question``, and where wanted ``answer`` and ``as_of``, the earlier time that it is asked about too.

    {"session": "1", "at": "2024-01-15T19:02:00Z", "role": "user", "content": "I live in Porto.", "remember": [{"id": "home", "content": "Ana lives in Porto"}]}
    {"session": "2", "at": "2024-09-10T20:05:00Z", "role": "user", "content": "I moved to Lisbon on the 1st!",
     "remember": [{"content": "Ana lives in Lisbon", "valid_from": "2024-09-01", "supersedes": "home"}]}
    {"question": "Where does Ana live?", "as_of": "2024-06-01"}

(The second turn is broken into two lines here; in a file it is one.) Blank lines are passed over, and so is a byte order mark.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from erstwhile.draft import Draft
from erstwhile.errors import InvalidInputError
from erstwhile.model import MAX_CONTENT, Provenance
from erstwhile.transfer.conversations import Conversation, Correction, Marked, Question, Session, Spoken
from erstwhile.transfer.fields import Fields, decode
from erstwhile.turns import DEFAULT_SESSION, Message

__all__ = ["read_lines"]

TURN_FIELDS: Final = ("role", "content", "session", "at", "name", "id", "remember", "correct")
QUESTION_FIELDS: Final = ("question", "answer", "as_of")
CORRECTABLE: Final = ("content", "type", "valid_from", "valid_to", "expires_at", "confidence", "importance", "pinned", "tags", "aliases", "metadata")
MARK_FIELDS: Final = ("id", "supersedes", "source", *CORRECTABLE)
SOURCE_FIELDS: Final = ("kind", "actor", "quote")
OPEN_ENDED: Final = frozenset({"valid_to", "expires_at"})
"""What a correction may set to null: until changed, never."""


def read_lines(lines: Iterable[bytes], *, name: str, place: str) -> Conversation:
    """Read a conversation line by line.

    Args:
        lines: The lines, without a byte order mark.
        name: What the conversation is called.
        place: What the file is called in error messages.

    Raises:
        InvalidInputError: A line cannot be used; the message names the line and the field, never what was said.
    """
    reader = _Reader()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            reader.read(decode(line, place=f"{place}, line {number}"), place=f"{place}, line {number}")
    if not reader.turns:
        raise InvalidInputError(f"{place} holds no turn; a line with a turn has at least a role and a content.")
    stretches = groupby(reader.turns, key=lambda turn: turn.message.session or DEFAULT_SESSION)
    sessions = tuple(Session(id=session, turns=tuple(turns)) for session, turns in stretches)
    return Conversation(name=name, format="erstwhile", sessions=sessions, questions=tuple(reader.questions))


class _Reader:
    """What has been read so far."""

    def __init__(self) -> None:
        self.turns: list[Spoken] = []
        self.questions: list[Question] = []
        self._labels: set[str] = set()
        self._session = DEFAULT_SESSION

    def read(self, value: object, *, place: str) -> None:
        line = Fields(value, place=place)
        if "question" in line:
            line.only(QUESTION_FIELDS)
            text, answer = line.text("question", limit=MAX_CONTENT), line.some_text("answer", limit=MAX_CONTENT)
            self.questions.append(Question(text=text, answer=answer, as_of=line.time("as_of")))
            return
        line.only(TURN_FIELDS)
        self._session = line.some_text("session") or self._session
        message = Message(
            role=line.text("role"),
            content=line.text("content", limit=MAX_CONTENT),
            at=line.time("at"),
            name=line.some_text("name"),
            id=line.some_text("id"),
            session=self._session,
        )
        marks = tuple(self._mark(mark, message) for mark in line.within("remember"))
        corrections = tuple(self._correction(mark) for mark in line.within("correct"))
        self.turns.append(Spoken(message=message, marks=(*marks, *corrections)))

    def _mark(self, mark: Fields, message: Message) -> Marked:
        mark.only(MARK_FIELDS)
        label = mark.some_text("id")
        if label is not None and label in self._labels:
            raise InvalidInputError(f"{mark.place}: the id is taken by an earlier memory of this file; choose another.")
        given = {name: mark.raw(name) for name in CORRECTABLE if name in mark and mark.raw(name) is not None}
        if message.at is not None:
            given = {"valid_from": message.at, **given}
        draft = _draft({"content": "", **given, "source": _source(mark, message), "supersedes": self._supersedes(mark)}, place=mark.place)
        self._labels |= {label} if label else set()
        return Marked(label=label, draft=draft)

    def _supersedes(self, mark: Fields) -> tuple[str, ...]:
        given = mark.raw("supersedes")
        labels = [given] if isinstance(given, str) else mark.items("supersedes")
        for label in labels:
            self._check_known(label, mark, "supersedes")
        return tuple(labels)

    def _check_known(self, label: object, mark: Fields, field: str) -> None:
        if not isinstance(label, str) or label not in self._labels:
            raise InvalidInputError(f"{mark.place}: {field} names no memory with such an id on this line or before; give the id of an earlier one.")

    def _correction(self, mark: Fields) -> Correction:
        mark.only(("id", *CORRECTABLE))
        label = mark.text("id")
        self._check_known(label, mark, "id")
        given = {name: mark.raw(name) for name in CORRECTABLE if name in mark}
        if not given:
            raise InvalidInputError(f"{mark.place}: says nothing of what is right; give at least one of {', '.join(CORRECTABLE)}.")
        if nulls := [name for name, value in given.items() if value is None and name not in OPEN_ENDED]:
            raise InvalidInputError(f"{mark.place}: {nulls[0]} is null; leave it out to keep it as it is.")
        # A draft checks each value; what a correction does not give is filled in, so that only what it gives can be found wanting.
        draft = _draft({"content": "as it was", **given}, place=mark.place)
        return Correction(label=label, changes={name: getattr(draft, name) for name in given})


def _source(mark: Fields, message: Message) -> Provenance:
    said = mark.fields("source")
    said.only(SOURCE_FIELDS)
    parts: dict[str, Any] = {name: said.text(name, limit=MAX_CONTENT) for name in SOURCE_FIELDS if said.raw(name) is not None}
    if "kind" not in parts and message.role in ("tool", "function"):
        parts["kind"] = "tool"
    try:
        return Provenance(**{"actor": message.name or message.role, "quote": message.content, **parts})
    except InvalidInputError as error:
        raise InvalidInputError(f"{said.place}: {error}") from None


def _draft(parts: Mapping[str, Any], *, place: str) -> Draft:
    for name in ("valid_from", "valid_to", "expires_at"):
        if not isinstance(parts.get(name), (str, datetime, type(None))):
            raise InvalidInputError(f"{place}: {name}: expected a time in ISO 8601 as text.")
    if not isinstance(parts.get("pinned", False), bool):
        raise InvalidInputError(f"{place}: pinned: expected true or false.")
    try:
        return Draft(**parts)
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}: {error}") from None
