"""What a recall looks among can be narrowed, and what is pinned stands by itself."""

from collections.abc import Callable
from typing import Any

import pytest

from erstwhile import InvalidInputError, Provenance, Scope, SourceKind
from erstwhile.engine import Engine
from erstwhile.scoped import ScopedMemory
from erstwhile.store import Store
from erstwhile.testing import FixedClock

BUT_TOOLS = set(SourceKind) - {SourceKind.TOOL}


def _tell(ana: ScopedMemory) -> None:
    ana.remember("tea at dawn", valid_from="2024-01-01", relate=False)
    ana.remember("tea at noon", valid_from="2024-01-02", relate=False, confidence=0.6, source=Provenance(kind="inferred", actor="assistant"))
    ana.remember("tea at five", valid_from="2024-01-03", relate=False, confidence=0.9, pinned=True, source=Provenance(actor="Bo", session="monday"))
    ana.remember("tea at night", valid_from="2024-01-04", relate=False, confidence=0.3, source=Provenance(kind="tool", actor="crawler"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"dawn", "noon", "five", "night"}),
        ({"actors": ["Bo", "crawler"]}, {"five", "night"}),
        ({"actors": ["bo"]}, set()),
        ({"source_kinds": ["stated", "Inferred"]}, {"dawn", "noon", "five"}),
        ({"source_kinds": "tool"}, {"night"}),
        ({"source_kinds": BUT_TOOLS}, {"dawn", "noon", "five"}),
        ({"source_kinds": []}, set()),
        ({"session": "monday"}, {"five"}),
        ({"min_confidence": 0.9}, {"dawn", "five"}),
        ({"min_confidence": 1}, {"dawn"}),
        ({"pinned": True}, {"five"}),
        ({"pinned": False}, {"dawn", "noon", "night"}),
        ({"pinned": False, "min_confidence": 0.5, "source_kinds": BUT_TOOLS, "actors": ["assistant", "crawler"]}, {"noon"}),
    ],
)
def test_each_filter_narrows_recall_and_snapshot(store: Store, open_on: Callable[[Store], Engine], given: dict[str, Any], expected: set[str]) -> None:
    """A filter leaves exactly what it says, in both, on every store; together, all of them hold."""
    ana = open_on(store).scope(user="ana")
    _tell(ana)
    assert {hit.content.split()[-1] for hit in ana.recall("tea", min_relevance=0, **given)} == expected
    assert {version.content.split()[-1] for version in ana.snapshot(**given)} == expected


def test_a_session_means_its_turns_and_what_was_drawn_from_them(ana: ScopedMemory) -> None:
    """Who asks for a conversation gets what was said in it, and what it taught."""
    for session in ("monday", "tuesday"):
        ana.observe([{"role": "user", "content": f"I work at Fogtree on {session}."}], session=session)
    found = ana.recall("where do I work?", session="monday", min_relevance=0)
    assert found
    assert {hit.version.source.session for hit in found} == {"monday"}
    assert {version.is_turn for version in ana.snapshot(session="tuesday", turns=True)} == {True, False}


def test_filters_work_in_the_past(ana: ScopedMemory, clock: FixedClock) -> None:
    """A filter is about what was believed at the point asked about, not about what became of it."""
    out = ana.remember("tea", confidence=0.4, pinned=True)
    then = ana.recall("tea").as_of
    clock.set("2025-02-01")
    ana.correct(out, confidence=0.9, pinned=False)
    assert ana.recall("tea", min_confidence=0.5)
    assert not ana.recall("tea", min_confidence=0.5, as_of=then)
    assert not ana.recall("tea", pinned=True)
    assert ana.recall("tea", pinned=True, as_of=then)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source_kinds": ["rumour"]}, "rumour.* is not a source kind; choose one of stated, corrected, .*, imported"),
        ({"source_kinds": 3}, "source_kinds: expected a list of texts, got int"),
        ({"actors": "user"}, "actors: expected a list of texts, got str"),
        ({"actors": [" "]}, "each of actors is empty"),
        ({"session": ""}, "session is empty"),
        ({"min_confidence": 1.01}, "min_confidence is 1.01; give a number from 0 to 1"),
        ({"min_confidence": -0.1}, "min_confidence is -0.1"),
        ({"min_confidence": float("nan")}, "min_confidence is nan"),
        ({"min_confidence": None}, "min_confidence is None"),
        ({"pinned": "yes"}, "pinned: expected True, False or None, got str"),
        ({"pinned": 1}, "pinned: expected True, False or None, got int"),
    ],
)
def test_what_cannot_be_used_is_refused(ana: ScopedMemory, given: dict[str, Any], message: str) -> None:
    """A filter that means nothing is an error that says what to give, never a filter left out."""
    for read in (lambda: ana.recall("tea", **given), lambda: ana.snapshot(**given)):
        with pytest.raises(InvalidInputError, match=message):
            read()


@pytest.mark.parametrize("neighbours", [-1, 21, 1.0, True, None])
def test_neighbours_are_few(ana: ScopedMemory, neighbours: Any) -> None:  # noqa: ANN401 - whatever a caller gives
    """How many turns are brought along is bounded."""
    with pytest.raises(InvalidInputError, match=r"neighbours is .*; give a whole number from 0 to 20"):
        ana.recall("tea", neighbours=neighbours)


def test_the_profile(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """The profile is what is pinned and holds, the most important first, then the oldest; of the scopes that are read, and of no other."""
    engine = open_on(store)
    ours, ana = Scope(project="atlas"), engine.scope(user="ana")
    assert ana.profile() == ()
    ana.remember("answer briefly", pinned=True, importance=0.9, valid_from="2024-03-01", relate=False)
    ana.remember("call me Ana", pinned=True, importance=0.9, valid_from="2024-02-01", relate=False)
    ana.remember("no nuts", pinned=True, importance=1, valid_from="2024-04-01", relate=False)
    ana.remember("on leave", pinned=True, valid_from="2024-05-01", valid_to="2024-06-01", relate=False)
    ana.remember("likes tea", relate=False)
    engine.scope(ours).remember("we ship on Fridays", pinned=True, relate=False)
    assert [version.content for version in ana.profile()] == ["no nuts", "call me Ana", "answer briefly"]
    assert [version.content for version in ana.profile(as_of="2024-03-15")] == ["call me Ana", "answer briefly"]
    assert [version.content for version in ana.profile(as_of="2024-05-15")] == ["no nuts", "call me Ana", "answer briefly", "on leave"]
    assert [version.content for version in engine.scope(user="ana", also=[ours]).profile()][-1] == "we ship on Fridays"


def test_the_profile_is_apart_from_search(ana: ScopedMemory) -> None:
    """What is pinned is found where it fits the question, and is not forced upon any other."""
    ana.remember("answer briefly", pinned=True, importance=1, relate=False)
    ana.remember("likes tea", relate=False)
    assert [hit.content for hit in ana.recall("likes tea", k=1, min_relevance=0)] == ["likes tea"]
    assert [hit.content for hit in ana.recall("answer briefly", k=1)] == ["answer briefly"]


def test_pinning_and_taking_out(ana: ScopedMemory, clock: FixedClock) -> None:
    """A memory that is there is pinned, and taken out again, by a correction; the profile of before stays as it was."""
    out = ana.remember("likes tea")
    ana.correct(out, pinned=True)
    assert [version.memory_id for version in ana.profile()] == [out.memory_id]
    then = ana.recall("tea").as_of
    clock.set("2025-02-01")
    ana.correct(out, pinned=False)
    assert ana.profile() == ()
    assert [version.memory_id for version in ana.profile(as_of=then)] == [out.memory_id]
