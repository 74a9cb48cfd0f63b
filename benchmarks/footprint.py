"""Memory of a process that has the store and the model in use."""

from pathlib import Path
from typing import Final

from benchmarks import corpus
from benchmarks.measures import Values
from benchmarks.stores import USER, Task
from erstwhile import open as open_store

__all__ = ["measure"]

RECALLS: Final = 200


def measure(task: Task) -> Values:
    """Open, recall 200 times, and read what Linux says. ``file`` is mapped from the disk and can be dropped; ``anon`` is the process's own."""
    before = _resident()
    with open_store(task.store) as engine:
        memory = engine.scope(user=USER)
        for number in range(RECALLS):
            memory.recall(corpus.question(number))
        after = _resident()
    return {"rss_mb": after["VmRSS"], "anon_mb": after["RssAnon"], "file_mb": after["RssFile"], "peak_mb": after["VmHWM"], "before_open_mb": before["VmRSS"]}


def _resident() -> dict[str, float]:
    lines = (line.split() for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return {line[0].rstrip(":"): round(int(line[1]) * 1024 / 1e6, 1) for line in lines if line[0].startswith(("VmRSS", "VmHWM", "RssAnon", "RssFile"))}
