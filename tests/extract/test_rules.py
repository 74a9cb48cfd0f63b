"""What is drawn from a turn, and what is not."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile import MemoryType, Provenance, Scope, SourceKind, Version
from erstwhile.extract import Drawn, Extractor, RuleExtractor

NOW = datetime(2025, 1, 1, tzinfo=UTC)

Draw = Callable[..., Sequence[Drawn]]
Contents = Callable[..., list[str]]


def turn(content: str, *, role: str = "user", kind: SourceKind = SourceKind.STATED) -> Version:
    source = Provenance(kind=kind, actor=role)
    scope = Scope(user="ana")
    return Version(id="v", memory_id="m", content=content, type=None, scope=scope, source=source, valid_from=NOW, system_from=NOW, metadata={"role": role})


@pytest.fixture
def draw() -> Draw:
    """Draws from one turn."""
    return lambda content, **given: RuleExtractor().draw([turn(content, **given)])


@pytest.fixture
def contents(draw: Draw) -> Contents:
    """The contents drawn from one turn."""
    return lambda content, **given: [drawn.content for drawn in draw(content, **given)]


def test_it_is_an_extractor() -> None:
    """The engine takes it where it takes any extractor."""
    extractor = RuleExtractor()
    assert isinstance(extractor, Extractor)
    assert extractor.name == "rules"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("I moved to Berlin and my sister started at Siemens.", ["I moved to Berlin", "my sister started at Siemens."]),
        ("The port is 5433; the host is db.internal.", ["The port is 5433", "the host is db.internal."]),
        ("I used to live in Rome but now I live in Oslo.", ["I used to live in Rome", "I live in Oslo."]),
        ("I live in Lisbon, can you suggest a restaurant?", ["I live in Lisbon"]),
        ("I like tea and coffee.", ["I like tea and coffee."]),
        ("Bob said he moved to Rome and my brother works at IBM.", ["Bob said he moved to Rome and my brother works at IBM."]),
        ("My brother heard that Ana left and the team stayed in Rome.", ["My brother heard that Ana left and the team stayed in Rome."]),
    ],
)
def test_a_sentence_is_cut_only_where_both_parts_stand(contents: Contents, said: str, expected: list[str]) -> None:
    """A clause that hangs on another one never becomes a memory of its own."""
    assert contents(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("We use Postgres 15.3 on node.js. Dr. Smith works at ASP.NET Corp. We pay $3.50 e.g. for milk.", 3),
        ("I have an appointment at 5 p.m. on Friday. My dog is 3", 2),
        ("i live in paris.  my dog is 3", 2),
        ("- use tabs\n- never push to main", 2),
        ("I set my editor to wrap at seventy columns because Ana\nlikes it so.", 1),
        ("My favourite colour is blue!!! 😊 I love cats 🐱", 2),
    ],
)
def test_sentences_end_where_people_end_them(contents: Contents, said: str, expected: int) -> None:
    """Abbreviations, versions, amounts, names of files, bullets and wrapped lines are told from the end of a sentence."""
    assert len(contents(said)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Hi Ana! Btw, I'm vegan.", "I'm vegan."),
        ("Well, we use Rust.", "we use Rust."),
        ("Thanks for the tip, I use Postgres 15 at work.", "I use Postgres 15 at work."),
        ("I wanted to let you know that we moved to Porto.", "we moved to Porto."),
    ],
)
def test_an_opening_that_says_nothing_is_cut_off(contents: Contents, said: str, expected: str) -> None:
    """A memory reads as a statement, not as the middle of a chat."""
    assert contents(said) == [expected]


@pytest.mark.parametrize(
    "said",
    [
        "We use Postgres, right?",
        "If I moved to Berlin, I would need a car.",
        "I might move to Berlin.",
        "I wish I lived in Berlin.",
        "I dreamed I lived in Berlin.",
        "It broke.",
        "She moved to Berlin.",
        "On Friday, it broke again.",
        "Can you show me the logs of the server?",
        "please push this to main",
        "Thanks a lot!",
        '"I quit my job," said Bob.',
        "> I live in Rome",
        "```\nI live in Rome\n```",
        "~~~\nI live in Rome, and this fence is never closed",
        'Traceback (most recent call last):\n  File "x.py", line 3\nTypeError: I am no number',
        "2025-01-01 10:00:00 INFO I have started the server",
        "Это просто текст на русском языке.",
        "私は東京に住んでいます。",
    ],
)
def test_what_is_not_asserted_is_not_drawn(draw: Draw, said: str) -> None:
    """A question, a supposition, a quotation, code or small talk never becomes a fact about the speaker."""
    assert not draw(said)


def test_a_quotation_is_not_the_speakers_own(contents: Contents) -> None:
    """Sentences within somebody else's quoted words are left out, and what follows them is not."""
    assert contents('She said: "I moved to Rome. I love it there." I live in Oslo.') == ["I live in Oslo."]


def test_reported_speech_is_less_sure(draw: Draw) -> None:
    """What somebody is said to have said stands as it was said, with less confidence than what the speaker states."""
    (reported,) = draw("Bob said he moved to Rome.")
    (stated,) = draw("I moved to Rome.")
    assert reported.content == "Bob said he moved to Rome."
    assert reported.confidence < stated.confidence


