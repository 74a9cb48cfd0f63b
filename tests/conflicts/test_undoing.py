"""Taking back what a write did to other memories."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erstwhile.errors import InvalidInputError, NotFoundError
from erstwhile.model import Provenance, SourceKind, Version
from erstwhile.results import Action, Outcome
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock
from erstwhile.time import AsOf

INFERRED = Provenance(kind=SourceKind.INFERRED, actor="model")
DAYS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(6)]


def _line(memory: ScopedMemory) -> list[tuple[object, ...]]:
    """All that is believed, as far as it can be told without ids."""
    believed = {version.id: version for change in memory.changes("2000-01-01") for version in change.after}
    return sorted(_row(version) for version in believed.values() if version.believed)


def _row(version: Version) -> tuple[object, ...]:
    span = str(version.valid_from), str(version.valid_to)
    return (version.content, *span, str(version.type), version.tags, version.confidence, version.contested, len(version.confirmations))


WRITES: dict[str, Callable[[ScopedMemory], Outcome]] = {
    "supersession": lambda bo: bo.remember("home: Lisbon"),
    "late fact": lambda bo: bo.remember("home: Lisbon", valid_from="2023-01-01"),
    "ending": lambda bo: bo.remember("home: not Porto"),
    "reinforcement": lambda bo: bo.remember("home: Porto!"),
    "reinforcement of an earlier time": lambda bo: bo.remember("home: Porto!", valid_from="2023-01-01"),
    "conflict": lambda bo: bo.remember("home: Lisbon", source=INFERRED),
    "explicit supersession": lambda bo: bo.remember("pet: dog", supersedes=bo.recall("home")[0]),
    "correction": lambda bo: bo.correct(bo.recall("home")[0], "home: Gaia"),
    "correction of its time": lambda bo: bo.correct(bo.recall("home")[0].memory_id, valid_to="2024-12-01"),
    "correction of a tag": lambda bo: bo.correct(bo.recall("home")[0].memory_id, tags=["x"]),
    "retraction": lambda bo: bo.retract(bo.recall("home")[0].memory_id),
    "retraction of a version": lambda bo: bo.retract(bo.recall("home")[0]),
}
BRINGS = {
    "supersession": "home: Lisbon",
    "late fact": "home: Lisbon",
    "ending": "home: not Porto",
    "reinforcement": "home: Porto!",
    "reinforcement of an earlier time": "home: Porto!",
    "conflict": "home: Lisbon",
    "explicit supersession": "pet: dog",
}
"""What stands by itself once it is undone."""


@pytest.mark.parametrize("write", WRITES)
def test_every_write_can_be_undone(bo: ScopedMemory, clock: FixedClock, write: str) -> None:
    """What it did to others is undone, what it brought stands by itself, uncontested; undone once more, all is as the write had left it."""
    bo.remember("home: Porto", valid_from="2024-01-01", confidence=0.8)
    bo.remember("pet: cat", valid_from="2024-01-01")
    before = _line(bo)
    clock.advance()
    done = WRITES[write](bo)
    after = _line(bo)
    assert after != before
    clock.advance()
    undone = bo.undo(done)
    assert undone.action is Action.UNDONE
    brought = [row for row in _line(bo) if row[0] == BRINGS.get(write)]
    assert [row for row in _line(bo) if row not in brought] == before
    assert len(brought) == (write in BRINGS)
    assert not any(version.contested for version in bo.snapshot())
    assert bo.conflicts() == ()
    clock.advance()
    again = bo.undo(undone)
    assert (again.action, _line(bo)) == (Action.UNDONE, after)


def test_the_last_write_to_a_memory_is_meant(bo: ScopedMemory, clock: FixedClock) -> None:
    """Given a memory, its last write is undone; given a version, the write that wrote it."""
    home = bo.remember("home: Porto")
    clock.advance()
    bo.remember("home: Lisbon")
    bo.undo(home.memory_id)
    assert [version.content for version in bo.snapshot()] == ["home: Porto", "home: Lisbon"]
    bo.undo(home.memory_id)
    assert [version.content for version in bo.snapshot()] == ["home: Lisbon"]
    bo.undo(bo.snapshot()[0])
    assert [version.content for version in bo.snapshot()] == ["home: Porto", "home: Lisbon"]


def test_a_write_that_did_nothing_to_others_cannot_be_undone(bo: ScopedMemory, clock: FixedClock) -> None:
    """A memory that ended nothing, and a call that wrote nothing, are refused; undoing the latter never undoes the write that it points at."""
    first = bo.remember("home: Porto")
    with pytest.raises(InvalidInputError, match="retract the memory"):
        bo.undo(first)
    clock.advance()
    bo.remember("home: Lisbon", key="k")
    same = bo.remember("home: Lisbon", key="k")
    assert same.action is Action.UNCHANGED
    with pytest.raises(InvalidInputError, match="wrote nothing"):
        bo.undo(same)
    with pytest.raises(NotFoundError):
        bo.undo("01890a5d-ac96-774b-bcce-b302099a8057")
    assert [version.content for version in bo.snapshot()] == ["home: Lisbon"]


def test_what_was_built_on_it_comes_first(bo: ScopedMemory, clock: FixedClock) -> None:
    """A write that a later one changed is refused, with the history to read, until the later one is undone."""
    bo.remember("home: Porto")
    clock.advance()
    first = bo.remember("home: Lisbon")
    clock.advance()
    second = bo.remember("home: Faro")
    with pytest.raises(InvalidInputError, match=rf"history\({first.memory_id}\)"):
        bo.undo(first)
    bo.undo(second)
    bo.undo(first)
    assert sorted(version.content for version in bo.snapshot()) == ["home: Faro", "home: Lisbon", "home: Porto"]


@pytest.mark.parametrize("change", [{"tags": ["x"]}, {"importance": 0.9}, {"content": "home: Gaia"}])
def test_a_correction_since_is_not_lost(bo: ScopedMemory, clock: FixedClock, change: dict[str, object]) -> None:
    """What was corrected since is not thrown away by undoing the write that it corrects."""
    bo.remember("home: Porto")
    clock.advance()
    moved = bo.remember("home: Lisbon")
    better = bo.correct(moved.version, **change)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="changed since"):
        bo.undo(moved)
    assert better.version in bo.snapshot()


def test_a_place_that_was_taken_is_not_written_over(bo: ScopedMemory, clock: FixedClock) -> None:
    """What was retracted does not come back over what took its time in the same memory since."""
    home = bo.remember("home: Porto", valid_from="2024-01-01")
    lisbon = bo.remember("home: Lisbon", valid_from="2024-03-01")
    gone = bo.retract(lisbon.version)
    bo.correct(home, valid_to=None, at="2024-02-01")
    with pytest.raises(InvalidInputError, match="history"):
        bo.undo(gone)
    assert [version.content for version in bo.snapshot()] == ["home: Porto"]


def test_a_conflict_opened_since_stays_open(bo: ScopedMemory, clock: FixedClock) -> None:
    """Undoing an older write leaves a conflict with a third memory open, on both sides."""
    bo.remember("home: Porto", valid_from="2024-01-01")
    moved = bo.remember("home: Lisbon", valid_from="2024-03-01")
    bo.remember("home: Faro", valid_from="2024-05-01", source=INFERRED)
    assert len(bo.conflicts()) == 1
    bo.undo(moved)
    (left,) = bo.conflicts()
    assert {left.older.content, left.newer.content} == {"home: Faro", "home: Lisbon"}
    assert sorted(version.content for version in bo.snapshot() if version.contested) == ["home: Faro", "home: Lisbon"]


TEXTS = ["home: Porto", "home: Porto!", "home: Lisbon", "home: not Porto", "home: Faro?", "home: Gaia+", "pet: cat"]
steps = st.lists(
    st.tuples(st.sampled_from(["say", "say", "guess", "undo", "settle", "retract", "correct", "erase"]), st.sampled_from(TEXTS), st.integers(0, 20)),
    min_size=3,
    max_size=12,
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(story=steps)
def test_a_story_of_clashes(told: Callable[..., ScopedMemory], story: list[tuple[str, str, int]]) -> None:
    """Whatever is said, settled, undone and taken away: a past answer stays as it was, versions of one memory never overlap in both times, what is contested
    is contested by something that is listed, and undoing a write twice is nothing."""
    bo = told()
    answers: list[tuple[AsOf, list[tuple[tuple[object, ...], ...]]]] = []
    done: list[Outcome] = []
    for what, text, number in story:
        point = AsOf(system=bo.recall("home").as_of.system)
        answers.append((point, _asked(bo, point)))
        if (outcome := _step(bo, what, text, number, done)) is not None:
            done.append(outcome)
        if what == "erase":
            answers.clear()
        for kept, answer in answers:
            assert _asked(bo, kept) == answer
        _check_whole(bo)


def _asked(bo: ScopedMemory, point: AsOf) -> list[tuple[tuple[object, ...], ...]]:
    asked = [bo.snapshot(as_of=AsOf(system=point.system, valid=day)) for day in DAYS]
    return [tuple((version.id, version.content, version.contested, version.confidence) for version in versions) for versions in asked]


def _step(bo: ScopedMemory, what: str, text: str, number: int, done: list[Outcome]) -> Outcome | None:
    held, clashing = bo.snapshot(as_of=DAYS[number % 6]), bo.conflicts()
    how = ["keep-new", "keep-old", "keep-both", "merge"][number % 4]
    acts: dict[str, Callable[[], Outcome]] = {
        "say": lambda: bo.remember(text, valid_from=DAYS[number % 6]),
        "guess": lambda: bo.remember(text, valid_from=DAYS[number % 6], source=INFERRED),
        "undo": lambda: bo.undo(done[-1 - number % len(done)]),
        "settle": lambda: bo.resolve(clashing[number % len(clashing)], how, text=text if how == "merge" else None),
        "retract": lambda: bo.retract(held[number % len(held)]),
        "correct": lambda: bo.correct(held[number % len(held)], text),
    }
    if what in {"say", "guess"} or {"undo": done, "settle": clashing}.get(what, held):
        with suppress(InvalidInputError, NotFoundError):
            if what != "erase":
                return acts[what]()
            bo.erase(held[0])
    return None


def _check_whole(bo: ScopedMemory) -> None:
    listed = {side.memory_id for conflict in bo.conflicts() for side in (conflict.older, conflict.newer)}
    by_memory: dict[str, list[Version]] = {}
    for day in DAYS:
        for version in bo.snapshot(as_of=day):
            assert version.memory_id in listed or not version.contested, version
            by_memory.setdefault(version.memory_id, [])
    for memory_id, versions in by_memory.items():
        versions.extend(bo.history(memory_id))
        for place, one in enumerate(versions):
            for other in versions[place + 1 :]:
                apart = one.system_to is not None and one.system_to <= other.system_from
                assert apart or not one.valid.overlaps(other.valid), (one, other)
