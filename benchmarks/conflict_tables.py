"""What was measured of conflict resolution, as tables: docs/reference/conflicts.md. Pure: results in, text out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from benchmarks.conflicts import share
from benchmarks.markdown import Row, grid
from benchmarks.pairs import SETS, scores
from benchmarks.slots import ATTRIBUTES

__all__ = ["conflict_page"]

Values = Mapping[str, Any]

PUBLISHED: Final = (
    ("Graphiti/Zep", "7", "≤ 7"),
    ("Mem0", "18", "≤ 7"),
    ("BM25", "48", "≤ 7"),
    ("HippoRAG-v2", "54", "≤ 7"),
    ("candidates, then the highest serial number, with gpt-4o-mini", "78.0", "30.2"),
    ("candidates, then the highest serial number, with gpt-4o", "94.8", "51.5"),
)
"""System, questions of one hop and of several, answered rightly, in percent; arXiv 2606.01435."""
PUBLISHED_NOTE: Final = (
    "Of the same benchmark, from arXiv 2606.01435; a right answer contains the newest value. These are no hit rates: there a language model answers\n"
    "from what was found. hit@1 above says that the newest value stands in the first memory that recall returns, and no language model takes part."
)
BARS: Final[Mapping[str, str]] = {
    "supersession recall": "≥ 85 %",
    "false supersession": "≤ 1 %",
    "duplicate F1": "≥ 90 %",
}


def conflict_page(found: Values) -> str:
    """All of it: the facts, what others publish, the pairs with their confusion matrices, the conversations, and the machine of each run."""
    parts: list[str] = []
    if facts := found.get("factconsolidation"):
        parts += ["## FactConsolidation\n", *_facts(facts["sizes"]), "", _run(facts), "\n### By attribute\n", *_attributes(facts["sizes"])]
        parts += ["\n### Published by others\n", PUBLISHED_NOTE, "", *grid(("system", "one hop, %", "several hops, %"), PUBLISHED), ""]
    if sets := {name: found["pairs"][name] for name in SETS if name in found.get("pairs", {})}:
        parts += ["## Pairs\n", *_scores(sets), ""]
        for name, run in sets.items():
            parts += [f"### Confusion, {name}\n", *_confusion(run["parts"]["all"]), "", _run(run), ""]
    if sets := {name: found["crowded"][name] for name in SETS if name in found.get("crowded", {})}:
        parts += ["## Pairs in a crowd\n", *_crowded({name: run["counts"] for name, run in sets.items()}), "", *map(_run, sets.values()), ""]
    if talks := found.get("talks"):
        parts += ["## Conversations\n", *_talks(talks), "", _run(talks), ""]
    return "\n".join((*(parts or ["Nothing was measured yet."]), "")).replace("\n\n\n", "\n\n")


def _facts(sizes: Values) -> list[str]:
    def row(label: str, bar: str, cell: Callable[[Values], str]) -> Row:
        return (label, bar, *(cell(values) for values in sizes.values()))

    def pairs(kind: str, key: str) -> Callable[[Values], str]:
        return lambda values: share(values["pairs"][kind].get(key, 0), values["pairs"][kind]["pairs"])

    def hops(key: str, of: str) -> Callable[[Values], str]:
        return lambda values: share(values["multi_hop"][key], values["multi_hop"][of]) if "multi_hop" in values else "—"

    def hits(values: Values) -> str:
        return f"{values['hit1']} / {values['hit5']}"

    rows = [
        row("facts, in order", "", lambda values: f"{values['facts']:,}"),
        row("**questions of one hop**: hit@1 / hit@5, of 100", "within 1 of the next row", hits),
        row("… only the newest value of each written: what perfect supersession gives", "", lambda values: hits(values["ceiling"])),
        row("… all written with `relate=False`", "", lambda values: hits(values["unrelated"])),
        row("an older value of what is asked for among the five, of questions that have one", "", lambda values: share(values["stale5"], values["with_rival"])),
        row("… attributes with one value at a time alone", "≤ 2 %", lambda values: share(values["single_stale5"], values["single_with_rival"])),
        row("questions with a retired memory among the five", "0", lambda values: str(values["retired_seen"])),
        row("**older values superseded**, attributes with one value at a time", "≥ 95 %", pairs("single", "superseded")),
        row("… attributes that may have several", "", pairs("several", "superseded")),
        row("newest value first among several, asked in its own words", "100 %", pairs("several", "newest_first")),
        row("newest value lost", "0", lambda values: str(sum(kind["lost_newest"] for kind in values["pairs"].values()))),
        row("**facts without a rival** that were retired", "≤ 0.2 %", lambda values: share(values["alone"]["retired"], values["alone"]["facts"])),
        row("… that were merged into another", "", lambda values: share(values["alone"]["merged"], values["alone"]["facts"])),
        row("conflicts opened", "", lambda values: str(values["contested"])),
        row("**questions of several hops**: hit@5 of the answer", "", hops("hit5", "questions")),
        row("… whose facts could be derived", "", hops("resolved", "questions")),
        row("… hit@5 of each of these facts", "", hops("hop_hit5", "hops")),
        row("… hit@5 of all of a question's facts", "", hops("all_hops_hit5", "resolved")),
        row("writes a second, one call of `remember_many`", "", lambda values: f"{values['writes_per_s']:,.0f}"),
        row("… with `relate=False`", "", lambda values: f"{values['unrelated']['writes_per_s']:,.0f}"),
    ]  # fmt: skip
    return grid(("", "bar", *sizes), rows)


def _attributes(sizes: Values) -> list[str]:
    def cell(values: Values, name: str) -> str:
        counts = values["attributes"].get(name)
        return f"{counts['superseded']} of {counts['pairs']}" if counts else "—"

    rows = [(each.name, "several" if each.several else "one", *(cell(values, each.name) for values in sizes.values())) for each in ATTRIBUTES]
    return grid(("older values superseded", "values at a time", *sizes), [row for row in rows if set(row[2:]) != {"—"}])


def _scores(sets: Values) -> list[str]:
    columns = [(name, part, scores(counts), counts) for name, run in sets.items() for part, counts in run["parts"].items()]
    names = dict.fromkeys(name for _, _, found, _ in columns for name in found)
    rows: list[Sequence[str]] = [("pairs", "", *(f"{counts['pairs']:,}" for *_, counts in columns))]
    rows += [("first memory not among the candidates", "", *(f"{counts['not_found']:,}" for *_, counts in columns))]
    rows += [(name, BARS.get(name, ""), *(f"{100 * found[name]:.1f} %" if name in found else "—" for *_, found, _ in columns)) for name in names]
    return grid(("", "bar, but for tuning", *(f"{name}, {part}" for name, part, *_ in columns)), rows)


def _confusion(counts: Values) -> list[str]:
    matrix = counts["confusion"]
    return grid(("labelled ↓ called →", *matrix), [(label, *(str(row[called]) for called in matrix)) for label, row in matrix.items()])


def _crowded(sets: Values) -> list[str]:
    def row(label: str, cell: Callable[[Values], str]) -> Row:
        return (label, *(cell(counts) for counts in sets.values()))

    def strangers(kind: str, key: str) -> Callable[[Values], str]:
        return lambda counts: f"{counts[kind][key]}, {1000 * counts[kind][key] / counts[kind]['writes']:.1f} of a thousand writes"

    rows = [
        row("second texts written beside all first texts", lambda counts: f"{counts['told']['writes']:,}"),
        row("**first texts superseded**, of pairs labelled so", lambda counts: share(counts["told"]["ended"], counts["told"]["supersedes"])),
        row("true first texts retired", lambda counts: share(counts["told"]["false_ended"], counts["told"]["true"])),
        row("**memories of other pairs retired**", strangers("told", "strangers_ended")),
        row("conflicts opened with memories of other pairs", strangers("told", "strangers_opened")),
        row("second texts merged into memories of other pairs", strangers("told", "merged")),
        row("second texts written beside other first texts alone", lambda counts: f"{counts['news']['writes']:,}"),
        row("**memories retired**, none of which they were written for", strangers("news", "strangers_ended")),
        row("conflicts opened", strangers("news", "strangers_opened")),
        row("second texts merged", strangers("news", "merged")),
    ]
    return grid(("", *sets), rows)


def _talks(found: Values) -> list[str]:
    rows = [
        ("dialogues", str(found["dialogues"])),
        ("memories that were drawn from them", f"{found['memories']:,}"),
        ("… taken for what was known", f"{found['repeated']:,}"),
        ("**older ones that were ended**", f"{found['ended']:,}"),
        ("… rightly, as readers say", share(found["right"], found["ended"])),
        ("… wrongly", f"{found['wrong']:,}, {1000 * found['wrong'] / found['memories']:.1f} of a thousand memories"),
        ("… readers do not agree, or have not read it", f"{found['open']:,}"),
        ("what readers found to be over, of what they read: ended", share(found["right"], found["over"])),
        ("conflicts opened", f"{found['contested']:,}"),
        ("… where readers say that there is or may be one", f"{found['doubtful']:,}"),
    ]
    return grid(("", ""), rows)


def _run(entry: Values) -> str:
    about = entry["environment"]
    load = "" if about["load_at_start"] is None else f", load {about['load_at_start']:.1f}"
    return f"{about['cpu']}, {about['cores']} cores{load}; Python {about['python']}; {about['date'][:10]}, commit {about['commit']}: `{entry['command']}`."
