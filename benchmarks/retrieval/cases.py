"""What a data set becomes before it is measured: conversations to observe, and questions with the evidence that recall should find."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from erstwhile import Message

__all__ = ["Ask", "Case", "CaseSet", "Talk", "asked_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One session: what is observed in one call.

    Attributes:
        session: What the data calls it.
        messages: In order, each with an id that no other message of the conversation has, and with the time of the data.
    """

    session: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question and where its answer is.

    Attributes:
        text: The question.
        group: Its category or type in the data.
        turns: Ids of the messages that hold the answer; empty where the data does not say.
        sessions: Ids of the sessions that hold it; empty where the data does not say.
        after: How many sessions are observed before it is asked.
        at: The time at which it is asked; ``None``: now.
    """

    text: str
    group: str
    turns: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    after: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conversation with its questions.

    Attributes:
        name: What the data calls it.
        talks: In the order of the data.
        asks: In the order of the data; those without evidence are left out.
        counts: What was left out or mended, and how often.
    """

    name: str
    talks: tuple[Talk, ...]
    asks: tuple[Ask, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSet:
    """A data set.

    Attributes:
        folder: Its folder within the data folder.
        files: Pattern of the files that must be there.
        origin: Where the data comes from, in one line.
        read: From the folder to its cases, one at a time.
        totals: Averages over several groups, by name; a group that none of them holds stands only for itself.
        foreign: Groups whose questions are also asked of another conversation, which does not hold the answer.
    """

    folder: str
    files: str
    origin: str
    read: Callable[[Path], Iterator[Case]]
    totals: Mapping[str, Callable[[str], bool]]
    foreign: frozenset[str] = field(default_factory=frozenset)


def asked_at(given: datetime | None, talks: tuple[Talk, ...]) -> datetime | None:
    """The time of a question as the data has it, never before the last message that was observed: some are dated earlier than what they ask about."""
    said = [message.at for talk in talks for message in talk.messages if isinstance(message.at, datetime)]
    return None if given is None else max([given, *said])
