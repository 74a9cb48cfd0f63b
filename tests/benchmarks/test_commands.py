"""Benchmarks whose figures are committed can still be run: each command, on the smallest store."""

import json
from pathlib import Path

from benchmarks import run, scale


def test_growth_can_be_measured(tmp_path: Path) -> None:
    """`python -m benchmarks.scale`: what the page has a row for is measured, and exact search finds all."""
    out = tmp_path / "scale.json"
    scale.main(["--sizes", "60", "--out", str(out), "--cache", str(tmp_path)])
    (size, found), *others = json.loads(out.read_text(encoding="utf-8"))["sizes"].items()
    assert (size, others) == ("60", [])
    assert found["recall_at_10"] == 1
    assert all(found[f"{name}_p95_ms"] >= found[f"{name}_p50_ms"] > 0 for name in ("broad", "narrow", "one_type", "one_tag", "valid_then", "believed_then"))


def test_promises_can_be_measured(tmp_path: Path) -> None:
    """`python -m benchmarks.run`: a store is filled, and what was written to a copy of it is recalled."""
    out = tmp_path / "core.json"
    run.main(["--sizes", "20", "--only", "freshness", "--out", str(out), "--cache", str(tmp_path / "kept")])
    filled, fresh = json.loads(out.read_text(encoding="utf-8"))["benchmarks"]
    assert (filled["name"], fresh["name"]) == ("filling", "freshness")
    assert fresh["values"]["missed"] == 0 < fresh["values"]["pairs"]
