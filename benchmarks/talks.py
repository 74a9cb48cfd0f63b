"""Memories drawn from conversations, and which of them end, repeat or contest what was said before: `python -m benchmarks.talks`.

The dialogues of tests/data/talks are observed session by session, each by an engine of its own at its defaults. What the writing of one memory did to another
is held against what readers said of the two texts.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import erstwhile
from benchmarks import conflicts, environment
from erstwhile.relations import Relation
from erstwhile.results import Action, Outcome

__all__ = ["LABELS", "Written", "counts", "read_labels", "read_talks", "write"]

FOLDER: Final = environment.ROOT / "tests/data/talks"
LABELS: Final = FOLDER / "labels.jsonl"
ASSISTANT: Final = "Assistant"
EACH: Final = timedelta(minutes=1)
"""Between two turns."""

Talk = Mapping[str, Any]
Pair = tuple[str, str]
"""The text of a memory, and the later one that was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of one dialogue.

    Attributes:
        drawn: How many memories were drawn from it.
        repeated: How many of them were taken for what was known.
        ended: What was ended, with what it was ended by.
        contested: What was left standing beside what may contradict it, with that.
    """

    drawn: int
    repeated: int
    ended: tuple[Pair, ...]
    contested: tuple[Pair, ...]


def read_talks(folder: Path = FOLDER) -> list[Talk]:
    """The dialogues of a folder, file by file."""
    files = (path for path in sorted(folder.glob("*.jsonl")) if path.name != LABELS.name)
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def read_labels(path: Path = LABELS) -> dict[Pair, Relation]:
    """How the second of two texts relates to the first, as two readers said who agreed."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {(row["old"], row["new"]): Relation(row["relation"]) for row in rows}


def write(talk: Talk) -> Written:
    """Observe a dialogue, with the dates of its sessions."""
    with erstwhile.open(":memory:") as engine:
        memory = engine.scope(user="talk")
        outcomes = [outcome for place, session in enumerate(talk["sessions"]) for outcome in _observed(memory, session, str(place))]
    done = Counter(outcome.action for outcome in outcomes)
    return Written(
        drawn=len(outcomes),
        repeated=done[Action.REINFORCED],
        ended=tuple(_changed(outcomes, Action.SUPERSEDED, Action.ENDED)),
        contested=tuple(_changed(outcomes, Action.CONTESTED)),
    )


def _observed(memory: erstwhile.ScopedMemory, session: Mapping[str, Any], name: str) -> Sequence[Outcome]:
    start = datetime.fromisoformat(session["date"]).replace(hour=12, tzinfo=UTC)
    turns = [
        {"role": "assistant" if who == ASSISTANT else "user", "name": who, "content": said, "at": start + place * EACH}
        for place, (who, said) in enumerate(session["turns"])
    ]
    return memory.observe(turns, session=name).outcomes


def _changed(outcomes: Iterable[Outcome], *actions: Action) -> Iterator[Pair]:
    return ((old.content, outcome.version.content) for outcome in outcomes if outcome.action in actions for old in outcome.ended)


def counts(found: Sequence[Written], labels: Mapping[Pair, Relation]) -> dict[str, int]:
    """Counts over all dialogues.

    Returns:
        ``memories`` that were drawn, of which ``repeated`` were taken for what was known. Of what was ``ended``: ``right`` where readers said that it is
        superseded, ``wrong`` where they said that it is not, ``open`` where they did not agree or have not read it. ``over``: pairs of which readers said that
        the first is superseded. ``contested`` pairs, and the ``doubtful`` among them, of which readers said that they clash or may.
    """
    ended = [labels.get(pair) for written in found for pair in written.ended]
    contested = [labels.get(pair) for written in found for pair in written.contested]
    right = ended.count(Relation.SUPERSEDES)
    return {
        "dialogues": len(found),
        "memories": sum(written.drawn for written in found),
        "repeated": sum(written.repeated for written in found),
        "ended": len(ended),
        "right": right,
        "wrong": len(ended) - right - ended.count(None),
        "open": ended.count(None),
        "over": sum(label is Relation.SUPERSEDES for label in labels.values()),
        "contested": len(contested),
        "doubtful": sum(label in (Relation.SUPERSEDES, Relation.CONTRADICTS, Relation.UNSURE) for label in contested),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the counts and keep them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.talks", description=__doc__.partition("\n")[0])
    parser.add_argument("--show", action="store_true", help="list what was ended or contested, and what readers said of it")
    given = parser.parse_args(arguments)
    labels, found = read_labels(), [write(talk) for talk in read_talks()]
    if given.show:
        for what, pairs in (("ended", [pair for each in found for pair in each.ended]), ("contested", [pair for each in found for pair in each.contested])):
            for pair in pairs:
                print(f"{what}, {labels.get(pair, 'open')}\n  {pair[0]}\n  {pair[1]}")
    values = counts(found, labels)
    print(json.dumps(values, indent=2))
    conflicts.keep("talks", values)


if __name__ == "__main__":
    main()
