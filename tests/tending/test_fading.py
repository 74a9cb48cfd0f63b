"""The formula by which observations fade."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile.fading import DEMOTION, HALF_LIFE, MOST_HALVINGS, faded, left_of, strength, weight
from erstwhile.model import Confirmation, Links, MemoryType, Provenance, Scope, Version
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock
from erstwhile.time import as_utc

START = as_utc("2025-01-01")
IDS = iter(range(10**9))


def _version(**parts: Any) -> Version:  # noqa: ANN401 - the parts of a version
    given = {"type": MemoryType.OBSERVATION, "importance": 0.0, **parts}
    return Version(id="v", memory_id="m", content="Ana skips lunch", scope=Scope(user="ana"), valid_from=START, system_from=START, **given)


def _said_again(times: int) -> tuple[Confirmation, ...]:
    return tuple(Confirmation(said="Ana skips lunch", at=START, source=Provenance(), system=START) for _ in range(times))


def _fade(version: Version, days: float) -> Version | None:
    at = START + timedelta(days=days)
    return faded(version, at=at, now=at, new_id=lambda: f"v{next(IDS)}")


@pytest.mark.parametrize(("days", "left"), [(0, 1), (44.9, 1), (45, 1 / 2), (90, 1 / 4), (135, 1 / 8), (180, 1 / 16), (100_000, 1 / 16)])
def test_it_halves_with_age(days: float, left: float) -> None:
    """What matters to nobody counts half as much after each 45 days, and never less than a sixteenth."""
    assert strength(_version(), START + timedelta(days=days)) == left


@pytest.mark.parametrize(("importance", "confirmations", "halves_after"), [(0.5, 0, 90), (0.5, 1, 180), (0.0, 2, 135), (0.9, 0, 450)])
def test_importance_and_confirmation_slow_it_down(importance: float, confirmations: int, halves_after: int) -> None:
    """The half-life grows with how much it matters and how often it was said."""
    version = _version(importance=importance, confirmations=_said_again(confirmations))
    assert [strength(version, START + timedelta(days=halves_after + off)) for off in (-0.01, 0.01)] == [1, 0.5]


@pytest.mark.parametrize(
    "parts",
    [
        {"type": MemoryType.INSTRUCTION},
        {"type": MemoryType.FACT},
        {"type": None},
        {"pinned": True},
        {"importance": 1.0},
        {"links": Links(contradicts=("other",))},
        {"quarantine": ("override",)},
    ],
)
def test_what_never_fades(parts: dict[str, Any]) -> None:
    """Only observations fade, and none that is pinned, contested, kept apart or as important as can be."""
    assert _fade(_version(**parts), 100_000) is None


@given(st.floats(0, 0.99), st.integers(0, 32), st.lists(st.floats(0, 2_000), min_size=1, max_size=6))
def test_it_goes_by_what_was_given(importance: float, confirmations: int, days: list[float]) -> None:
    """However often it is reckoned, what is left is what the formula says of the importance that was given; and a second time changes nothing."""
    version = first = _version(importance=importance, confirmations=_said_again(confirmations))
    for day in sorted(days):
        version = _fade(version, day) or version
        assert version.importance == first.importance * strength(first, START + timedelta(days=day))
        assert left_of(version) == (strength(first, START + timedelta(days=day)))
        assert _fade(version, day) is None
        assert 1 - DEMOTION <= weight(version) <= 1


def test_what_is_said_again_counts_again() -> None:
    """A confirmation since it faded brings back what it was given."""
    gone = _fade(_version(importance=0.5), 200)
    assert gone is not None
    again = Confirmation(said="Ana skips lunch", at=START + timedelta(days=200), source=Provenance(), system=START)
    back = _fade(_version(importance=gone.importance, ties=gone.ties, confirmations=(again,)), 201)
    assert back is not None
    assert (back.importance, back.ties) == (0.5, ())


def test_recall_puts_it_behind_what_answers_as_well(literal: Callable[..., ScopedMemory], clock: FixedClock) -> None:
    """Of two that answer alike the one that faded comes second; and it is still found, and was first before."""
    ana = literal()
    old = ana.remember("Ana skips lunch when busy", type="observation", importance=0, valid_from="2024-01-01", relate=False)
    new = ana.remember("Ana skips lunch when tired", type="observation", importance=0, valid_from="2024-12-31", relate=False)
    before = ana.recall("Ana skips lunch when busy or tired", min_relevance=0)
    ana.consolidate()
    after = ana.recall("Ana skips lunch when busy or tired", min_relevance=0)
    assert {hit.memory_id for hit in before} == {hit.memory_id for hit in after} == {old.memory_id, new.memory_id}
    assert [hit.memory_id for hit in after] == [new.memory_id, old.memory_id]
    assert "faded" in after[1].why
    then = ana.recall("Ana skips lunch when busy or tired", min_relevance=0, as_of=before.as_of)
    assert [(hit.version.id, hit.score) for hit in then] == [(hit.version.id, hit.score) for hit in before]


def test_the_explanation_has_the_constants() -> None:
    """The page gives the formula with the constants that the code has."""
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "upkeep.md").read_text(encoding="utf-8")
    assert f"half_life      = {HALF_LIFE.days} days * (1 + c) / (1 - i)" in page
    assert f"2 ** -min({MOST_HALVINGS}, floor(a / half_life))" in page
    assert f"1 - {DEMOTION} * (1 - left)" in page
