"""Stores that somebody filled to be hard on whoever puts them in order."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.tending.conftest import Literal

import erstwhile
from erstwhile.judge import Pair
from erstwhile.model import Provenance, SourceKind
from erstwhile.relations import Judgement
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock

if TYPE_CHECKING:
    from erstwhile.store import Search


class Counting(Literal):
    """The literal judge, that counts the pairs it was asked about."""

    def __init__(self) -> None:
        self.pairs = 0

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement | None]:
        """See `Judge.judge`."""
        self.pairs += len(pairs)
        return super().judge(pairs)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The judge that the memories of `literal` have from then on."""
    judge = Counting()
    monkeypatch.setattr("tests.tending.conftest.Literal", lambda: judge)
    return judge


@pytest.mark.slow
def test_five_hundred_copies_become_one(literal: Callable[..., ScopedMemory], counting: Counting) -> None:
    """Copies without end are told in one pass, each once, with no more pairs looked at than there are copies and a few; and become one memory."""
    ana = literal()
    ana.remember_many([{"content": f"Tea at five{'!' * (number % 3)}", "type": "fact", "key": str(number)} for number in range(500)], relate=False)
    audit = ana.audit(limit=10)
    assert (audit.counts, len(audit.findings)) == ({"duplicate": 499}, 10)
    assert counting.pairs <= 4 * 500
    done = ana.consolidate()
    (left,) = ana.snapshot()
    assert (len(left.confirmations), done.left) == (32, ())
    assert counting.pairs <= 20 * 500
    assert ana.consolidate().plan.steps == ()
    for outcome in reversed(done.outcomes):
        ana.undo(outcome)
    assert len(ana.snapshot()) == 500


def test_near_copies_that_differ_stay_and_cost_no_square(literal: Callable[..., ScopedMemory], counting: Counting) -> None:
    """Texts that are as alike as can be and differ in a number are all kept, and each is compared with a few, however many there are."""
    ana = literal()
    ana.remember_many([{"content": f"The parcel of Ana Berg came on day {number}", "type": "event"} for number in range(120)], relate=False)
    assert ana.consolidation().steps == ()
    assert len(ana.snapshot()) == 120
    assert counting.pairs <= 120 * 16


def test_one_search_for_each_memory(literal: Callable[..., ScopedMemory], monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass asks the store for neighbours once for each memory, with a bound on how many."""
    ana = literal()
    ana.remember_many([{"content": f"Thing {number}", "type": "fact"} for number in range(40)], relate=False)
    store = ana._ledger.store
    asked: list[Search] = []
    search = type(store).search
    monkeypatch.setattr(store, "search", lambda given: asked.append(given) or search(store, given))
    ana.audit()
    assert len(asked) == 40
    assert {given.limit for given in asked} == {17}


def test_a_copy_from_outside_adds_no_trust(literal: Callable[..., ScopedMemory], clock: FixedClock) -> None:
    """What a tool says in a hundred copies confirms what a person said once, as one source, and ends nothing."""
    ana = literal()
    ana.remember("Tea at five", type="fact", confidence=0.6, relate=False)
    tool = Provenance(kind=SourceKind.TOOL, actor="browser")
    ana.remember_many([{"content": "Tea at five", "type": "fact", "source": tool, "key": str(number)} for number in range(100)], relate=False)
    ana.consolidate()
    (left,) = ana.snapshot()
    assert left.source.kind is SourceKind.STATED
    assert left.confidence == pytest.approx(1 - 0.4 * 0.5)


@pytest.mark.slow
def test_where_another_process_serves_the_store(tmp_path: Path) -> None:
    """All of it works through the process that serves a store to several."""
    with erstwhile.open(tmp_path / "store", shared=True) as engine:
        ana = engine.scope(user="ana")
        ana.remember_many([{"content": "Ana works at Acme", "type": "fact", "key": key} for key in "ab"], relate=False)
        ana.remember("Ana hums", type="observation", importance=0, valid_from="2020-01-01")
        assert ana.audit().counts == {"duplicate": 1}
        done = ana.consolidate()
        assert len(done.outcomes) == 2
        assert len(ana.snapshot()) == 2
        for outcome in reversed(done.outcomes):
            ana.undo(outcome)
        assert len(ana.snapshot()) == 3
