"""The seam: what the engine asks of an embedding model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, get_args, runtime_checkable

from erstwhile.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

Role = Literal["query", "passage"]
"""What a text is for. Some models embed a question otherwise than the text that answers it."""


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors.

    Two promises beyond the signatures: the vector of a text does not depend on the other texts of the call, and every method may be called from several
    threads at once.
    """

    @property
    def fingerprint(self) -> str:
        """Names the vector space: equal fingerprints, comparable vectors. It changes with the model's files and with the preprocessing."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """Vectors of the texts in their order, shape (len(texts), dimension), each row of Euclidean length 1. No texts give shape (0, dimension).

        Raises InvalidInputError if texts is one string, or the role is unknown.
        """
        ...


def checked_texts(texts: Sequence[str], role: Role) -> list[str]:
    """The texts as a list; InvalidInputError for what no embedder accepts. The message never quotes a text."""
    if role not in get_args(Role):
        raise InvalidInputError(f"role is {role!r}; use one of {', '.join(get_args(Role))}")
    if isinstance(texts, str):
        raise InvalidInputError("embed takes a sequence of texts and was given one string; pass [text]")
    listed = list(texts)
    for index, text in enumerate(listed):
        if not isinstance(text, str):
            raise InvalidInputError(f"texts[{index}] is a {type(text).__name__}; every text must be a str")
    return listed
