"""Changing the embedding model of a store that is in use."""

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest

import erstwhile
from erstwhile.embed import Role
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import InvalidInputError, ModelMismatchError, StoreCorruptError, WriteConflictError
from erstwhile.store import Batch, Row
from erstwhile.testing import make_version

if TYPE_CHECKING:
    from numpy.typing import NDArray

OLD, NEW = HashingEmbedder(), HashingEmbedder(256)


class Interrupting:
    """A model, before whose nth call something happens."""

    def __init__(self, model: HashingEmbedder = NEW) -> None:
        self.model, self.calls = model, 0
        self.fingerprint, self.dimension = model.fingerprint, model.dimension
        self.before: dict[int, object] = {}

    def embed(self, texts: Sequence[str], *, role: Role) -> "NDArray[np.float32]":
        self.calls += 1
        act = self.before.pop(self.calls, None)
        if callable(act):
            act()
        return self.model.embed(texts, role=role)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A store of 150 versions."""
    with erstwhile.open(":memory:", model=OLD) as engine:
        engine.scope(user="ana").remember_many([f"Note {number} speaks of thing {number % 7}" for number in range(150)], relate=False)
        yield engine


def _top(engine: Engine, question: str) -> str:
    return engine.scope(user="ana").recall(question, k=1, min_relevance=0)[0].content


def test_a_change_from_beginning_to_end(engine: Engine) -> None:
    """Each step says where it stands; after the exchange the same engine and the memories that it handed out go on, with the new model."""
    ana, change = engine.scope(user="ana"), engine.reembed(NEW)
    assert change.status().step == "none"
    told: list[tuple[int, int]] = []
    assert change.fill(progress=lambda done, total: told.append((done, total))) == erstwhile.Backfill(given=150, lacking=0, stopped=False)
    assert told == [(64, 150), (128, 150), (150, 150)]
    assert change.status().step == "filled"
    assert engine.info().fingerprint == OLD.fingerprint
    before = ana.history(ana.snapshot()[0].memory_id)
    done = change.swap()
    assert (done.step, done.model, done.other, done.filled) == ("exchanged", NEW.fingerprint, OLD.fingerprint, 150)
    assert engine.info().fingerprint == NEW.fingerprint
    ana.remember("The heron nests by the weir")
    assert _top(engine, "heron weir") == "The heron nests by the weir"
    after = ana.history(before[0].memory_id)
    assert [(version.id, version.content, version.system_from) for version in after] == [
        (version.id, version.content, version.system_from) for version in before
    ]
    assert {version.fingerprint for version in ana.snapshot()} == {NEW.fingerprint}


def test_what_is_written_meanwhile_is_taken_along(engine: Engine) -> None:
    """Old and new are written, closed and erased in the middle of the backfill and of the exchange; all of it is as it should be afterwards."""
    ana, model = engine.scope(user="ana"), Interrupting()
    home = ana.remember("Ana lives in Porto", valid_from="2024-01-01")
    gone = ana.remember("The osprey is a secret", relate=False)
    change = engine.reembed(model)

    def write() -> None:
        ana.remember("Ana lives in Lisbon", valid_from="2025-01-01", supersedes=home)
        ana.erase(gone)

    model.before[2] = write
    change.fill()
    assert change.status().step in ("filling", "filled")
    model.before[model.calls + 1] = lambda: ana.remember("The heron nests by the weir", relate=False)
    ana.remember("Ana likes tea", relate=False)
    done = change.swap(check=False)
    assert (done.versions, done.filled, done.stray) == (150 + 3 + 2, 155, 0)
    assert _top(engine, "heron weir") == "The heron nests by the weir"
    assert _top(engine, "where Ana lives") == "Ana lives in Lisbon"
    assert not [version for version in ana.snapshot() if "osprey" in version.content]


def test_nobody_writes_between_the_last_look_and_the_exchange(engine: Engine) -> None:
    """A writer who comes while the last versions are caught up with waits, and is then refused with the old model: nothing lacks a vector."""
    ana, change, failed = engine.scope(user="ana"), engine.reembed(NEW), list[Exception]()
    change.fill()
    second = engine._ledger.store.second
    swap = second.swap
    old = engine._ledger
    begun = threading.Event()

    def late() -> None:
        vector = old.embed(["planned before"], role="passage")[0]
        begun.set()
        with old.standstill():
            version = make_version("planned before", fingerprint=OLD.fingerprint)
            try:
                old.store.write(Batch(puts=(Row(version=version, vector=vector),)))
            except ModelMismatchError as error:
                failed.append(error)

    writer = threading.Thread(target=late)

    def swapping(to: str) -> bool:
        writer.start()
        begun.wait()
        return swap(to)

    second.swap = swapping  # type: ignore[method-assign]
    done = change.swap()
    writer.join()
    assert len(failed) == 1
    assert (done.versions, done.stray) == (150, 0)
    assert ana.stats().versions == 150


def test_what_is_under_way_is_done_again() -> None:
    """A recall, a write and a conversation that embedded with the old model right before the exchange end well, with the new one."""
    model = Interrupting(OLD)
    with erstwhile.open(":memory:", model=model) as engine:
        ana = engine.scope(user="ana")
        ana.remember("The heron nests by the weir")

        def exchanged() -> None:
            change = engine.reembed(NEW if engine.info().fingerprint == OLD.fingerprint else OLD)
            change.fill()
            change.swap()

        for act in (
            lambda: ana.recall("heron weir", min_relevance=0),
            lambda: ana.nearest("heron weir"),
            lambda: ana.remember("Ana likes tea"),
            lambda: ana.observe([{"role": "user", "content": "I live in Porto", "id": "1"}]),
            lambda: ana.correct(ana.snapshot()[0], "The heron nests on the island"),
        ):
            model.before[model.calls + 1] = exchanged
            assert act()
            assert engine.info().fingerprint == NEW.fingerprint
            engine.reembed(model).rollback()
            engine.reembed().drop()
        assert len(ana.snapshot(turns=True)) == 4
        assert {version.fingerprint for version in ana.snapshot(turns=True)} == {OLD.fingerprint}


def test_it_can_be_stopped_and_goes_on(engine: Engine) -> None:
    """What was done before it was stopped is not done again."""
    change = engine.reembed(NEW)
    asked = iter([False, True])
    stopped = change.fill(stop=lambda: next(asked))
    assert stopped == erstwhile.Backfill(given=64, lacking=86, stopped=True)
    assert change.status().step == "filling"
    assert change.fill().given == 86


def test_going_back_keeps_what_was_written_since(engine: Engine) -> None:
    """Rolled back, the store is of the old model, and finds by meaning what was remembered with the new one."""
    ana = engine.scope(user="ana")
    change = engine.reembed(NEW)
    change.fill()
    change.swap()
    with pytest.raises(InvalidInputError, match="rollback"):
        engine.reembed(OLD).swap()
    ana.remember("The heron nests by the weir")
    back = engine.reembed(OLD)
    assert back.status().filled == 150
    done = back.rollback()
    assert (done.model, done.other, done.step, done.versions) == (OLD.fingerprint, NEW.fingerprint, "filled", 151)
    assert _top(engine, "heron weir") == "The heron nests by the weir"
    with pytest.raises(InvalidInputError, match="not exchanged"):
        engine.reembed(NEW).rollback()
    assert engine.reembed().drop().step == "none"


def test_verification_sees_what_is_wrong(engine: Engine) -> None:
    """A missing vector, one of no length, and one of another text are each counted; with one that is wrong nothing is exchanged."""
    change = engine.reembed(NEW)
    change.fill()
    found = change.verify(sample=150)
    assert found.sound
    assert (found.versions, found.found, found.sampled, found.questions) == (150, 150, 150, 20)
    assert found.overlap is not None
    assert 0 <= (found.least or 0) <= found.overlap <= 1
    assert found.changed
    second = engine._ledger.store.second
    rows = second.scan(fingerprint=NEW.fingerprint, limit=150)
    engine.scope(user="ana").remember("It has none yet", relate=False)
    late = change.verify()
    assert (late.lacking, late.right, late.sound) == (1, True, False)
    second.fill([Row(version=rows[3].version, vector=NEW.embed(["of something else"], role="passage")[0])], fingerprint=NEW.fingerprint)
    assert change.verify(sample=151).differing == 1
    second.fill([Row(version=rows[4].version, vector=np.zeros(256, dtype=np.float32))], fingerprint=NEW.fingerprint)
    wrong = change.verify(sample=0, questions=0)
    assert (wrong.wrong, wrong.differing, wrong.overlap) == (1, 0, None)
    with pytest.raises(StoreCorruptError, match="nothing was exchanged"):
        change.swap()
    assert engine.info().fingerprint == OLD.fingerprint


def test_the_same_vectors_change_nothing(engine: Engine) -> None:
    """Where two models agree, the nearest of each text are the same: the comparison is of like with like."""

    class Renamed:
        fingerprint, dimension = "renamed@1", OLD.dimension

        def embed(self, texts: Sequence[str], *, role: Role) -> "NDArray[np.float32]":
            return OLD.embed(texts, role=role)

    change = engine.reembed(Renamed())
    change.fill()
    found = change.verify(questions=150)
    assert (found.overlap, found.least, found.changed) == (1.0, 1.0, ())


def test_it_gives_up_where_others_never_rest(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a version lacks a vector whenever it comes to the exchange, nothing is exchanged, and the error says so."""
    change = engine.reembed(NEW)
    change.fill()
    monkeypatch.setattr(engine._ledger.store.second, "swap", lambda _: False)
    with pytest.raises(WriteConflictError, match="nothing was exchanged"):
        change.swap()
    assert engine.info().fingerprint == OLD.fingerprint


def test_a_model_is_named_and_begun(engine: Engine) -> None:
    """Nothing is exchanged for a model that was never begun, nor for the store's own; and what needs a model says so."""
    with pytest.raises(ModelMismatchError, match="reembed start"):
        engine.reembed(NEW).swap()
    with pytest.raises(InvalidInputError, match="already"):
        engine.reembed(OLD).swap()
    with pytest.raises(InvalidInputError, match="Which model"):
        engine.reembed().fill()
    assert engine.info().fingerprint == OLD.fingerprint
