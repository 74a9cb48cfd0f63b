"""A turn is found by what it answers as well; and not any more once that is erased."""

from collections.abc import Callable
from typing import Any

import pytest

from erstwhile import Provenance, Version
from erstwhile.engine import Engine
from erstwhile.scoped import ScopedMemory
from erstwhile.store import Store, Where
from erstwhile.store.lexical import document_terms, version_terms
from erstwhile.testing import make_version
from erstwhile.time import as_utc

SECRET = "harbour"
ASKED = f"Is the {SECRET} frozen?"


def _say(memory: ScopedMemory, *said: str, session: str = "s", first: int = 0) -> tuple[Version, ...]:
    messages = [{"role": "user", "content": content, "id": f"{content} {first + place}"[:200]} for place, content in enumerate(said)]
    return memory.observe(messages, session=session, draw=False).turns


def _contexts(memory: ScopedMemory, session: str = "s") -> dict[str, str]:
    turns = memory.snapshot(turns=True, session=session)
    return {turn.content: turn.context for turn in sorted(turns, key=lambda turn: turn.source.turn or 0)}


def _by_words(memory: ScopedMemory, word: str) -> set[str]:
    return {hit.content for hit in memory.recall(word, min_relevance=0, k=50) if hit.lexical is not None}


def _term(word: str) -> int:
    (term,) = document_terms(word)
    return term


def test_words_of_the_context_weigh_half() -> None:
    """What a turn answers counts half of what it says itself."""
    terms = version_terms(make_version("yes, thick ice", type=None, context=ASKED))
    alone = document_terms(ASKED)
    assert terms[_term(SECRET)] == pytest.approx(alone[_term(SECRET)] / 2)
    assert terms[_term("ice")] == version_terms(make_version("yes, thick ice", type=None))[_term("ice")]


def test_a_context_takes_nothing_from_own_words() -> None:
    """A word that both have weighs no less than without the context, and the words keep one order."""
    own = version_terms(make_version("The harbour is frozen", type=None))
    both = version_terms(make_version("The harbour is frozen", type=None, context=f"{ASKED} What a harbour!"))
    assert {term: both[term] for term in own} == own
    assert list(both) == sorted(both)


@pytest.mark.parametrize("word", ["Berta", "november", "1999", "5"])
def test_speaker_and_day_are_words(word: str) -> None:
    """A version is found by who said it and by the day from which it holds."""
    version = make_version("tea", source=Provenance(actor="Berta"), valid_from="1999-11-05")
    assert _term(word) in version_terms(version)
    assert _term(word) not in version_terms(make_version("tea", valid_from="2001-02-03"))


def test_a_turn_has_the_one_before_as_its_context(ana: ScopedMemory) -> None:
    """The text said just before in the same session, across calls; the first turn of each session answers nothing."""
    _say(ana, "a", "b")
    _say(ana, "x", "y", session="t")
    _say(ana, "c", first=2)
    assert _contexts(ana) == {"a": "", "b": "a", "c": "b"}
    assert _contexts(ana, "t") == {"x": "", "y": "x"}


def test_sessions_of_one_call_are_kept_apart(ana: ScopedMemory) -> None:
    """Where two conversations are observed at once, each turn answers its own."""
    said: list[dict[str, Any]] = [{"role": "user", "content": content, "session": session} for content, session in zip("axby", "stst", strict=True)]
    assert [turn.context for turn in ana.observe(said, draw=False)] == ["", "", "a", "x"]


def test_scopes_are_kept_apart(engine: Engine, ana: ScopedMemory) -> None:
    """A session of the same name in another scope is another conversation."""
    _say(ana, "a")
    _say(engine.scope(user="bo"), "b", first=1)
    assert _contexts(engine.scope(user="bo")) == {"b": ""}


def test_a_long_context_is_cut(ana: ScopedMemory) -> None:
    """Of a long turn the first 600 characters are kept, without blanks at the ends."""
    _say(ana, "x" * 599 + " y", "b", "z" * 601, "c")
    assert list(_contexts(ana).values()) == ["", "x" * 599, "b", "z" * 600]


def test_observed_again_it_stays(ana: ScopedMemory) -> None:
    """Handing in the whole conversation with each new turn changes no context, and the new turn answers the one before it."""
    _say(ana, "a", "b")
    _say(ana, "a", "b", "c")
    _say(ana, "a", "b", "c")
    assert _contexts(ana) == {"a": "", "b": "a", "c": "b"}


def test_what_was_retracted_is_not_answered(ana: ScopedMemory) -> None:
    """A turn that follows one that is no longer asserted is not found by its words."""
    ana.retract(_say(ana, "a", ASKED)[1])
    _say(ana, "yes", first=2)
    assert _contexts(ana)["yes"] == ""


def test_drawn_memories_have_no_context(ana: ScopedMemory) -> None:
    """A memory stands for itself: only turns are found by what they answer."""
    outcomes = ana.observe([{"role": "user", "content": content} for content in (ASKED, "I live in Porto.")], session="s").outcomes
    assert outcomes
    assert {outcome.version.context for outcome in outcomes} == {""}


