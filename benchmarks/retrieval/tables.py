"""What was measured of retrieval, as tables: `python -m benchmarks.retrieval.tables` writes docs/reference/retrieval.md. No figure there is typed by hand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from benchmarks.environment import ROOT
from benchmarks.markdown import Row, grid
from benchmarks.retrieval.results import read
from benchmarks.retrieval.unanswerable import LOST, SIGNALS, cut_offs
from benchmarks.table import MARKED

__all__ = ["PAGE", "rendered", "run_tables", "text_of"]

PAGE: Final = ROOT / "docs/reference/retrieval.md"
NAMES: Final[Mapping[str, str]] = {"locomo": "LoCoMo", "longmemeval": "LongMemEval-S", "realmem": "RealMem"}
COLUMNS: Final[Mapping[tuple[str, str], Sequence[str]]] = {
    ("locomo", "turn"): ("recall@5", "recall@10", "recall@50", "any@5", "any@10", "any@50", "all@5", "all@10", "all@50", "nDCG@10"),
    ("longmemeval", "session"): ("recall@5", "any@5", "all@5", "recall@10"),
    ("longmemeval", "turn"): ("recall@5", "recall@10", "any@5", "any@10", "nDCG@10"),
    ("realmem", "session"): ("recall@5", "recall@10", "any@5", "any@10", "all@5", "all@10"),
}
"""What is shown of each set, by what was looked for."""
SUMMARY: Final = (
    ("LoCoMo 1 to 4, turns", "locomo", "turn", "1 to 4", ("recall@5", "recall@10", "recall@50", "nDCG@10")),
    ("LongMemEval-S, sessions", "longmemeval", "session", "all", ("recall@5", "any@5")),
    ("RealMem, sessions", "realmem", "session", "all", ("recall@5", "recall@10")),
)
CURVE: Final = (0, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1)
"""Shares of the answers that may be lost, for the plot."""

Values = Mapping[str, Any]


def rendered(page: str, found: Values) -> str:
    """The page with what was found between its marks."""
    body = text_of(found)
    return MARKED.sub(lambda _: body, page)


def text_of(found: Values) -> str:
    """All of it: the models side by side, then each set with each model.

    Args:
        found: What was kept, by set and by profile.
    """
    lines: list[str] = []
    for name in NAMES:
        for profile, run in found.get(name, {}).items():
            lines += ["", f"## {NAMES[name]}, {profile}", "", *run_tables(name, run)]
    return "\n".join((*_side_by_side(found), *lines, "")) if lines else "Nothing was measured yet.\n"


def run_tables(name: str, run: Values) -> Iterator[str]:
    """The tables of one set through one model, with what they were measured on."""
    for (owner, kind), columns in COLUMNS.items():
        if owner == name and kind in run:
            yield from _averages(f"{kind}s", run[kind], columns)
            yield from _averages(f"{kind}s, by conversation", run.get("conversations", {}).get(kind, {}), columns)
    if strange := run.get("unanswerable"):
        yield from _unanswerable(strange)
    yield _run(run)


def _averages(label: str, groups: Values, columns: Sequence[str]) -> Iterator[str]:
    if groups:
        rows = [(name, f"{values['questions']:,}", *(f"{100 * values[column]:.1f}" for column in columns)) for name, values in groups.items()]
        yield from (*grid((label, "questions", *columns), rows), "")


def _side_by_side(found: Values) -> Iterator[str]:
    profiles = list(dict.fromkeys(profile for name in NAMES for profile in found.get(name, {})))
    rows = []
    for label, name, kind, group, columns in SUMMARY:
        for column in columns:
            cells = [found.get(name, {}).get(profile, {}).get(kind, {}).get(group, {}).get(column) for profile in profiles]
            if any(cell is not None for cell in cells):
                rows.append((f"{label}: {column}", *("—" if cell is None else f"{100 * cell:.1f}" for cell in cells)))
    yield from grid(("", *profiles), rows)


def _unanswerable(found: Values) -> Iterator[str]:
    answerable, strange = found["answerable"], found["unanswerable"]
    found10, kept10 = sum(answerable["found10"]), sum(answerable["kept10"])
    rows: list[Row] = [
        ("questions of other conversations: empty answers", _share(strange["empty"], strange["questions"])),
        ("… wrong ones that are not empty", _share(strange["questions"] - strange["empty"], strange["questions"])),
        ("questions that can be answered: empty answers", _share(answerable["empty"], answerable["questions"])),
        ("… with evidence among the first ten hits without a cut-off", _share(found10, answerable["questions"])),
        ("… of these, lost by the cut-off", _share(found10 - kept10, found10)),
    ]
    yield from grid(("as shipped", ""), rows)
    yield ""
    by_signal: list[Row] = []
    for signal in SIGNALS:
        cuts = cut_offs(found, signal)
        by_signal.append((signal, *(_cut(*cuts[lost]) if lost in cuts else "—" for lost in LOST)))
    yield from grid(("if one signal alone decided", *(f"{100 * lost:.0f} % lost" for lost in LOST)), by_signal)
    yield ""
    yield from _plot(found)


def _plot(found: Values) -> Iterator[str]:
    """The curve of a cut-off on relevance alone, as Mermaid draws it."""
    if curve := cut_offs(found, "relevance", CURVE):
        yield "```mermaid"
        yield "xychart-beta"
        yield '    title "A cut-off on relevance alone"'
        yield f'    x-axis "answers found that are lost, %" [{", ".join(f"{100 * lost:g}" for lost in curve)}]'
        yield '    y-axis "questions without an answer that get none, %" 0 --> 100'
        yield f"    line [{', '.join(f'{100 * empty:.1f}' for _, empty in curve.values())}]"
        yield "```"
        yield ""


def _cut(below: float, empty: float) -> str:
    return f"{100 * empty:.1f} % empty, below {below:.3g}"


def _share(count: int, of: int) -> str:
    return f"{count:,} of {of:,} ({100 * count / of:.1f} %)" if of else "—"


def _run(run: Values) -> str:
    about, settings, latency = run["environment"], run["settings"], run["latency"]
    load = "" if about["load_at_start"] is None else f", load {about['load_at_start']:.1f}"
    data = ", ".join(f"{name} {count:,}" for name, count in run["data"].items())
    software = ", ".join(f"{name} {version}" for name, version in {"Python": about["python"], **about["packages"]}.items())
    return (
        f"Model {settings['model']}; k {settings['k']}; {data}; recall {latency['recall_p50_ms']:.1f} ms p50, {latency['recall_p95_ms']:.1f} ms p95. "
        f"{about['cpu']}, {about['cores']} cores{load}; {software}; {about['date'][:10]}, commit {about['commit']}: `{run['command']}`."
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), read()), encoding="utf-8")


if __name__ == "__main__":
    main()
