"""A memory for agents and chat engines."""

from typing import Any, Self

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import model_validator
from llama_index.core.memory import BaseMemoryBlock, Memory

from erstwhile import Engine, InvalidInputError, Provenance, ScopedMemory
from llama_index.memory.erstwhile.block import ErstwhileMemoryBlock
from llama_index.memory.erstwhile.scoping import ScopeLike, memory_of

__all__ = ["ErstwhileMemory"]


class ErstwhileMemory(Memory):
    """LlamaIndex's ``Memory`` of one chat, which keeps every message at once and brings what is known of the user to each.

    What users and assistants say is kept when it is put, in however short a chat, and memories are drawn from it; other sessions of the same user recall it.
    To get the messages is to get the chat with what was recalled before it, in a system message (or as ``insert_method`` says), fenced as data.

    The messages of the chat itself are in LlamaIndex's chat store, as those of any ``Memory``. Make one with `from_defaults`, for each chat.
    """

    @model_validator(mode="after")
    def _remembers(self) -> Self:
        if not any(isinstance(block, ErstwhileMemoryBlock) for block in self.memory_blocks):
            raise InvalidInputError("There is no memory to keep anything in; make one with ErstwhileMemory.from_defaults(memory).")
        return self

    def __getstate__(self) -> dict[Any, Any]:
        # LlamaIndex's own takes what cannot be pickled out of the memory itself, which is of no use any more then.
        raise TypeError("A memory on an open store cannot be pickled; make another with ErstwhileMemory.from_defaults and the same session_id.")

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex writes a memory down with."""
        return "ErstwhileMemory"

    @classmethod
    def from_defaults(  # type: ignore[override]  # Memory overrides its own base in the same way
        cls,
        memory: Engine | ScopedMemory | None = None,
        *,
        scope: ScopeLike | None = None,
        session_id: str | None = None,
        chat_history: list[ChatMessage] | None = None,
        k: int = 10,
        budget_tokens: int = 1_000,
        draw: bool = True,
        required: bool = True,
        memory_blocks: list[BaseMemoryBlock[Any]] | None = None,
        **options: Any,  # noqa: ANN401 - those of LlamaIndex
    ) -> "ErstwhileMemory":
        """The memory of one chat.

        Args:
            memory: An engine, from `erstwhile.open`, or the memory of one scope.
            scope: Whose memory, where ``memory`` is an engine: a `Scope`, or its parts as a mapping.
            session_id: The chat. Default: a new one.
            chat_history: What was said before. It is kept too, as far as it is not yet.
            k: Recalls at most so many memories for each message. Default 10.
            budget_tokens: They take at most so many tokens. Default 1,000.
            draw: Whether memories are drawn from what is said. Default yes.
            required: Whether the chat fails where the store does. Default yes. With no, it goes on without memory, and a warning in the log says why.
            memory_blocks: Further blocks.
            options: What LlamaIndex's ``Memory.from_defaults`` takes beside these, such as ``token_limit``.

        Raises:
            InvalidInputError: Nobody's memory was named, or something given cannot be used.
        """
        if memory is None:
            raise InvalidInputError("No memory was given; give what erstwhile.open() gives with scope=…, or the memory of one scope: engine.scope(user=…).")
        # A session that nothing can be kept under is an error now, and not once the first message was said.
        Provenance(session=session_id or None)
        counting = {"tokenizer_fn": tokenizer} if (tokenizer := options.get("tokenizer_fn")) else {}
        asked: dict[str, Any] = {"k": k, "budget_tokens": budget_tokens, "draw": draw, "required": required, **counting}
        block = ErstwhileMemoryBlock(memory=memory_of(memory, scope), accept_short_term_memory=False, **asked)
        made = super().from_defaults(session_id=session_id, memory_blocks=[block, *(memory_blocks or [])], **options)
        if not isinstance(made, ErstwhileMemory):  # pragma: no cover - what LlamaIndex makes is of this class
            raise TypeError(type(made).__name__)
        if chat_history:
            made.set(chat_history)
        return made

    @property
    def _block(self) -> ErstwhileMemoryBlock:
        return next(block for block in self.memory_blocks if isinstance(block, ErstwhileMemoryBlock))

    async def aput(self, message: ChatMessage) -> None:
        """Add a message to the chat, and keep what it says."""
        await self.aput_messages([message])

    async def aput_messages(self, messages: list[ChatMessage]) -> None:
        """Add messages to the chat, and keep what they say."""
        await self._block.akeep(messages, session=self.session_id)
        await super().aput_messages(messages)

    async def aset(self, messages: list[ChatMessage]) -> None:
        """Put another history in the place of the chat, and keep what it says that the session does not hold yet. Nothing kept before is lost."""
        await self._block.akeep(messages, session=self.session_id, again=False)
        await super().aset(messages)
