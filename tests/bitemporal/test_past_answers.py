"""What was answered stays answered: reads at a past system time give the same ids, order and scores, whatever is written later."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erstwhile.engine import Engine
from erstwhile.model import Scope
from erstwhile.results import Recall
from erstwhile.scoped import ScopedMemory
from erstwhile.store import Store
from erstwhile.testing import FixedClock
from erstwhile.time import AsOf

DAYS = [datetime(2024, 12, 28, tzinfo=UTC) + timedelta(days=day) for day in range(8)]
QUESTIONS = ("where does Ana live?", "what does she drink", "Porto")
OPENERS = ("Ana lives in Porto", "Ana likes coffee", "Ana works in Porto")

Later = Callable[[ScopedMemory, str], Any]
WRITES: dict[str, Later] = {
    "remember": lambda ana, _: ana.remember("Ana lives near Porto and drinks tea"),
    "remember in the past": lambda ana, _: ana.remember("Ana was born in Porto", valid_from=DAYS[0]),
    "remember for later": lambda ana, _: ana.remember("Ana will live in Faro", valid_from=DAYS[7]),
    "supersede": lambda ana, memory: ana.remember("Ana lives in Lisbon", supersedes=memory),
    "interrupt": lambda ana, memory: ana.remember("Ana lives in Berlin", valid_from=DAYS[2], valid_to=DAYS[3], supersedes=memory),
    "arrive late": lambda ana, memory: ana.remember("Ana lives in Braga", valid_from=DAYS[0], supersedes=memory),
    "correct": lambda ana, memory: ana.correct(memory, "Ana lives in Porto Covo"),
    "correct its time": lambda ana, memory: ana.correct(memory, valid_from=DAYS[0], expires_at=DAYS[6]),
    "correct its tags": lambda ana, memory: ana.correct(memory, tags=["home"], aliases=["Oporto"]),
    "retract": lambda ana, memory: ana.retract(memory),
    "observe": lambda ana, _: ana.observe([{"role": "user", "content": "I live in Porto", "at": DAYS[1]}], session="later"),
}


def _asked(ana: ScopedMemory, as_of: AsOf) -> list[object]:
    recalls = [ana.recall(question, as_of=as_of, k=k) for question in QUESTIONS for k in (2, 10)]
    return [_hits(recall) for recall in recalls] + [[version.id for version in ana.snapshot(as_of=as_of, turns=turns)] for turns in (False, True)]


def _hits(recall: Recall) -> list[tuple[object, ...]]:
    return [(hit.version.id, hit.content, hit.score, hit.dense, hit.lexical, hit.evidence) for hit in recall]


def _open(open_on: Callable[[Store], Engine], store: Store, name: str = "ana") -> tuple[ScopedMemory, str]:
    ana = open_on(store).scope(user=name)
    home, *_ = [ana.remember(content, valid_from=DAYS[1]) for content in OPENERS]
    turn = ana.observe([{"role": "user", "content": "I moved to Porto and drink coffee", "at": DAYS[2]}])[0]
    ana.remember("Ana moved to Porto", derived_from=[turn.id])
    return ana, home.memory_id


def test_every_kind_of_write_leaves_past_answers_alone(open_on: Callable[[Store], Engine], store: Store, clock: FixedClock) -> None:
    """No later write of any kind, nor a clock that jumps back, changes ids, order or scores of a recall or snapshot at a past system time."""
    for name, write in WRITES.items():
        ana, memory = _open(open_on, store, name)
        # `system` alone, and with every valid time from before the first fact to the future.
        points = [AsOf(system=ana.recall("anything").as_of.system, valid=valid) for valid in (None, *DAYS)]
        before = [_asked(ana, point) for point in points]
        assert before[-1][0]
        write(ana, memory)
        clock.set(DAYS[0])
        ana.remember("Ana drinks water")
        assert [_asked(ana, point) for point in points] == before, name
        clock.advance(timedelta(days=60))


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(story=st.lists(st.tuples(st.sampled_from(sorted(WRITES)), st.integers(0, 7)), min_size=2, max_size=7), number=st.uuids())
def test_past_answers_stay_through_a_story(
    open_on: Callable[[Store], Engine], store: Store, clock: FixedClock, story: list[tuple[str, int]], number: object
) -> None:
    """Every answer given on the way through a story of writes can be asked for again at its end."""
    ana, memory = _open(open_on, store, str(number))
    kept: list[tuple[AsOf, list[object]]] = []
    for name, day in story:
        clock.set(DAYS[day])
        point = AsOf(system=ana.recall("anything").as_of.system, valid=DAYS[7 - day])
        kept.append((point, _asked(ana, point)))
        if name in {"remember", "remember in the past", "remember for later", "observe"} or any(version.believed for version in ana.history(memory)):
            WRITES[name](ana, memory)
    for point, answer in kept:
        assert _asked(ana, point) == answer


def test_a_recall_tells_the_point_that_gives_it_again(open_on: Callable[[Store], Engine], store: Store, clock: FixedClock) -> None:
    """The ``as_of`` of any recall, asked for at once or by default, with a valid time or without, gives the same hits after later writes of all kinds."""
    for name, write in WRITES.items():
        ana, memory = _open(open_on, store, name)
        recalls = [ana.recall(question, as_of=as_of) for question in QUESTIONS for as_of in (None, DAYS[2], AsOf(valid=DAYS[4]))]
        assert all(recall.as_of.valid is not None and recall.as_of.system is not None for recall in recalls)
        # The clock stands still: only the tick between an answer and the next write keeps them apart.
        write(ana, memory)
        for recall in recalls:
            assert _hits(ana.recall(recall.query, as_of=recall.as_of)) == _hits(recall), name


def test_a_past_answer_survives_reopening_with_an_earlier_clock(open_on: Callable[[Store], Engine], store: Store, clock: FixedClock) -> None:
    """An engine opened later on the same store, by a clock that lags behind, writes after everything that is there and leaves past answers alone."""
    ana, memory = _open(open_on, store)
    written = ana.remember("Ana lives in Lisbon", supersedes=memory).version.system_from
    point = AsOf(system=written, valid=DAYS[5])
    before = _asked(ana, point)
    clock.set(DAYS[0])
    again = open_on(store).scope(user="ana")
    assert again.remember("Ana lives in Faro", supersedes=memory).version.system_from > written
    assert _asked(again, point) == before


def test_another_scope_does_not_show_in_past_scores(open_on: Callable[[Store], Engine], store: Store) -> None:
    """What is written to, or erased from, another scope changes no score of a past answer here."""
    ana, _ = _open(open_on, store)
    first = ana.recall("where does Ana live?")
    bo = open_on(store).scope(Scope(user="bo"))
    for number in range(5):
        bo.remember(f"Bo lives in Porto {number}")
    assert _hits(ana.recall(first.query, as_of=first.as_of)) == _hits(first)
    bo.erase(everything=True)
    assert _hits(ana.recall(first.query, as_of=first.as_of)) == _hits(first)


def test_only_erasing_changes_the_past(open_on: Callable[[Store], Engine], store: Store) -> None:
    """What is erased is gone from past answers too, and the rest of them stays."""
    ana, memory = _open(open_on, store)
    point = ana.recall("anything").as_of
    before = {version.id for version in ana.snapshot(as_of=point)}
    gone = {version.id for version in ana.history(memory)}
    ana.erase(memory)
    assert {version.id for version in ana.snapshot(as_of=point)} == before - gone
