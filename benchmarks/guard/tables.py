"""What was measured of the guard, as tables in docs/reference/guard.md. No figure there is typed by hand."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.environment import ROOT
from benchmarks.markdown import grid
from benchmarks.table import MARKED

__all__ = ["PAGE", "RESULTS", "rendered_page", "text_of"]

PAGE: Final = ROOT / "docs/reference/guard.md"
RESULTS: Final = ROOT / "benchmarks/results/guard.json"

Values = Mapping[str, Any]


def rendered_page(found: Values | None = None) -> tuple[Path, str]:
    """The page, and its text with what was found between its marks. Default: what was kept."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if found is None else found
    body = text_of(kept)
    return PAGE, MARKED.sub(lambda _: body, PAGE.read_text(encoding="utf-8"))


def text_of(found: Values) -> str:
    """The tables."""
    return "\n".join((*_lines(found), ""))


def _lines(found: Values) -> Iterator[str]:
    yield from ("## Orders: false alarms", "", *_rates("harmless texts", found["false_alarms"], "kept apart", per=100), "")
    yield from ("## Orders: found", "", *_rates("orders", found["detected"], "found", per=100), "")
    halves = " and ".join(f"{_share(half, 100)} of the {name} ones" for name, half in found["halves"].items())
    yield from (f"Of our own orders, {halves} (held out).", "")
    yield from ("## Secrets: found", "", *_rates("kind", found["secrets"], "found", per=100), "")
    yield from ("## Secrets: false alarms", "", *_rates("harmless texts", found["secret_alarms"], "taken for one", per=10_000), "")
    rows = [(name, f"{each['characters']:,.0f}", f"{each['secrets_us']:,.0f}", f"{each['cues_us']:,.0f}") for name, each in found["time"].items()]
    yield from ("## Time", "", *grid(("texts", "characters", "secrets, µs", "orders, µs"), rows), "")
    about = found["environment"]
    machine = f"{about['cpu']}, {about['cores']} cores, Python {about['python']}, {about['date'][:10]}"
    yield f"A text on average; orders are looked for only in text from untrusted sources. {machine}."


def _rates(first: str, values: Values, what: str, *, per: int) -> Iterator[str]:
    rows = [(name.replace("|", "\\|").replace("<", "&lt;"), f"{each['texts']:,}", f"{each['found']:,}", _share(each, per)) for name, each in values.items()]
    yield from grid((first, "texts", what, "share" if per == 100 else f"in {per:,}"), rows)


def _share(each: Values, per: int) -> str:
    share = each["found"] / each["texts"] * per
    return f"{share:.1f} %" if per == 100 else f"{share:.1f}"
