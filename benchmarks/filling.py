"""Filling a store: how fast without the model, the longest wait on the way, and what it takes on the disk."""

from benchmarks.measures import MILLI, Values, percentile, rate
from benchmarks.stores import BATCH, Task, fill

__all__ = ["measure"]


def measure(task: Task) -> Values:
    """Fill the store that the other benchmarks use."""
    seconds = fill(task)
    return {
        "memories_per_s": rate(task.size, sum(seconds)),
        "batch_of": BATCH,
        "batch_p50_ms": round(percentile(seconds, 0.5) * MILLI, 3),
        "batch_max_ms": round(max(seconds) * MILLI, 3),
        "disk_mb": round(sum(path.stat().st_blocks * 512 for path in task.store.rglob("*") if path.is_file()) / 1e6, 1),
    }
