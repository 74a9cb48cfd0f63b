"""The same questions, put to what one might use instead: plain numpy, and qdrant-client's local mode. Same texts, same model, same vectors.

Both answer by meaning alone; erstwhile searches words too, ranks both together and gives back whole versions.
"""

import time
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus
from benchmarks.measures import Values, spread, timings
from benchmarks.stores import USER, Task
from benchmarks.vectors import corpus_vectors
from erstwhile.embed import load_embedder

__all__ = ["measure_numpy", "measure_qdrant_local"]

TIMES: Final = 100
WARM_UP: Final = 10
HITS: Final = 10
TODAY: Final = date(2026, 1, 1).toordinal()
OPEN_END: Final = 10**7


def measure_numpy(task: Task) -> Values:
    """One matrix of float32, a mask of what holds today, a product, the ten best."""
    vectors, starts, ends = _table(task)
    embedder = load_embedder()

    def ask(text: str) -> list[int]:
        scores = vectors @ embedder.embed([text], role="query")[0]
        scores[(starts > TODAY) | (ends <= TODAY)] = -np.inf
        best = np.argpartition(scores, -HITS)[-HITS:]
        return [int(row) for row in best[np.argsort(scores[best])[::-1]]]

    return spread("recall", timings(ask, _questions(), warm_up=WARM_UP))


def measure_qdrant_local(task: Task) -> Values:
    """A collection on the disk, filtered by user and by what holds today."""
    from qdrant_client import QdrantClient, models

    vectors, starts, ends = _table(task)
    embedder = load_embedder()
    client = QdrantClient(path=str(task.work / f"qdrant-local-{task.size}"))
    client.create_collection("memories", models.VectorParams(size=vectors.shape[1], distance=models.Distance.COSINE))
    payloads = [
        {"user": USER, "content": memory.content, "start": int(start), "end": int(end)}
        for memory, start, end in zip(corpus.memories(0, task.size), starts, ends, strict=True)
    ]
    started = time.perf_counter()
    client.upload_collection("memories", vectors, payloads, ids=range(task.size))
    filled = time.perf_counter() - started
    holding = models.Filter(
        must=[
            models.FieldCondition(key="user", match=models.MatchValue(value=USER)),
            models.FieldCondition(key="start", range=models.Range(lte=TODAY)),
            models.FieldCondition(key="end", range=models.Range(gt=TODAY)),
        ]
    )

    def ask(text: str) -> object:
        vector = embedder.embed([text], role="query")[0]
        return client.query_points("memories", query=vector, query_filter=holding, limit=HITS).points

    values = spread("recall", timings(ask, _questions(), warm_up=WARM_UP))
    client.close()
    return values | {"fill_s": round(filled, 1)}


def _questions() -> list[str]:
    return [corpus.question(number) for number in range(WARM_UP + TIMES)]


def _table(task: Task) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    texts = list(corpus.memories(0, task.size))
    starts = np.array([date.fromisoformat(text.valid_from).toordinal() for text in texts])
    ends = np.array([date.fromisoformat(text.valid_to).toordinal() if text.valid_to else OPEN_END for text in texts])
    return corpus_vectors(task.size, task.kept), starts, ends
