"""Pairs of memories in people's words, and how the engine relates them: `python -m benchmarks.pairs tuning`, `unseen` or `sealed`.

Every pair of a file of tests/data/pairs goes through an engine at its defaults, in a scope of its own. Only counts are printed and kept, so that nobody sees
what the engine is measured on; `--show` lists what went wrong in the tuning half.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import erstwhile
from benchmarks import conflicts, environment
from erstwhile.relations import Relation
from erstwhile.results import Action

__all__ = ["SETS", "TRUE", "Judged", "Pair", "counts", "judge", "nameless", "read_pairs", "scores", "write_first", "write_second"]

FOLDER: Final = environment.ROOT / "tests/data/pairs"
SETS: Final = ("tuning", "unseen", "sealed")
"""The files: two halves that were made at once, and one that was written when the second had been measured several times."""
TRUE: Final = frozenset({Relation.DUPLICATE, Relation.REFINES, Relation.COEXISTS, Relation.UNSURE})
"""Labels under which the first memory is, or may be, as true as before: to end it is a fault."""

Pair = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of one pair.

    Attributes:
        part: "everyday" or "varied".
        label: How it relates, by its author.
        called: How it relates, by the engine.
        found: Whether the engine looked at the first memory at all when the second was written.
        holds: Whether the first memory holds after the second was written.
    """

    part: str
    label: Relation
    called: Relation
    found: bool
    holds: bool


def read_pairs(name: str, folder: Path = FOLDER) -> list[Pair]:
    """The pairs of one set."""
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def judge(pairs: Iterable[Pair]) -> Iterator[Judged]:
    """Write both texts of each pair, the first with its type and the second without.

    Raises:
        RuntimeError: The engine failed. It names the pair, and nothing that is said in it.
    """
    with erstwhile.open(":memory:") as engine:
        for pair in pairs:
            with nameless(pair):
                judged = _judge(engine.scope(project=pair["id"]), pair)
            yield judged


@contextmanager
def nameless(pair: Pair) -> Iterator[None]:
    """Of an error within, only its kind and the pair's id are told: its message may quote a text that nobody may see."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is
        raise RuntimeError(f"pair {pair['id']}: {type(error).__name__}") from None


def write_first(memory: erstwhile.ScopedMemory, pair: Pair, *, relate: bool = True) -> erstwhile.Outcome:
    """Remember the first text of a pair, with its type, time and source."""
    source = erstwhile.Provenance(kind=pair.get("old_source", "stated"))
    return memory.remember(pair["old"], type=pair["type"], valid_from=pair["old_at"], source=source, relate=relate)


def write_second(memory: erstwhile.ScopedMemory, pair: Pair) -> erstwhile.Outcome:
    """Remember the second text of a pair, with its time and source."""
    return memory.remember(pair["new"], valid_from=pair["new_at"], source=erstwhile.Provenance(kind=pair.get("new_source", "stated")))


def _judge(memory: erstwhile.ScopedMemory, pair: Pair) -> Judged:
    first, second = write_first(memory, pair), write_second(memory, pair)
    tie = next((tie for tie in second.relations if tie.memory_id == first.memory_id), None)
    said_again = second.action is Action.UNCHANGED and second.memory_id == first.memory_id
    called = tie.relation if tie else Relation.DUPLICATE if said_again else Relation.COEXISTS
    holds = any(version.memory_id == first.memory_id and version.content == pair["old"] for version in memory.snapshot())
    return Judged(part=pair["part"], label=Relation(pair["relation"]), called=called, found=tie is not None or said_again, holds=holds)


def counts(judged: Iterable[Judged]) -> dict[str, Any]:
    """Counts of each part, and in all.

    Returns:
        For each, ``confusion``: label → called → pairs. ``supersedes`` pairs, of which ``superseded`` were called so and ``ended`` no longer hold. ``true``
        pairs, whose first memory stays true (labels duplicate, refines, coexists, unsure), of which ``false_superseded`` were called supersedes and
        ``false_ended`` no longer hold. ``contradicts_ended``: the first of two that contradict no longer holds. ``duplicates``: labelled, called and both.
        ``not_found``: pairs whose first memory was not looked at when the second was written.
    """
    found = list(judged)
    parts = sorted({each.part for each in found})
    return {name: _counted([each for each in found if name in (each.part, "all")]) for name in (*parts, "all")}


def _counted(found: Sequence[Judged]) -> dict[str, Any]:
    matrix = Counter((each.label, each.called) for each in found)
    ended = Counter(each.label for each in found if not each.holds)
    labelled = Counter(each.label for each in found)
    called = Counter(each.called for each in found)
    return {
        "pairs": len(found),
        "supersedes": labelled[Relation.SUPERSEDES],
        "superseded": matrix[Relation.SUPERSEDES, Relation.SUPERSEDES],
        "ended": ended[Relation.SUPERSEDES],
        "true": sum(labelled[label] for label in TRUE),
        "false_superseded": sum(matrix[label, Relation.SUPERSEDES] for label in TRUE),
        "false_ended": sum(ended[label] for label in TRUE),
        "not_found": sum(not each.found for each in found),
        "contradicts_ended": ended[Relation.CONTRADICTS],
        "duplicates": {
            "labelled": labelled[Relation.DUPLICATE],
            "called": called[Relation.DUPLICATE],
            "both": matrix[Relation.DUPLICATE, Relation.DUPLICATE],
        },
        "confusion": {label.value: {called.value: matrix[label, called] for called in Relation} for label in Relation},
    }


def scores(found: Mapping[str, Any]) -> dict[str, float]:
    """Shares, 0 to 1, from the counts of one part; without what there is none of."""
    duplicates = found["duplicates"]
    shares = {
        "supersession recall": (found["superseded"], found["supersedes"]),
        "stale memories retired": (found["ended"], found["supersedes"]),
        "false supersession": (found["false_superseded"], found["true"]),
        "true memories retired": (found["false_ended"], found["true"]),
        "duplicate precision": (duplicates["both"], duplicates["called"]),
        "duplicate recall": (duplicates["both"], duplicates["labelled"]),
        "duplicate F1": (2 * duplicates["both"], duplicates["called"] + duplicates["labelled"]),
    }
    return {name: count / of for name, (count, of) in shares.items() if of}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the counts and keep them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairs", description=__doc__.partition("\n")[0])
    parser.add_argument("set", choices=SETS)
    parser.add_argument("--show", action="store_true", help="list the pairs that were called otherwise than labelled; of the tuning half only")
    given = parser.parse_args(arguments)
    if given.show and given.set != "tuning":
        parser.error("--show lists texts, and what is measured on stays unseen; only the tuning half can be shown.")
    pairs = read_pairs(given.set)
    judged = list(judge(pairs))
    if given.show:
        for pair, each in zip(pairs, judged, strict=True):
            if each.called != each.label:
                print(f"{pair['id']}: {each.label}, called {each.called}{'' if each.holds else ', ended'}\n  {pair['old']}\n  {pair['new']}")
    found = counts(judged)
    for name, part in found.items():
        print(f"\n{name}: {part['pairs']} pairs; " + ", ".join(f"{what} {score:.1%}" for what, score in scores(part).items()))
        for label, row in part["confusion"].items():
            print(f"  {label:12}" + "".join(f"{called} {count:<5}" for called, count in row.items()))
    conflicts.keep("pairs", {"parts": found}, within=given.set)


if __name__ == "__main__":
    main()
