"""What a new memory does to old ones, and what its outcome says of it."""

from collections.abc import Callable, Sequence

import pytest

from erstwhile.errors import InvalidInputError
from erstwhile.judge import Judge, Pair
from erstwhile.model import MemoryType, Provenance, Scope, SourceKind
from erstwhile.policy import Policy
from erstwhile.relating import Resolver
from erstwhile.relations import RULES, Judgement, Relation
from erstwhile.results import Action
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock
from erstwhile.time import AsOf

INFERRED = Provenance(kind=SourceKind.INFERRED, actor="model")


def _held(memory: ScopedMemory, at: str | None = None) -> list[str]:
    return [version.content for version in memory.snapshot(as_of=at)]


def test_a_newer_fact_takes_the_place_of_the_older(ana: ScopedMemory, clock: FixedClock) -> None:
    """The outcome says what was ended and why in one line; recall gives the new, ``as_of`` the old, at either time, and history both."""
    old = ana.remember("We use Postgres")
    clock.set("2025-03-01")
    new = ana.remember("We migrated to MongoDB")
    assert (new.action, new.memory_id, new.ended) == (Action.SUPERSEDED, old.memory_id, (old.version,))
    assert [version.content for version in new.written] == ["We use Postgres", "We migrated to MongoDB"]
    (tie,) = new.relations
    assert (tie.relation, tie.memory_id, tie.version_id, tie.judge) == (Relation.SUPERSEDES, old.memory_id, old.version.id, RULES)
    assert new.reason == tie.reason
    assert len(new.reason.splitlines()) == 1
    assert new.version.ties == (tie,)
    assert [hit.content for hit in ana.recall("which database do we use?")] == ["We migrated to MongoDB"]
    for point in ("2025-02-01", AsOf(system=old.version.system_from)):
        assert [hit.content for hit in ana.recall("which database do we use?", as_of=point)] == ["We use Postgres"]
    assert [version.content for version in ana.history(old)] == ["We use Postgres", "We use Postgres", "We migrated to MongoDB"]
    assert [change.action for change in ana.changes("2024-01-01")] == [Action.REMEMBERED, Action.SUPERSEDED]


def test_a_memory_ends_without_a_successor(ana: ScopedMemory, clock: FixedClock) -> None:
    """ "I no longer …" ends what was so, puts nothing in its place, and is a memory of its own time; what was so stays in the past."""
    old = ana.remember("I work at Acme")
    clock.set("2025-03-01")
    end = ana.remember("I no longer work at Acme")
    assert (end.action, end.version.ends, end.memory_id) == (Action.ENDED, True, old.memory_id)
    assert _held(ana) == ["I no longer work at Acme"]
    assert _held(ana, "2025-02-01") == ["I work at Acme"]
    assert ana.changes("2025-02-01")[-1].action is Action.ENDED


def test_what_ended_can_begin_again(ana: ScopedMemory, clock: FixedClock) -> None:
    """What is said to be so after it ended holds from then on, and the gap stays."""
    for month, text in enumerate(("I work at Acme", "I no longer work at Acme", "I work at Acme"), start=1):
        clock.set(f"2025-0{month}-01")
        ana.remember(text)
    assert [_held(ana, f"2025-0{month}-15") for month in (1, 2, 3)] == [["I work at Acme"], ["I no longer work at Acme"], ["I work at Acme"]]


@pytest.mark.parametrize(("kind", "said"), [("commitment", "todo: report"), ("goal", "todo: marathon")])
def test_what_was_done_or_dropped_is_none_any_more(told: Callable[..., ScopedMemory], clock: FixedClock, kind: str, said: str) -> None:
    """A commitment that was fulfilled, or a goal that was dropped, is not among those that hold; that it ended is no such thing either."""
    bo = told()
    bo.remember(said, type=kind)
    clock.advance()
    end = bo.remember(said.replace(": ", ": not "))
    assert end.action is Action.ENDED
    assert bo.snapshot(types=[kind]) == ()
    assert not bo.recall("todo", types=[kind])
    assert [version.content for version in bo.snapshot(types=[kind], as_of="2025-01-01T12:00Z")] == [said]


