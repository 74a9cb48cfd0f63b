"""What one would write oneself: qdrant-client's local mode with dense vectors and BM25, fused by rank. The model is the one that erstwhile has by default.

BM25's weights are those of Qdrant's own encoder (fastembed's ``Qdrant/bm25``: k1 1.2, b 0.75, average length 256), which would be loaded from a hub; IDF is
Qdrant's.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
import snowballstemmer
from qdrant_client import QdrantClient, models
from tokenizers import Tokenizer

from benchmarks.peers.contract import Settings, Turn

__all__ = ["Adapter"]

K1: Final = 1.2
B: Final = 0.75
AVERAGE: Final = 256
WORD: Final = re.compile(r"\w+")
MAX_TOKENS: Final = 512
CANDIDATES: Final = 50
"""From each of the two rankings, before they are fused."""


class Adapter:
    """See `benchmarks.peers.contract.Adapter`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        data = files("erstwhile_model_bge_small")
        self._model = onnxruntime.InferenceSession(str(data / "model.onnx"), **settings)
        self._tokenizer = Tokenizer.from_file(str(data / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._stem = snowballstemmer.stemmer("english").stemWord
        self._ids: list[str] = []
        self._client = QdrantClient(path=str(folder / "qdrant"))
        self._client.create_collection(
            "turns",
            vectors_config={"dense": models.VectorParams(size=len(self._dense("size")), distance=models.Distance.COSINE)},
            sparse_vectors_config={"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )

    def add(self, turns: Sequence[Turn]) -> int:
        """One upsert a session."""
        points = [
            models.PointStruct(
                id=place, vector={"dense": self._dense(turn.said), "bm25": self._sparse(turn.said)}, payload={"turn": turn.id, "text": turn.said}
            )
            for place, turn in enumerate(turns, start=len(self._ids))
        ]
        self._client.upsert("turns", points)
        self._ids += [turn.id for turn in turns]
        return len(turns)

    def search(self, question: str, k: int) -> list[str]:
        """Both rankings, fused by reciprocal rank."""
        words = sorted({self._index(word) for word in WORD.findall(question.lower())})
        found = self._client.query_points(
            "turns",
            prefetch=[
                models.Prefetch(query=self._dense(question), using="dense", limit=CANDIDATES),
                models.Prefetch(query=models.SparseVector(indices=words, values=[1.0] * len(words)), using="bm25", limit=CANDIDATES),
            ],
            query=models.FusionQuery(fusion=models.Fusion.RRF),
            limit=k,
        )
        return [self._ids[int(point.id)] for point in found.points]

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def _dense(self, text: str) -> list[float]:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        (tokens,) = self._model.run(None, {"input_ids": ids})
        first = tokens[0, 0]
        return list(map(float, first / np.linalg.norm(first)))

    def _sparse(self, text: str) -> models.SparseVector:
        words = WORD.findall(text.lower())
        counts = Counter(map(self._index, words))
        saturation = K1 * (1 - B + B * len(words) / AVERAGE)
        return models.SparseVector(indices=list(counts), values=[count * (K1 + 1) / (count + saturation) for count in counts.values()])

    def _index(self, word: str) -> int:
        return zlib.crc32(self._stem(word).encode())
