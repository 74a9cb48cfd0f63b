"""Names in a question, and the events that it reckons from."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile.mentions import mentions_of
from erstwhile.question import MAX_NAMES, Reckoning, possible_names, proper_names, reckoning_of, without_names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Ana, Bo and ANA?", ("ana", "bo")),
        ("Where is Bo's kettle?", ("bo", "kettle")),
        ("Jean-Luc / mr.smith", ("jean-luc", "mr.smith")),
        ("Zoë Øberg", ("zoë", "øberg")),
        ("Ana_2, Bo7 and x", ("ana_2", "bo7")),
        ("\u0905\u0928\u093f\u0924\u093e?", ("\u0905\u0928\u093f\u0924\u093e",)),
        ("What did O'Brien's cousin say?", ("o'brien", "cousin", "say")),
        ("What is it, and is that the?", ()),
        ("42?", ()),
        ("", ()),
    ],
)
def test_possible_names(question: str, names: tuple[str, ...]) -> None:
    """Words in lower case, each once, in order; the smallest words of English, single letters, digits and marks are none."""
    assert possible_names(question) == names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Where does Ana Costa live?", ("Ana", "Costa")),
        ("Where is Ana\u2019s kettle? Does Bo know?", ("Ana", "Bo")),
        ("Where is Ana Costa?", ("Ana", "Costa")),
        ("Ana likes what?", ()),
        ("what do I like?", ()),
        ("Where Does Ana Costa Live Now?", ()),
        ("WHERE DOES ANA COSTA LIVE?", ()),
        ("Note: Bring what? Tea?", ()),
        ("what is tea", ()),
        ("", ()),
    ],
)
def test_proper_names(question: str, names: tuple[str, ...]) -> None:
    """Words with a capital letter within a sentence, but for small ones; where nearly all words have one, it says nothing."""
    assert proper_names(question) == names


def test_no_more_names_than_are_looked_up() -> None:
    """A long question costs no more look-ups than a short one."""
    words = ["name" + chr(ord("a") + place % 26) + chr(ord("a") + place // 26) for place in range(MAX_NAMES + 4)]
    assert possible_names(" ".join(words)) == tuple(words[:MAX_NAMES])


@pytest.mark.parametrize(
    ("question", "names", "left"),
    [
        ("What did Ana say about tea?", {"ana"}, "What did say about tea?"),
        ("What is ANA's job?", {"ana"}, "What is job?"),
        ("What is Ana\u2019s job?", {"ana"}, "What is job?"),
        ("Did Ana meet Bo in May?", {"ana", "bo"}, "Did meet in May?"),
        ("Which banana did Anabel eat?", {"ana"}, "Which banana did Anabel eat?"),
        ("Where did Ana-Maria sail?", {"ana", "ana-maria"}, "Where did sail?"),
        ("Did mr.smith see mrxsmith?", {"mr.smith"}, "Did see mrxsmith?"),
        ("Ana?", {"ana"}, "Ana?"),
        ("When did \u0905\u0928\u093f\u0924\u093e sail?", {"\u0905\u0928\u093f\u0924\u093e"}, "When did sail?"),
        ("  Ana,  Bo's 7!", {"ana", "bo"}, "  Ana,  Bo's 7!"),
        ("What  about   tea?", set(), "What  about   tea?"),
    ],
)
def test_without_names(question: str, names: set[str], left: str) -> None:
    """Whole names go, their possessives too, whatever the case; marks in a name mean themselves; where nothing else was asked, the question stays."""
    assert without_names(question, names) == left


@pytest.mark.parametrize(
    ("question", "side", "event"),
    [
        ("What did Ana do before the move?", "before", "the move"),
        ("Where did we live before I moved to Porto?", "before", "I moved to Porto"),
        ("What has Bo told me since we last spoke?", "after", "we last spoke"),
        ("What should I know of what happened since I left?", "after", "I left"),
        ("What should I have packed before I left?", "before", "I left"),
        ("Can you tell me where I lived before I moved?", "before", "I moved"),
        ("I need to know where I lived before I moved", "before", "I moved"),
        ("What should Bo bring after the move?", "after", "the move"),
        ("Where did we live after I\u2019d quit?", "after", "I\u2019d quit"),
        ("What has changed since I've lived here?", "after", "I've lived here"),
        ("What should we know of the time before the audit, before I change it?", "before", "the audit"),
        ("After the wedding, what did Bo say?", "after", "the wedding"),
        ("What has changed since Ana left the company?", "after", "Ana left the company"),
        ("Who paid until Bo's accident?", "until", "Bo's accident"),
        ("Who paid after my trip and before her birthday?", "before", "her birthday"),
    ],
)
def test_an_event_to_reckon_from(question: str, side: str, event: str) -> None:
    """The last preposition of time that is followed by what happened."""
    assert reckoning_of(question, ()) == Reckoning(side=side, event=event)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "question",
    [
        "Until when is it open?",
        "What did we do before that?",
        "What does she do after work?",
        "Who came before the 5th of May?",
        "What should I know before I change anything in Glacier?",
        "Before we cut a release, what must I check?",
        "Do I need to eat before I run?",
        "",
        "before " + "the x " * 20,
    ],
)
def test_nothing_to_reckon_from(question: str) -> None:
    """No event, a time that is read already, or half a story."""
    assert reckoning_of(question, mentions_of(question, said_at=datetime(2024, 6, 1, tzinfo=UTC))) is None


@given(question=st.text(max_size=60), names=st.frozensets(st.sampled_from(["a+b", "(", "c[", "\\d", "x|y", "ana"]), max_size=4))
def test_no_text_is_too_odd(question: str, names: frozenset[str]) -> None:
    """Whatever is asked and whoever it names, there is a question left where there was one."""
    left = without_names(question, names)
    assert bool(left.strip()) == bool(question.strip())
