"""A retriever over memories."""

from datetime import date, datetime
from typing import Any, Final

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, InstanceOf

from erstwhile import AsOf, Engine, Interval, InvalidInputError, MemoryType, Scope, ScopedMemory
from langchain_erstwhile.documents import document_of
from langchain_erstwhile.scoping import memory_of
from langchain_erstwhile.texts import keepable

__all__ = ["ErstwhileRetriever"]

ASKED: Final = ("k", "as_of", "during", "types", "memory_tags", "session", "min_confidence", "turns", "min_relevance")
"""What a field, or an argument of one call, says to `recall`, under the same name but for ``memory_tags``."""


class ErstwhileRetriever(BaseRetriever):
    """Recalls memories as documents: what holds now, or held or was believed at another time.

    Every field but ``memory`` can also be given to one call, ``retriever.invoke(question, as_of="2024-06-01", k=3)``, and goes before the field then. Of a
    question longer than 32,768 characters the beginning is asked.

    Args:
        memory: An engine, from `erstwhile.open`, or the memory of one scope.
        scope: Whose memory, where ``memory`` is an engine: a `Scope`, or its parts as a mapping.
        k: At most so many documents. Default 10.
        as_of: The point to ask about. Default: now.
        during: What held at some time within, in place of one point.
        types: Only these types of memory; turns have none and are left out then.
        memory_tags: Only what carries one of these tags. (``tags`` and ``metadata`` are LangChain's own, for tracing.)
        session: Only what was said in this session.
        min_confidence: Only what is at least so sure, 0 to 1.
        turns: Whether verbatim turns are found too. Default yes.
        min_relevance: How relevant each must be, 0 to 1. Default: nothing where nothing is known of the question.

    Raises:
        InvalidInputError: At a call: it cannot be used, or nobody's memory was named.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: InstanceOf[Engine] | InstanceOf[ScopedMemory] = Field(repr=False, exclude=True)
    scope: InstanceOf[Scope] | dict[str, str] | None = None
    k: int = 10
    as_of: InstanceOf[AsOf] | datetime | date | str | None = None
    during: InstanceOf[Interval] | None = None
    types: list[MemoryType | str] | None = None
    memory_tags: list[str] | None = None
    session: str | None = None
    min_confidence: float = 0.0
    turns: bool = True
    min_relevance: float | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any) -> list[Document]:  # noqa: ANN401, ARG002 - LangChain's signature
        memory, asked = self._asked(kwargs)
        question = keepable(query).strip()
        return [document_of(hit) for hit in memory.recall(question, **asked)] if question else []

    async def _aget_relevant_documents(self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any) -> list[Document]:  # noqa: ANN401, ARG002 - LangChain's signature
        memory, asked = self._asked(kwargs)
        question = keepable(query).strip()
        return [document_of(hit) for hit in await memory.aio.recall(question, **asked)] if question else []

    def _asked(self, given: dict[str, Any]) -> tuple[ScopedMemory, dict[str, Any]]:
        if unknown := sorted(set(given) - {*ASKED, "scope"}):
            raise InvalidInputError(f"{', '.join(unknown)[:80]} cannot be asked of memories; give any of scope, {', '.join(ASKED)}.")
        memory = memory_of(self.memory, given.get("scope", self.scope), how="give the retriever scope=erstwhile.Scope(user=…), or the call")
        asked = {name: given.get(name, getattr(self, name)) for name in ASKED}
        return memory, {"tags": asked.pop("memory_tags"), **asked}
