"""One data set through one model: what is asked, and the figures that come of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.measures import spread
from benchmarks.retrieval.asking import Asked, K, replay
from benchmarks.retrieval.cases import Case, CaseSet
from benchmarks.retrieval.locomo import LOCOMO
from benchmarks.retrieval.longmemeval import LONGMEMEVAL
from benchmarks.retrieval.metrics import Judged, averages, distinct
from benchmarks.retrieval.realmem import REALMEM
from benchmarks.retrieval.unanswerable import rotated, signals
from erstwhile import Embedder

__all__ = ["SETS", "figures", "measure"]

SETS: Final[Mapping[str, CaseSet]] = {case_set.folder: case_set for case_set in (LOCOMO, LONGMEMEVAL, REALMEM)}

Say = Callable[[str], None]


def measure(case_set: CaseSet, data: Path, embedder: Embedder, *, limit: int | None = None, say: Say = print) -> dict[str, Any]:
    """Observe and ask all of a data set, or its first ``limit`` conversations.

    Args:
        case_set: The data set.
        data: The folder that has the set's own folder.
        embedder: The model.
        limit: How many conversations; default: all.
        say: Told of each conversation when it is done.

    Returns:
        What `figures` gives, with ``settings`` and with what was in the ``data``.
    """
    cases: Iterable[Case] = islice(case_set.read(data / case_set.folder), limit)
    foreign = rotated(cases := list(cases), case_set.foreign) if case_set.foreign else None
    asked: list[Asked] = []
    strange: list[Asked] = []
    counts = Counter[str]()
    for place, case in enumerate(cases):
        own, others = replay(case, embedder, foreign=foreign[place] if foreign else (), uncut=case_set.foreign)
        asked += own
        strange += others
        turns = sum(len(talk.messages) for talk in case.talks)
        counts.update({"conversations": 1, "sessions": len(case.talks), "turns": turns, "questions": len(own), **case.counts})
        say(f"{case_set.folder} {case.name}: {turns:,} turns, {len(own):,} questions, {len(others):,} of other conversations")
    settings = {"model": embedder.fingerprint, "k": K, "draw": False, "durable": False, "limit": limit}
    return {"settings": settings, "data": dict(counts), **figures(case_set, asked, strange)}


def figures(case_set: CaseSet, asked: Sequence[Asked], foreign: Sequence[Asked] = ()) -> dict[str, Any]:
    """What was found.

    Returns:
        ``turn`` and ``session``: by group, totals first, the averages over the questions whose evidence the data gives as turns or as sessions. Sessions are
        ranked by their first hit. ``conversations``: those of the first total by conversation, where one has several questions. ``latency`` of recall.
        ``unanswerable``: what `signals` gives, where foreign questions were asked.
    """
    groups: dict[str, Callable[[str], bool]] = dict(case_set.totals)
    groups |= {group: group.__eq__ for group in sorted({each.ask.group for each in asked})}
    found: dict[str, Any] = {}
    for kind, judge in (("turn", _turns), ("session", _sessions)):
        judged = [(each, judge(each)) for each in asked if judge(each)[1]]
        by_group = {name: averages([pair for each, pair in judged if within(each.ask.group)]) for name, within in groups.items()}
        found[kind] = {name: values for name, values in by_group.items() if values}
        total = next(iter(case_set.totals.values()))
        names = Counter(each.case for each, _ in judged if total(each.ask.group))
        if max(names.values(), default=0) > 1:
            found.setdefault("conversations", {})[kind] = {
                name: averages([pair for each, pair in judged if each.case == name and total(each.ask.group)]) for name in names
            }
    if asked:
        found["latency"] = spread("recall", [each.seconds for each in asked])
    if foreign:
        found["unanswerable"] = signals([each for each in asked if each.ask.group in case_set.foreign], foreign)
    return found


def _turns(each: Asked) -> Judged:
    return each.turns, each.ask.turns


def _sessions(each: Asked) -> Judged:
    return distinct(each.sessions), each.ask.sessions
