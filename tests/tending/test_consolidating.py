"""Merging, closing and fading: what a plan does, what it leaves alone, and that all of it can be undone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tending.conftest import memory

from erstwhile.consolidation import Consolidation, StepKind
from erstwhile.engine import Engine
from erstwhile.errors import InvalidInputError
from erstwhile.model import MemoryType, Provenance, SourceKind, Version
from erstwhile.results import Action
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock
from erstwhile.time import AsOf, Interval, as_utc

EVER = Interval(start=as_utc("0001-01-02"))
MODEL_SAID = Provenance(kind=SourceKind.INFERRED, actor="assistant")


def _texts(memory: ScopedMemory) -> list[str]:
    return sorted(version.content for version in memory.snapshot())


def _all(memory: ScopedMemory, **asked: AsOf) -> list[tuple[Any, ...]]:
    return sorted(_told(version) for version in memory.snapshot(during=EVER, **asked))


def _told(version: Version) -> tuple[Any, ...]:
    return version.memory_id, version.content, str(version.valid), version.importance, version.confidence, len(version.confirmations), version.pinned


def test_what_says_the_same_is_merged(on_disk: ScopedMemory) -> None:
    """The memory said first stays, confirmed by the others, whose history stays; undoing makes them three again."""
    bo = on_disk
    first, second, third = (bo.remember(text, type="fact", relate=False, aliases=[text[-1]]) for text in ("Tea at five", "tea at five!", "Tea at five."))
    before = _all(bo)
    (step,) = bo.consolidation().steps
    assert (step.kind, step.memory_ids) == (StepKind.MERGE, tuple(each.memory_id for each in (first, second, third)))
    assert _all(bo) == before
    (outcome,) = bo.consolidate().outcomes
    (left,) = bo.snapshot()
    assert (outcome.action, left.memory_id, left.content) == (Action.REINFORCED, first.memory_id, "Tea at five")
    assert [said.said for said in left.confirmations] == ["tea at five!", "Tea at five."]
    assert left.aliases == ("e", "!", ".")
    assert [version.content for version in bo.history(second)] == ["tea at five!"]
    bo.undo(outcome)
    assert _all(bo) == before
    # What was taken apart again by hand is not merged anew.
    assert bo.consolidation().steps == ()


def test_another_source_makes_it_surer(bo: ScopedMemory) -> None:
    """Merged is confirmed as on write: by another source it becomes surer, by the same one it does not."""
    for actor in ("user", "user", "bob"):
        bo.remember("Tea at five", type="fact", relate=False, confidence=0.6, source=Provenance(actor=actor, reference=f"{actor}{len(bo.snapshot())}"))
    bo.consolidate()
    (left,) = bo.snapshot()
    assert left.confidence == pytest.approx(1 - 0.4 * 0.7)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"tags": ["work"]}, {"tags": ["home"]}),
        ({"metadata": {"key": 1}}, {"metadata": {"key": 2}}),
        ({"type": "fact"}, {"type": "event"}),
        ({"type": "artifact"}, {"type": "artifact"}),
        ({"expires_at": "2026-01-01"}, {}),
        ({"valid_to": "2025-06-01"}, {}),
    ],
)
def test_what_is_told_apart_stays_apart(bo: ScopedMemory, one: dict[str, Any], other: dict[str, Any]) -> None:
    """Labels, types, expiry and an end keep memories apart; so do artifacts, which are things."""
    for key, parts in (("a", one), ("b", other)):
        bo.remember(**{"content": "Tea at five", "type": "fact", "relate": False, "valid_from": "2025-01-01", "key": key, **parts})
    assert bo.consolidation().steps == ()
    assert len(bo.snapshot()) == 2


def test_names_numbers_and_denials_are_never_merged(ana: ScopedMemory) -> None:
    """With all that is shipped: what differs in a name, a number or a "not" is no copy, however alike; what is one in other words is."""
    apart = [
        "Order 17 was shipped on Monday",
        "Order 18 was shipped on Monday",
        "The deploy runs at 9:00",
        "The deploy runs at 10:00",
        "Anna Berg likes green tea",
        "Hanna Berg likes green tea",
        "The backup of the billing database is encrypted",
        "The backup of the billing database is not encrypted",
    ]
    ana.remember_many([{"content": text, "type": "fact"} for text in (*apart, "Ana works at Acme", "Ana works at Acme.")], relate=False)
    (step,) = ana.consolidation(steps=["merge"]).steps
    assert {ana.history(id)[0].content for id in step.memory_ids} == {"Ana works at Acme", "Ana works at Acme."}


def test_what_a_person_says_is_not_dropped_for_a_models_words(ana: ScopedMemory) -> None:
    """As on write: what a person said in other words than a model did before is kept in its own words; the other way round it is merged."""
    model, person = {"content": "Bob really enjoys jazz music", "source": MODEL_SAID}, {"content": "Bob enjoys jazz music"}
    ana.remember_many([model, person], relate=False)
    assert ana.consolidation(steps=["merge"]).steps == ()
    ana.erase(*ana.snapshot())
    ana.remember_many([person, model], relate=False)
    assert [outcome.version.content for outcome in ana.consolidate().outcomes] == ["Bob enjoys jazz music"]


def test_other_scopes_are_untouched(engine: Engine) -> None:
    """Neither another scope nor one that is only read takes part."""
    mine, yours = engine.scope(user="ana"), engine.scope(user="bo")
    for each in (mine, yours, yours):
        each.remember("Ana works at Acme", type="fact", relate=False, key=f"{len(each.snapshot())}")
    before = _all(yours)
    reading_both = engine.scope(mine.scope, also=[yours.scope])
    assert reading_both.consolidate().outcomes == ()
    assert reading_both.audit().findings == ()
    assert _all(yours) == before
    with pytest.raises(InvalidInputError, match="scope"):
        mine.apply(yours.consolidation())


def test_a_commitment_that_ran_out_is_closed(bo: ScopedMemory, clock: FixedClock) -> None:
    """From its end on a version says that nothing is known of it; what was promised stays as it was; what is said later still ends it."""
    promised = bo.remember("I will send Bob the report", type="commitment", valid_to="2025-01-10")
    assert bo.consolidation().steps == ()
    clock.advance(timedelta(days=20))
    (outcome,) = bo.consolidate().outcomes
    (left,) = bo.snapshot()
    assert left.content == "Not known to have been kept by 2025-01-10: I will send Bob the report"
    assert (left.memory_id, left.type, left.source.kind, left.ends) == (promised.memory_id, MemoryType.COMMITMENT, SourceKind.INFERRED, True)
    assert [version.content for version in bo.snapshot(as_of="2025-01-05")] == ["I will send Bob the report"]
    assert bo.snapshot(as_of=AsOf(valid="2025-01-15", system="2025-01-15")) == ()
    assert bo.consolidate().outcomes == ()
    bo.undo(outcome)
    assert bo.snapshot() == ()
    assert len(bo.history(promised)) == 2


def test_a_promise_kept_ends_its_closing(ana: ScopedMemory, clock: FixedClock) -> None:
    """That it was kept, said too late, still ends what says that nothing is known of it."""
    ana.remember("I will send the report to Bob", type="commitment", valid_to="2025-01-10")
    clock.advance(timedelta(days=20))
    ana.consolidate()
    ana.remember("I sent the report to Bob", type="event")
    assert [version.content for version in ana.snapshot()] == ["I sent the report to Bob"]


@pytest.mark.parametrize(
    ("parts", "then"),
    [
        ({}, None),
        ({"valid_from": "2024-01-01", "valid_to": "2024-06-01"}, None),
        ({"valid_to": "2025-01-10", "expires_at": "2025-01-10"}, None),
        ({"valid_to": "2025-01-10"}, "I called the bank"),
        ({"valid_to": "2025-01-10", "type": "goal"}, None),
    ],
)
def test_what_is_not_closed(bo: ScopedMemory, clock: FixedClock, parts: dict[str, Any], then: str | None) -> None:
    """Not without an end, nor one that was over when it was written, nor what expired, nor where something says how it came out."""
    promised = bo.remember(**{"content": "I will call the bank", "type": "commitment", "relate": False, **parts})
    clock.advance(timedelta(days=20))
    if then is not None:
        bo.remember(then, supersedes=promised, valid_from="2025-01-10")
    assert bo.consolidation(steps=["close"]).steps == ()


def test_a_plan_that_is_out_of_date_leaves_alone_what_changed(bo: ScopedMemory, clock: FixedClock) -> None:
    """Each step is checked when it is written: a memory that was corrected, retracted or erased meanwhile is left, and the rest is done."""
    ids = [bo.remember(text, type="fact", relate=False).memory_id for text in ("Tea at five", "tea at five!", "Cake at six", "cake at six!", "Pie", "pie!")]
    promised = bo.remember("I will call the bank", type="commitment", valid_to="2025-01-10", relate=False)
    noticed = bo.remember("Ana hums", type="observation", importance=0)
    clock.advance(timedelta(days=60))
    plan = bo.consolidation()
    bo.correct(ids[1], "tea at nine!")
    bo.erase(ids[3])
    bo.retract(promised)
    bo.correct(noticed, pinned=True)
    before = _all(bo)
    done = bo.apply(plan)
    assert [outcome.memory_id for outcome in done.outcomes] == [ids[4]]
    assert len(done.left) == 4
    assert all("by now" in left.reason for left in done.left)
    bo.undo(done.outcomes[0])
    assert _all(bo) == before
    with pytest.raises(InvalidInputError, match="plan"):
        bo.apply("plan")  # type: ignore[arg-type]


def test_erasing_takes_what_was_merged(bo: ScopedMemory) -> None:
    """Erasing what stands takes what was merged into it; erasing what was merged takes its words out of what stands."""
    tea = [bo.remember(text, type="fact", relate=False) for text in ("Tea at five", "tea at five!", "TEA at five")]
    bo.consolidate()
    assert bo.erase(tea[1]).memory_ids == (tea[1].memory_id,)
    assert [[said.said for said in version.confirmations] for version in bo.history(tea[0])] == [[], ["TEA at five"]]
    assert set(bo.erase(tea[0]).memory_ids) == {tea[0].memory_id, tea[2].memory_id}
    assert bo.stats().versions == 0


def test_erasing_after_an_undo_takes_one_alone(bo: ScopedMemory) -> None:
    """What was merged and stands by itself again is not erased with the other."""
    tea = [bo.remember(text, type="fact", relate=False) for text in ("Tea at five", "tea at five!")]
    bo.undo(bo.consolidate().outcomes[0])
    assert bo.erase(tea[0]).memory_ids == (tea[0].memory_id,)
    assert _texts(bo) == ["tea at five!"]


def test_expiring_takes_one_alone(literal: Callable[..., ScopedMemory], clock: FixedClock) -> None:
    """A memory does not go when what was merged into it expires."""
    ana = literal()
    for text, end in (("Tea at five", "2026-01-01"), ("tea at five!", "2025-02-01")):
        ana.remember(text, type="fact", relate=False, expires_at=end)
    ana.consolidate()
    (left,) = ana.snapshot()
    assert left.expires_at == as_utc("2026-01-01")


@pytest.mark.parametrize(
    "given", [{"steps": "merge"}, {"steps": ["tidy"]}, {"steps": ["summarise"]}, {"limit": 0}, {"limit": True}, {"progress": 3}, {"llm": 3}]
)
def test_what_cannot_be_asked(literal: Callable[..., ScopedMemory], given: dict[str, Any]) -> None:
    """What cannot be used is refused, before anything is looked at."""
    with pytest.raises(InvalidInputError):
        literal().consolidate(**given)


def test_limit_and_progress(literal: Callable[..., ScopedMemory]) -> None:
    """A plan stops at its limit and says so; how far it is, is told."""
    ana = literal()
    for number in range(6):
        ana.remember(f"{'x' * number} tea", type="observation", importance=0, valid_from="2020-01-01", relate=False)
    told: list[tuple[int, int]] = []
    plan = ana.consolidation(limit=2, progress=lambda done, total: told.append((done, total)))
    assert (len(plan.steps), plan.complete) == (2, False)
    assert told[-1] == (2, 6)
    assert isinstance(plan, Consolidation)
    assert len(ana.consolidate().outcomes) == 6


_SAID = st.fixed_dictionaries(
    {
        "content": st.sampled_from(["tea: green", "Tea: green!", "tea: green.", "tea: black", "Ana hums", "ana hums!", "I will call", "i will call."]),
        "type": st.sampled_from(["fact", "observation", "commitment"]),
        "importance": st.sampled_from([0.0, 0.5]),
        "confidence": st.sampled_from([0.5, 1.0]),
        "pinned": st.booleans(),
        "relate": st.booleans(),
        "valid_from": st.sampled_from(["2024-01-01", "2024-12-01", None]),
        "valid_to": st.sampled_from(["2025-01-20", "2025-06-01", None, None]),
        "source": st.sampled_from([Provenance(), Provenance(actor="bo"), MODEL_SAID]),
    }
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_SAID, min_size=1, max_size=8), st.sampled_from([0, 30, 400]))
def test_twice_is_once_undone_is_none_and_the_past_stays(said: list[dict[str, Any]], days: int) -> None:
    """Whatever is held: consolidating again does nothing; undoing all of it, last first, leaves what was there; and no past answer changes."""
    clock = FixedClock()
    ana = memory(clock)
    points = []
    for place, each in enumerate(said):
        ana.remember(**each, key=str(place))
        clock.advance(timedelta(hours=1))
        points.append(clock.now())
    clock.advance(timedelta(days=days))
    points.append(clock.now())
    before = _all(ana)
    past = [_all(ana, as_of=AsOf(system=point)) for point in points]
    clock.advance(timedelta(hours=1))
    done = ana.consolidate()
    assert done.left == ()
    assert ana.consolidate().plan.steps == ()
    # As often as it was said, it was said: nothing that held is lost.
    held = {(version.content.rstrip("!.").casefold(), version.type) for version in ana.snapshot()}
    for outcome in reversed(done.outcomes):
        ana.undo(outcome)
    assert _all(ana) == before
    assert held >= {(version.content.rstrip("!.").casefold(), version.type) for version in ana.snapshot()}
    assert [_all(ana, as_of=AsOf(system=point)) for point in points] == past
