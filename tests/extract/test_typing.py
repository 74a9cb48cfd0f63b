"""Which type a text is, over the hand-written set in tests/data/typing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from erstwhile import MemoryType, Scope, Version
from erstwhile.extract import RuleExtractor, kind_of

DATA = Path(__file__).resolve().parents[1] / "data" / "typing"
NOW = datetime(2025, 1, 1, tzinfo=UTC)
HALVES = {"tuning": (0.97, 0.97, 1.0), "unseen": (0.88, 0.95, 0.95)}
"""Of each half: least share of texts with the right type, of memories that are drawn, and of texts worth none from which nothing is."""


def read(half: str) -> list[tuple[str, str | None]]:
    rows = map(json.loads, (DATA / f"{half}.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row["text"], row["type"]) for row in rows]


def draws(text: str) -> bool:
    turn = Version(id="v", memory_id="m", content=text, type=None, scope=Scope(user="ana"), valid_from=NOW, system_from=NOW)
    return bool(RuleExtractor().draw([turn]))


@pytest.mark.parametrize("half", HALVES)
def test_most_texts_get_their_type(half: str) -> None:
    """A change to the cues that costs accuracy is seen."""
    typed = [(text, kind) for text, kind in read(half) if kind]
    assert sum(kind_of(text)[0] == kind for text, kind in typed) / len(typed) >= HALVES[half][0]


@pytest.mark.parametrize("half", HALVES)
def test_memories_are_drawn_and_chatter_is_not(half: str) -> None:
    """A change to what counts as worth remembering that loses memories, or lets chatter in, is seen."""
    rows = read(half)
    memories = [draws(text) for text, kind in rows if kind]
    chatter = [not draws(text) for text, kind in rows if not kind]
    assert sum(memories) / len(memories) >= HALVES[half][1]
    assert sum(chatter) / len(chatter) >= HALVES[half][2]


def test_the_set_is_balanced() -> None:
    """Each type has at least fifteen texts and there are at least sixty worth no memory, no text twice."""
    rows = [row for half in HALVES for row in read(half)]
    assert len({text for text, _ in rows}) == len(rows)
    assert sum(kind is None for _, kind in rows) >= 60
    assert all(sum(kind == of for _, kind in rows) >= 15 for of in MemoryType)


@pytest.mark.parametrize(
    "text",
    [
        "I kept my promise to Lena.",
        "We called off the trip to Rome.",
        "I reached my goal of reading thirty books.",
        "I'm no longer trying to learn Portuguese.",
        "I won't be running the marathon after all.",
        "I sent Ana the report as promised.",
        "We gave up on the certification.",
        "We abandoned the goal of halving the backlog.",
    ],
)
def test_what_is_settled_is_an_event(text: str) -> None:
    """A commitment kept or called off, a goal reached or dropped, is nothing that is still to be done."""
    assert kind_of(text)[0] is MemoryType.EVENT


def test_what_carries_no_cue_is_hardly_a_fact() -> None:
    """Where nothing tells the type, it is a fact, and the low confidence says so."""
    assert kind_of("Bananas under umbrellas") == (MemoryType.FACT, 0.3)
    assert kind_of("?!") == (MemoryType.FACT, 0.3)


def test_a_plain_cue_is_sure() -> None:
    """A confidence means something: a text that names its type is surer than one that hints at it."""
    assert kind_of("My goal is to run a marathon.")[1] > 0.8 > kind_of("Maybe something of a red thing is in the box.")[1]
