"""Vectors of passages, made once and kept between runs: a conversation is embedded for minutes and searched for seconds."""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erstwhile import Embedder
from erstwhile.embed.protocol import Role

__all__ = ["KeptPassages"]


class KeptPassages:
    """A model that remembers the vectors of passages. Those of queries it makes anew, so that a timed recall pays for the model.

    Args:
        model: The model.
        folder: Where vectors are kept, a file a model; made if it is not there.
    """

    def __init__(self, model: Embedder, folder: Path) -> None:
        self._model = model
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(model.fingerprint.encode()).hexdigest()[:16]
        self._kept = sqlite3.connect(folder / f"passages-{name}.sqlite")
        self._kept.execute("CREATE TABLE IF NOT EXISTS passages (text BLOB PRIMARY KEY, vector BLOB NOT NULL)")

    @property
    def fingerprint(self) -> str:
        """That of the model."""
        return self._model.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._model.dimension

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        if role != "passage" or not texts:
            return self._model.embed(texts, role=role)
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        vectors = {key: vector for key in set(keys) if (vector := self._read(key)) is not None}
        if missing := {key: text for key, text in zip(keys, texts, strict=True) if key not in vectors}:
            fresh = dict(zip(missing, self._model.embed(list(missing.values()), role=role), strict=True))
            with self._kept:
                self._kept.executemany("INSERT OR REPLACE INTO passages VALUES (?, ?)", [(key, vector.tobytes()) for key, vector in fresh.items()])
            vectors |= fresh
        return np.stack([vectors[key] for key in keys])

    def close(self) -> None:
        """Let go of the file."""
        self._kept.close()

    def _read(self, key: bytes) -> NDArray[np.float32] | None:
        row = self._kept.execute("SELECT vector FROM passages WHERE text = ?", (key,)).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype=np.float32)
