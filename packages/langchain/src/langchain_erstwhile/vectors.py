"""An embedding model of LangChain's, as one of erstwhile's."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Literal

from langchain_core.embeddings import Embeddings

from erstwhile import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LangChainEmbedder", "embedded_ahead"]

Role = Literal["query", "passage"]
Vectors = Mapping[tuple[Role, str], Sequence[float]]

_ahead: Final[ContextVar[Vectors | None]] = ContextVar("embedded ahead", default=None)
"""Vectors by role and text that were awaited before a worker thread was started, which has no event loop to await them on."""


@contextmanager
def embedded_ahead(vectors: Vectors) -> Iterator[None]:
    """Within, and in threads that are started from there, these vectors are not asked for again."""
    token = _ahead.set(vectors)
    try:
        yield
    finally:
        _ahead.reset(token)


class LangChainEmbedder:
    """Turns texts into vectors with an `Embeddings` of LangChain's; each is brought to length 1.

    Args:
        embeddings: The model.
        dimension: Length of a vector.
        name: Names the vector space; a store opened again with another one is refused.
    """

    def __init__(self, embeddings: Embeddings, *, dimension: int, name: str) -> None:
        self.embeddings = embeddings
        self._dimension = dimension
        self._name = name

    @property
    def fingerprint(self) -> str:
        """Names the model and the dimension."""
        return f"langchain:{self._name}@{self._dimension}"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def embed(self, texts: Sequence[str], *, role: Role) -> "NDArray[np.float32]":
        """Vectors of the texts, float32 of shape (texts, dimension), of length 1 or, where the model gives nothing but zeros, 0.

        Raises:
            InvalidInputError: The model gives vectors of another length than was said.
        """
        import numpy as np

        if not texts:
            return np.zeros((0, self._dimension), dtype=np.float32)
        vectors = np.asarray(self._embedded(list(texts), role), dtype=np.float64)
        if vectors.shape != (len(texts), self._dimension):
            raise InvalidInputError(
                f'The embeddings give vectors of shape {vectors.shape[1:]}, and index["dims"] says {self._dimension}; set it to what the model gives.'
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0).astype(np.float32)
        return unit

    async def ahead(self, *, queries: Sequence[str], passages: Sequence[str]) -> Vectors:
        """Await the vectors of texts, for `embedded_ahead`."""
        vectors: dict[tuple[Role, str], Sequence[float]] = {("query", text): await self.embeddings.aembed_query(text) for text in dict.fromkeys(queries)}
        texts = list(dict.fromkeys(passages))
        if texts:
            vectors |= {("passage", text): vector for text, vector in zip(texts, await self.embeddings.aembed_documents(texts), strict=True)}
        return vectors

    def _embedded(self, texts: list[str], role: Role) -> list[Sequence[float]]:
        known = _ahead.get() or {}
        missing = list(dict.fromkeys(text for text in texts if (role, text) not in known))
        if role == "passage":
            fresh = dict(zip(missing, self.embeddings.embed_documents(missing) if missing else [], strict=True))
        else:
            fresh = {text: self.embeddings.embed_query(text) for text in missing}
        return [fresh[text] if text in fresh else known[role, text] for text in texts]