def test_a_turn_is_found_by_what_it_answers(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """Every store finds an answer by the words of its question, and keeps its content verbatim."""
    ana = open_on(store).scope(user="ana")
    _say(ana, ASKED, "yes, thick ice", "let us skate")
    assert _by_words(ana, SECRET) == {ASKED, "yes, thick ice"}


def test_erasing_a_turn_takes_its_words_from_the_next(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """Nothing of an erased turn is left where its answer stands, neither to read nor to be found by; all else stays as it was."""
    ana, bo = open_on(store).scope(user="ana"), open_on(store).scope(user="bo")
    asked, answer, _ = _say(ana, ASKED, "yes, thick ice", "let us skate")
    _say(ana, f"Other {SECRET}?", "no", session="t")
    _say(bo, ASKED, "maybe")
    ana.erase(asked)
    assert _contexts(ana) == {"yes, thick ice": "", "let us skate": "yes, thick ice"}
    assert _contexts(ana, "t") == {f"Other {SECRET}?": "", "no": f"Other {SECRET}?"}
    assert _contexts(bo) == {ASKED: "", "maybe": ASKED}
    assert _by_words(ana, SECRET) == {f"Other {SECRET}?", "no"}
    assert ana.recall("yes, thick ice")[0].version.id == answer.id


def test_every_version_of_the_next_is_cleaned(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """What is not believed any more is still read by history, and at an earlier system time."""
    ana = open_on(store).scope(user="ana")
    asked, answer = _say(ana, ASKED, "yes")
    ana.retract(answer)
    assert [version.context for version in ana.history(answer)] == [ASKED]
    ana.erase(asked)
    assert [(version.content, version.context, version.believed) for version in ana.history(answer)] == [("yes", "", False)]


def test_erasing_two_in_a_row(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """At once or one after the other, no word of either is left in the third."""
    ana = open_on(store).scope(user="ana")
    at_once = _say(ana, ASKED, f"the {SECRET}, yes", "c", "d")
    in_turn = _say(ana, ASKED, f"the {SECRET}, yes", "c", "d", session="t")
    ana.erase(*at_once[:2])
    ana.erase(in_turn[1])
    ana.erase(in_turn[0])
    assert _contexts(ana) == _contexts(ana, "t") == {"c": "", "d": "c"}
    assert _by_words(ana, SECRET) == set()


def test_a_turn_after_an_erased_one(ana: ScopedMemory) -> None:
    """What is said next answers the last turn that is left, where the erased one was the last."""
    ana.erase(_say(ana, "a", ASKED)[1])
    _say(ana, "b", first=2)
    assert _contexts(ana) == {"a": "", "b": "a"}


def test_erasing_what_was_handed_in_again(ana: ScopedMemory) -> None:
    """A new turn handed in right after an old one, others having been said between, keeps nothing of the old one once that is erased."""
    asked, *_ = _say(ana, ASKED, "b", "c")
    messages = [{"role": "user", "content": content, "id": id} for content, id in ((ASKED, f"{ASKED} 0"), ("late", "new"))]
    ana.observe(messages, session="s", draw=False)
    ana.erase(asked)
    assert SECRET not in "".join(_contexts(ana).values())


def test_a_turn_keeps_its_vector_and_times(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """Cleaning a context changes nothing else of a turn."""
    ana = open_on(store).scope(user="ana")
    asked, answer = _say(ana, ASKED, "yes, since last weekend")
    where = Where(scopes=(ana.scope,), ids=(answer.id,))
    (before,) = store.all(where, vectors=True)
    ana.erase(asked)
    (after,) = store.all(where, vectors=True)
    assert before.vector is not None
    assert after.vector is not None
    assert before.vector.tolist() == after.vector.tolist()
    assert after.version.times == before.version.times
    assert after.version.system_from == before.version.system_from


@pytest.mark.parametrize(
    ("content", "spans"),
    [
        ("We met on 3 May 2023.", [("2023-05-03", "2023-05-04")]),
        ("It rained last weekend.", [("2024-02-10", "2024-02-12")]),
        ("Busy in 2023.", [("2023-01-01", "2024-01-01")]),
        ("We met on 3 May 2023, yes, 3 May 2023.", [("2023-05-03", "2023-05-04")]),
        ("I have lived here since 2010.", []),
        ("We moved in the nineties.", []),
        ("That was before 2020.", []),
        ("I drink tea.", []),
    ],
)
def test_times_that_a_text_speaks_of(ana: ScopedMemory, content: str, spans: list[tuple[str, str]]) -> None:
    """Stretches of at most a year, each once, from when it was said; "since", "before" and decades are about no time that a question could be after."""
    expected = [(as_utc(start), as_utc(end)) for start, end in spans]
    turn = ana.observe([{"role": "user", "content": content, "at": "2024-02-14"}], draw=False)[0]
    memory = ana.remember(content, valid_from="2024-02-14", relate=False).version
    for version in (turn, memory):
        assert [(stretch.start, stretch.end) for stretch in version.times] == expected
