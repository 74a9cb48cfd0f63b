"""Memories as a block of LlamaIndex's own memory."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final, Self

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.bridge.pydantic import ConfigDict, Field, PrivateAttr, model_validator
from llama_index.core.memory import BaseMemoryBlock
from llama_index.core.utils import get_tokenizer
from pydantic import InstanceOf

from erstwhile import AsOf, Engine, ErstwhileError, Message, Observed, Recall, Scope, ScopedMemory, Version
from llama_index.memory.erstwhile.scoping import memory_of
from llama_index.memory.erstwhile.speech import fresh, last_asked, same_place, spoken

__all__ = ["ErstwhileMemoryBlock", "Packed"]

LONGEST_TURN: Final = 300.0
"""Seconds for which what was recalled is good for the same turn: a chat that was begun anew may come to stand where it stood before."""

_log: Final = logging.getLogger(__name__)


class Packed(str):
    """The text of a block, which still knows the hits that it was made of, so that it can be made shorter by whole memories."""

    __slots__ = ("recall",)

    recall: Recall

    @classmethod
    def of(cls, recall: Recall, *, budget: int, count: Callable[[str], int]) -> "Packed":
        """As many of the hits, the most relevant first, as the budget takes."""
        text = cls(recall.pack(budget_tokens=budget, count=count).text)
        text.recall = recall
        return text


class ErstwhileMemoryBlock(BaseMemoryBlock[str]):
    """What is known of a user, for LlamaIndex's ``Memory``: it recalls what matters to the last message, and keeps what the chat can no longer hold.

    ``Memory`` hands a block only those messages that no longer fit into the chat: a short chat writes nothing here. `ErstwhileMemory` writes all.

    Asked again within one turn, it does not recall again. Where it is cut short, whole memories go, the least relevant first. System messages and what tools
    gave are not kept: a tool may have given what was recalled.

    Attributes:
        memory: An engine, from `erstwhile.open`, or the memory of one scope.
        scope: Whose memory, where ``memory`` is an engine: a `Scope`, or its parts as a mapping.
        session: The conversation that what is kept belongs to. Default: that of the ``Memory`` that the block is part of.
        k: Recalls at most so many memories, 1 to 1,000. Default 10.
        budget_tokens: They take at most so many tokens. Default 1,000.
        as_of: The point to ask about. Default: now.
        types: Only these types of memory. Default: all, and turns.
        min_relevance: How relevant each must be, 0 to 1. Default: nothing where nothing is known of the question.
        draw: Whether memories are drawn from the messages that are kept. Default yes.
        required: Whether asking it, or keeping in it, fails where the store does. Default yes. With no, nothing is recalled, or kept, and a warning in the
            log says why.
        tokenizer_fn: Counts tokens, as that of ``Memory``. Default: LlamaIndex's.
        name: The block's name in the prompt. Default "erstwhile".
        priority: LlamaIndex's: 0 for a block that is never cut short. Default 1.

    Raises:
        ValidationError: Pydantic's, a ``ValueError``: nobody's memory was named, or something given cannot be used.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str = Field(default="erstwhile")
    description: str | None = Field(default="What is remembered of earlier conversations.")
    priority: int = Field(default=1)
    memory: InstanceOf[Engine] | InstanceOf[ScopedMemory] = Field(repr=False, exclude=True)
    scope: InstanceOf[Scope] | dict[str, str] | None = None
    session: str | None = None
    k: int = 10
    budget_tokens: int = 1_000
    as_of: InstanceOf[AsOf] | datetime | str | None = None
    types: list[str] | None = None
    min_relevance: float | None = None
    draw: bool = True
    required: bool = True
    tokenizer_fn: Callable[[str], list[Any]] = Field(default_factory=get_tokenizer, exclude=True, repr=False)

    _scoped: ScopedMemory = PrivateAttr()
    _last: tuple[object, float, Packed] | None = PrivateAttr(default=None)
    _asked_at: tuple[str, datetime] | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _named(self) -> Self:
        self._scoped = memory_of(self.memory, self.scope)
        return self

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex writes a block down with."""
        return "ErstwhileMemoryBlock"

    async def _aget(self, messages: list[ChatMessage] | None = None, **block_kwargs: Any) -> str:  # noqa: ANN401 - LlamaIndex's signature
        session = self.session or block_kwargs.get("session_id")
        chat = spoken(messages or ())
        asked = last_asked(chat)
        if asked is None:
            return ""
        turn, now = (session, same_place(chat)), monotonic()
        if self._last is not None and self._last[0] == turn and now - self._last[1] <= LONGEST_TURN:
            return self._last[2]
        text, self._last = "", None
        with self._required_or_without("recalled"):
            text = packed = await self._recalled(asked, session=session, shown=frozenset(message.content for message in chat))
            self._last = (turn, now, packed)
        return text

    async def _recalled(self, question: str, *, session: str | None, shown: frozenset[str]) -> Packed:
        point = self.as_of
        if point is None and self._asked_at is not None and self._asked_at[0] == question:
            # The question itself is kept by now. It would be what is most like the question.
            point = AsOf(system=self._asked_at[1] - timedelta(microseconds=1))
        recall = await self._scoped.aio.recall(question, k=self.k, as_of=point, types=self.types, min_relevance=self.min_relevance)
        # What the chat still shows is before the model anyway.
        hits = tuple(hit for hit in recall if not (hit.version.is_turn and hit.version.source.session == session and hit.content in shown))
        return Packed.of(replace(recall, hits=hits), budget=self.budget_tokens, count=self._count)

    async def _aput(self, messages: list[ChatMessage]) -> None:
        for session in dict.fromkeys(message.additional_kwargs.get("session_id") for message in messages):
            await self.akeep([message for message in messages if message.additional_kwargs.get("session_id") == session], session=session)

    async def akeep(self, messages: Sequence[ChatMessage], *, session: str | None = None, again: bool = True) -> None:
        """Keep messages as turns, and draw memories from them.

        Args:
            messages: In order. System messages, what tools gave, and those without text are left out.
            session: The conversation, where the block has none of its own.
            again: Whether what the conversation holds already was said again, and is kept again. With no, the same words by the same role, said so often, are
                the same messages.
        """
        chat = spoken(messages)
        with self._required_or_without("kept"):
            if chat and not again:
                chat = fresh(chat, [turn for turn in await self._turns(session) if turn.scope == self._scoped.scope])
            if not chat:
                return
            kept = await self._scoped.aio.observe(chat, session=self.session or session, draw=self.draw)
            if asked_at := _asked_at(chat, kept):
                # A new turn begins; an answer ends none.
                self._asked_at, self._last = asked_at, None

    async def _turns(self, session: str | None) -> list[Version]:
        # What is kept apart was said too.
        held = await self._scoped.aio.snapshot(session=self.session or session, turns=True, quarantined=None)
        return [version for version in held if version.is_turn]

    async def atruncate(self, content: str, tokens_to_truncate: int) -> str | None:
        """The text, shorter by at least so many tokens: whole memories, the most relevant first; ``None`` where none is left."""
        if not isinstance(content, Packed):
            return None
        budget = self._count(content) - tokens_to_truncate
        shorter = Packed.of(content.recall, budget=budget, count=self._count) if budget > 0 else None
        return shorter or None

    @contextmanager
    def _required_or_without(self, done: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if self.required:
                raise
            # Of a stranger's error the type alone: its message may hold what people said.
            why = f"{type(error).__name__}: {error}" if isinstance(error, ErstwhileError) else type(error).__name__
            _log.warning("Nothing was %s, and the chat goes on without: %s", done, why)

    def _count(self, text: str) -> int:
        return len(self.tokenizer_fn(text))


def _asked_at(chat: Sequence[Message], kept: Observed) -> tuple[str, datetime] | None:
    times = [(message.content, turn.system_from) for message, turn in zip(chat, kept, strict=True) if message.role == MessageRole.USER.value]
    return times[-1] if times else None
