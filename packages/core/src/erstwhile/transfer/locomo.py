"""LoCoMo's format: dated dialogues between two people, with questions (https://github.com/snap-research/locomo)."""

import re
from datetime import UTC, datetime
from typing import Final

from erstwhile.errors import InvalidInputError
from erstwhile.model import MAX_CONTENT
from erstwhile.time import MONTH_NAMES
from erstwhile.transfer.conversations import Conversation, Question, Session, Spoken
from erstwhile.transfer.fields import Fields
from erstwhile.turns import Message

__all__ = ["is_locomo", "read_sample"]

MONTHS: Final = tuple(month.lower() for month in MONTH_NAMES)
# Not strptime: its names of months, and of the halves of the day, are those of the machine's language.
SAID_AT: Final = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d\d) (?P<half>am|pm) on (?P<day>\d{1,2}) (?P<month>[a-z]+),? (?P<year>\d{4})")
# A number that no session has would not even be read: Python refuses one of thousands of digits.
SESSION: Final = re.compile(r"session_(\d{1,9})")


def is_locomo(sample: object) -> bool:
    """Whether a decoded object is a dialogue in this format."""
    return isinstance(sample, dict) and isinstance(sample.get("conversation"), dict) and any(SESSION.fullmatch(name) for name in sample["conversation"])


def read_sample(sample: Fields, *, name: str) -> Conversation:
    """One dialogue. Both speakers have the role "user", and their names; a photo that is shared is kept as its caption. Times are taken as UTC.

    Raises:
        InvalidInputError: A field is missing or of the wrong kind.
    """
    talk = sample.fields("conversation")
    numbers = sorted(int(match[1]) for key in talk.names() if (match := SESSION.fullmatch(key)) and talk.items(key))
    sessions = tuple(session for number in numbers if (session := _session(talk, f"session_{number}")) is not None)
    if not sessions:
        raise InvalidInputError(f"{talk.place}: holds no turn.")
    questions = tuple(_question(question) for question in sample.within("qa"))
    return Conversation(name=sample.some_text("sample_id") or name, format="locomo", sessions=sessions, questions=questions)


def _session(talk: Fields, key: str) -> Session | None:
    at = _time(talk.text(f"{key}_date_time"), place=f"{talk.place}: {key}_date_time")
    turns = [turn for line in talk.within(key) if (turn := _turn(line, key, at)) is not None]
    return Session(id=key, turns=tuple(turns)) if turns else None


def _turn(line: Fields, session: str, at: datetime) -> Spoken | None:
    caption = line.some_text("blip_caption", limit=MAX_CONTENT)
    content = "\n".join(part for part in (line.content("text"), f"[shares {caption}]" if caption else "") if part)
    if not content:
        return None
    return Spoken(message=Message(role="user", name=line.text("speaker"), content=content, at=at, id=line.some_text("dia_id"), session=session))


def _question(question: Fields) -> Question:
    answer = question.raw("answer")
    # An answer may be a bare year. Evidence may be several ids in one text.
    evidence = tuple(id for item in question.items("evidence") for id in re.findall(r"D\d+:\d+", str(item)))
    return Question(text=question.text("question", limit=MAX_CONTENT), answer=None if answer is None else str(answer), evidence=evidence)


def _time(text: str, *, place: str) -> datetime:
    match = SAID_AT.fullmatch(text.strip().lower())
    if match is not None and match["month"] in MONTHS and 1 <= int(match["hour"]) <= 12:
        hour = int(match["hour"]) % 12 + (12 if match["half"] == "pm" else 0)
        try:
            return datetime(int(match["year"]), MONTHS.index(match["month"]) + 1, int(match["day"]), hour, int(match["minute"]), tzinfo=UTC)
        except ValueError:
            pass
    raise InvalidInputError(f"{place}: not a time such as '1:56 pm on 8 May, 2023'.")
