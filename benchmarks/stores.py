"""Stores of a given size to measure on, and their parts with a stopwatch."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import erstwhile
from benchmarks import corpus
from benchmarks.vectors import KeptEmbedder, corpus_vectors
from erstwhile.embed import Embedder, load_embedder
from erstwhile.embed.protocol import Role
from erstwhile.store import Batch, Candidate, Find, Row, Search
from erstwhile.store.edge import EdgeStore
from erstwhile.time import SystemClock

__all__ = ["USER", "Stopwatch", "Task", "copied", "draft", "fill", "timed_engine"]

USER: Final = "ana"
"""Whose scope holds all of a store's memories."""
BATCH: Final = 100
"""Memories in one call of `remember_many` while a store is filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a benchmark is given.

    Attributes:
        size: Memories in the store.
        kept: Folder for what may outlive the run: vectors of the corpus.
        work: Folder for what is thrown away after the run: the filled stores.
    """

    size: int
    kept: Path
    work: Path

    @property
    def store(self) -> Path:
        """The filled store. Whoever writes to it takes a copy."""
        return self.work / f"store-{self.size}"


def draft(number: int) -> dict[str, Any]:
    """The memory with this number, as `remember_many` takes it."""
    memory = corpus.memory(number)
    return {"type": memory.type, "content": memory.content, "valid_from": memory.valid_from, "valid_to": memory.valid_to, "tags": memory.tags}


def fill(task: Task) -> list[float]:
    """Make the store through the public door, with vectors from the corpus; the seconds that each batch took."""
    drafts = [draft(number) for number in range(task.size)]
    vectors = corpus_vectors(task.size, task.kept)
    embedder = KeptEmbedder({given["content"]: vector for given, vector in zip(drafts, vectors, strict=True)})
    seconds = []
    with erstwhile.open(task.store, model=embedder, durable=False) as engine:
        memory = engine.scope(user=USER)
        for first in range(0, len(drafts), BATCH):
            started = time.perf_counter()
            memory.remember_many(drafts[first : first + BATCH])
            seconds.append(time.perf_counter() - started)
    return seconds


@contextmanager
def copied(task: Task) -> Iterator[Path]:
    """A copy of the filled store, to be written to."""
    copy = task.work / f"copy-{task.size}"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(task.store, copy)
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


class Stopwatch:
    """Seconds spent in the embedding model and in the store, since it was last read."""

    def __init__(self) -> None:
        self.embed = 0.0
        self.store = 0.0

    def read(self) -> tuple[float, float]:
        """Both, and start anew."""
        found = (self.embed, self.store)
        self.embed = self.store = 0.0
        return found


class _TimedEmbedder:
    def __init__(self, embedder: Embedder, watch: Stopwatch) -> None:
        self._embedder = embedder
        self._watch = watch
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        started = time.perf_counter()
        vectors = self._embedder.embed(texts, role=role)
        self._watch.embed += time.perf_counter() - started
        return vectors


class _TimedStore(EdgeStore):
    watch: Stopwatch

    def search(self, search: Search) -> tuple[Candidate, ...]:
        started = time.perf_counter()
        found = super().search(search)
        self.watch.store += time.perf_counter() - started
        return found

    def find(self, find: Find) -> tuple[Row, ...]:
        started = time.perf_counter()
        found = super().find(find)
        self.watch.store += time.perf_counter() - started
        return found

    def write(self, batch: Batch) -> None:
        started = time.perf_counter()
        super().write(batch)
        self.watch.store += time.perf_counter() - started

    def settle(self) -> None:
        started = time.perf_counter()
        super().settle()
        self.watch.store += time.perf_counter() - started


def timed_engine(path: Path, *, durable: bool = True) -> tuple[erstwhile.Engine, Stopwatch]:
    """An engine with the default model, and the stopwatch on its parts. The stopwatch costs about a microsecond a call."""
    watch = Stopwatch()
    embedder = _TimedEmbedder(load_embedder(), watch)
    store = _TimedStore(path, fingerprint=embedder.fingerprint, dimension=embedder.dimension, durable=durable)
    store.watch = watch
    return erstwhile.Engine(store=store, embedder=embedder, clock=SystemClock()), watch
