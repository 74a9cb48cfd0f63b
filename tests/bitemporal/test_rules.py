"""The bi-temporal rules, one example each."""

from typing import Any

import pytest

from erstwhile.engine import Engine
from erstwhile.errors import InvalidInputError, NotFoundError
from erstwhile.model import MemoryType, Provenance, Version
from erstwhile.refs import HasMemory
from erstwhile.results import Action, Outcome
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock
from erstwhile.time import AsOf

EVER = "2000-01-01"


def _day(version: Version) -> tuple[str, str, str]:
    end = "" if version.valid_to is None else f"{version.valid_to:%m-%d}"
    return version.content, f"{version.valid_from:%m-%d}", end


def _believed(ana: ScopedMemory, *refs: HasMemory) -> list[tuple[str, str, str]]:
    chain = {version.id: version for ref in refs for version in ana.history(ref) if version.believed}
    return [_day(version) for version in sorted(chain.values(), key=lambda version: version.valid_from)]


def _say(ana: ScopedMemory, content: str, start: str, end: str | None = None, **given: Any) -> Outcome:  # noqa: ANN401 - any part of a draft
    return ana.remember(content, valid_from=f"2025-{start}", valid_to=None if end is None else f"2025-{end}", **given)


def test_superseding_keeps_history(ana: ScopedMemory) -> None:
    """A superseding fact ends the old one where it begins, in the same chain, and what was believed before can still be asked for."""
    porto = _say(ana, "Porto", "01-10")
    lisbon = _say(ana, "Lisbon", "03-01", supersedes=porto)
    assert (lisbon.action, lisbon.memory_id) == (Action.SUPERSEDED, porto.memory_id)
    assert _believed(ana, porto) == [("Porto", "01-10", "03-01"), ("Lisbon", "03-01", "")]
    assert [version.content for version in ana.history(porto)] == ["Porto", "Porto", "Lisbon"]
    before = AsOf(valid="2025-04-01", system=porto.version.system_from)
    assert [version.content for version in ana.snapshot(as_of=before)] == ["Porto"]
    assert [version.content for version in ana.snapshot(as_of="2025-04-01")] == ["Lisbon"]
    assert lisbon.version.links.supersedes == (porto.version.id,)


def test_a_late_fact_is_placed(ana: ScopedMemory) -> None:
    """A fact about the past holds until the next one begins and hides nothing that holds now."""
    porto = _say(ana, "Porto", "03-01")
    _say(ana, "Lisbon", "05-01", supersedes=porto)
    first = _say(ana, "Braga", "01-01", supersedes=porto)
    between = _say(ana, "Faro", "04-01", supersedes=porto)
    assert (first.action, between.action) == (Action.PLACED, Action.SUPERSEDED)
    assert _believed(ana, porto) == [("Braga", "01-01", "03-01"), ("Porto", "03-01", "04-01"), ("Faro", "04-01", "05-01"), ("Lisbon", "05-01", "")]


def test_a_bounded_fact_only_interrupts(ana: ScopedMemory) -> None:
    """What held before an interruption goes on after it."""
    lisbon = _say(ana, "Lisbon", "01-01")
    berlin = _say(ana, "Berlin", "02-01", "03-01", supersedes=lisbon)
    assert berlin.action is Action.SUPERSEDED
    assert _believed(ana, lisbon) == [("Lisbon", "01-01", "02-01"), ("Berlin", "02-01", "03-01"), ("Lisbon", "03-01", "")]


def test_superseding_several_joins_the_oldest(ana: ScopedMemory) -> None:
    """A fact that ends several memories joins the oldest chain and ends all of them for good, whatever the order they are named in."""
    porto, gaia = _say(ana, "Porto", "01-01"), _say(ana, "Gaia", "02-01", "09-01")
    lisbon = _say(ana, "Lisbon", "03-01", supersedes=[gaia, porto])
    assert lisbon.memory_id == porto.memory_id
    assert set(lisbon.version.links.supersedes) == {porto.version.id, gaia.version.id}
    assert _believed(ana, porto) == [("Porto", "01-01", "03-01"), ("Lisbon", "03-01", "")]
    assert _believed(ana, gaia) == [("Gaia", "02-01", "03-01")]


