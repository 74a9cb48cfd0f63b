"""The page of growth."""

import json

from benchmarks.scale import RESULTS
from benchmarks.scale_table import MILLION, PAGE, rendered
from benchmarks.table import MARKED


def test_the_page_is_that_of_the_results() -> None:
    """No figure is typed by hand: run `python -m benchmarks.scale_table` after a change of the results."""
    page = PAGE.read_text(encoding="utf-8")
    assert len(MARKED.findall(page)) == 1
    assert page == rendered(page, *(json.loads(results.read_text(encoding="utf-8")) for results in (RESULTS, MILLION)))


def test_what_was_not_measured_is_a_dash() -> None:
    """A graph is built up to a size only; shares have no unit, and large figures no decimals."""
    times = {f"{name}_{part}": 1.25 for name in ("broad", "narrow", "one_type", "one_tag", "valid_then", "believed_then") for part in ("p50_ms", "p95_ms")}
    about = {"cpu": "a CPU", "cores": 2, "load_at_start": 0.5, "python": "3.11", "date": "2026-11-21T00:00:00", "commit": "abc"}
    found = {"command": "the command", "environment": about, "sizes": {"1000": {**times, "recall_at_10": 1.0, "rss_mb": 812.4}}}
    text = rendered("<!-- benchmarks:start -->\n<!-- benchmarks:end -->", found)
    assert "| a scope with half of all | 1.2 / 1.2 ms |" in text
    assert "| recall@10 against exact search | 1.000 |" in text
    assert "| resident memory, without the model | 812 MB |" in text
    assert "| **graph**: CPU time to build it | — |" in text
    assert "a CPU, 2 cores, load 0.5; Python 3.11; 2026-11-21, commit abc: `the command`." in text
