"""LangChain's messages, as turns of a conversation."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from erstwhile import Message
from langchain_erstwhile.texts import LONGEST, UNKEEPABLE, keepable

__all__ = ["asked_by", "last_exchange", "turns_of"]

LONGEST_NAME: Final = 256
"""Characters of the name of who spoke (`erstwhile.Provenance`)."""
LONGEST_ID: Final = 200
"""So much of a message's id is kept to be read."""


def asked_by(messages: Sequence[BaseMessage]) -> str:
    """What a person said last, as a question to ask memories; ``""`` where nobody said anything."""
    said = next((message for message in reversed(messages) if _by_person(message)), None)
    if said is None:
        # A summary that took the place of all that was said still tells what it is about.
        said = next((message for message in reversed(messages) if isinstance(message, HumanMessage)), None)
    return "" if said is None else keepable(str(said.text)).strip()


def last_exchange(messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
    """The last thing that a person said, in one message or several on end, and all that followed."""
    spoken = [place for place, message in enumerate(messages) if _by_person(message)]
    if not spoken:
        return ()
    start = spoken[-1]
    while start and _by_person(messages[start - 1]):
        start -= 1
    return messages[start:]


def turns_of(messages: Iterable[BaseMessage]) -> tuple[Message, ...]:
    """What people and models said, word for word: no system prompts, no outputs of tools, no bare calls of them, no summaries by a middleware.

    A message is kept once by its id and its words: one that was edited, or whose id another one had before, is another turn. Characters that text cannot hold,
    a NUL or half a surrogate pair, become U+FFFD.
    """
    return tuple(turn for message in messages if _by_person(message) or isinstance(message, AIMessage) for turn in _turns(message))


def _by_person(message: BaseMessage) -> bool:
    # LangChain's summarization puts its summary in as if a person had said it, and notes where it comes from.
    return isinstance(message, HumanMessage) and "lc_source" not in message.additional_kwargs


def _turns(message: BaseMessage) -> Iterator[Message]:
    text, by_person = UNKEEPABLE.sub("\ufffd", str(message.text)), isinstance(message, HumanMessage)
    # A model by any name is a model: what it concludes must not count as what somebody stated.
    name = keepable(message.name or "", LONGEST_NAME).strip() if by_person else ""
    id = _id(message.id or "", text)
    for place, start in enumerate(range(0, len(text), LONGEST)):
        yield Message(
            role="user" if by_person else "assistant",
            content=text[start : start + LONGEST],
            name=name or None,
            id=id and id + (f" part {place + 1}" if place else ""),
        )


def _id(given: str, text: str) -> str | None:
    if not given.strip():
        return None
    told_apart = hashlib.sha256(f"{given}\0{text}".encode(errors="surrogatepass")).hexdigest()[:12]
    return f"{keepable(given, LONGEST_ID)} {told_apart}"
