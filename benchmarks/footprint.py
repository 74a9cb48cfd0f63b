"""Memory of a process that has the store and the model in use."""

from typing import Final

from benchmarks import corpus
from benchmarks.environment import resident
from benchmarks.measures import Values
from benchmarks.stores import USER, Task
from erstwhile import open as open_store

__all__ = ["measure"]

RECALLS: Final = 200


def measure(task: Task) -> Values:
    """Open, recall 200 times, and read what Linux says. ``file`` is mapped from the disk and can be dropped; ``anon`` is the process's own."""
    before = resident()
    with open_store(task.store) as engine:
        memory = engine.scope(user=USER)
        for number in range(RECALLS):
            memory.recall(corpus.question(number))
        after = resident()
    return {"rss_mb": after["VmRSS"], "anon_mb": after["RssAnon"], "file_mb": after["RssFile"], "peak_mb": after["VmHWM"], "before_open_mb": before["VmRSS"]}
