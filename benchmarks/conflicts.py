"""The file that what was measured of conflict resolution is kept in: `benchmarks/results/conflicts.json`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks import environment

__all__ = ["RESULTS", "keep", "share"]

RESULTS: Final = environment.ROOT / "benchmarks/results/conflicts.json"


def keep(key: str, values: Mapping[str, Any], *, path: Path | None = None, within: str | None = None) -> None:
    """Put what was found under ``key`` (and there under ``within``), with what it was found on; the rest of the file stays as it is."""
    path = path or RESULTS
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    entry = {"command": _command(), "environment": environment.describe(), **values}
    results[key] = entry if within is None else {**results.get(key, {}), within: entry}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def share(count: int, of: int) -> str:
    """A count, of how many, and the share in percent; "—" of nothing."""
    return f"{count:,} of {of:,} ({100 * count / of:.1f} %)" if of else "—"


def _command() -> str:
    return " ".join(["python -m", f"benchmarks.{Path(sys.argv[0]).stem}", *sys.argv[1:]])
