"""The messages of a conversation, kept as they are, and what is worth knowing drawn from them."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import BaseMessage, message_to_dict, messages_from_dict

from erstwhile import Draft, Engine, InvalidInputError, MemoryType, OnSecret, Scope, masked_value
from langchain_erstwhile.conversations import erase_conversation
from langchain_erstwhile.messages import turns_of
from langchain_erstwhile.scoping import memory_of

__all__ = ["ErstwhileChatMessageHistory"]

KIND: Final = "message"


class ErstwhileChatMessageHistory(BaseChatMessageHistory):
    """Keeps the messages of one conversation, for `RunnableWithMessageHistory` and whatever else has a chat history.

    The messages come back as they were, calls of tools and all, but for secrets, of which the kind is kept in their place, as in any turn. What people and
    models said in them is observed as well: other conversations of the same user recall it, by a retriever or a middleware.

    Args:
        memory: An engine, from `erstwhile.open`.
        session_id: The conversation.
        scope: Whose it is: a `Scope` without a session, or its parts as a mapping.
        observe: Whether what is said is observed. Default yes; without it, this is a list of messages and no more.
        draw: Whether memories are drawn from what is observed. Default yes.

    Raises:
        InvalidInputError: Something given cannot be used.
    """

    def __init__(self, memory: Engine, session_id: str, *, scope: Scope | Mapping[str, Any], observe: bool = True, draw: bool = True) -> None:
        if not isinstance(memory, Engine):
            raise InvalidInputError(f"memory: expected what erstwhile.open() gives, got {type(memory).__name__}; messages have a scope of their own.")
        self._memory = memory_of(memory, scope, how="give the history scope=erstwhile.Scope(user=…)")
        if self._memory.scope.session is not None:
            raise InvalidInputError("scope: it names a session, and the history has its own; leave it out.")
        # A scope of their own: what is recalled are turns and memories, and not the same once more.
        self._kept = memory.scope(Scope(**self._memory.scope.parts(), session=session_id))
        self._session = session_id
        # A message is a turn, whatever it is kept in: what the policy says of turns counts.
        self._masked = memory.policy.turn_secrets is OnSecret.MASK
        self._observe = observe
        self._draw = draw

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]
        """The messages, in the order in which they were added."""
        return messages_from_dict([json.loads(version.metadata["message"]) for version in self._kept.snapshot()])

    async def aget_messages(self) -> list[BaseMessage]:
        """The same, in a worker thread."""
        return await asyncio.to_thread(lambda: self.messages)

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Add messages.

        Raises:
            InvalidInputError: One takes more than 64 KiB as JSON, such as a picture, or holds a secret and the policy refuses it; nothing was added.
        """
        self._kept.remember_many([_draft(message, masked=self._masked) for message in messages], relate=False)
        if self._observe and (turns := turns_of(messages)):
            self._memory.observe(turns, session=self._session, draw=self._draw)

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """The same, in a worker thread."""
        await asyncio.to_thread(self.add_messages, messages)

    def clear(self) -> None:
        """Erase the conversation for good: its messages, its turns, and what was drawn from them. What other conversations said stays."""
        self._kept.erase(everything=True)
        erase_conversation(self._memory, self._session)

    async def aclear(self) -> None:
        """The same, in a worker thread."""
        await asyncio.to_thread(self.clear)


def _draft(message: BaseMessage, *, masked: bool) -> Draft:
    given = message_to_dict(message)
    kept = masked_value(given)[0] if masked else given
    said = next((turn.content for turn in turns_of(messages_from_dict([kept])) if turn.content.strip()), f"({message.type} message)")
    # Who says the same twice has said it twice: each has a key of its own.
    return Draft(content=said, type=MemoryType.ARTIFACT, metadata={"message": json.dumps(kept)}, key=f"{KIND} {uuid4()}")