def test_a_commitment_is_not_ended_by_another_value(told: Callable[..., ScopedMemory], clock: FixedClock) -> None:
    """What a note of another type says of a promise contests it; it takes a deed, a cancellation or another promise to end one."""
    bo = told()
    bo.remember("review: on Friday", type="commitment")
    clock.advance()
    assert bo.remember("review: on Monday", type="fact").action is Action.CONTESTED
    assert bo.remember("review: not on Friday").action is Action.ENDED
    assert bo.conflicts() == ()


def test_said_again_in_other_words_it_is_confirmed(bo: ScopedMemory, clock: FixedClock) -> None:
    """A paraphrase piles nothing up: the memory is surer, was last said now, and keeps the paraphrase with its source."""
    first = bo.remember("home: Porto", confidence=0.6)
    clock.advance()
    again = bo.remember("home: Porto!", confidence=0.8)
    assert (again.action, again.memory_id, again.version.content) == (Action.REINFORCED, first.memory_id, "home: Porto")
    assert again.version.confidence == 0.8
    assert (again.version.confirmed_at, again.version.valid_from) == (again.version.system_from, first.version.valid_from)
    assert [(said.said, said.at, said.source.actor) for said in again.version.confirmations] == [("home: Porto!", again.version.system_from, "user")]
    assert bo.stats().holding == 1
    assert bo.changes("2024-01-01")[-1].action is Action.REINFORCED
    assert bo.remember("home: Porto!").action is Action.UNCHANGED


def test_said_of_an_earlier_time_it_reaches_back(bo: ScopedMemory) -> None:
    """What is found to have held before holds from then on, and both ways of saying it are kept."""
    bo.remember("home: Porto", valid_from="2024-06-01")
    early = bo.remember("home: Porto!", valid_from="2024-01-01")
    assert (early.action, str(early.version.valid_from.date()), bo.stats().holding) == (Action.REINFORCED, "2024-01-01", 1)
    assert {(said.said, str(said.at.date())) for said in early.version.confirmations} == {("home: Porto!", "2024-01-01"), ("home: Porto", "2024-06-01")}


def test_said_again_of_the_past_it_is_confirmed_there(bo: ScopedMemory, clock: FixedClock) -> None:
    """A repetition about a time when it held confirms that version, though it has ended since, and changes nothing else."""
    bo.remember("home: Porto", valid_from="2024-01-01")
    bo.remember("home: Lisbon", valid_from="2024-06-01")
    again = bo.remember("home: Porto!", valid_from="2024-03-01")
    assert (again.action, str(again.version.valid_to.date() if again.version.valid_to else "")) == (Action.REINFORCED, "2024-06-01")
    assert [_held(bo, f"2024-{month}-15") for month in ("02", "04", "07")] == [["home: Porto"], ["home: Porto"], ["home: Lisbon"]]


def test_a_repetition_still_ends_what_it_rivals(told: Callable[..., ScopedMemory], clock: FixedClock) -> None:
    """Where a guess was contested by what somebody said, saying the guess settles it: the guess is confirmed and its rival ends, with nothing piled up."""
    bo = told()
    bo.remember("home: Porto")
    clock.advance()
    guess = bo.remember("home: Lisbon", source=INFERRED)
    assert guess.action is Action.CONTESTED
    clock.advance()
    said = bo.remember("home: Lisbon!")
    assert (said.action, said.memory_id) == (Action.SUPERSEDED, guess.memory_id)
    assert _held(bo) == ["home: Lisbon"]
    assert bo.conflicts() == ()
    assert not any(hit.contested for hit in bo.recall("home"))
    assert [version.valid_to for version in bo.snapshot(as_of="2025-01-01T12:00Z")] == [said.version.system_from]
    clock.advance()
    assert bo.remember("home: Rome", source=INFERRED).action is Action.CONTESTED


@pytest.mark.parametrize("second", ["home: Lisbon+", "pet: cat", "whatever"])
def test_what_refines_or_stands_beside_ends_nothing(bo: ScopedMemory, clock: FixedClock, second: str) -> None:
    """A detail, or something else, leaves the older one as it is, row for row."""
    first = bo.remember("home: Porto")
    clock.advance()
    other = bo.remember(second)
    assert (other.action, other.ended, other.memory_id == first.memory_id) == (Action.REMEMBERED, (), False)
    assert bo.history(first) == (first.version,)
    assert not any(version.contested for version in bo.snapshot())


