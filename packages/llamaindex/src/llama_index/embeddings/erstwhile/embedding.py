"""The on-device embedding model, for LlamaIndex."""

import asyncio
from pathlib import Path
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr

from erstwhile import Embedder, load_embedder

__all__ = ["ErstwhileEmbedding"]


class ErstwhileEmbedding(BaseEmbedding):
    """Embeds texts on this machine, without a key and without a network.

    Args:
        model: ``"bge-small"`` (default, 384 dimensions), ``"fast"``, a folder with an ONNX model, ``"hf:organisation/name"``, or any `Embedder`.
        threads: Threads that one call may use. Default: two.
        options: What every embedding of LlamaIndex takes, such as ``embed_batch_size``.

    Raises:
        ModelNotFoundError: There is no such model.
    """

    threads: int | None = None
    _embedder: Embedder = PrivateAttr()

    def __init__(self, model: str | Path | Embedder | None = None, *, threads: int | None = None, **options: Any) -> None:  # noqa: ANN401 - LlamaIndex's
        # Read back from what LlamaIndex wrote down, only the name is there.
        written = options.pop("model_name", "bge-small")
        wanted = written if model is None else model
        name = str(wanted) if isinstance(wanted, str | Path) else wanted.fingerprint
        super().__init__(model_name=name, **options)
        self.threads = threads
        self._embedder = load_embedder(wanted, threads=threads)

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex writes an embedding down with."""
        return "ErstwhileEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        vectors: list[list[float]] = self._embedder.embed([query], role="query").tolist()
        return vectors[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._embedder.embed(texts, role="passage").tolist()
        return vectors

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)
