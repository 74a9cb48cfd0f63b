"""The figures in the README and in the docs are those of the committed results."""

from pathlib import Path
from typing import Any

import pytest
from benchmarks.promises import PROMISES, Results
from benchmarks.table import MARKED, PAGES, page, read_results, render, summary

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_the_results_say(name: str) -> None:
    """No figure is typed by hand: run `python -m benchmarks.table` after a change of the results."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(MARKED.findall(text)) == 1
    assert text == render(text, read_results(), PAGES[name])


def test_the_results_cover_what_is_promised() -> None:
    """The committed run measured every promise at the size it is promised for, on a clean commit."""
    found = read_results()
    assert found.sizes == (1_000, 10_000, 100_000)
    assert [promise.promise for promise in PROMISES if promise.judge(found) is None] == []
    assert all(entry["values"] for entry in found.core["benchmarks"])
    assert not found.core["environment"]["commit"].endswith("-dirty")


def _results(name: str, size: int | None, **values: object) -> Results:
    about: dict[str, Any] = {"cpu": "a CPU", "cores": 2, "python": "3.11", "date": "2026-11-21T00:00:00", "commit": "abc", "packages": {"numpy": "2"}}
    return Results(
        core={"command": "x", "seconds": 1, "environment": about, "benchmarks": [{"name": name, "size": size, "load": 0.5, "values": values}]}, crash={}
    )


@pytest.mark.parametrize(
    ("found", "measured", "kept"),
    [
        (_results("recall", 100_000, recall_p95_ms=15.0), "15 ms", True),
        (_results("recall", 100_000, recall_p95_ms=15.1), "15.1 ms", False),
        (_results("recall", 10_000, recall_p95_ms=3.21), "3.21 ms (with 10,000 memories)", True),
        (_results("remember", 100_000, batch_per_s=149.9), "149.9/s", False),
        (_results("remember", 100_000, batch_per_s=150.0), "150/s", True),
        (_results("freshness", 100_000, pairs=200, missed=1), "199 of 200", False),
        (_results("freshness", 1_000, pairs=200, missed=0), "200 of 200", True),
        (_results("import", None, import_ms=301.0), "301 ms", False),
    ],
)
def test_a_promise_is_held_against_its_bar(found: Results, measured: str, *, kept: bool) -> None:
    """A bar that is missed is said to be missed."""
    verdicts = [verdict for promise in PROMISES if (verdict := promise.judge(found))]
    assert [(verdict.measured, verdict.kept) for verdict in verdicts] == [(measured, kept)]
    assert ("| met |" in summary(found), "**not met**" in summary(found)) == (kept, not kept)


@pytest.mark.parametrize(("lost", "kills", "kept"), [(0, 200, True), (1, 200, False), (0, 100, False)])
def test_the_crash_run_counts_only_whole(lost: int, kills: int, *, kept: bool) -> None:
    """A shortened run, or a lost write, does not keep the promise."""
    found = Results(core=_results("recall", 1).core, crash={"kills": kills, "acknowledged_writes_lost": lost})
    (verdict,) = (verdict for promise in PROMISES if (verdict := promise.judge(found)))
    assert verdict.kept is kept


def test_only_what_is_between_the_marks_is_written() -> None:
    """The prose of a page stays as it is, and writing twice changes nothing."""
    text = "before\n<!-- benchmarks:start -->\nold\n<!-- benchmarks:end -->\nafter\n"
    found = _results("recall", 1_000, recall_p95_ms=3.0)
    once = render(text, found, "page")
    assert once == f"before\n<!-- benchmarks:start -->\n{page(found)}<!-- benchmarks:end -->\nafter\n"
    assert render(once, found, "page") == once
