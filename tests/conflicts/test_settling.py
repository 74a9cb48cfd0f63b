"""Open conflicts: seen, settled, and over when one side is."""

from collections.abc import Callable
from itertools import combinations

import pytest

from erstwhile.errors import InvalidInputError, NotFoundError
from erstwhile.model import Provenance, SourceKind
from erstwhile.results import Action, Conflict, Outcome, Settlement
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock

INFERRED = Provenance(kind=SourceKind.INFERRED, actor="model")


def _held(memory: ScopedMemory, at: str | None = None) -> list[str]:
    return [version.content for version in memory.snapshot(as_of=at)]


def _clash(bo: ScopedMemory, clock: FixedClock) -> tuple[Outcome, Outcome, Conflict]:
    old = bo.remember("home: Porto", valid_from="2024-01-01")
    clock.advance()
    new = bo.remember("home: Lisbon", valid_from="2024-06-01", source=INFERRED)
    (conflict,) = bo.conflicts()
    return old, new, conflict


def test_a_clash_that_cannot_be_told_is_opened(bo: ScopedMemory, clock: FixedClock) -> None:
    """Both stay, recall marks both, and the conflict names both sides with their sources and the reason of the outcome; asked about before, nothing clashed."""
    before = bo.recall("home").as_of
    old, new, conflict = _clash(bo, clock)
    assert (new.action, new.version.contested) == (Action.CONTESTED, True)
    assert [(hit.content, hit.contested) for hit in sorted(bo.recall("home"), key=lambda hit: hit.content)] == [("home: Lisbon", True), ("home: Porto", True)]
    assert (conflict.older.memory_id, conflict.newer.memory_id) == (old.memory_id, new.memory_id)
    assert (conflict.older.source.kind, conflict.newer.source) == (SourceKind.STATED, INFERRED)
    assert (conflict.reason, conflict.judge, conflict.score) == (new.reason, "told", 0.95)
    assert bo.changes("2024-01-01")[-1].action is Action.CONTESTED
    assert not bo.recall("home", as_of=before)
    bo.snapshot(as_of=before)


def test_of_the_same_time_neither_is_newer(bo: ScopedMemory) -> None:
    """Two values claimed of the same time clash, whoever says them."""
    for town in ("Porto", "Lisbon"):
        bo.remember(f"home: {town}", valid_from="2024-01-01")
    assert len(bo.conflicts()) == 1


def test_three_that_clash_are_three_conflicts(bo: ScopedMemory) -> None:
    """Each pair is a conflict of its own, and settling one leaves the others."""
    towns = [bo.remember(f"home: {town}", valid_from="2024-01-01").memory_id for town in ("Porto", "Lisbon", "Faro")]
    assert {(each.older.memory_id, each.newer.memory_id) for each in bo.conflicts()} == set(combinations(towns, 2))
    bo.resolve(bo.conflicts()[0], "keep-both")
    assert len(bo.conflicts()) == 2


@pytest.mark.parametrize("how", ["keep-new", "merge"])
def test_what_stays_goes_on_clashing_with_a_third(bo: ScopedMemory, how: str) -> None:
    """What takes the place of both sides inherits the conflict of the newer with somebody else: it is listed, and can be settled."""
    for town in ("Porto", "Lisbon", "Faro"):
        bo.remember(f"home: {town}", valid_from="2024-01-01")
    first = next(each for each in bo.conflicts() if {each.older.content, each.newer.content} == {"home: Porto", "home: Lisbon"})
    bo.resolve(first, how, text="home: Lisbon or so" if how == "merge" else None)
    (left,) = bo.conflicts()
    assert {left.older.content.removesuffix(" or so"), left.newer.content} == {"home: Lisbon", "home: Faro"}
    bo.resolve(left, "keep-old")
    assert bo.conflicts() == ()
    assert not any(version.contested for version in bo.snapshot())


@pytest.mark.parametrize(
    ("how", "held", "past"),
    [
        ("keep-new", ["home: Lisbon"], ["home: Porto"]),
        ("keep-old", ["home: Porto"], ["home: Porto"]),
        ("keep-both", ["home: Porto", "home: Lisbon"], ["home: Porto"]),
        ("merge", ["home: both"], ["home: Porto"]),
    ],
)
def test_every_settlement(bo: ScopedMemory, clock: FixedClock, how: str, held: list[str], past: list[str]) -> None:
    """Each leaves what it says, nothing contested, and the time before the newer one began as it was; undone, the conflict is open again."""
    _, _, conflict = _clash(bo, clock)
    clock.advance()
    done = bo.resolve(conflict.id, how.upper().replace("-", "_"), text="home: both" if how == "merge" else None)
    assert (done.action, done.version.content) == (Action.SETTLED, held[-1])
    assert (_held(bo), _held(bo, "2024-03-01")) == (held, past)
    assert bo.conflicts() == ()
    assert not any(hit.contested for hit in bo.recall("home"))
    assert bo.changes("2024-01-01")[-1].action in (Action.SETTLED, Action.SUPERSEDED, Action.RETRACTED)
    clock.advance()
    assert bo.undo(done).action is Action.UNDONE
    assert _held(bo) == ["home: Porto", "home: Lisbon"]
    assert [each.id for each in bo.conflicts()] == [conflict.id]


def test_a_settlement_is_remembered(bo: ScopedMemory, clock: FixedClock) -> None:
    """Settled to stand side by side, neither is ended when one of them is said again."""
    _, _, conflict = _clash(bo, clock)
    bo.resolve(conflict, Settlement.KEEP_BOTH)
    clock.advance()
    again = bo.remember("home: Lisbon!")
    assert (again.action, _held(bo), bo.conflicts()) == (Action.REINFORCED, ["home: Porto", "home: Lisbon"], ())