@pytest.mark.parametrize(
    "said",
    [
        "Always use tabs.",
        "Please never push to main",
        "I want you to always answer in German.",
        "If the build fails, rerun it with --clean.",
        "Use pnpm for this repo instead of npm.",
        "Run the linter before each commit.",
        "Write commit messages in the imperative.",
        "Put new components under src/ui.",
    ],
)
def test_standing_instructions_are_drawn(draw: Draw, said: str) -> None:
    """What is to be done from now on is remembered as an instruction."""
    (drawn,) = draw(said)
    assert drawn.type is MemoryType.INSTRUCTION


@pytest.mark.parametrize(
    "said",
    [
        "Use the other file instead.",
        "Use this parser.",
        "Run the linter before the release.",
        "Write unit tests in Python for this function.",
        "Write poems in the style of Rilke.",
        "Put some flowers in the vase.",
        "Put eggs in the bowl.",
        "Use milk instead of cream.",
        "Use this account to log in.",
        "Name this service foo.",
        "Use grep to find the bug in this codebase.",
        "Make a table with each task and its owner.",
        "Put a comma after every day.",
    ],
)
def test_what_is_asked_for_once_is_no_instruction(draw: Draw, said: str) -> None:
    """An order to be carried out now is not kept as one that holds from now on."""
    assert not draw(said)


@pytest.mark.parametrize("said", ["I no longer eat meat.", "We no longer deploy on Fridays.", "We broke up.", "I resigned."])
def test_what_is_over_is_drawn(contents: Contents, said: str) -> None:
    """That something has ended is worth as much as that it holds, however few words it takes."""
    assert contents(said) == [said]


@pytest.mark.parametrize("said", ["We never broke up.", "My commute longer than before.", "Do I no longer eat meat?"])
def test_what_is_not_over_is_not_drawn(contents: Contents, said: str) -> None:
    """Nothing has ended where it is denied or asked, nor is "longer" an ending by itself."""
    assert not contents(said)


def test_a_clear_statement_in_another_language_is_kept(draw: Draw) -> None:
    """Who speaks of themselves in German or French is remembered too, with low confidence."""
    assert [drawn.confidence for drawn in draw("Ich wohne in Berlin.\nJe suis développeur à Paris.")] == [0.4, 0.4]


@pytest.mark.parametrize(
    ("said", "drawn"),
    [
        ("I've set the port to 5433.", 1),
        ("I'll deploy the release on Friday.", 1),
        ("The migration has been completed.", 1),
        ("We decided to use Redis.", 1),
        ("I've fixed it.", 0),
        ("You should always use tabs.", 0),
        ("Postgres is a relational database with 35 years of history.", 0),
        ("I'd be happy to help with that!", 0),
        ("- I've set the port to 5433.", 0),
    ],
)
def test_an_agent_is_remembered_for_what_it_did(contents: Contents, said: str, drawn: int) -> None:
    """What an assistant explains or advises is no memory; what it did, decided or promised is."""
    assert len(contents(said, role="assistant")) == drawn


@pytest.mark.parametrize("role", ["system", "tool", "function"])
def test_tools_and_prompts_draw_nothing(draw: Draw, role: str) -> None:
    """The output of a tool and a system prompt never become what the user said."""
    assert not draw("I live in Rome.", role=role)
    assert not draw("I live in Rome.", kind=SourceKind.TOOL)


def test_a_turn_gives_at_most_twenty(draw: Draw) -> None:
    """A flood of statements in one turn cannot flood the store."""
    drawn = draw("\n".join(f"I own {number} boats in Rome." for number in range(100)))
    assert len(drawn) == 20
    assert [memory.content for memory in drawn] == [f"I own {number} boats in Rome." for number in range(20)]


def test_a_long_sentence_is_left_out(draw: Draw) -> None:
    """What runs over 400 characters is rarely one statement."""
    assert not draw("I live in Rome " + "near the old market " * 25)


def test_pasted_material_is_not_the_speakers(contents: Contents) -> None:
    """From a text that was pasted in to work on, only what the speaker says of themselves is drawn."""
    pasted = "\n".join(f"The council approved {number} new parks in Leeds." for number in range(30))
    assert contents(f"I work for a newspaper in Leeds.\n{pasted}") == ["I work for a newspaper in Leeds."]


def test_memories_come_in_the_order_of_the_turns() -> None:
    """Each memory names the place of its turn, and the order is that of the conversation."""
    turns = [turn("I live in Rome. I own a boat in Ostia."), turn("Thanks!"), turn("We use Rust at work.")]
    assert [(drawn.turn, drawn.content) for drawn in RuleExtractor().draw(turns)] == [
        (0, "I live in Rome."),
        (0, "I own a boat in Ostia."),
        (2, "We use Rust at work."),
    ]


PIECES = ["I live in Rome", " and ", ". ", '"', "'", "(", ")", "\n", "- ", "```", "never push to main", "Hi! ", "Bob said ", "😊", "İ", "\u2019", "a, "]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join))
def test_what_is_drawn_stands_in_the_turn(text: str) -> None:
    """Content and quote are the very words of the turn, whatever the turn is made of."""
    for drawn in RuleExtractor().draw([turn(text)]):
        assert drawn.content == drawn.quote
        assert drawn.content in text
        assert drawn.content == drawn.content.strip()
