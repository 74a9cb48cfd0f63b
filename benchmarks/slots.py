"""What the facts of FactConsolidation are about, by the templates that they and the questions were made from.

The ground truth of the benchmark, and of nothing else: the library never sees it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

__all__ = ["ATTRIBUTES", "Attribute", "Fact", "Slot", "asked", "by_slot", "chains", "read_fact"]

Slot = tuple[str, str]
"""Attribute and subject."""


@dataclass(frozen=True)
class Attribute:
    """A template of facts, and of the questions about them.

    Attributes:
        name: What it is called in the results.
        before, between: The words before the subject, and between subject and value.
        asked_before, asked_after: The words of its question before and after the subject.
        several: Whether a subject may well have several values at a time: nobody is wrong who believes both. The benchmark's own judgement; the data says that
            the last value counts, whatever the attribute.
    """

    name: str
    before: str
    between: str
    asked_before: str
    asked_after: str
    several: bool = False

    @cached_property
    def fact(self) -> re.Pattern[str]:
        """Reads a fact: subject and value."""
        return re.compile(f"{re.escape(self.before)}(.+?){re.escape(self.between)}(.+)\\.")

    @cached_property
    def question(self) -> re.Pattern[str]:
        """Reads a question: the subject."""
        return re.compile(f"{re.escape(self.asked_before)}(.+){re.escape(self.asked_after)}")


def _of(what: str, asked: str = "") -> Attribute:
    return Attribute(what, f"The {what} of ", " is ", asked or f"Who is the {what} of ", "?")


ATTRIBUTES: Final = (
    _of("author"),
    _of("capital", "What is the capital of "),
    _of("chairperson"),
    _of("chief executive officer"),
    _of("director"),
    _of("head coach"),
    Attribute("headquarters", "The headquarters of ", " is located in the city of ", "Which city is the headquarter of ", " located in?"),
    _of("official language", "What is the official language of "),
    _of("original language", "What is the original language of "),
    _of("origianl broadcaster", "Who is the original broadcaster of "),
    *(_of(office) for office in ("President", "Prime Minister", "Governor", "Mayor")),
    Attribute("produced by", "The company that produced ", " is ", "Which company is ", " produced by?"),
    Attribute("head of state", "The name of the current head of state in ", " is ", "What is the name of the current head of state in ", "?"),
    Attribute("head of government", "The name of the current head of the ", " government is ", "What is the name of the current head of the ", " government?"),
    Attribute("educated at", "The univeristy where ", " was educated is ", "Which university was ", " educated at?"),
    Attribute("music played", "The type of music that ", " plays is ", "What type of music does ", " play?"),
    Attribute("born in", "", " was born in the city of ", "Which city was ", " born in?"),
    Attribute("died in", "", " died in the city of ", "Which city did ", " die in?"),
    Attribute("worked in", "", " worked in the city of ", "Which city did ", " work in?", several=True),
    Attribute("position", "", " plays the position of ", "What position does ", " play?"),
    Attribute("continent", "", " is located in the continent of ", "Which continent is ", " located in?"),
    Attribute("married to", "", " is married to ", "Who is ", " married to?"),
    Attribute("founded by", "", " was founded by ", "Who founded ", "?", several=True),
    Attribute("founded in", "", " was founded in the city of ", "Where was ", " founded?"),
    Attribute("sport", "", " is associated with the sport of ", "Which sport is ", " associated with?"),
    Attribute("citizen", "", " is a citizen of ", "What is the country of citizenship of ", "?", several=True),
    Attribute("performed by", "", " was performed by ", "Who performed ", "?", several=True),
    Attribute("created in", "", " was created in the country of ", "Which country was ", " created in?"),
    Attribute("created by", "", " was created by ", "Who was ", " created by?", several=True),
    Attribute("employed by", "", " is employed by ", "Who is the employer of ", "?"),
    Attribute("speaks", "", " speaks the language of ", "What language does ", " speak?", several=True),
    Attribute("famous for", "", " is famous for ", "What is ", " famous for?", several=True),
    Attribute("developed by", "", " was developed by ", "Who is the developer of ", "?", several=True),
    Attribute("works in", "", " works in the field of ", "What kind of work does ", " do?", several=True),
    Attribute("religion", "", " is affiliated with the religion of ", "Which religion is ", " affiliated with?"),
    Attribute("written in", "", " was written in the language of ", "Which language was ", " written in?"),
    Attribute("child", "", "'s child is ", "Who is ", "'s child?", several=True),
)
"""The first that reads a text is meant. The templates are spelt as in the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One numbered fact, read.

    Attributes:
        serial: Its number, which is its time.
        text: As it is written.
        attribute, subject, value: Its parts.
    """

    serial: int
    text: str
    attribute: Attribute
    subject: str
    value: str

    @property
    def slot(self) -> Slot:
        """What it gives a value to."""
        return (self.attribute.name, self.subject)

    @property
    def without_value(self) -> str:
        """Its own words, short of the value."""
        return f"{self.attribute.before}{self.subject}{self.attribute.between}".strip()


def read_fact(serial: int, text: str) -> Fact:
    """Read a fact.

    Raises:
        ValueError: No template reads it.
    """
    for attribute in ATTRIBUTES:
        if match := attribute.fact.fullmatch(text):
            return Fact(serial=serial, text=text, attribute=attribute, subject=match[1], value=match[2])
    raise ValueError(f"Fact {serial} follows no known template.")


def by_slot(facts: Iterable[Fact]) -> dict[Slot, list[Fact]]:
    """The facts about each attribute of each subject, oldest first."""
    found: dict[Slot, list[Fact]] = {}
    for fact in sorted(facts, key=lambda fact: fact.serial):
        found.setdefault(fact.slot, []).append(fact)
    return found


def asked(question: str, slots: Mapping[Slot, Sequence[Fact]]) -> Slot | None:
    """The slot that a question of one hop asks for; ``None`` where no fact is about it."""
    read = ((attribute.name, match[1]) for attribute in ATTRIBUTES if (match := attribute.question.fullmatch(question)))
    return next((slot for slot in read if slot in slots), None)


def chains(question: str, answers: Sequence[str], current: Iterable[Fact], *, longest: int = 4) -> list[tuple[Fact, ...]]:
    """Every way to lead from a subject that the question names to one of the answers, over at least two current facts.

    Found from the answer backwards: the value of each fact is, letter for letter, the subject of the next.

    Args:
        question: A question of several hops.
        answers: The answers that count.
        current: The newest fact of each slot.
        longest: Facts in a chain, at most.
    """
    by_value: dict[str, list[Fact]] = {}
    for fact in current:
        by_value.setdefault(fact.value, []).append(fact)
    found, open_chains = [], [(fact,) for answer in dict.fromkeys(answers) for fact in by_value.get(answer, ())]
    while open_chains:
        chain = open_chains.pop()
        if len(chain) > 1 and _names(question, chain[0].subject):
            found.append(chain)
        elif len(chain) < longest:
            open_chains += [(fact, *chain) for fact in by_value.get(chain[0].subject, ()) if fact not in chain]
    return found


def _names(question: str, subject: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(subject)}(?!\w)", question) is not None
