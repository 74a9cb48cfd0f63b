"""Remembering, from text to durable on return, in a store that holds many memories already."""

from itertools import count
from pathlib import Path
from typing import Any, Final

from benchmarks import corpus
from benchmarks.measures import MILLI, Values, percentile, rate, spread, timed, timings
from benchmarks.stores import USER, Task, copied, draft, timed_engine
from erstwhile import ScopedMemory

__all__ = ["measure"]

TIMES: Final = 300
WARM_UP: Final = 20
BATCH: Final = 500
TURNS: Final = 400
TURNS_AT_ONCE: Final = 20


def measure(task: Task) -> Values:
    """Write to copies of the store: one by one, superseding, in a batch, turns; and without waiting for the disk."""
    fresh = count(1_000_000)
    with copied(task) as path:
        values = _durable(path, fresh)
    with copied(task) as path:
        engine, _ = timed_engine(path, durable=False)
        with engine:
            memory = engine.scope(user=USER)
            return values | spread("not_durable", timings(lambda given: memory.remember(**given), _drafts(fresh), warm_up=WARM_UP))


def _durable(path: Path, fresh: "count[int]") -> Values:
    engine, watch = timed_engine(path)
    with engine:
        memory = engine.scope(user=USER)
        parts: list[tuple[float, float]] = []

        def remember(given: dict[str, Any]) -> None:
            watch.read()
            memory.remember(**given)
            parts.append(watch.read())

        values = spread("remember", timings(remember, _drafts(fresh), warm_up=WARM_UP))
        for name, seconds in (("embed", [embed for embed, _ in parts[WARM_UP:]]), ("store", [store for _, store in parts[WARM_UP:]])):
            values |= {f"{name}_p50_ms": round(percentile(seconds, 0.5) * MILLI, 3), f"{name}_p95_ms": round(percentile(seconds, 0.95) * MILLI, 3)}
        values |= spread("supersede", _supersede(memory, fresh))
        batch = [draft(next(fresh)) for _ in range(BATCH)]
        values["batch_per_s"] = rate(BATCH, timed(lambda: memory.remember_many(batch)))
        values["turns_per_s"] = rate(TURNS, timed(lambda: _observe(memory, fresh)))
    return values


def _drafts(fresh: "count[int]") -> list[dict[str, Any]]:
    return [draft(next(fresh)) for _ in range(WARM_UP + TIMES)]


def _supersede(memory: ScopedMemory, fresh: "count[int]") -> list[float]:
    """Each write ends another memory of the store, from now on."""
    old = [hit.memory_id for hit in memory.recall(corpus.question(0), k=WARM_UP + TIMES, turns=False)]
    given = [{"content": draft(next(fresh))["content"], "supersedes": memory_id} for memory_id in old]
    return timings(lambda parts: memory.remember(**parts), given, warm_up=WARM_UP)


def _observe(memory: ScopedMemory, fresh: "count[int]") -> None:
    for session in range(TURNS // TURNS_AT_ONCE):
        turns = [{"role": "user", "content": corpus.memory(next(fresh)).content} for _ in range(TURNS_AT_ONCE)]
        memory.observe(turns, session=f"session {session}")
