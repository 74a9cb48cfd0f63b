"""LangChain's messages, as turns of a conversation."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from erstwhile import Message

__all__ = ["asked_by", "last_exchange", "turns_of"]

LONGEST: Final = 32_768
"""Characters of a turn, and of a question; a longer message becomes several turns."""
UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")


def asked_by(messages: Sequence[BaseMessage]) -> str:
    """What a person said last, as a question to ask memories; ``""`` where nobody said anything."""
    said = next((message for message in reversed(messages) if isinstance(message, HumanMessage)), None)
    return "" if said is None else _text(said)[:LONGEST].strip()


def last_exchange(messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
    """The last thing that a person said, in one message or several on end, and all that followed."""
    spoken = [place for place, message in enumerate(messages) if isinstance(message, HumanMessage)]
    if not spoken:
        return ()
    start = spoken[-1]
    while start and isinstance(messages[start - 1], HumanMessage):
        start -= 1
    return messages[start:]


def turns_of(messages: Iterable[BaseMessage]) -> tuple[Message, ...]:
    """What people and models said, word for word: no system prompts, no outputs of tools, no bare calls of them.

    A message keeps its id, by which it is kept once; characters that text cannot hold, a NUL or half a surrogate pair, become U+FFFD.
    """
    return tuple(turn for message in messages if isinstance(message, HumanMessage | AIMessage) for turn in _turns(message))


def _turns(message: BaseMessage) -> Iterator[Message]:
    text, by_person = _text(message), isinstance(message, HumanMessage)
    for place, start in enumerate(range(0, len(text), LONGEST)):
        part = text[start : start + LONGEST]
        yield Message(
            role="user" if by_person else "assistant",
            content=part,
            # A model by any name is a model: what it concludes must not count as what somebody stated.
            name=(message.name or None) if by_person else None,
            id=None if message.id is None else message.id[:200] + (f" part {place + 1}" if place else ""),
        )


def _text(message: BaseMessage) -> str:
    return UNKEEPABLE.sub("\ufffd", str(message.text))
