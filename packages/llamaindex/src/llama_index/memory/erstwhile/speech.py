"""Messages of a chat as what was said in it; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from llama_index.core.base.llms.types import ChatMessage, MessageRole

from erstwhile import Message, Version, masked_value

__all__ = ["LONGEST", "fresh", "keepable", "last_asked", "same_place", "spoken"]

SPEAKERS: Final = {MessageRole.USER: "user", MessageRole.ASSISTANT: "assistant", MessageRole.CHATBOT: "assistant", MessageRole.MODEL: "assistant"}
LONGEST: Final = 32_768
"""Longest content of a turn, in characters (`erstwhile.Version`)."""
LONGEST_NAME: Final = 256
"""Longest name of a speaker, in characters (`erstwhile.Provenance`)."""
UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")


def spoken(messages: Iterable[ChatMessage]) -> list[Message]:
    """What users and assistants said, in order. A text too long for one turn is several; a message without text is none.

    An assistant by any name is a model: what it concludes must not count as what somebody stated.
    """
    return [
        Message(role=role, content=part, name=_name(message) if message.role is MessageRole.USER else None)
        for message in messages
        if (role := SPEAKERS.get(message.role)) and message.content
        for part in _parts(keepable(message.content))
        if part.strip()
    ]


def fresh(chat: Sequence[Message], held: Iterable[Version]) -> list[Message]:
    """Those of the messages that are not among the turns held, each of which stands for one message. A turn may be without the secrets in its message."""
    left = Counter((turn.metadata.get("role"), turn.content) for turn in held)
    new = []
    for message in chat:
        known = next((key for text in (message.content, masked_value(message.content)[0]) if left[key := (message.role, text)]), None)
        if known is None:
            new.append(message)
        else:
            left[known] -= 1
    return new


def keepable(text: str) -> str:
    """The text with U+FFFD for what no text can hold, a NUL or half a surrogate pair, such as some readers of PDF files give."""
    return UNKEEPABLE.sub("\ufffd", text)


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
    return keepable(name).strip()[:LONGEST_NAME] or None if isinstance(name, str) else None


def _parts(text: str) -> Iterator[str]:
    while len(text) > LONGEST:
        # Between words, where there are any.
        cut = text.rfind(" ", LONGEST // 2, LONGEST) + 1 or LONGEST
        yield text[:cut]
        text = text[cut:]
    yield text
