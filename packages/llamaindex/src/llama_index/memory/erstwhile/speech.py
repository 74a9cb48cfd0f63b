"""Messages of a chat as what was said in it; pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from llama_index.core.base.llms.types import ChatMessage, MessageRole

from erstwhile import Message

__all__ = ["last_asked", "same_place", "spoken"]

SPEAKERS: Final = (MessageRole.USER, MessageRole.ASSISTANT)
LONGEST: Final = 32_768
"""Longest content of a turn, in characters (`erstwhile.Version`)."""


def spoken(messages: Iterable[ChatMessage]) -> list[Message]:
    """What users and assistants said, in order. A text too long for one turn is several; a message without text is none."""
    return [
        Message(role=message.role.value, content=part, name=_name(message))
        for message in messages
        if message.role in SPEAKERS and message.content
        for part in _parts(message.content)
        if part.strip()
    ]


def last_asked(chat: Sequence[Message]) -> str | None:
    """What the user said last, ``None`` where nobody said anything."""
    return next((message.content for message in reversed(chat) if message.role == MessageRole.USER.value), None)


def same_place(chat: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    """The chat up to what the user said last: the same as long as nobody has said anything new to it.

    An agent asks its memory several times in a turn: once with the user's message said twice, and once more with its own answer after it.
    """
    said = [(message.role, message.content) for message in chat]
    while said and said[-1][0] != MessageRole.USER.value:
        said.pop()
    while len(said) > 1 and said[-1] == said[-2]:
        said.pop()
    return tuple(said)


def _name(message: ChatMessage) -> str | None:
    name = message.additional_kwargs.get("name")
    return name if isinstance(name, str) and name.strip() else None


def _parts(text: str) -> Iterator[str]:
    while len(text) > LONGEST:
        # Between words, where there are any.
        cut = text.rfind(" ", LONGEST // 2, LONGEST) + 1 or LONGEST
        yield text[:cut]
        text = text[cut:]
    yield text
