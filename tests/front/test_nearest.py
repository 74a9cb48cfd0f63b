"""Nearest by meaning alone, and the engine's time."""

from pathlib import Path

import pytest

import erstwhile
from erstwhile.embed import HashingEmbedder
from erstwhile.testing import FixedClock

MODEL = HashingEmbedder()


@pytest.fixture(params=["memory", "embedded"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> erstwhile.Engine:
    """An engine in memory, and one in a folder."""
    return erstwhile.open(":memory:" if request.param == "memory" else tmp_path / "store", model=MODEL, durable=False)


def test_equal_texts_are_equally_near_and_none_is_folded(engine: erstwhile.Engine) -> None:
    """Where others write the same words many times, each is found, and ``k`` cuts by id."""
    with engine:
        ana = engine.scope(user="ana")
        drafts = [{"content": text, "type": "artifact", "key": f"{text} {number}", "tags": ["a"]} for text in ("red car", "blue boat") for number in range(8)]
        written = ana.remember_many(drafts, relate=False)
        hits = ana.nearest("red car", k=10, tags=["a"])
        assert [hit.dense for hit in hits[:8]] == [1.0] * 8
        assert [hit.memory_id for hit in hits] == [outcome.memory_id for outcome in written[:10]]
        assert len(ana.nearest("red car", k=100)) == 16
        assert not ana.nearest("red car", tags=["b"])


def test_nearest_asks_about_a_time(engine: erstwhile.Engine) -> None:
    """What is nearest is chosen among what was believed then, and no other scope's."""
    with engine:
        ana = engine.scope(user="ana")
        first = ana.remember("red car", relate=False)
        before = engine.now()
        ana.correct(first, "blue boat")
        engine.scope(user="bea").remember("red car", relate=False)
        assert [hit.content for hit in ana.nearest("red car")] == ["blue boat"]
        assert [hit.content for hit in ana.nearest("red car", as_of=erstwhile.AsOf(system=before))] == ["red car"]
        assert ana.nearest("red car", as_of=erstwhile.AsOf(system=before))[0].score == 1.0


@pytest.mark.parametrize("given", [{"text": " "}, {"text": "x", "k": 0}, {"text": "x", "k": 100_001}, {"text": "x", "tags": "a"}])
def test_what_cannot_be_used_is_refused(given: dict[str, object]) -> None:
    """The error says which value, before anything is searched."""
    with erstwhile.open(":memory:", model=MODEL) as engine, pytest.raises(erstwhile.InvalidInputError):
        engine.scope(user="ana").nearest(**given)  # type: ignore[arg-type]


def test_the_time_of_the_engine_is_that_of_its_writes() -> None:
    """What was written carries the engine's time or an earlier one, and what is written later a later one, on a clock that stands still as well."""
    with erstwhile.open(":memory:", model=MODEL, clock=FixedClock("2025-01-01")) as engine:
        ana = engine.scope(user="ana")
        written = [ana.remember(text, relate=False).version.system_from for text in ("one", "two")]
        now = engine.now()
        assert written[0] < written[1] <= now
        assert ana.remember("three", relate=False).version.system_from > now
