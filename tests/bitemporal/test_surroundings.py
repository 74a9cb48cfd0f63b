"""What was said around something: the turns before and after it."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from erstwhile import Hit, InvalidInputError, NotFoundError, Provenance, Scope, Version
from erstwhile.engine import Engine
from erstwhile.scoped import ScopedMemory
from erstwhile.store import Store
from erstwhile.testing import FixedClock

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


def _talk(memory: ScopedMemory, session: str, *said: str, day: int = 1, draw: bool = False) -> tuple[Version, ...]:
    messages = [{"role": "user", "content": content, "at": f"2024-01-{day:02}T10:{minute:02}:00Z"} for minute, content in enumerate(said)]
    return memory.observe(messages, session=session, draw=draw).turns


def _said(turns: Iterable[Version]) -> str:
    return " ".join(turn.content for turn in turns)


def _hit(hits: Iterable[Hit], content: str) -> Hit:
    return next(hit for hit in hits if hit.content == content)


def test_around_a_turn(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """The turns before and after, itself included, in the order in which they were said; there are none beyond the ends, nor in another session."""
    ana = open_on(store).scope(user="ana")
    _talk(ana, "other", "v", "w", "x", "y", "z")
    turns = _talk(ana, "s", "a", "b", "c", "d", "e", day=2)
    assert _said(ana.around(turns[2])) == "b c d"
    assert _said(ana.around(turns[2].memory_id, before=0, after=9)) == "c d e"
    assert _said(ana.around(turns[0].id, before=1_000, after=1)) == "a b"
    assert ana.around(turns[3], before=0, after=0) == (turns[3],)


def test_the_order_is_that_of_the_conversation(ana: ScopedMemory) -> None:
    """Times that are missing or stand still do not change who spoke first."""
    turns = ana.observe([{"role": "user", "content": content, "at": "2024-01-01"} for content in "edcba"], draw=False).turns
    assert _said(ana.around(turns[2], before=2, after=2)) == "e d c b a"


def test_around_a_memory(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """Around a memory are the turns around those that it was drawn from, one conversation after the other, each turn once."""
    ana = open_on(store).scope(user="ana")
    second, first = _talk(ana, "a", "d", "e", "f", day=2), _talk(ana, "b", "a", "b", "c", day=1)
    both = ana.remember("tea", derived_from=[second[1], first[2], second[2]])
    assert _said(ana.around(both)) == "b c d e f"
    assert _said(ana.around(both.version, before=0, after=0)) == "c e f"


def test_a_memory_that_says_where_it_was_said(ana: ScopedMemory) -> None:
    """Without a turn that it was drawn from, the place that its source names counts; without that there is nothing around it."""
    _talk(ana, "s", "a", "b", "c")
    placed = ana.remember("tea", source=Provenance(session="s", turn=1), derived_from=UNKNOWN)
    assert _said(ana.around(placed)) == "a b c"
    assert ana.around(ana.remember("nobody knows where this was said")) == ()
    assert ana.around(ana.remember("the session is not enough", source=Provenance(session="s"))) == ()


def test_an_older_version_was_said_somewhere_too(ana: ScopedMemory) -> None:
    """What is not believed any more is looked up by its version; the memory itself needs something that is."""
    turns = _talk(ana, "s", "a", "b")
    old = ana.remember("tea", derived_from=turns[0]).version
    ana.retract(old.memory_id)
    assert _said(ana.around(old)) == "a b"
    with pytest.raises(NotFoundError, match=f"Nothing of memory {old.memory_id} is believed any more"):
        ana.around(old.memory_id)


def test_what_was_taken_away_leaves_a_gap(ana: ScopedMemory) -> None:
    """A place that was erased or retracted still counts as a place, and is not filled from further away."""
    turns = _talk(ana, "s", "a", "b", "c", "d", "e", "f")
    ana.erase(turns[1])
    ana.retract(turns[3])
    assert _said(ana.around(turns[2], before=1, after=1)) == "c"
    assert _said(ana.around(turns[2], before=2, after=2)) == "a c e"


def test_a_session_is_one_of_its_scope(ana: ScopedMemory, engine: Engine) -> None:
    """Sessions of the same name in two scopes are two conversations, also for who reads both."""
    ours, theirs = _talk(ana, "s", "a", "b", "c"), _talk(engine.scope(user="bo"), "s", "x", "y", "z")
    both = engine.scope(user="ana", also=[Scope(user="bo")])
    assert _said(both.around(ours[1])) == "a b c"
    assert _said(both.around(theirs[1])) == "x y z"
    hits = both.recall("b y", neighbours=1, min_relevance=0)
    assert (_said(_hit(hits, "b").neighbours), _said(_hit(hits, "y").neighbours)) == ("a c", "x z")
    assert _said(both.around(ana.remember("both said so", derived_from=[ours[1], theirs[1]]))) == "a b c x y z"
    with pytest.raises(NotFoundError):
        ana.around(theirs[1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"before": -1}, "before is -1; give a whole number from 0 to 1,000"),
        ({"after": 1_001}, "after is 1001; give a whole number"),
        ({"after": 0.5}, "after is 0.5"),
    ],
)
def test_bounds_of_around(ana: ScopedMemory, given: dict[str, Any], message: str) -> None:
    """How far to look is a whole number of places, within bounds."""
    turns = _talk(ana, "s", "a")
    with pytest.raises(InvalidInputError, match=message):
        ana.around(turns[0], **given)


def test_hits_bring_their_neighbours(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """A turn brings what was said before and after it, without itself; a memory brings the turn that it was drawn from as well; by default none does."""
    ana = open_on(store).scope(user="ana")
    _talk(ana, "s", "good morning", "likes coffee", "fine", "and tea", "bye")
    turns = _talk(ana, "t", "hello", "where to", "Porto it is", "great", day=2)
    ana.remember("travels to Porto", derived_from=turns[2])
    hits = ana.recall("coffee in Porto", neighbours=1, min_relevance=0, k=50)
    assert _said(_hit(hits, "likes coffee").neighbours) == "good morning fine"
    assert _said(_hit(hits, "travels to Porto").neighbours) == "where to Porto it is great"
    assert _said(_hit(hits, "bye").neighbours) == "and tea"
    further = ana.recall("coffee in Porto", neighbours=20, min_relevance=0, k=50)
    assert _said(_hit(further, "likes coffee").neighbours) == "good morning fine and tea bye"
    plain = ana.recall("coffee in Porto", min_relevance=0, k=50)
    assert not any(hit.neighbours for hit in plain)
    assert [(hit.version.id, hit.score) for hit in plain] == [(hit.version.id, hit.score) for hit in hits]


def test_neighbours_are_not_what_was_asked_for(ana: ScopedMemory) -> None:
    """What narrows a recall leaves its hits' neighbours alone: they are there to be read beside them."""
    turns = _talk(ana, "s", "good morning", "I like coffee", "fine")
    ana.remember("likes coffee", derived_from=turns[1], tags=["taste"], confidence=0.9)
    (hit,) = ana.recall("coffee", types=["preference", "fact", "observation"], tags=["taste"], min_confidence=0.5, turns=False, neighbours=1)
    assert _said(hit.neighbours) == "good morning I like coffee fine"


