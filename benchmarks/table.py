"""Put the results into README.md and docs/reference: `python -m benchmarks.table`. No figure there is typed by hand."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.conflict_tables import conflict_page
from benchmarks.environment import ROOT
from benchmarks.markdown import Row, grid
from benchmarks.promises import PROMISES, Results

__all__ = ["MARKED", "PAGES", "conflicts", "page", "read_results", "render", "summary"]

START, END = "<!-- benchmarks:start -->", "<!-- benchmarks:end -->"
MARKED: Final = re.compile(f"(?<={START}\n).*?(?={END})", re.DOTALL)
PAGES: Final = {"README.md": "summary", "docs/reference/benchmarks.md": "page", "docs/reference/conflicts.md": "conflicts"}
"""Pages, and the function here that writes what stands between their marks."""
FILES: Final = ("core", "crash", "conflicts")

BY_SIZE: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("recall, p50", "recall", "recall_p50_ms", "ms"),
    ("recall, p95", "recall", "recall_p95_ms", "ms"),
    ("… of it the model, p50", "recall", "embed_p50_ms", "ms"),
    ("… of it the store, p50", "recall", "store_p50_ms", "ms"),
    ("… of it the rest, p50", "recall", "rest_p50_ms", "ms"),
    ("recall of what held at a date, p95", "recall", "valid_then_p95_ms", "ms"),
    ("recall as believed at an earlier time, p95", "recall", "believed_then_p95_ms", "ms"),
    ("recall of one type, p95", "recall", "one_type_p95_ms", "ms"),
    ("recall of one tag, p95", "recall", "one_tag_p95_ms", "ms"),
    ("recall of 50 hits, p95", "recall", "fifty_hits_p95_ms", "ms"),
    ("remember, p50", "remember", "remember_p50_ms", "ms"),
    ("remember, p95", "remember", "remember_p95_ms", "ms"),
    ("remember, longest", "remember", "remember_max_ms", "ms"),
    ("… of it the model, p50", "remember", "embed_p50_ms", "ms"),
    ("… of it the store, p50", "remember", "store_p50_ms", "ms"),
    ("… of that, reading, p50", "remember", "search_p50_ms", "ms"),
    ("… of it judging how memories relate, p50", "remember", "judge_p50_ms", "ms"),
    ("… of it judging how memories relate, p95", "remember", "judge_p95_ms", "ms"),
    ("remember with `relate=False`, p50", "remember", "unrelated_p50_ms", "ms"),
    ("remember with `relate=False`, p95", "remember", "unrelated_p95_ms", "ms"),
    ("share of a remember that finding and settling conflicts takes, by p50", "remember", "relate_share", "%"),
    ("remember what is dated in the past, p50", "remember", "late_p50_ms", "ms"),
    ("remember what is dated in the past, p95", "remember", "late_p95_ms", "ms"),
    ("remember what supersedes a named memory, p95", "remember", "supersede_p95_ms", "ms"),
    ("remember with `durable=False`, p95", "remember", "not_durable_p95_ms", "ms"),
    ("remember many at once", "remember", "batch_per_s", "/s"),
    ("… what is dated in the past", "remember", "late_batch_per_s", "/s"),
    ("… with `relate=False`", "remember", "unrelated_batch_per_s", "/s"),
    ("observe turns, 20 at once", "remember", "turns_per_s", "/s"),
    ("… with `draw=False`", "remember", "undrawn_turns_per_s", "/s"),
    ("memories written and not recalled by the next call, of 200", "freshness", "missed", ""),
    ("filling with vectors at hand, `durable=False`", "filling", "memories_per_s", "/s"),
    ("… longest wait of 100 memories", "filling", "batch_max_ms", "ms"),
    ("opening, in a fresh process", "opening", "open_ms", "ms"),
    ("first recall, model loaded on the way", "opening", "first_recall_ms", "ms"),
    ("resident memory after 200 recalls", "footprint", "rss_mb", "MB"),
    ("… of it the process's own", "footprint", "anon_mb", "MB"),
    ("… of it mapped files, which the system can drop", "footprint", "file_mb", "MB"),
    ("disk", "filling", "disk_mb", "MB"),
    ("**numpy**, by meaning alone: recall, p50", "numpy", "recall_p50_ms", "ms"),
    ("**numpy**: recall, p95", "numpy", "recall_p95_ms", "ms"),
    ("**qdrant-client's local mode**, by meaning alone: recall, p50", "qdrant_local", "recall_p50_ms", "ms"),
    ("**qdrant-client's local mode**: recall, p95", "qdrant_local", "recall_p95_ms", "ms"),
    ("**qdrant-client's local mode**: filling", "qdrant_local", "fill_s", "s"),
)  # fmt: skip
"""Label, benchmark, value and unit of each row that has a column for each size of store."""

ONCE: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("a bare `python -c pass`", "import", "python_ms", "ms"),
    ("`python -c 'import erstwhile'`", "import", "python_and_import_ms", "ms"),
    ("the difference: `import erstwhile`", "import", "import_ms", "ms"),
    ("`erstwhile --version`", "command", "version_ms", "ms"),
    ("install of the core with its model", "install", "install_mb", "MB"),
    ("… with compiled bytecode", "install", "with_bytecode_mb", "MB"),
    ("… packages installed", "install", "wheels", ""),
)


def summary(found: Results) -> str:
    """The promises, what was measured, whether they are kept, and on what."""
    judged = [(promise, verdict) for promise in PROMISES if (verdict := promise.judge(found)) is not None]
    rows = [(promise.promise, promise.bar, verdict.measured, "met" if verdict.kept else "**not met**") for promise, verdict in judged]
    return "\n".join((*grid(("promise", "bar", "measured", ""), rows), "", _measured_on(found), ""))


def page(found: Results) -> str:
    """All of it: the promises, every figure by size, what is measured once, what the installation is made of, and the machine."""
    sizes = found.sizes
    by_size = [(label, *(_cell(found.values(name, size), key, unit) for size in sizes)) for label, name, key, unit in BY_SIZE]
    once = [(label, _cell(found.values(name), key, unit)) for label, name, key, unit in ONCE]
    install = found.values("install").get("largest", [])
    heavy = found.values("import").get("heavy_modules")
    parts = [
        summary(found),
        "## By memories in the scope\n",
        *grid(("", *(f"{size:,}" for size in sizes)), [row for row in by_size if set(row[1:]) != {"—"}]),
        "\n—: not measured; qdrant-client's local mode takes minutes with more than 10,000 points (`--all` measures it).\n",
        "## Once\n",
        *grid(("", ""), [row for row in once if row[1] != "—"]),
    ]
    if heavy is not None:
        parts.append(f"\nSlow modules that `import erstwhile` loads: {', '.join(heavy) or 'none'}.")
    if install:
        parts.append(f"\nThe largest packages of the installation, in MB: {', '.join(install)}.")
    parts += ["\n## Machine\n", *grid(("", ""), list(_machine(found.core)))]
    return "\n".join((*parts, ""))


def conflicts(found: Results) -> str:
    """What conflict resolution was measured to do."""
    return conflict_page(found.conflicts)


def render(text: str, found: Results, name: str) -> str:
    """``text`` with what the function called ``name`` writes put between the marks."""
    body = {"summary": summary, "page": page, "conflicts": conflicts}[name](found)
    return MARKED.sub(lambda _: body, text)


def _measured_on(found: Results) -> str:
    about = found.core["environment"]
    loads = [entry["load"] for entry in found.core["benchmarks"] if entry["load"] is not None]
    load = f", load {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    return f"{about['cpu']}, {about['cores']} cores{load}; Python {about['python']}; {about['date'][:10]}, commit {about['commit']}: `{found.core['command']}`."


def _cell(values: Mapping[str, Any], key: str, unit: str) -> str:
    value = values.get(key)
    if value is None:
        return "—"
    if unit == "%":
        return f"{100 * value:.0f} %"
    number = f"{value:,.0f}" if isinstance(value, int) or value >= 100 else f"{value:,.1f}"
    return f"{number}{unit}" if unit == "/s" else f"{number} {unit}".rstrip()


def _machine(core: Mapping[str, Any]) -> Iterator[Row]:
    about = dict(core["environment"])
    packages = about.pop("packages")
    yield from ((name.replace("_", " "), str(value)) for name, value in about.items())
    yield "packages", ", ".join(f"{name} {version}" for name, version in packages.items())
    yield "command", f"`{core['command']}`"
    yield "took", f"{core['seconds']:,} s"


def read_results(folder: Path = ROOT / "benchmarks/results") -> Results:
    """The results in ``folder``; of what was not measured, nothing."""
    core, crash, conflicts = ((json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}) for path in (folder / f"{name}.json" for name in FILES))
    return Results(core=core, crash=crash, conflicts=conflicts)


def main() -> None:
    """Write the pages."""
    found = read_results()
    for name, function in PAGES.items():
        path = ROOT / name
        path.write_text(render(path.read_text(encoding="utf-8"), found, function), encoding="utf-8")


if __name__ == "__main__":
    main()
