"""The on-device embedding model, for LangChain."""

import asyncio
from pathlib import Path

from langchain_core.embeddings import Embeddings

from erstwhile import Embedder, load_embedder

__all__ = ["ErstwhileEmbeddings"]


class ErstwhileEmbeddings(Embeddings):
    """Embeds texts on this machine, without a key and without a network.

    Args:
        model: ``"bge-small"`` (default, 384 dimensions), ``"fast"``, a folder with an ONNX model, ``"hf:organisation/name"``, or any `Embedder`.
        threads: Threads that one call may use. Default: two.

    Raises:
        ModelNotFoundError: There is no such model.
    """

    def __init__(self, model: str | Path | Embedder = "bge-small", *, threads: int | None = None) -> None:
        self.embedder = load_embedder(model, threads=threads)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of texts that are to be found, each of length 1."""
        vectors: list[list[float]] = self.embedder.embed(texts, role="passage").tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question, of length 1."""
        vectors: list[list[float]] = self.embedder.embed([text], role="query").tolist()
        return vectors[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """The same, in a worker thread."""
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """The same, in a worker thread."""
        return await asyncio.to_thread(self.embed_query, text)