def test_a_conflict_is_settled_once(bo: ScopedMemory, clock: FixedClock) -> None:
    """What was settled, or is of another scope, is no open conflict; bad input is named and writes nothing."""
    _, new, conflict = _clash(bo, clock)
    versions = bo.stats().versions
    for how, text in (("keep-new", "x"), ("merge", None), ("burn", None), (3, None)):
        with pytest.raises(InvalidInputError):
            bo.resolve(conflict, how, text=text)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="conflict or its id"):
        bo.resolve(7, "keep-new")  # type: ignore[arg-type]
    assert bo.stats().versions == versions
    bo.resolve(new.memory_id, "keep-old")
    with pytest.raises(NotFoundError, match=r"conflicts\(\)"):
        bo.resolve(conflict, "keep-old")


ENDINGS: dict[str, Callable[[ScopedMemory, Conflict], object]] = {
    "retract": lambda bo, conflict: bo.retract(conflict.older.memory_id),
    "retract the newer": lambda bo, conflict: bo.retract(conflict.newer),
    "erase": lambda bo, conflict: bo.erase(conflict.older),
    "erase the newer": lambda bo, conflict: bo.erase(conflict.newer),
    "supersede": lambda bo, conflict: bo.remember("pet: cat", supersedes=conflict.older),
    "supersede the newer": lambda bo, conflict: bo.remember("pet: cat", supersedes=conflict.newer),
    "end it": lambda bo, conflict: bo.remember("home: not Porto"),
    "end it by hand": lambda bo, conflict: bo.correct(conflict.newer, valid_to="2024-07-01"),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_one_side_that_is_gone_leaves_the_other_in_peace(bo: ScopedMemory, clock: FixedClock, how: str) -> None:
    """Retracting, erasing, superseding or ending one side of a conflict closes it: the other side is contested no more."""
    _, _, conflict = _clash(bo, clock)
    clock.advance()
    ENDINGS[how](bo, conflict)
    assert bo.conflicts() == ()
    assert not any(version.contested for version in bo.snapshot(as_of="2025-02-01"))
    assert not any(version.contested for version in bo.snapshot(as_of="2024-05-01"))


@pytest.mark.parametrize("how", [name for name in ENDINGS if not name.startswith(("erase", "end it by"))])
def test_it_is_open_again_when_that_is_undone(bo: ScopedMemory, clock: FixedClock, how: str) -> None:
    """Undoing what took one side away opens the conflict again."""
    _, _, conflict = _clash(bo, clock)
    clock.advance()
    done = ENDINGS[how](bo, conflict)
    assert isinstance(done, Outcome)
    bo.undo(done)
    assert [each.id for each in bo.conflicts()] == [conflict.id]


def test_correcting_one_side_keeps_the_conflict(bo: ScopedMemory, clock: FixedClock) -> None:
    """A better wording, or a tag, settles nothing."""
    _, _, conflict = _clash(bo, clock)
    bo.correct(conflict.older, "home: Porto, Portugal")
    bo.correct(conflict.newer, tags=["home"])
    assert [each.id for each in bo.conflicts()] == [conflict.id]


def test_an_interruption_keeps_the_conflict(bo: ScopedMemory, clock: FixedClock) -> None:
    """What interrupts one side for a while does not end it, nor the conflict."""
    _, _, conflict = _clash(bo, clock)
    bo.remember("pet: cat", supersedes=conflict.older, valid_from="2024-07-01", valid_to="2024-08-01")
    assert [each.id for each in bo.conflicts()] == [conflict.id]


def test_clashes_of_two_times_are_none(bo: ScopedMemory, clock: FixedClock) -> None:
    """A memory is not contested by what it gives way to before that begins."""
    bo.remember("home: Rome", valid_from="2024-03-01")
    bo.remember("home: Lisbon?", valid_from="2024-06-01")
    early = bo.remember("home: Porto", valid_from="2024-01-01", valid_to="2024-02-01")
    assert (early.action, early.version.contested) == (Action.REMEMBERED, False)


def test_a_guess_in_the_chain_does_not_end_what_was_said(bo: ScopedMemory) -> None:
    """Between two guesses, what somebody said ends the earlier, and is contested by the later rather than ended by it."""
    bo.remember("home: Porto", valid_from="2024-01-01", source=INFERRED)
    bo.remember("home: Faro", valid_from="2024-05-01", source=INFERRED)
    said = bo.remember("home: Lisbon", valid_from="2024-03-01")
    assert (said.version.valid_to, said.version.contested) == (None, True)
    assert [_held(bo, f"2024-0{month}-15") for month in (2, 4, 6)] == [["home: Porto"], ["home: Lisbon"], ["home: Lisbon", "home: Faro"]]
    assert len(bo.conflicts()) == 1


def test_what_clashes_with_a_part_of_a_chain_is_no_part_of_it(bo: ScopedMemory) -> None:
    """Something that clashes with what a chain holds at the same time stands apart from the chain, though a later part of it says the same."""
    bo.remember("home: Porto", valid_from="2024-02-01")
    lisbon = bo.remember("home: Lisbon", valid_from="2024-01-01")
    bo.remember("home: Lisbon", valid_from="2024-02-01")
    porto = bo.remember("home: Porto", valid_from="2024-01-01")
    assert (porto.memory_id == lisbon.memory_id, porto.version.contested) == (False, True)
    assert sorted(_held(bo, "2024-01-15")) == ["home: Lisbon", "home: Porto"]
