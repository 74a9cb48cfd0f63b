"""Order does not matter where it should not: the same dated facts end in the same timeline, whatever order they are written in."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erstwhile.judge import Cascade, Judge, RuleJudge
from erstwhile.model import Version
from erstwhile.results import Action
from erstwhile.scoped import ScopedMemory

DAYS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=30 * day) for day in range(7)]
COLOURS = ["red", "green", "blue"]

Said = Sequence[tuple[str, datetime]]
Stretch = tuple[str, datetime, datetime | None]


def _facts(texts: list[str]) -> st.SearchStrategy[tuple[list[tuple[str, datetime]], list[tuple[str, datetime]]]]:
    """Facts with a time each, in two orders."""
    times = st.lists(st.sampled_from(DAYS), min_size=2, max_size=6, unique=True)
    dated = times.flatmap(lambda days: st.tuples(*(st.tuples(st.sampled_from(texts), st.just(day)) for day in days)))
    return dated.flatmap(lambda facts: st.tuples(st.permutations(facts), st.permutations(facts)))


def _written(memory: ScopedMemory, said: Said) -> list[Stretch]:
    """What is believed at the end, with neighbours of equal content in one."""
    for text, since in said:
        memory.remember(text, valid_from=since)
    believed = [version for change in memory.changes("2000-01-01") for version in change.after]
    return _merged([version for version in {version.id: version for version in believed}.values() if _stands(memory, version)])


def _stands(memory: ScopedMemory, version: Version) -> bool:
    return any(each.id == version.id and each.believed for each in memory.history(version.memory_id))


def _merged(versions: Sequence[Version]) -> list[Stretch]:
    found: list[Stretch] = []
    for version in sorted(versions, key=lambda version: (version.content, version.valid_from)):
        if found and found[-1][0] == version.content and found[-1][2] == version.valid_from:
            found[-1] = (version.content, found[-1][1], version.valid_to)
        else:
            found.append((version.content, version.valid_from, version.valid_to))
    return sorted(found, key=lambda stretch: (stretch[1], stretch[0]))


def _expected(said: Said) -> list[Stretch]:
    """The timeline of single values, worked out from the facts in order of time."""
    ordered = sorted(said, key=lambda fact: fact[1])
    ends = [*(since for _, since in ordered[1:]), None]
    found: list[Stretch] = []
    for (text, since), end in zip(ordered, ends, strict=True):
        if found and found[-1][0] == text:
            found[-1] = (text, found[-1][1], end)
        else:
            found.append((text, since, end))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(orders=_facts([f"My favourite colour is {colour}." for colour in COLOURS]))
def test_single_values_in_any_order(judging: Callable[[Judge], ScopedMemory], orders: tuple[Said, Said]) -> None:
    """Dated values of one attribute hold each from its time to the next, with the judge that needs no model."""
    timelines = [_written(judging(Cascade([RuleJudge()])), order) for order in orders]
    assert timelines[0] == timelines[1] == _expected(orders[0])


ENDING = ["home: Porto", "home: Lisbon", "home: not Porto", "home: Porto!"]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(orders=_facts(ENDING))
def test_endings_in_any_order(told: Callable[..., ScopedMemory], orders: tuple[Said, Said]) -> None:
    """That something ended ends it, from its time on, and nothing else, wherever in the order it is written; repetitions included."""
    plain = [[(text.rstrip("!"), since, end) for text, since, end in _written(told(), order)] for order in orders]
    assert _at_each(plain[0]) == _at_each(plain[1])


def _at_each(timeline: Sequence[Stretch]) -> dict[datetime, set[str]]:
    return {day: {text for text, since, end in timeline if since <= day and (end is None or day < end)} for day in DAYS}


@pytest.mark.parametrize("first", ["home: Porto", "home: not Porto"])
def test_an_ending_that_was_told_first_still_ends(told: Callable[..., ScopedMemory], first: str) -> None:
    """Whichever of a fact and its end comes first, the fact holds until its end."""
    memory = told()
    for text in (first, "home: not Porto" if first == "home: Porto" else "home: Porto"):
        memory.remember(text, valid_from=DAYS[1] if "not" in text else DAYS[0])
    assert [version.content for version in memory.snapshot()] == ["home: not Porto"]
    assert [version.content for version in memory.snapshot(as_of=DAYS[0])] == ["home: Porto"]


def test_an_ending_does_not_end_another(told: Callable[..., ScopedMemory]) -> None:
    """A fact that arrives late, between another and the end of that other, is not ended by it."""
    memory = told()
    memory.remember("home: Porto", valid_from=DAYS[0])
    memory.remember("home: not Porto", valid_from=DAYS[4])
    late = memory.remember("home: Lisbon", valid_from=DAYS[2])
    assert (late.action, late.version.valid_to) == (Action.SUPERSEDED, None)
    assert [version.content for version in memory.snapshot(as_of=DAYS[3])] == ["home: Lisbon"]
    assert [version.content for version in memory.snapshot(as_of=DAYS[5])] == ["home: Lisbon", "home: not Porto"]


def test_the_property_means_something(judging: Callable[[Judge], ScopedMemory]) -> None:
    """The facts of the property are judged to rival one another."""
    memory, said = judging(Cascade([RuleJudge()])), [(f"My favourite colour is {colour}.", day) for colour, day in zip(COLOURS, DAYS, strict=False)]
    outcomes: list[Any] = [memory.remember(text, valid_from=since) for text, since in said]
    assert [outcome.action for outcome in outcomes] == [Action.REMEMBERED, Action.SUPERSEDED, Action.SUPERSEDED]