def test_a_detail_in_between_does_not_end_what_it_details(bo: ScopedMemory) -> None:
    """Something that refines one part of a chain, and gives way to the next, leaves the part that it refines whole."""
    bo.remember("home: Porto", valid_from="2024-01-01")
    bo.remember("home: Lisbon", valid_from="2024-03-01")
    detail = bo.remember("home: Foz+", valid_from="2024-02-01")
    assert detail.ended == ()
    assert _held(bo, "2024-02-15") == ["home: Porto", "home: Foz+"]


def test_what_is_named_is_not_judged(clock: FixedClock, told: Callable[..., ScopedMemory]) -> None:
    """An explicit ``supersedes`` is what it says: only that is ended, and the judge is not asked."""
    bo = told()
    old, rival = bo.remember("pet: cat"), bo.remember("home: Porto")
    clock.advance()
    new = bo.remember("home: Lisbon", supersedes=old)
    assert (new.action, new.relations, new.version.ties) == (Action.SUPERSEDED, (), ())
    assert bo.history(rival) == (rival.version,)


def test_unrelated_it_stands_alone(bo: ScopedMemory, clock: FixedClock) -> None:
    """With ``relate=False``, one by one or many at once, nothing is compared."""
    old = bo.remember("home: Porto")
    clock.advance()
    assert bo.remember("home: Lisbon", relate=False).action is Action.REMEMBERED
    assert [outcome.action for outcome in bo.remember_many(["home: Rome"], relate=False)] == [Action.REMEMBERED]
    assert bo.history(old) == (old.version,)


def test_one_of_many_sees_those_before_it(bo: ScopedMemory) -> None:
    """In one call, each is compared with what was written before it: the last of a series stands."""
    drafts = [{"content": f"home: {town}", "valid_from": f"2024-0{month}-01"} for month, town in enumerate(("Porto", "Lisbon", "Faro"), start=1)]
    outcomes = bo.remember_many(drafts)
    assert [outcome.action for outcome in outcomes] == [Action.REMEMBERED, Action.SUPERSEDED, Action.SUPERSEDED]
    assert _held(bo) == ["home: Faro"]


def test_a_clock_that_stands_still_keeps_the_order(bo: ScopedMemory) -> None:
    """What is said after something else is newer, however coarse the clock: in one call or two, it takes the place and clashes with nothing."""
    outcomes = [*bo.remember_many(["home: Porto", "home: Lisbon"]), bo.remember("home: Faro")]
    assert [outcome.action for outcome in outcomes] == [Action.REMEMBERED, Action.SUPERSEDED, Action.SUPERSEDED]
    assert bo.conflicts() == ()


def test_what_was_superseded_often_is_still_found(bo: ScopedMemory, clock: FixedClock) -> None:
    """A long history does not hide what holds now from what comes in."""
    for number in range(60):
        clock.advance()
        bo.remember(f"home: Porto {number}")
    assert _held(bo) == ["home: Porto 59"]


class Numbered:
    """A judge for which whatever is later ends the earlier one, as surely as the last word of that says."""

    name = "numbered"

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement | None]:
        """See `Judge.judge`."""
        return [Judgement(relation=Relation.SUPERSEDES, score=float(pair.earlier.content.split()[-1]), reason="Gone.", judge=self.name) for pair in pairs]


def test_one_memory_is_ended_on_a_guess(clock: FixedClock, judging: Callable[[Judge], ScopedMemory]) -> None:
    """Of several memories that one seems to end, it ends the one of which that is surest, and others only if it is all but certain."""
    memory = judging(Numbered())
    for content in ("The oak gate is 0.98", "The oak door is 0.94", "The oak table is 0.95", "The oak bench is 0.6"):
        memory.remember(content, relate=False)
    clock.advance()
    outcome = memory.remember("The oak is gone 0.5")
    assert _held(memory) == ["The oak door is 0.94", "The oak bench is 0.6", "The oak is gone 0.5"]
    assert outcome.action is Action.SUPERSEDED
    spared = [tie for tie in outcome.relations if tie.reason == "Gone. But it ends another memory more surely."]
    assert [tie.relation for tie in spared] == [Relation.UNSURE]


