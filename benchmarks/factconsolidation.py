"""FactConsolidation (MemoryAgentBench, MIT): numbered facts, of which later ones contradict earlier ones. `python -m benchmarks.factconsolidation`.

The facts are written in order, as free text, each a minute after the one before; then the questions are asked. No LLM, nothing but the default engine. What is
right is told by the templates of the data (`benchmarks/slots.py`), which the engine never sees.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import erstwhile
from benchmarks import conflicts
from benchmarks.measures import rate
from benchmarks.options import DATA
from benchmarks.slots import Fact, Slot, asked, by_slot, chains, read_fact
from erstwhile.results import Action, Outcome

__all__ = ["Ask", "Write", "measure_hops", "measure_questions", "measure_writes"]

SIZES: Final = ("6k", "32k")
FIRST: Final = datetime(2020, 1, 1, tzinfo=UTC)
K: Final = 5

Ask = Callable[[str], Sequence[str]]
"""From a question to the texts of the first five hits, best first."""
Write = tuple[Fact, Outcome]
Slots = Mapping[Slot, Sequence[Fact]]


def measure_questions(asks: Iterable[tuple[str, Sequence[str]]], ask: Ask, slots: Slots, held: frozenset[str]) -> dict[str, int]:
    """Counts over the questions of one hop.

    Args:
        asks: The questions, each with the answers that count.
        ask: Recalls.
        slots: All facts.
        held: Texts of the memories that hold.

    Returns:
        ``hit1``, ``hit5``: a hit that contains an answer. ``stale5``: an older value of what is asked for is among the five, of ``with_rival`` questions that
        have one; ``single_stale5``, ``single_with_rival``: attributes with one value at a time alone. ``retired_seen``: questions with a hit that does not
        hold. ``unread``: questions that no fact is about.
    """
    found: Counter[str] = Counter(
        dict.fromkeys(("questions", "hit1", "hit5", "with_rival", "stale5", "single_with_rival", "single_stale5", "retired_seen", "unread"), 0)
    )
    for question, answers in asks:
        hits = ask(question)
        slot = asked(question, slots)
        older = {fact.text for fact in slots[slot][:-1]} if slot else set()
        stale = bool(older.intersection(hits))
        found["questions"] += 1
        found["hit1"] += _says(hits[:1], answers)
        found["hit5"] += _says(hits, answers)
        found["unread"] += slot is None
        found["with_rival"] += bool(older)
        found["stale5"] += stale
        found["retired_seen"] += not held.issuperset(hits)
        if slot and older and not slots[slot][-1].attribute.several:
            found["single_with_rival"] += 1
            found["single_stale5"] += stale
    return dict(found)


def measure_writes(writes: Sequence[Write], held: frozenset[str], ask: Ask) -> dict[str, Any]:
    """What became of the facts.

    Args:
        writes: Each fact with its outcome, in order.
        held: Texts of the memories that hold in the end.
        ask: Recalls.

    Returns:
        ``pairs`` for attributes with one value ("single") and with several, and ``attributes`` by name: of the ``pairs`` of an older and the newest fact of a
        slot, how many were ``superseded`` (the older one no longer holds and the newest does), kept ``both``, or ``lost_newest``; for several values also
        ``newest_first``, where the newest ranks first when its own words, short of the value, are asked. ``alone``: of the ``facts`` without a rival, how many
        were ``retired``, and how many ``merged`` into another. ``contested``: writes that opened a conflict.
    """
    slots = by_slot(fact for fact, _ in writes)
    kinds = {name: Counter({"pairs": 0, "superseded": 0, "both": 0, "lost_newest": 0}) for name in ("single", "several")}
    attributes: dict[str, Counter[str]] = {}
    for facts in slots.values():
        *older, newest = facts
        kind = "several" if newest.attribute.several else "single"
        for fact in older:
            became = "lost_newest" if newest.text not in held else "both" if fact.text in held else "superseded"
            for counts in (kinds[kind], attributes.setdefault(newest.attribute.name, Counter({"pairs": 0, "superseded": 0}))):
                counts["pairs"] += 1
                counts[became] += 1
            if kind == "several":
                kinds[kind]["newest_first"] += [*ask(newest.without_value)][:1] == [newest.text]
    alone = [facts[0].text for facts in slots.values() if len(facts) == 1]
    merged = {fact.text for fact, outcome in writes if outcome.version.content != fact.text}
    lost = [text for text in alone if text not in held]
    return {
        "pairs": {name: dict(counts) for name, counts in kinds.items()},
        "attributes": {name: dict(counts) for name, counts in sorted(attributes.items())},
        "alone": {"facts": len(alone), "retired": sum(text not in merged for text in lost), "merged": sum(text in merged for text in lost)},
        "contested": sum(outcome.action is Action.CONTESTED for _, outcome in writes),
    }


def measure_hops(asks: Iterable[tuple[str, Sequence[str]]], ask: Ask, slots: Slots) -> dict[str, int]:
    """Counts over the questions of several hops, each asked once, as it stands.

    Returns:
        ``hit5``: a hit contains an answer. Of the questions ``resolved``, to which exactly one chain of current facts leads: their ``hops``, how many of these
        facts are among the five hits of the question (``hop_hit5``), and in how many questions all are (``all_hops_hit5``).
    """
    found: Counter[str] = Counter(dict.fromkeys(("questions", "hit5", "resolved", "hops", "hop_hit5", "all_hops_hit5"), 0))
    current = [facts[-1] for facts in slots.values()]
    for question, answers in asks:
        hits = ask(question)
        found["questions"] += 1
        found["hit5"] += _says(hits, answers)
        if len(ways := chains(question, answers, current)) == 1:
            seen = [fact.text in hits for fact in ways[0]]
            found["resolved"] += 1
            found["hops"] += len(seen)
            found["hop_hit5"] += sum(seen)
            found["all_hops_hit5"] += all(seen)
    return dict(found)


def _says(hits: Iterable[str], answers: Iterable[str]) -> bool:
    return any(answer.lower() in hit.lower() for hit in hits for answer in answers)


def measure(folder: Path, size: str, work: Path) -> dict[str, Any]:
    """All figures of one size: with supersession, without, and what perfect supersession would give."""
    single, several = (json.loads((folder / f"{hops}_{size}.json").read_text(encoding="utf-8")) for hops in ("sh", "mh"))
    facts = [read_fact(serial, text) for serial, text in enumerate(single["facts"])]
    slots = by_slot(facts)
    asks, hop_asks = (list(zip(data["questions"], data["answers"], strict=True)) for data in (single, several))
    newest = sorted((facts[-1] for facts in slots.values()), key=lambda fact: fact.serial)
    found: dict[str, Any] = {"facts": len(facts)}
    with erstwhile.open(work / f"related-{size}") as engine:
        memory = engine.scope(user="bench")
        writes, found["writes_per_s"] = _write(memory, facts, relate=True)
        held, ask = _held(memory), _asking(memory)
        found |= measure_questions(asks, ask, slots, held) | measure_writes(writes, held, ask)
        if several["facts"] == single["facts"]:
            found["multi_hop"] = measure_hops(hop_asks, ask, slots)
    for name, some in (("unrelated", facts), ("ceiling", newest)):
        with erstwhile.open(work / f"{name}-{size}") as engine:
            memory = engine.scope(user="bench")
            _, per_s = _write(memory, some, relate=False)
            counts = measure_questions(asks, _asking(memory), slots, _held(memory))
        found[name] = {"facts": len(some), "writes_per_s": per_s, "hit1": counts["hit1"], "hit5": counts["hit5"], "stale5": counts["stale5"]}
    return found


def _write(memory: erstwhile.ScopedMemory, facts: Sequence[Fact], *, relate: bool) -> tuple[list[Write], float]:
    drafts = [{"content": fact.text, "valid_from": FIRST + timedelta(minutes=fact.serial)} for fact in facts]
    started = time.perf_counter()
    outcomes = memory.remember_many(drafts, relate=relate)
    return list(zip(facts, outcomes, strict=True)), rate(len(facts), time.perf_counter() - started)


def _held(memory: erstwhile.ScopedMemory) -> frozenset[str]:
    return frozenset(version.content for version in memory.snapshot())


def _asking(memory: erstwhile.ScopedMemory) -> Ask:
    return lambda question: [hit.content for hit in memory.recall(question, k=K)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.factconsolidation", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help=f"folder with factconsolidation/sh_6k.json and so on (default: {DATA})")
    parser.add_argument("--sizes", type=lambda text: tuple(text.split(",")), default=SIZES, help="6k, 32k or both; nothing is kept of one alone")
    given = parser.parse_args(arguments)
    folder = given.data / "factconsolidation"
    if not (folder / f"sh_{given.sizes[0]}.json").exists():
        parser.error(
            f"there is no {folder}/sh_{given.sizes[0]}.json. The data is the conflict resolution split of MemoryAgentBench (ai-hyz/MemoryAgentBench on "
            "Hugging Face); each file is an object with facts (texts, in order), questions and answers (a list for each question)."
        )
    sizes = {}
    with tempfile.TemporaryDirectory(prefix="erstwhile-factconsolidation-") as work:
        for size in given.sizes:
            sizes[size] = measure(folder, size, Path(work))
            print(json.dumps({size: sizes[size]}, indent=2), flush=True)
    if given.sizes == SIZES:
        conflicts.keep("factconsolidation", {"sizes": sizes})


if __name__ == "__main__":
    main()
