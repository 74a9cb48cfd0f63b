"""The page about the guard is that of the committed results."""

from pathlib import Path

from benchmarks.guard.sets import public
from benchmarks.guard.tables import PAGE, rendered_page, text_of


def test_the_page_is_that_of_the_results() -> None:
    """No figure is typed by hand: run `python -m benchmarks.guard` after a change."""
    assert PAGE.read_text(encoding="utf-8") == rendered_page()[1]


def test_shares_are_of_what_was_counted() -> None:
    """Alarms about orders are in a hundred, about secrets in ten thousand."""
    rate = {"a|b": {"texts": 8, "found": 1}}
    found = dict.fromkeys(("false_alarms", "detected", "halves", "secrets", "secret_alarms"), rate)
    about = {"cpu": "a CPU", "cores": 2, "python": "3.11", "date": "2026-11-21T00:00"}
    text = text_of({**found, "time": {"a": {"characters": 9.6, "secrets_us": 1.2, "cues_us": 3}}, "environment": about})
    assert text.count("| a\\|b | 8 | 1 | 12.5 % |") == 3
    assert "| a\\|b | 8 | 1 | 1250.0 |" in text
    assert "| a | 10 | 1 | 3 |" in text


def test_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    """A data folder without a set gives no row for it."""
    assert public(tmp_path) == {}
