"""Stores of a given size to measure on, and their parts with a stopwatch."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import erstwhile
from benchmarks import corpus
from benchmarks.vectors import KeptEmbedder, corpus_vectors
from erstwhile.embed import Embedder, load_embedder
from erstwhile.embed.protocol import Role
from erstwhile.judge import Judge, Pair
from erstwhile.relations import Judgement
from erstwhile.store import Batch, Candidate, Find, Row, Search
from erstwhile.store.edge import EdgeStore
from erstwhile.time import SystemClock

__all__ = ["USER", "Parts", "Stopwatch", "Task", "copied", "draft", "fill", "timed_engine", "undated"]

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


def undated(number: int) -> dict[str, Any]:
    """The same without its times: it holds from now on."""
    return {name: value for name, value in draft(number).items() if name not in ("valid_from", "valid_to")}


def fill(task: Task) -> list[float]:
    """Make the store through the public door, with vectors from the corpus; the seconds that each batch took.

    With ``relate=False``: the store holds every memory that was written, whatever conflict resolution makes of made-up texts, so that a size is a size.
    """
    drafts = [draft(number) for number in range(task.size)]
    vectors = corpus_vectors(task.size, task.kept)
    embedder = KeptEmbedder({given["content"]: vector for given, vector in zip(drafts, vectors, strict=True)})
    seconds = []
    with erstwhile.open(task.store, model=embedder, durable=False) as engine:
        memory = engine.scope(user=USER)
        for first in range(0, len(drafts), BATCH):
            started = time.perf_counter()
            memory.remember_many(drafts[first : first + BATCH], relate=False)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Seconds spent in parts of an engine.

    Attributes:
        embed: In the embedding model.
        search: In the store, reading.
        write: In the store, writing.
        judge: In judging how two memories relate.
    """

    embed: float = 0.0
    search: float = 0.0
    write: float = 0.0
    judge: float = 0.0

    @property
    def store(self) -> float:
        """In the store."""
        return self.search + self.write


class Stopwatch:
    """Adds up the seconds spent in each part of an engine."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        """Count what is done within as time spent in ``part``."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._spent[part] = self._spent.get(part, 0.0) + time.perf_counter() - started

    def read(self) -> Parts:
        """What was spent since it was last read."""
        spent, self._spent = self._spent, {}
        return Parts(**spent)


class _TimedEmbedder:
    def __init__(self, embedder: Embedder, watch: Stopwatch) -> None:
        self._embedder = embedder
        self._watch = watch
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        with self._watch.on("embed"):
            return self._embedder.embed(texts, role=role)


class _TimedStore(EdgeStore):
    watch: Stopwatch

    def search(self, search: Search) -> tuple[Candidate, ...]:
        with self.watch.on("search"):
            return super().search(search)

    def find(self, find: Find) -> tuple[Row, ...]:
        with self.watch.on("search"):
            return super().find(find)

    def write(self, batch: Batch) -> None:
        with self.watch.on("write"):
            super().write(batch)

    def settle(self) -> None:
        with self.watch.on("write"):
            super().settle()


class _TimedJudge:
    def __init__(self, judge: Judge, watch: Stopwatch) -> None:
        self._judge = judge
        self._watch = watch
        self.name = judge.name

    def judge(self, pairs: Sequence[Pair]) -> Sequence[Judgement | None]:
        with self._watch.on("judge"):
            return self._judge.judge(pairs)


class _TimedEngine(erstwhile.Engine):
    def watch_judge(self, watch: Stopwatch) -> None:
        self._resolver = replace(self._resolver, judge=_TimedJudge(self._resolver.judge, watch))


def timed_engine(path: Path, *, durable: bool = True) -> tuple[erstwhile.Engine, Stopwatch]:
    """An engine at its defaults, and the stopwatch on its parts. The stopwatch costs some microseconds a call."""
    watch = Stopwatch()
    embedder = _TimedEmbedder(load_embedder(), watch)
    store = _TimedStore(path, fingerprint=embedder.fingerprint, dimension=embedder.dimension, durable=durable)
    store.watch = watch
    engine = _TimedEngine(store=store, embedder=embedder, clock=SystemClock())
    engine.watch_judge(watch)
    return engine, watch
