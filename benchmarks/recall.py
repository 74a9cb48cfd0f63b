"""Recall, from text to hits, in one scope that holds everything: and how much of it the model and the store take."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from benchmarks import corpus
from benchmarks.measures import MILLI, Values, percentile, spread, timed, timings
from benchmarks.stores import USER, Task, timed_engine
from erstwhile import AsOf, ScopedMemory

__all__ = ["measure"]

TIMES: Final = 400
VARIANT_TIMES: Final = 150
WARM_UP: Final = 50


def measure(task: Task) -> Values:
    """Ask many questions, and the first of them again in other ways."""
    questions = [corpus.question(number) for number in range(WARM_UP + TIMES)]
    engine, watch = timed_engine(task.store)
    with engine:
        memory = engine.scope(user=USER)
        for text in questions[:WARM_UP]:
            memory.recall(text)
        totals, embeds, stores = [], [], []
        for text in questions[WARM_UP:]:
            watch.read()
            totals.append(timed(partial(memory.recall, text)))
            parts = watch.read()
            embeds.append(parts.embed)
            stores.append(parts.store)
        values = spread("recall", totals)
        rest = [total - embed - store for total, embed, store in zip(totals, embeds, stores, strict=True)]
        for part, seconds in (("embed", embeds), ("store", stores), ("rest", rest)):
            values |= {f"{part}_p50_ms": round(percentile(seconds, 0.5) * MILLI, 3), f"{part}_p95_ms": round(percentile(seconds, 0.95) * MILLI, 3)}
        for name, ask in _variants(memory).items():
            values |= spread(name, timings(ask, questions[: WARM_UP + VARIANT_TIMES], warm_up=WARM_UP))
    return values


def _variants(memory: ScopedMemory) -> dict[str, Callable[[str], object]]:
    now = datetime.now(UTC)
    return {
        "valid_then": lambda text: memory.recall(text, as_of="2022-06-01"),
        "believed_then": lambda text: memory.recall(text, as_of=AsOf(system=now)),
        "one_type": lambda text: memory.recall(text, types=["preference"]),
        "one_tag": lambda text: memory.recall(text, tags=["garden"]),
        "fifty_hits": lambda text: memory.recall(text, k=50),
    }