def test_the_same_start_takes_the_place(ana: ScopedMemory) -> None:
    """A fact that begins when the old one did leaves nothing of it in what is believed."""
    porto = _say(ana, "Porto", "01-01")
    _say(ana, "Lisbon", "01-01", supersedes=porto)
    assert _believed(ana, porto) == [("Lisbon", "01-01", "")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"valid_from": "2025-02-15"}, [("Porto", "01-01", "02-15"), ("Lisbon", "02-15", "04-01"), ("Faro", "04-01", "")]),
        ({"valid_from": "2025-03-15"}, [("Porto", "01-01", "03-01"), ("Lisbon", "03-15", "04-01"), ("Faro", "04-01", "")]),
        ({"valid_to": "2025-05-01"}, [("Porto", "01-01", "03-01"), ("Lisbon", "03-01", "05-01"), ("Faro", "05-01", "")]),
        ({"valid_to": "2025-03-15"}, [("Porto", "01-01", "03-01"), ("Lisbon", "03-01", "03-15"), ("Faro", "04-01", "")]),
        ({"valid_to": None}, [("Porto", "01-01", "03-01"), ("Lisbon", "03-01", "04-01"), ("Faro", "04-01", "")]),
        ({"content": "Lisboa"}, [("Porto", "01-01", "03-01"), ("Lisboa", "03-01", "04-01"), ("Faro", "04-01", "")]),
    ],
)
def test_correcting_a_version_in_the_middle(ana: ScopedMemory, given: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    """A better belief with a wider interval makes neighbours give way, a narrower one leaves a gap, and a version id or ``at`` says which is meant."""
    porto = _say(ana, "Porto", "01-01")
    _say(ana, "Faro", "04-01", supersedes=porto)
    lisbon = _say(ana, "Lisbon", "03-01", supersedes=porto)
    by_id = ana.correct(lisbon.version.id, **given)
    assert by_id.action is Action.CORRECTED
    assert _believed(ana, porto) == expected
    assert by_id.version.links.corrects == (lisbon.version.id,)


def test_correcting_an_older_version_by_time(ana: ScopedMemory) -> None:
    """``at`` picks the version that held then; without it, the one that holds now."""
    porto = _say(ana, "Porto", "01-01")
    _say(ana, "Lisbon", "03-01", supersedes=porto)
    ana.correct(porto, "Gaia", at="2025-02-01")
    ana.correct(porto, "Lisboa", at="2025-06-01")
    assert _believed(ana, porto) == [("Gaia", "01-01", "03-01"), ("Lisboa", "03-01", "")]


def test_a_memory_that_does_not_hold_is_spoken_of_by_its_latest(ana: ScopedMemory) -> None:
    """Where nothing holds, the memory means the latest version that began before, and before the first, the first."""
    porto = _say(ana, "Porto", "02-01", "03-01")
    _say(ana, "Lisbon", "03-01", "04-01", supersedes=porto)
    ana.correct(porto, "Lisboa", at="2025-05-01")
    ana.correct(porto, "Gaia", at="2025-01-01")
    assert _believed(ana, porto) == [("Gaia", "02-01", "03-01"), ("Lisboa", "03-01", "04-01")]


def test_correcting_what_was_corrected_names_where_to_look(ana: ScopedMemory) -> None:
    """A version that is not believed any more cannot be corrected or retracted; the error names the history to read."""
    porto = _say(ana, "Porto", "01-01")
    ana.correct(porto, "Gaia")
    for act in (lambda: ana.correct(porto.version.id, "Faro"), lambda: ana.retract(porto.version.id)):
        with pytest.raises(NotFoundError, match=f"history\\({porto.memory_id}\\)"):
            act()


def test_correcting_the_start_of_what_holds_now_keeps_it(ana: ScopedMemory) -> None:
    """What holds now still holds when its start turns out to lie before that of an earlier fact, which makes room."""
    porto = _say(ana, "Porto", "02-01")
    lisbon = _say(ana, "Lisbon", "04-01", supersedes=porto)
    ana.correct(lisbon.version.id, valid_from="2025-01-01")
    assert [version.content for version in ana.snapshot(as_of="2025-06-01")] == ["Lisbon"]


def test_retracting_a_version_or_the_memory(ana: ScopedMemory) -> None:
    """A version id takes back that version only, a memory id all of them; history keeps both."""
    porto = _say(ana, "Porto", "01-01")
    lisbon = _say(ana, "Lisbon", "03-01", supersedes=porto)
    assert ana.retract(lisbon.version.id).ended == (lisbon.version,)
    assert _believed(ana, porto) == [("Porto", "01-01", "03-01")]
    ana.retract(porto)
    assert _believed(ana, porto) == []
    assert len(ana.history(porto)) == 3
    for act in (ana.retract, lambda ref: ana.correct(ref, "Faro"), lambda ref: ana.remember("Faro", supersedes=ref)):
        with pytest.raises(NotFoundError, match="believed any more"):
            act(porto.memory_id)


def test_expiry_ends_a_memory(ana: ScopedMemory, clock: FixedClock) -> None:
    """A memory is there before its expiry and not from then on, whatever its valid end says; asked about earlier, it still is."""
    ana.remember("The code is 1234", expires_at="2025-01-03", valid_to="2025-02-01")
    assert len(ana.recall("code")) == 1
    clock.set("2025-01-03")
    assert not ana.recall("code")
    assert (ana.stats().believed, ana.stats().holding) == (1, 0)
    assert len(ana.recall("code", as_of="2025-01-02T23:59:59.999999Z")) == 1


def test_interrupting_what_expires_meanwhile(ana: ScopedMemory) -> None:
    """An interruption that lasts beyond the expiry of what it interrupts is written, and nothing comes back after it."""
    code = _say(ana, "The code is 1234", "01-01", expires_at="2025-01-05")
    _say(ana, "The code is 5678", "01-03", "01-08", supersedes=code)
    assert [version.content for version in ana.snapshot(as_of="2025-01-04")] == ["The code is 5678"]
    assert not ana.snapshot(as_of="2025-01-09")


def test_a_future_fact_waits(ana: ScopedMemory, clock: FixedClock) -> None:
    """A fact that begins later is believed at once and holds only from then on, and what it will end holds until then."""
    porto = ana.remember("Ana lives in Porto")
    ana.remember("Ana lives in Faro", valid_from="2025-01-05", supersedes=porto)
    assert [version.content for version in ana.snapshot()] == ["Ana lives in Porto"]
    clock.set("2025-01-05")
    assert [version.content for version in ana.snapshot()] == ["Ana lives in Faro"]


def test_the_type_is_inherited(ana: ScopedMemory) -> None:
    """A superseding fact has the type of the oldest memory that it supersedes unless it says its own; alone, it is a fact."""
    plan, wish = ana.remember("Run a marathon", type="goal"), ana.remember("Prefers running", type="preference")
    assert ana.remember("Run two", supersedes=[wish, plan]).version.type is MemoryType.GOAL
    assert ana.remember("Ran it", supersedes=plan, type="EVENT ").version.type is MemoryType.EVENT
    assert ana.remember("Anything").version.type is MemoryType.FACT
    assert ana.correct(wish, type="context").version.type is MemoryType.CONTEXT


def test_changes_name_what_was_done(ana: ScopedMemory) -> None:
    """Every write is one change of each memory it touched, in order, with what it did, what it closed and what it appended; a window is closed-open."""
    porto, gaia = _say(ana, "Porto", "01-01"), _say(ana, "Gaia", "01-01")
    moved = _say(ana, "Lisbon", "03-01", supersedes=[porto, gaia])
    better = ana.correct(porto, "Lisboa", at="2025-04-01")
    ana.retract(gaia)
    changes = ana.changes(EVER)
    names = [(change.action.value, change.memory_id == porto.memory_id, len(change.before), len(change.after)) for change in changes]
    assert names == [
        ("remembered", True, 0, 1),
        ("remembered", False, 0, 1),
        ("superseded", True, 1, 2),
        ("superseded", False, 1, 1),
        ("corrected", True, 1, 1),
        ("retracted", False, 1, 0),
    ]
    window = ana.changes(moved.version.system_from, better.version.system_from)
    assert [change.action for change in window] == [Action.SUPERSEDED, Action.SUPERSEDED]


def test_changes_call_a_late_fact_what_its_outcome_called_it(ana: ScopedMemory) -> None:
    """The log and the outcome of a write tell the same story."""
    porto = _say(ana, "Porto", "03-01")
    late = _say(ana, "Braga", "01-01", supersedes=porto)
    assert ana.changes(EVER)[-1].action is late.action


def test_a_version_or_hit_means_that_version(ana: ScopedMemory) -> None:
    """Given to retract or correct, a version or a hit means that version and no other of its memory; an outcome, or the memory's id, means the memory."""
    porto = _say(ana, "Porto", "01-01")
    _say(ana, "Lisbon", "03-01", supersedes=porto)
    ana.correct(ana.recall("Porto", as_of="2025-02-01")[0], "Gaia")
    ana.retract(ana.snapshot(as_of="2025-04-01")[0])
    assert _believed(ana, porto) == [("Gaia", "01-01", "03-01")]


def test_a_late_retry_is_answered_before_it_is_checked(ana: ScopedMemory, clock: FixedClock) -> None:
    """A retry with a key is answered also where what was said has expired, and what it superseded was retracted, since."""
    first, second = (ana.remember(f"Ana lives in {town}", relate=False) for town in ("Porto", "Gaia"))
    given: dict[str, Any] = {"supersedes": [first, second], "expires_at": "2025-01-03", "key": "move-7"}
    ana.remember("Ana lives in Lisbon", **given)
    ana.retract(second)
    clock.set("2025-01-04")
    assert ana.remember("Ana lives in Lisbon", **given).action is Action.UNCHANGED


def test_whatever_a_call_returned_is_a_reference(ana: ScopedMemory) -> None:
    """An id of a memory or of a version in any spelling, an outcome, a hit, a version and a change all point at their memory."""
    porto = ana.remember("Ana lives in Porto")
    refs = [porto, porto.version, ana.recall("Porto")[0], ana.changes(EVER)[0], porto.memory_id, porto.version.id, porto.memory_id.upper().replace("-", "")]
    for number, ref in enumerate(refs):
        assert ana.history(ref) == (porto.version,), number
    chain = ana.remember("Ana lives in Lisbon", supersedes=refs)
    assert chain.memory_id == porto.memory_id


def test_said_again_with_a_key(ana: ScopedMemory, clock: FixedClock) -> None:
    """A key answers a retry however late: with other content, after a supersession, a correction and a retraction."""
    paid = ana.remember("Invoice 17 is paid", key="invoice-17")
    ana.correct(paid, "Invoice 17 is paid in part")
    clock.advance()
    ana.retract(paid)
    again = ana.remember("Something else", key="invoice-17")
    assert (again.action, again.written, again.version.id) == (Action.UNCHANGED, (), paid.version.id)
    assert ana.remember("Invoice 18 is paid", key="invoice-18").action is Action.REMEMBERED


def test_said_again_without_a_key(ana: ScopedMemory, clock: FixedClock) -> None:
    """The same content from the same source is written once while it stands, and again after its end and after a retraction; another source confirms it."""
    tea = ana.remember("Ana likes tea")
    assert ana.remember("Ana likes tea").action is Action.UNCHANGED
    page = Provenance(reference="page 7")
    other = ana.remember("Ana likes tea", source=page)
    assert (other.action, other.memory_id, other.version.confirmations[0].source) == (Action.REINFORCED, tea.memory_id, page)
    assert ana.remember("Ana likes tea", source=page).action is Action.UNCHANGED
    assert ana.remember("Ana likes tea", source=Provenance(reference="page 8"), relate=False).action is Action.REMEMBERED
    ana.erase(everything=True)
    tea = ana.remember("Ana likes tea")
    ana.retract(tea)
    again = ana.remember("Ana likes tea")
    assert (again.action, again.memory_id == tea.memory_id) == (Action.REMEMBERED, False)
    ana.correct(again, valid_to=clock.advance())
    clock.advance()
    assert ana.remember("Ana likes tea").action is Action.REMEMBERED


def test_said_again_after_it_was_corrected(ana: ScopedMemory) -> None:
    """What was corrected away and is said again is written: it is not what is believed."""
    work = ana.remember("Ana works for Sonae")
    ana.correct(work, "Ana works for Sonae Arauco")
    assert ana.remember("Ana works for Sonae").version.content == "Ana works for Sonae"


def test_turns_stay_as_they_were_said(ana: ScopedMemory) -> None:
    """A turn can be neither corrected nor superseded; it can be retracted and erased."""
    first, second = ana.observe([{"role": "user", "content": "I like tea"}, {"role": "assistant", "content": "Noted"}], draw=False)
    for act in (lambda: ana.correct(first, "I like coffee"), lambda: ana.remember("Ana likes coffee", supersedes=first)):
        with pytest.raises(InvalidInputError, match="evidence"):
            act()
    assert len(ana.history(first)) == 1
    ana.retract(first)
    assert ana.erase(second).turns == 1
    assert (ana.stats().turns, ana.stats().versions) == (0, 1)


def test_erasing_takes_what_was_derived_along(ana: ScopedMemory) -> None:
    """Erasing a turn erases every memory drawn from any of its versions, and what was drawn from those; the receipt counts them."""
    turn = ana.observe([{"role": "user", "content": "I moved to Porto"}], draw=False)[0]
    home = ana.remember("Ana lives in Porto", derived_from=[turn.id])
    ana.correct(home, "Ana lives in Gaia")
    guess = ana.remember("Ana likes port wine", derived_from=[home.version.id])
    other = ana.remember("Ana has a cat")
    receipt = ana.erase(turn)
    assert set(receipt.memory_ids) == {turn.memory_id, home.memory_id, guess.memory_id}
    assert (receipt.memories, receipt.turns, receipt.versions, receipt.remaining) == (2, 1, 4, 0)
    assert [version.id for version in ana.snapshot(turns=True)] == [other.version.id]
    with pytest.raises(NotFoundError):
        ana.history(home)


def test_erasing_keeps_the_evidence_unless_told(ana: ScopedMemory) -> None:
    """The turns that a memory was drawn from stay, and are listed, unless evidence=True; then whatever else was drawn from them goes too."""
    turn = ana.observe([{"role": "user", "content": "I moved to Porto with a cat"}], draw=False)[0]
    home, cat, dog = (ana.remember(content, derived_from=[turn.id]) for content in ("lives in Porto", "has a cat", "has a dog"))
    assert ana.erase(home).evidence_kept == (turn.id,)
    receipt = ana.erase(cat, evidence=True)
    assert set(receipt.memory_ids) == {cat.memory_id, dog.memory_id, turn.memory_id}
    assert (receipt.evidence_kept, ana.stats().versions) == ((), 0)


def test_only_turns_are_evidence(ana: ScopedMemory) -> None:
    """A memory that another was drawn from is not listed as a turn that stayed."""
    home = ana.remember("Ana lives in Porto")
    assert ana.erase(ana.remember("Ana likes port wine", derived_from=[home.version.id])).evidence_kept == ()


def test_erasing_stays_in_its_scope(engine: Engine, ana: ScopedMemory) -> None:
    """Erasing everything of one scope leaves the others whole, a read over both included; ids of another scope are not found."""
    bo = engine.scope(user="bo")
    kept, gone = bo.remember("Bo likes tea"), ana.remember("Ana likes tea")
    verbs: list[Any] = [ana.erase, ana.retract, ana.history, lambda ref: ana.correct(ref, "x"), lambda ref: ana.remember("x", supersedes=ref)]
    for verb in verbs:
        with pytest.raises(NotFoundError, match="in this scope"):
            verb(kept)
    receipt = engine.scope(user="ana", also=[bo.scope]).erase(everything=True)
    assert (receipt.scope, receipt.memory_ids, receipt.versions) == (ana.scope, (gone.memory_id,), 1)
    assert bo.snapshot() == (kept.version,)