def test_neighbours_are_those_of_the_time_asked_about(ana: ScopedMemory, clock: FixedClock) -> None:
    """A past answer shows no turn that had not been said, or was not known, at that point; and one that was retracted since is still in it."""
    turns = _talk(ana, "s", "good morning", "likes coffee", "fine")
    then = ana.recall("coffee").as_of
    clock.set("2025-02-01")
    ana.retract(turns[0])
    _talk(ana, "s", "good morning", "likes coffee", "fine", "more")
    assert _said(_hit(ana.recall("coffee", neighbours=2), "likes coffee").neighbours) == "fine more"
    assert _said(_hit(ana.recall("coffee", neighbours=2, as_of=then), "likes coffee").neighbours) == "good morning fine"
    assert _said(_hit(ana.recall("coffee", neighbours=2, as_of="2024-01-01T10:01:30Z"), "likes coffee").neighbours) == ""


@pytest.fixture
def asked(ana: ScopedMemory, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the store was asked to find, in order."""
    finds: list[Any] = []
    find = ana._ledger.store.find
    monkeypatch.setattr(ana._ledger.store, "find", lambda wanted: (finds.append(wanted), find(wanted))[1])
    return finds


def test_neighbours_of_all_hits_cost_one_query(ana: ScopedMemory, asked: list[Any]) -> None:
    """However many hits there are, what was said around them is read at once; and where nobody asks for it, nothing is."""
    for number in range(12):
        turns = _talk(ana, f"s{number}", "good morning", f"likes coffee number {number}", "fine", day=number + 1)
        if number % 2:
            ana.remember(f"drinks coffee number {number}", derived_from=turns[1], relate=False)
    asked.clear()
    assert len(ana.recall("coffee", min_relevance=0)) == 10
    plain = len(asked)
    assert not any(find.where.places for find in asked)
    asked.clear()
    hits = ana.recall("coffee", min_relevance=0, neighbours=1)
    assert len({hit.version.is_turn for hit in hits}) == 2
    assert all(hit.neighbours for hit in hits)
    assert sum(find.where.places is not None for find in asked) == 1
    assert len(asked) <= plain + 2
