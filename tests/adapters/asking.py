"""One question, put through each adapter. A new adapter is one function and one line in `ADAPTERS`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from mcp.client import Client

import erstwhile
from erstwhile_mcp import ServerSettings, create_server
from langchain_erstwhile import ErstwhileRetriever as LangChainRetriever
from llama_index.retrievers.erstwhile import ErstwhileRetriever as LlamaIndexRetriever

__all__ = ["ADAPTERS", "Asked", "Found"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question.

    Attributes:
        question: The question.
        user: Whose memory.
        k: At most so many.
        valid, system: The point asked about; now, where not given.
        types: Only these types.
    """

    question: str
    user: str = "ana"
    k: int = 10
    valid: str | None = None
    system: str | None = None
    types: tuple[str, ...] | None = None

    @property
    def as_of(self) -> erstwhile.AsOf:
        """The point as erstwhile has it."""
        return erstwhile.AsOf(valid=self.valid, system=self.system)

    @property
    def listed(self) -> list[str] | None:
        """The types as a list."""
        return None if self.types is None else list(self.types)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One thing found: the version and its memory by their ids, its text, and whether it is contested."""

    version: str
    memory: str
    text: str
    contested: bool


async def through_core(engine: erstwhile.Engine, asked: Asked) -> list[Found]:
    """Recall itself."""
    hits = engine.scope(user=asked.user).recall(asked.question, k=asked.k, as_of=asked.as_of, types=asked.types)
    return [Found(version=hit.version.id, memory=hit.memory_id, text=hit.content, contested=hit.contested) for hit in hits]


async def through_langchain(engine: erstwhile.Engine, asked: Asked) -> list[Found]:
    """LangChain's retriever."""
    retriever = LangChainRetriever(memory=engine, scope={"user": asked.user}, k=asked.k, as_of=asked.as_of, types=asked.listed)
    documents = await retriever.ainvoke(asked.question)
    assert documents == retriever.invoke(asked.question)
    return [
        Found(version=str(document.id), memory=document.metadata["id"], text=document.page_content, contested=document.metadata["contested"])
        for document in documents
    ]


async def through_llama_index(engine: erstwhile.Engine, asked: Asked) -> list[Found]:
    """LlamaIndex's retriever."""
    retriever = LlamaIndexRetriever(engine, scope={"user": asked.user}, k=asked.k, as_of=asked.as_of, types=asked.listed)
    nodes = await retriever.aretrieve(asked.question)
    assert nodes == retriever.retrieve(asked.question)
    return [Found(version=node.node_id, memory=node.metadata["id"], text=node.text, contested=node.metadata["contested"]) for node in nodes]


async def through_mcp(engine: erstwhile.Engine, asked: Asked) -> list[Found]:
    """The MCP server's tool."""
    given = {"query": asked.question, "limit": asked.k, "as_of": asked.valid, "known_at": asked.system, "types": asked.listed, "budget_tokens": 10_000}
    async with Client(create_server(ServerSettings(user=asked.user), engine=engine)) as client:
        result = await client.call_tool("recall", {name: value for name, value in given.items() if value is not None})
    assert not result.is_error
    assert result.structured_content is not None
    return [
        Found(version=hit["version_id"], memory=hit["memory_id"], text=hit["content"], contested=hit.get("contested", False))
        for hit in result.structured_content["hits"]
    ]


ADAPTERS: Final[dict[str, Callable[[erstwhile.Engine, Asked], Awaitable[list[Found]]]]] = {
    "core": through_core,
    "langchain": through_langchain,
    "llama_index": through_llama_index,
    "mcp": through_mcp,
}