def test_other_scopes_are_not_looked_at(clock: FixedClock, ana: ScopedMemory) -> None:
    """Neither another scope, nor one that reads take in, is compared or ended."""
    ana.remember("I live in Porto")
    other = ScopedMemory(ana._ledger, scope=Scope(user="bo"), also=(ana.scope,), resolver=ana._resolver, extractor=ana._extractor)
    clock.advance()
    assert other.remember("I live in Lisbon").action is Action.REMEMBERED
    assert _held(ana) == ["I live in Porto"]


def test_the_type_of_what_is_replaced_is_taken_over(bo: ScopedMemory, clock: FixedClock) -> None:
    """What takes the place of a memory is of its type, unless another was given."""
    bo.remember("home: Porto", type="relationship")
    clock.advance()
    assert bo.remember("home: Lisbon").version.type is MemoryType.RELATIONSHIP
    clock.advance()
    assert bo.remember("home: Faro", type="context").version.type is MemoryType.CONTEXT


def test_what_was_drawn_is_compared(ana: ScopedMemory, clock: FixedClock) -> None:
    """A memory drawn from a turn ends an older one, names the turn, and observing the turn again does nothing."""
    ana.observe([{"role": "user", "content": "I live in Porto.", "id": "1"}])
    clock.set("2025-03-01")
    said = [{"role": "user", "content": "Hi there! I live in Lisbon now.", "id": "2"}]
    seen = ana.observe(said)
    assert [outcome.action for outcome in seen.outcomes] == [Action.SUPERSEDED]
    assert seen.outcomes[0].version.links.derived_from == (seen[0].id,)
    assert all(outcome.action is Action.UNCHANGED for outcome in ana.observe(said).outcomes)
    assert len(ana.snapshot()) == 1


def test_an_assistant_does_not_end_what_the_user_said(ana: ScopedMemory, clock: FixedClock) -> None:
    """What an assistant says is inferred: a clash is opened, and both stay."""
    ana.observe([{"role": "user", "content": "I live in Porto."}])
    clock.set("2025-03-01")
    seen = ana.observe([{"role": "assistant", "content": "Ana lives in Lisbon."}])
    assert not any(outcome.ended and outcome.action is Action.SUPERSEDED for outcome in seen.outcomes)
    assert "I live in Porto." in " ".join(_held(ana)) or "I live in Porto" in " ".join(_held(ana))


def test_a_judge_that_fails_writes_nothing(clock: FixedClock, bo: ScopedMemory) -> None:
    """An error in a judge of somebody's own reaches the caller, and nothing of the write is there."""

    class Broken:
        name = "broken"

        def judge(self, pairs: object) -> list[Judgement | None]:
            raise InvalidInputError("broken")

    bo.remember("home: Porto")
    broken = ScopedMemory(bo._ledger, scope=bo.scope, resolver=Resolver(judge=Broken(), policy=Policy()), extractor=bo._extractor)
    with pytest.raises(InvalidInputError, match="broken"):
        broken.remember("home: Lisbon")
    assert bo.stats().versions == 1


def test_correcting_a_detail_keeps_what_confirmed_it(bo: ScopedMemory, clock: FixedClock) -> None:
    """A tag is put right without losing when the same was said again, that it is an ending, or how sure its type is; another text starts afresh."""
    home = bo.remember("home: Porto", valid_from="2024-01-01")
    again = bo.remember("home: Porto!")
    tagged = bo.correct(home.memory_id, tags=["x"])
    assert (tagged.version.confirmations, tagged.version.type_confidence) == (again.version.confirmations, home.version.type_confidence)
    assert bo.correct(home.memory_id, type="context").version.type_confidence == 1.0
    assert bo.correct(home.memory_id, "home: Porto, in Foz").version.confirmations == ()
    ending = bo.remember("home: not Porto, in Foz")
    assert ending.action is Action.ENDED
    assert bo.correct(ending.version, importance=0.1).version.ends
