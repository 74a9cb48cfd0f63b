"""The file that what was measured of retrieval is kept in: `benchmarks/results/retrieval.json`, by set and by model."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.environment import ROOT

__all__ = ["RESULTS", "keep", "read"]

RESULTS: Final = ROOT / "benchmarks/results/retrieval.json"
NUMBERS: Final = re.compile(r"\[\n\s+(?:(?:[\d.e+-]+|null),?\n\s+)+\]")
"""A list of numbers, as `json` writes it: a line each. No text in the file holds a line break."""


def read(path: Path = RESULTS) -> dict[str, Any]:
    """The results; of what was not measured, nothing."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def keep(name: str, profile: str, run: Mapping[str, Any], path: Path = RESULTS) -> None:
    """Put what was found of one set through one model in its place; the rest of the file stays as it is."""
    results = read(path)
    results[name] = {**results.get(name, {}), profile: run}
    path.parent.mkdir(parents=True, exist_ok=True)
    # Thousands of signals, a line each, would bury the figures.
    text = NUMBERS.sub(lambda match: " ".join(match[0].split()).replace("[ ", "[").replace(" ]", "]"), json.dumps(results, indent=2))
    path.write_text(text + "\n", encoding="utf-8")
