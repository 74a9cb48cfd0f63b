"""A retriever over memories."""

from collections.abc import Iterable
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from erstwhile import AsOf, Engine, Instant, Interval, MemoryType, ScopedMemory
from llama_index.memory.erstwhile.scoping import ScopeLike, memory_of
from llama_index.memory.erstwhile.speech import LONGEST, keepable
from llama_index.retrievers.erstwhile.nodes import nodes_of

__all__ = ["ErstwhileRetriever"]


class ErstwhileRetriever(BaseRetriever):
    """Recalls memories as nodes: what holds now, or held or was believed at another time. A part of any query engine.

    The id of a node is that of the version found. Its metadata has ``id`` (of the memory), ``version_id``, ``type`` ("turn" for a verbatim turn),
    ``valid_from``, ``valid_to``, ``system_from`` (ISO 8601), ``confidence``, ``contested``, ``source``, ``scope``, ``tags`` and the memory's own
    ``metadata``. ``prev_node`` and ``next_node`` are the turns said before and after it, where it was said in a conversation; ``source_node`` is
    the turn that it was drawn from, or the document.

    A query bundle's ``embedding`` is taken for the question's meaning, as a vector of the store's model. Of a question longer than 32,768 characters the
    beginning is asked.

    Args:
        memory: An engine, from `erstwhile.open`, or the memory of one scope.
        scope: Whose memory, where ``memory`` is an engine: a `Scope`, or its parts as a mapping.
        k: At most so many nodes, 1 to 1,000. Default 10.
        as_of: The point to ask about. Default: now.
        during: What held at some time within, in place of one point.
        types: Only these types of memory; turns have none and are left out then.
        tags: Only what carries one of these tags.
        session: Only what was said in this session.
        min_confidence: Only what is at least so sure, 0 to 1.
        turns: Whether verbatim turns are found too. Default yes.
        min_relevance: How relevant each must be, 0 to 1. Default: nothing where nothing is known of the question.
        embed_model: Embeds the texts that a query transform such as HyDE puts in place of the question: an `ErstwhileEmbedding` of the store's model. Default:
            such texts are not looked at.
        callback_manager: LlamaIndex's.
        verbose: LlamaIndex's.

    Raises:
        InvalidInputError: Nobody's memory was named; or, when it is asked, something given cannot be used.
    """

    def __init__(
        self,
        memory: Engine | ScopedMemory,
        *,
        scope: ScopeLike | None = None,
        k: int = 10,
        as_of: AsOf | Instant | None = None,
        during: Interval | None = None,
        types: Iterable[MemoryType | str] | None = None,
        tags: Iterable[str] | None = None,
        session: str | None = None,
        min_confidence: float = 0.0,
        turns: bool = True,
        min_relevance: float | None = None,
        embed_model: BaseEmbedding | None = None,
        callback_manager: CallbackManager | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(callback_manager=callback_manager, verbose=verbose)
        self._memory = memory_of(memory, scope)
        self._embed_model = embed_model
        self._asked: dict[str, Any] = {
            "k": k,
            "as_of": as_of,
            "during": during,
            # Kept, for a retriever is asked more than once.
            "types": types if types is None or isinstance(types, str) else list(types),
            "tags": tags if tags is None or isinstance(tags, str) else list(tags),
            "session": session,
            "min_confidence": min_confidence,
            "turns": turns,
            "min_relevance": min_relevance,
            "neighbours": 1,
        }

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = _question(query_bundle)
        if not question:
            return []
        vector = query_bundle.embedding
        if vector is None and self._embed_model is not None and query_bundle.custom_embedding_strs:
            vector = self._embed_model.get_agg_embedding_from_queries(query_bundle.embedding_strs)
        return nodes_of(self._memory.recall(question, vector=vector, **self._asked))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = _question(query_bundle)
        if not question:
            return []
        vector = query_bundle.embedding
        if vector is None and self._embed_model is not None and query_bundle.custom_embedding_strs:
            vector = await self._embed_model.aget_agg_embedding_from_queries(query_bundle.embedding_strs)
        return nodes_of(await self._memory.aio.recall(question, vector=vector, **self._asked))


def _question(query_bundle: QueryBundle) -> str:
    return keepable(query_bundle.query_str[:LONGEST]).strip()
