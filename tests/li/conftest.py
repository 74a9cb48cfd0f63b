"""A memory on a clock that stands still, in a process that may not reach the network, and a model that says what it is told to."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core.base.llms.types import CompletionResponse
from llama_index.core.bridge.pydantic import Field
from llama_index.core.llms import MockLLM
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.storage.chat_store.sql import SQLAlchemyChatStore
from tests.standing import clock, engine

import erstwhile

__all__ = ["ScriptedLLM", "ana", "clock", "engine", "scripted"]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may leave the machine."""

    def refuse(self: socket.socket, address: object) -> None:
        raise OSError(f"a test wants the network: {address!r}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.fixture(autouse=True)
def chats_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """LlamaIndex's own memory opens a database for each chat, and closes none."""
    opened: list[SQLAlchemyChatStore] = []
    connect = SQLAlchemyChatStore._setup_connections

    async def noted(self: SQLAlchemyChatStore) -> object:
        opened.append(self)
        return await connect(self)

    monkeypatch.setattr(SQLAlchemyChatStore, "_setup_connections", noted)
    yield
    loop = asyncio.new_event_loop()
    for database in {id(store): store._async_engine for store in opened if store._async_engine is not None}.values():
        loop.run_until_complete(database.dispose())
    loop.close()


@pytest.fixture
def ana(engine: erstwhile.Engine) -> erstwhile.ScopedMemory:
    """Ana's memory: where she lives changed, and what she said of it is kept."""
    memory = engine.scope(user="ana")
    first = memory.remember("I live in Porto", type="fact", valid_from="2024-01-01")
    memory.remember("I live in Lisbon", type="fact", valid_from="2025-03-01", supersedes=first)
    memory.remember("I want to live by the sea", type="goal", valid_from="2024-02-01", confidence=0.6, tags=["dreams"])
    memory.observe(
        [
            {"role": "user", "content": "My dog is called Rex", "at": "2025-05-01T10:00:00Z"},
            {"role": "assistant", "content": "What a good name for a dog", "at": "2025-05-01T10:01:00Z"},
            {"role": "user", "content": "The dog sleeps all day", "at": "2025-05-01T10:02:00Z"},
        ],
        session="dogs",
        draw=False,
    )
    return memory


class ScriptedLLM(MockLLM):
    """Gives the answers that it was told, in turn, and then echoes its prompt."""

    answers: list[str] = Field(default_factory=list)

    @classmethod
    def telling(cls, *answers: str) -> "ScriptedLLM":
        """A model that gives these answers."""
        model = cls()
        model.answers = list(answers)
        return model

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: ANN401 - LlamaIndex's signature
        return CompletionResponse(text=self.answers.pop(0) if self.answers else prompt)


@pytest.fixture
def scripted() -> type[ScriptedLLM]:
    """The class of models that say what they are told to."""
    return ScriptedLLM
