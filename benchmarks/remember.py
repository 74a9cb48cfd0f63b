"""Remembering, from text to durable on return, in a store that holds many memories already: and what finding and settling conflicts takes of it.

What is remembered holds from now on, as everything does that is remembered without a date; what arrives late, dated in the past like all of the corpus, is
compared with more and is measured beside it.
"""

from itertools import count
from pathlib import Path
from typing import Any, Final

from benchmarks import corpus
from benchmarks.measures import MILLI, Values, percentile, rate, spread, timed, timings
from benchmarks.stores import USER, Parts, Stopwatch, Task, copied, draft, timed_engine, undated
from erstwhile import ScopedMemory

__all__ = ["measure", "relate_share"]

TIMES: Final = 300
WARM_UP: Final = 20
BATCH: Final = 500
TURNS: Final = 400
TURNS_AT_ONCE: Final = 20


def measure(task: Task) -> Values:
    """Write to copies of the store: one by one, superseding, in a batch, turns; each with and without conflict checking; without waiting for the disk."""
    fresh = count(1_000_000)
    with copied(task) as path:
        values = _durable(path, fresh)
    with copied(task) as path:
        engine, _ = timed_engine(path, durable=False)
        with engine:
            memory = engine.scope(user=USER)
            return values | spread("not_durable", timings(lambda given: memory.remember(**given), _drafts(fresh, WARM_UP + TIMES), warm_up=WARM_UP))


def relate_share(values: Values) -> float:
    """The share of a write that conflict checking takes, 0 to 1: by how much the median is shorter without it."""
    return round(1 - float(values["unrelated_p50_ms"] or 0) / float(values["remember_p50_ms"] or 1), 3)


def _durable(path: Path, fresh: "count[int]") -> Values:
    engine, watch = timed_engine(path)
    with engine:
        memory = engine.scope(user=USER)
        values = _one_by_one(memory, watch, fresh)
        values |= spread("late", timings(lambda given: memory.remember(**given), _drafts(fresh, WARM_UP + TIMES, late=True), warm_up=WARM_UP))
        values |= spread("supersede", _supersede(memory, fresh))
        for name, relate, late in (("batch", True, False), ("late_batch", True, True), ("unrelated_batch", False, False)):
            batch = _drafts(fresh, BATCH, late=late)
            values[f"{name}_per_s"] = rate(BATCH, timed(lambda batch=batch, relate=relate: memory.remember_many(batch, relate=relate)))
        for name, draw in (("turns", True), ("undrawn_turns", False)):
            values[f"{name}_per_s"] = rate(TURNS, timed(lambda name=name, draw=draw: _observe(memory, fresh, name, draw=draw)))
    return values


def _one_by_one(memory: ScopedMemory, watch: Stopwatch, fresh: "count[int]") -> Values:
    """With and without conflict checking by turns, so that whatever else the machine does slows both alike."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    parts: dict[bool, list[Parts]] = {True: [], False: []}

    def remember(given: dict[str, Any]) -> None:
        watch.read()
        seconds[given["relate"]].append(timed(lambda: memory.remember(**given)))
        parts[given["relate"]].append(watch.read())

    by_turns = [given | {"relate": place % 2 == 0} for place, given in enumerate(_drafts(fresh, 2 * (WARM_UP + TIMES)))]
    timings(remember, by_turns, warm_up=2 * WARM_UP)
    values = spread("remember", seconds[True][WARM_UP:]) | spread("unrelated", seconds[False][WARM_UP:])
    values["relate_share"] = relate_share(values)
    for part in ("embed", "store", "search", "write", "judge"):
        spent = [getattr(each, part) for each in parts[True][WARM_UP:]]
        values |= {f"{part}_p50_ms": round(percentile(spent, 0.5) * MILLI, 3), f"{part}_p95_ms": round(percentile(spent, 0.95) * MILLI, 3)}
    return values


def _drafts(fresh: "count[int]", number: int, *, late: bool = False) -> list[dict[str, Any]]:
    return [(draft if late else undated)(next(fresh)) for _ in range(number)]


def _supersede(memory: ScopedMemory, fresh: "count[int]") -> list[float]:
    """Each write ends another memory of the store, from now on, by name."""
    old = [hit.memory_id for hit in memory.recall(corpus.question(0), k=WARM_UP + TIMES, turns=False)]
    given = [{"content": draft(next(fresh))["content"], "supersedes": memory_id} for memory_id in old]
    return timings(lambda parts: memory.remember(**parts), given, warm_up=WARM_UP)


def _observe(memory: ScopedMemory, fresh: "count[int]", name: str, *, draw: bool) -> None:
    for session in range(TURNS // TURNS_AT_ONCE):
        turns = [{"role": "user", "content": corpus.memory(next(fresh)).content} for _ in range(TURNS_AT_ONCE)]
        memory.observe(turns, session=f"{name} {session}", draw=draw)
