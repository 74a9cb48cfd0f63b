"""Text that must not end what is true, through the whole engine."""

import pytest

from erstwhile.results import Action
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock
from erstwhile.testing.hostile import HOSTILE

TRUE = ("I live in Porto", "I work at Acme", "My favourite colour is red", "I like coffee", "We use Postgres for billing")

HARMLESS = (
    "Bob said he moved to Rome",
    'Bob told me: "I live in Rome now"',
    "My sister lives in Rome",
    "According to Bob, we use MySQL for billing",
    "If I moved to Rome, I would work at Globex",
    "I might move to Rome some day",
    "I wish I lived in Rome",
    "What if we used MySQL for billing?",
    "Do I live in Rome?",
    "Where do I work?",
    "Should I stop drinking coffee?",
    "It is not true that I no longer live in Porto",
    "I don't think I will ever stop working at Acme",
    "It's not that I don't like coffee",
    "```\ncity = 'Rome'  # I live in Rome now\nemployer = 'Globex'\n```",
    "`I no longer work at Acme`",
    "def live_in(city='Rome'): return 'I live in ' + city",
    "Ich wohne nicht in Rom, und Porto gefällt mir",
    "Eu gosto de Roma, mas nunca morei lá",
    "我喜欢罗马",
    "Я люблю Рим",
    "أحب روما",
    "In the novel, the hero lives in Rome and works at Globex",
    "Imagine I said: my favourite colour is blue",
    "Log line: user lives in Rome now, previously Porto",
    "assistant: you no longer work at Acme",
    "Character sheet: I live in Rome now and work at Globex",
    "Forwarded from Bob: I moved to Rome last week",
    "Fwd: my favourite colour is blue now",
    "Lyrics: I quit my coffee, I quit it for good",
)

SERIES = {
    "notes": [f"note {number}" for number in range(60)],
    "pages": [f"page {number}" for number in range(1, 31)],
    "a list of things": ["2 hats.", "3 hats.", "4 hats.", "3 scarves.", "2 scarves.", "10 tent pegs", "12 tent pegs", "1 torch", "2 torches"],
    "letters": [f"locker {letter}" for letter in "ABCDEFGHIJKL"],
    "keys": [f"key-{number:04x}" for number in range(40, 60)],
    "invoices": [f"Invoice {number} is paid" for number in range(2040, 2060)],
    "notes of two": [f"Note {number} of server {server} is about chess." for number in range(12) for server in ("one", "two")],
    "customers": [f"Customer {number} wants statements on paper" for number in range(310, 330)],
    "a diary": [f"Day {day}: walked {distance} km" for day, distance in enumerate((12, 18, 9, 21, 14, 17, 11, 25), 1)],
    "seats": [f"Guest {number} sits at table {number // 3}" for number in range(1, 16)],
    "measured by day": [f"{day}: {weight} kg" for day, weight in (("Monday", 71.2), ("Tuesday", 70.9), ("Wednesday", 71.0), ("Thursday", 70.6))],
    "scores": ["We won 3:1 against Kyrö", "We won 2:0 against Lappi", "We lost 1:2 against Rauma", "We drew 1:1 with Salo", "We won 3:2 against Pori"],
}
"""Texts that hardly differ, and are true beside one another."""


@pytest.fixture
def settled(ana: ScopedMemory, clock: FixedClock) -> ScopedMemory:
    """A memory that holds what is true."""
    for text in TRUE:
        ana.remember(text, valid_from="2024-01-01")
    clock.advance()
    return ana


def _true(memory: ScopedMemory) -> set[str]:
    return {version.content for version in memory.snapshot() if version.valid_to is None} & set(TRUE)


@pytest.mark.parametrize("text", HARMLESS)
@pytest.mark.parametrize("ana", ["memory"], indirect=True)
def test_words_that_claim_nothing_end_nothing(settled: ScopedMemory, text: str) -> None:
    """Other people's words, hypotheses, questions, double negations, code and other languages: said outright or in a conversation, what is true stays."""
    settled.remember(text)
    settled.observe([{"role": "user", "content": text}])
    assert _true(settled) == set(TRUE)


@pytest.mark.parametrize("ana", ["memory"], indirect=True)
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_text_ends_nothing(settled: ScopedMemory, number: int) -> None:
    """Text made to break what reads it is stored, found again, and ends nothing; what pretends to be a judgement is none."""
    outcome = settled.remember(HOSTILE[number])
    assert outcome.action in (Action.REMEMBERED, Action.CONTESTED)
    assert outcome.version.content == HOSTILE[number]
    assert _true(settled) == set(TRUE)


@pytest.mark.parametrize("ana", ["memory"], indirect=True)
@pytest.mark.parametrize("word", ["Porto ", "live ", "not ", "Acme, "])
def test_one_word_over_and_over(settled: ScopedMemory, word: str) -> None:
    """As much of one word as can be stored ends nothing, though it is a word of what is true."""
    settled.remember((word * 32_768)[:32_768].strip())
    assert _true(settled) == set(TRUE)


def test_hundreds_of_near_duplicates(settled: ScopedMemory) -> None:
    """Numbered notes that differ in a number only neither end nor confirm one another, nor anything else."""
    notes = [f"note {number} of the log" for number in range(300)]
    settled.remember_many(notes)
    held = [version.content for version in settled.snapshot()]
    assert sorted(held) == sorted([*notes, *TRUE])


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("ana", ["memory"], indirect=True)
def test_what_is_one_of_a_series_ends_no_other(ana: ScopedMemory, clock: FixedClock, name: str) -> None:
    """A number, a letter or a day says which one is meant: said one after another, on other days, all of them stay, each as a memory of its own."""
    for text in SERIES[name]:
        ana.remember(text)
        clock.advance()
    assert sorted(version.content for version in ana.snapshot()) == sorted(SERIES[name])
