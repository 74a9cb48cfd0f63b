"""The seam: what recall asks of a reranker."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

__all__ = ["Reranker"]


@runtime_checkable
class Reranker(Protocol):
    """Reads a question and a text together, and says how well the one answers the other.

    Two promises beyond the signatures: the score of a text does not depend on the other texts of the call, and every method may be called from several
    threads at once.
    """

    @property
    def name(self) -> str:
        """What the reranker is called in explanations, on one line, such as "ms-marco-MiniLM-L6-v2"."""
        ...

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """How relevant each text is to the query, in their order: 0 to 1, the higher the more. No texts give no scores."""
        ...
