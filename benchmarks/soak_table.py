"""What half an hour of load showed, in fifths of the time, and as a table: `python -m benchmarks.soak_table` writes docs/reference/soak.md."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks.environment import ROOT
from benchmarks.markdown import grid
from benchmarks.measures import MILLI, percentile
from benchmarks.soak import RESULTS
from benchmarks.table import MARKED

__all__ = ["PAGE", "rendered", "summary"]

PAGE: Final = ROOT / "docs/reference/soak.md"
PARTS: Final = 5
"""The run is told in so many stretches of the same length."""
READINGS: Final[Mapping[str, tuple[str, str]]] = {
    "host_own_mb": ("the process that serves the store: its own memory, highest", " MB"),
    "host_mb": ("the same with what it maps of files", " MB"),
    "host_files_open": ("its open files, most", ""),
    "clients_own_mb": ("a process that uses it: its own memory, highest of all", " MB"),
    "files_mb": ("files of the store, largest", " MB"),
}


def summary(found: Mapping[str, Any]) -> dict[str, Any]:
    """Calls and readings by fifths of the time.

    Args:
        found: ``began`` in seconds since 1970; ``samples``, each ``at`` a time with its readings; ``calls``, each ``at`` a time, by name, with seconds ``s``.
    """
    samples, calls = found["samples"], found["calls"]
    end = max(each["at"] for each in (*samples, *calls))
    width = (end - found["began"]) / PARTS
    stretches = []
    for part in range(PARTS):
        first, last = found["began"] + part * width, found["began"] + (part + 1) * width
        read = [each for each in samples if first <= each["at"] < last or (part == PARTS - 1 and each["at"] == last)]
        made = [each for each in calls if first <= each["at"] < last]
        stretches.append({"readings": _highest(read), "calls": _spreads(made)})
    return {"calls_made": len(calls), "stretches": stretches}


def _highest(read: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: max(values) for name in READINGS if (values := [each[name] for each in read if name in each])}


def _spreads(made: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    by_name: dict[str, list[float]] = {}
    for each in made:
        by_name.setdefault(each["call"], []).append(each["s"])
    return {
        name: {"times": len(seconds), "p50_ms": round(percentile(seconds, 0.5) * MILLI, 1), "p95_ms": round(percentile(seconds, 0.95) * MILLI, 1)}
        for name, seconds in sorted(by_name.items())
    }


def rendered(page: str, found: Mapping[str, Any]) -> str:
    """The page with what was found between its marks."""
    body = _text(found)
    return MARKED.sub(lambda _: body, page)


def _text(found: Mapping[str, Any]) -> str:
    stretches = found["stretches"]
    minutes = found["minutes"] / len(stretches)
    rows = [(what, *(_figure(each["readings"].get(name), unit) for each in stretches)) for name, (what, unit) in READINGS.items()]
    names = sorted({name for each in stretches for name in each["calls"]})
    rows += [(f"{name}, p50 / p95", *(_times(each["calls"].get(name)) for each in stretches)) for name in names]
    head = ("", *(f"minute {minutes * part:g} to {minutes * (part + 1):g}" for part in range(len(stretches))))
    about = found["environment"]
    machine = (
        f"{about['cpu']}, {about['cores']} cores, load {about['load_at_start']} at the start and {about['load_at_end']} at the end; Python {about['python']}"
    )
    told = f"{found['calls_made']:,} calls, none met an error. {machine}; {about['date'][:10]}, commit {about['commit']}: `{found['command']}`."
    return "\n".join((*grid(head, rows), "", told, ""))


def _figure(value: float | None, unit: str) -> str:
    return "—" if value is None else f"{value:,.0f}{unit}"


def _times(spread: Mapping[str, float] | None) -> str:
    return "—" if spread is None else f"{spread['p50_ms']:,.0f} / {spread['p95_ms']:,.0f} ms"


def main() -> None:
    """Write the page."""
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
