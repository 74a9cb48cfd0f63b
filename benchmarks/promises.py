"""The promises of design.md, and how the results answer them. Pure: results in, verdicts out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["PROMISES", "Promise", "Results", "Verdict"]


@dataclass(frozen=True, slots=True)
class Results:
    """What the benchmarks wrote.

    Attributes:
        core: The file of `benchmarks.run`.
        crash: The file of `benchmarks/crash.py`, empty where it has not run.
        conflicts: The file of `benchmarks.factconsolidation` and `benchmarks.pairs`, empty where neither has run.
    """

    core: Mapping[str, Any]
    crash: Mapping[str, Any]
    conflicts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of store that were measured, smallest first."""
        return tuple(sorted({entry["size"] for entry in self.core["benchmarks"] if entry["size"]}))

    def values(self, name: str, size: int | None = None) -> Mapping[str, Any]:
        """What a benchmark found, empty where it did not run or failed."""
        return next((entry["values"] for entry in self.core["benchmarks"] if (entry["name"], entry["size"]) == (name, size)), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was measured for a promise, in words, and whether it is kept."""

    measured: str
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A promise, its bar in words, and how results are held against it: ``None`` where they say nothing of it."""

    promise: str
    bar: str
    judge: Callable[[Results], Verdict | None]


def _largest(found: Results, name: str) -> tuple[int, Mapping[str, Any]]:
    size = next((size for size in reversed(found.sizes) if found.values(name, size)), 0)
    return size, found.values(name, size)


def _figure(name: str, key: str, unit: str, bar: float, *, sized: bool = True, beside: str = "") -> Callable[[Results], Verdict | None]:
    # ``beside``: a value of the same run without which the figure does not mean what is promised.
    def judge(found: Results) -> Verdict | None:
        size, values = _largest(found, name) if sized else (0, found.values(name))
        if key not in values or (beside and beside not in values):
            return None
        kept = values[key] >= bar if unit == "/s" else values[key] <= bar
        return Verdict(measured=f"{values[key]:,.4g} {unit}".replace(" /s", "/s") + (_elsewhere(size) if sized else ""), kept=kept)

    return judge


def _elsewhere(size: int) -> str:
    return "" if size == PROMISED_SIZE else f" (with {size:,} memories)"


def _fresh(found: Results) -> Verdict | None:
    measured = [found.values("freshness", size) for size in found.sizes if found.values("freshness", size)]
    missed, pairs = sum(values["missed"] for values in measured), sum(values["pairs"] for values in measured)
    return Verdict(measured=f"{pairs - missed:,} of {pairs:,}", kept=not missed) if measured else None


def _crash(found: Results) -> Verdict | None:
    if not found.crash:
        return None
    kills, lost = int(found.crash["kills"]), int(found.crash["acknowledged_writes_lost"])
    return Verdict(measured=f"{kills:,} kills, {lost:,} acknowledged writes lost", kept=kills >= 200 and not lost)


PROMISED_SIZE: Final = 100_000
PROMISES: Final = (
    Promise(
        promise="recall, text to hits, 100,000 memories in the scope, embedding included", bar="p95 ≤ 15 ms", judge=_figure("recall", "recall_p95_ms", "ms", 15)
    ),
    Promise(
        promise="remember, durable on return, 100,000 memories, embedding and conflict check included",
        bar="p95 ≤ 25 ms",
        judge=_figure("remember", "remember_p95_ms", "ms", 25, beside="relate_share"),
    ),
    Promise(promise="the same, told which memory it supersedes", bar="p95 ≤ 25 ms", judge=_figure("remember", "supersede_p95_ms", "ms", 25)),
    Promise(promise="remember in a batch, 100,000 memories", bar="≥ 150/s", judge=_figure("remember", "batch_per_s", "/s", 150)),
    Promise(promise="a memory is recalled by the next call", bar="always", judge=_fresh),
    Promise(promise="`import erstwhile`", bar="≤ 300 ms", judge=_figure("import", "import_ms", "ms", 300, sized=False)),
    Promise(promise="resident memory of the process, 100,000 memories and the model", bar="≤ 500 MB", judge=_figure("footprint", "rss_mb", "MB", 500)),
    Promise(promise="install of the core with its model", bar="≤ 200 MB", judge=_figure("install", "install_mb", "MB", 200, sized=False)),
    Promise(promise="kill -9 in the middle of writes", bar="no acknowledged write lost, 200 of 200", judge=_crash),
)
"""In the order of the table. Two promises are not measured yet, for want of what they speak of: the MCP handshake, and two processes on one store."""
