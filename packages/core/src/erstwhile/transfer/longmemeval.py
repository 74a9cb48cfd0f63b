"""LongMemEval's formats: chat histories with a question each (https://github.com/xiaowu0162/LongMemEval).

The original is a list of entries with ``haystack_sessions``; the other is a file a case, with ``sessions`` of ``messages`` and ``queries``.
"""

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from erstwhile.errors import InvalidInputError
from erstwhile.model import MAX_CONTENT
from erstwhile.transfer.conversations import Conversation, Question, Session, Spoken
from erstwhile.transfer.fields import Fields
from erstwhile.turns import Message

__all__ = ["is_longmemeval", "read_history"]

# The day of the week is passed over: strptime reads it in the machine's language only.
SAID_AT: Final = re.compile(r"(\d{4}/\d\d/\d\d)(?: \(\w+\))? (\d\d:\d\d)")


def is_longmemeval(entry: object) -> bool:
    """Whether a decoded object is a history in one of these formats."""
    return isinstance(entry, dict) and ("haystack_sessions" in entry or {"sessions", "queries"} <= entry.keys())


def read_history(entry: Fields, *, name: str) -> Conversation:
    """One history with its question or questions. Times are taken as UTC. Messages without text are left out.

    Raises:
        InvalidInputError: A field is missing or of the wrong kind.
    """
    original = "haystack_sessions" in entry
    sessions = _original_sessions(entry) if original else _case_sessions(entry)
    if not sessions:
        raise InvalidInputError(f"{entry.place}: holds no turn.")
    questions = (_question(entry),) if original else tuple(_query(query) for query in entry.within("queries"))
    return Conversation(name=entry.some_text("question_id" if original else "case_id") or name, format="longmemeval", sessions=sessions, questions=questions)


def _original_sessions(entry: Fields) -> tuple[Session, ...]:
    ids, dates, histories = entry.items("haystack_session_ids"), entry.items("haystack_dates"), entry.items("haystack_sessions")
    if not len(ids) == len(dates) == len(histories):
        raise InvalidInputError(f"{entry.place}: haystack_sessions, haystack_session_ids and haystack_dates differ in length.")
    found = []
    for number, (id, date, history) in enumerate(zip(ids, dates, histories, strict=True)):
        # A session is a list of messages here: as a field it is read, and refused, like any other.
        session = Fields({"id": id, "date": date, "messages": history}, place=f"{entry.place}: haystack session {number}")
        found.append((session.text("id"), session, _time(session, "date")))
    return _sessions(found)


def _case_sessions(entry: Fields) -> tuple[Session, ...]:
    return _sessions([(session.text("session_id"), session, _time(session.fields("metadata"), "date")) for session in entry.within("sessions")])


def _sessions(found: list[tuple[str, Fields, datetime | None]]) -> tuple[Session, ...]:
    seen: Counter[str] = Counter()
    sessions = []
    for id, session, at in found:
        seen[id] += 1
        # Some histories hold two sessions of one id.
        own = id if seen[id] == 1 else f"{id}#{seen[id]}"
        turns = [_turn(message, f"{own}:{number}", own, at) for number, message in enumerate(session.within("messages")) if message.content("content")]
        if turns:
            sessions.append(Session(id=own, turns=tuple(turns)))
    return tuple(sessions)


def _turn(message: Fields, id: str, session: str, at: datetime | None) -> Spoken:
    said_at = at or _time(message, "created_at")
    return Spoken(message=Message(role=message.text("role"), content=message.content("content"), at=said_at, id=id, session=session))


def _question(entry: Fields) -> Question:
    evidence = tuple(str(id) for id in entry.items("answer_session_ids"))
    return Question(text=entry.text("question", limit=MAX_CONTENT), answer=_answer(entry.raw("answer")), as_of=_time(entry, "question_date"), evidence=evidence)


def _query(query: Fields) -> Question:
    about = query.fields("metadata")
    evidence = tuple(str(id) for id in about.items("answer_session_ids"))
    text, answer = query.text("question", limit=MAX_CONTENT), _answer(query.raw("golden_answer"))
    return Question(text=text, answer=answer, as_of=_time(about, "question_date"), evidence=evidence)


def _answer(value: object) -> str | None:
    return None if value is None else str(value)


def _time(fields: Fields, name: str) -> datetime | None:
    text = fields.some_text(name)
    if text is None:
        return None
    match = SAID_AT.fullmatch(text.strip())
    try:
        return datetime.fromisoformat(f"{match[1].replace('/', '-')}T{match[2]}" if match else text).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInputError(f"{fields.place}: {name}: not a time such as '2023/05/23 (Tue) 11:26'.") from None
