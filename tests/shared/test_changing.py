"""Changing the model of a store that several processes have open."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import ModelMismatchError
from erstwhile.sharing.host import Host
from erstwhile.store.holder import Holder

OLD, NEW = HashingEmbedder(), HashingEmbedder(256)
Start = Callable[..., Any]

OTHER = """
with opened(sys.argv[1]) as memory:
    ana = memory.scope(user="ana")
    ana.remember("Ana likes tea", relate=False)
    say("written")
    wait()
    for act in (lambda: ana.remember("Ana sings", relate=False), lambda: ana.recall("tea")):
        try:
            act()
        except erstwhile.ModelMismatchError as error:
            say("refused" if "reembed" in str(error) else error)
"""


def test_others_write_until_the_exchange_and_are_refused_after_it(tmp_path: Path, serve: Callable[..., Host]) -> None:
    """Through the process that serves the store: what others write in the middle of it is taken along, and afterwards nobody mixes the models."""
    serve(tmp_path)
    with erstwhile.open(tmp_path, model=OLD) as engine, erstwhile.open(tmp_path, model=OLD) as other:
        ana, bo = engine.scope(user="ana"), other.scope(user="bo")
        ana.remember_many(["Ana lives in Porto", "Ana likes tea"], relate=False)
        change = engine.reembed(NEW)
        change.fill()
        bo.remember("Bo sings")
        found = change.verify()
        assert (found.versions, found.lacking, found.right) == (3, 1, True)
        assert change.swap().step == "exchanged"
        ana.remember("The heron nests by the weir")
        assert ana.recall("heron weir", k=1, min_relevance=0)[0].content == "The heron nests by the weir"
        for act in (lambda: bo.remember("Bo rows"), lambda: bo.recall("who sings?"), lambda: list(other._ledger.store.whole(vectors=True))):
            with pytest.raises(ModelMismatchError, match="reembed"):
                act()
        assert [version.content for version in bo.snapshot()] == ["Bo sings"]
        with pytest.raises(ModelMismatchError):
            erstwhile.open(tmp_path, model=OLD, shared=True)
        with erstwhile.open(tmp_path, model=NEW) as third:
            assert third.info().versions == 4
            assert third.reembed(OLD).rollback().model == OLD.fingerprint
        assert bo.recall("who sings?", k=1, min_relevance=0)
        assert change.drop().step == "none"


@pytest.mark.slow
def test_real_processes(tmp_path: Path, start: Start, holder_of: Callable[[Path], Holder]) -> None:
    """The store is handed over in the middle of a change, the process that serves it is killed after the exchange, and all goes on with the new model."""
    path = tmp_path / "store"
    with erstwhile.open(path, model=OLD) as engine:
        ana = engine.scope(user="ana")
        ana.remember_many([f"Note {number}" for number in range(70)], relate=False)
        change = engine.reembed(NEW)
        asked = iter([False, True])
        assert change.fill(stop=lambda: next(asked)).stopped
        other = start(OTHER, path)
        assert other.stdout.readline().strip() == "written"
        assert change.swap().versions == 71
        said, errors = other.communicate("go on\n", timeout=60)
        assert said.split() == ["refused", "refused"], errors
        holder = holder_of(path)
        assert holder.role == "host"
        holder.kill()
        ana.remember("The heron nests by the weir", relate=False)
        assert ana.recall("heron weir", k=1, min_relevance=0)[0].content == "The heron nests by the weir"
        assert (engine.info().fingerprint, engine.info().versions) == (NEW.fingerprint, 72)
        assert change.drop().step == "none"
