"""The page of the half hour under load."""

import json

from benchmarks.soak import RESULTS
from benchmarks.soak_table import PAGE, rendered, summary
from benchmarks.table import MARKED


def test_the_page_is_that_of_the_results() -> None:
    """No figure is typed by hand: run `python -m benchmarks.soak_table` after a change of the results."""
    page = PAGE.read_text(encoding="utf-8")
    assert len(MARKED.findall(page)) == 1
    assert page == rendered(page, json.loads(RESULTS.read_text(encoding="utf-8")))


def test_calls_and_readings_fall_into_fifths_of_the_time() -> None:
    """Of each fifth: the highest reading of each kind, and the times of its calls."""
    samples = [{"at": float(at), "host_mb": 100.0 + at} for at in range(1, 101)]
    calls = [{"at": at + 0.5, "call": "recall", "s": 0.001 * (at // 20 + 1)} for at in range(99)]
    found = summary({"began": 0.0, "samples": samples, "calls": calls})
    assert found["calls_made"] == 99
    assert [each["readings"]["host_mb"] for each in found["stretches"]] == [119.0, 139.0, 159.0, 179.0, 200.0]
    assert [each["calls"]["recall"] for each in found["stretches"]] == [
        {"times": 19 if part == 4 else 20, "p50_ms": part + 1.0, "p95_ms": part + 1.0} for part in range(5)
    ]
