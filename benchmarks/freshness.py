"""Whether the next recall finds what a call has just written."""

from itertools import count
from typing import Final

from benchmarks.measures import Values
from benchmarks.stores import USER, Task, copied, undated
from erstwhile import open as open_store

__all__ = ["measure"]

PAIRS: Final = 200


def measure(task: Task) -> Values:
    """Write a memory and recall it at once by its own words, which no other memory has all of; count those that are not among the ten hits."""
    numbers = count(2_000_000)
    with copied(task) as path, open_store(path) as engine:
        memory = engine.scope(user=USER)
        missed = 0
        for _ in range(PAIRS):
            given = undated(next(numbers))
            written = memory.remember(**given)
            missed += written.memory_id not in {hit.memory_id for hit in memory.recall(given["content"])}
    return {"pairs": PAIRS, "missed": missed}
