"""The pairs of memories once more, where a memory is one of many: `python -m benchmarks.crowded tuning`, `unseen` or `sealed`.

All first texts of one author lie in one scope, and then the second ones are written to it, so that each meets whatever else that author told. No author used
a topic twice: what a second text ends, opens or repeats besides its own first one is a fault. In two scopes more lie every other first text of the author, and
the second texts of the rest are written to these: news of what was never told, of which the same holds. Only counts are printed and kept.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import erstwhile
from benchmarks import conflicts
from benchmarks.pairs import SETS, TRUE, Pair, nameless, read_pairs, write_first, write_second
from erstwhile.relations import Relation
from erstwhile.results import Action

__all__ = ["Written", "counts", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of the memories of a scope when one second text was written to it.

    Attributes:
        label: How it relates to its own first text, by their author.
        told: Whether its own first text is there.
        ended: Whether its own first text held before, and does not hold after it.
        strangers_ended: How many of the other memories held before, and do not hold after it.
        strangers_opened: With how many of the others it opened a conflict.
        merged: Whether it was taken for what one of the others says, and so not kept.
    """

    label: Relation
    told: bool
    ended: bool
    strangers_ended: int
    strangers_opened: int
    merged: bool


def write(pairs: Iterable[Pair]) -> Iterator[Written]:
    """Write the first texts of each author, unrelated, and then the second ones, in the order of the file; and second texts beside other first ones alone.

    Raises:
        RuntimeError: The engine failed. It names the pair, and nothing that is said in it.
    """
    with erstwhile.open(":memory:") as engine:
        for author, told in groupby(sorted(pairs, key=_author), key=_author):
            pairs_of_one = list(told)
            odd, even = pairs_of_one[::2], pairs_of_one[1::2]
            for number, (firsts, seconds) in enumerate(((pairs_of_one, pairs_of_one), (odd, even), (even, odd))):
                yield from _together(engine.scope(project=f"{author}{number}"), firsts, seconds)


def _author(pair: Pair) -> str:
    return pair["id"].partition("-")[0]


def _together(memory: erstwhile.ScopedMemory, firsts: Sequence[Pair], seconds: Sequence[Pair]) -> Iterator[Written]:
    ids: dict[str, str] = {}
    for pair in firsts:
        with nameless(pair):
            ids[pair["id"]] = write_first(memory, pair, relate=False).memory_id
    for pair in seconds:
        with nameless(pair):
            written = _written(memory, pair, ids.get(pair["id"]))
        yield written


def _written(memory: erstwhile.ScopedMemory, pair: Pair, first: str | None) -> Written:
    before = _holding(memory)
    outcome = write_second(memory, pair)
    gone = {memory_id for memory_id, _ in before - _holding(memory)}
    return Written(
        label=Relation(pair["relation"]),
        told=first is not None,
        ended=first in gone,
        strangers_ended=len(gone - {first}),
        strangers_opened=len(_opened(outcome) - {first}),
        merged=outcome.action is Action.REINFORCED and outcome.memory_id != first,
    )


def _holding(memory: erstwhile.ScopedMemory) -> set[tuple[str, str]]:
    return {(version.memory_id, version.content) for version in memory.snapshot()}


def _opened(outcome: erstwhile.Outcome) -> set[str]:
    return {tie.memory_id for tie in outcome.relations if tie.relation is Relation.CONTRADICTS} if outcome.action is Action.CONTESTED else set()


def counts(written: Iterable[Written]) -> dict[str, dict[str, int]]:
    """Counts of the writes whose own first text is there (``told``), and of the others (``news``).

    Returns:
        For both, ``writes``, and over all of them ``strangers_ended``, ``strangers_opened`` and ``merged``. Of what was told also ``supersedes``, of which
        ``ended`` ended their own first text, and ``true``, whose first text stays true (labels duplicate, refines, coexists, unsure), of which ``false_ended``
        ended it.
    """
    found = list(written)
    told = [each for each in found if each.told]
    own = {
        "supersedes": sum(each.label is Relation.SUPERSEDES for each in told),
        "ended": sum(each.ended for each in told if each.label is Relation.SUPERSEDES),
        "true": sum(each.label in TRUE for each in told),
        "false_ended": sum(each.ended for each in told if each.label in TRUE),
    }
    return {"told": own | _strangers(told), "news": _strangers([each for each in found if not each.told])}


def _strangers(found: Sequence[Written]) -> dict[str, int]:
    return {
        "writes": len(found),
        "strangers_ended": sum(each.strangers_ended for each in found),
        "strangers_opened": sum(each.strangers_opened for each in found),
        "merged": sum(each.merged for each in found),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the counts and keep them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowded", description=__doc__.partition("\n")[0])
    parser.add_argument("set", choices=SETS)
    given = parser.parse_args(arguments)
    found = counts(write(read_pairs(given.set)))
    for kind, part in found.items():
        print(f"{kind}: " + ", ".join(f"{name} {count}" for name, count in part.items()))
    conflicts.keep("crowded", {"counts": found}, within=given.set)


if __name__ == "__main__":
    main()
