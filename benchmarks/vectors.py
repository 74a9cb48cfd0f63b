"""Vectors of the corpus, embedded once and kept, so that a store of 100,000 is filled in a minute and not in ten."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus
from erstwhile.embed import Embedder, load_embedder
from erstwhile.embed.protocol import Role

__all__ = ["KeptEmbedder", "corpus_vectors"]

CHUNK: Final = 1_000
"""Memories whose vectors share a file."""


def corpus_vectors(count: int, folder: Path) -> NDArray[np.float32]:
    """Vectors of the first ``count`` memories, shape (count, dimension): read from ``folder``, or made by the default model and kept there."""
    embedder = load_embedder()
    folder.mkdir(parents=True, exist_ok=True)
    chunks = [_chunk([memory.content for memory in corpus.memories(first, CHUNK)], embedder, folder) for first in range(0, count, CHUNK)]
    return np.concatenate(chunks)[:count]


def _chunk(texts: Sequence[str], embedder: Embedder, folder: Path) -> NDArray[np.float32]:
    # Named by model and texts, so that vectors never outlive what they are vectors of.
    name = hashlib.sha256("\0".join((embedder.fingerprint, *texts)).encode()).hexdigest()[:32]
    path = folder / f"vectors-{name}.npy"
    if not path.exists():
        fresh = path.with_suffix(".new.npy")
        np.save(fresh, embedder.embed(texts, role="passage"))
        fresh.replace(path)
    vectors: NDArray[np.float32] = np.load(path)
    return vectors


class KeptEmbedder:
    """The default model, except that it looks up the vectors it was given.

    Args:
        vectors: By text.
    """

    def __init__(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        self._vectors = vectors
        self._model = load_embedder()

    @property
    def fingerprint(self) -> str:
        """That of the model: a store filled with these vectors opens with the model itself."""
        return self._model.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._model.dimension

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        if role == "passage" and all(text in self._vectors for text in texts):
            return np.stack([self._vectors[text] for text in texts])
        return self._model.embed(texts, role=role)
