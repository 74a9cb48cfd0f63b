"""What was measured of growth, as a table: `python -m benchmarks.scale_table` writes docs/reference/scale.md. No figure there is typed by hand."""

import json
from collections.abc import Mapping
from typing import Any, Final

from benchmarks.environment import ROOT
from benchmarks.markdown import grid
from benchmarks.scale import RESULTS
from benchmarks.table import MARKED

__all__ = ["MILLION", "PAGE", "rendered"]

MILLION: Final = ROOT / "benchmarks/results/scale-million.json"
"""A run by itself, for it takes half an hour."""
PAGE: Final = ROOT / "docs/reference/scale.md"
ROWS: Final[Mapping[str, tuple[str, str]]] = {
    "a scope with half of all": ("broad", " ms"),
    "a scope with one in two hundred": ("narrow", " ms"),
    "one of thirteen types, in the broad scope": ("one_type", " ms"),
    "one tag, in the broad scope": ("one_tag", " ms"),
    "what held at a date, in the broad scope": ("valid_then", " ms"),
    "as believed at an earlier time, in the broad scope": ("believed_then", " ms"),
}
FIGURES: Final[Mapping[str, tuple[str, str]]] = {
    "recall@10 against exact search": ("recall_at_10", ""),
    "resident memory, without the model": ("rss_mb", " MB"),
    "disk": ("disk_mb", " MB"),
    "opening": ("open_ms", " ms"),
    "written": ("memories_per_s", "/s"),
    "**graph** of the broad scope, by meaning alone: search, p50": ("graph_p50_ms", " ms"),
    "**graph**: recall@10 against exact search": ("graph_recall_at_10", ""),
    "**graph**: CPU time to build it": ("graph_build_cpu_s", " s"),
}

Values = Mapping[str, Any]


def rendered(page: str, *runs: Values) -> str:
    """The page with what each run found between its marks."""
    body = "\n".join(map(_text, runs))
    return MARKED.sub(lambda _: body, page)


def _text(found: Values) -> str:
    sizes: Mapping[str, Values] = found["sizes"]
    rows = [(name, *(f"{each[f'{key}_p50_ms']:.1f} / {each[f'{key}_p95_ms']:.1f}{unit}" for each in sizes.values())) for name, (key, unit) in ROWS.items()]
    rows += [(name, *(_figure(each.get(key), unit) for each in sizes.values())) for name, (key, unit) in FIGURES.items()]
    lines = grid(("search, p50 / p95", *(f"{int(size):,}" for size in sizes)), rows)
    about = found["environment"]
    machine = f"{about['cpu']}, {about['cores']} cores, load {about['load_at_start']}; Python {about['python']}"
    return "\n".join((*lines, "", f"{machine}; {about['date'][:10]}, commit {about['commit']}: `{found['command']}`.", ""))


def _figure(value: float | None, unit: str) -> str:
    return "—" if value is None else f"{value:,.3f}" if not unit else f"{value:,.0f}{unit}" if value >= 10 else f"{value:,.2f}{unit}"


def main() -> None:
    """Write the page."""
    runs = (json.loads(results.read_text(encoding="utf-8")) for results in (RESULTS, MILLION))
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), *runs), encoding="utf-8")


if __name__ == "__main__":
    main()
