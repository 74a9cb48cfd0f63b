"""What keeps a store safe, when it is changed to another model or has been."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import StoreCorruptError
from erstwhile.store.edge import EdgeStore
from erstwhile.store.folder import StoreFolder
from erstwhile.store.mending import examine, mend

OLD, NEW = HashingEmbedder(), HashingEmbedder(256)
TEXTS = [f"Note {number} is about something else" for number in range(5)]


@pytest.fixture
def changed(in_memory: Path) -> Iterator[Engine]:
    """A store that was changed to the new model, whose old vectors are there still."""
    with erstwhile.open(in_memory / "store", model=OLD, durable=False, shared=False) as engine:
        engine.scope(user="ana").remember_many(TEXTS, relate=False)
        change = engine.reembed(NEW)
        change.fill()
        change.swap()
        yield engine


def _whole(path: Path) -> None:
    with erstwhile.open(path, model=NEW, durable=False, shared=False) as engine:
        assert sorted(version.content for version in engine.scope(user="ana").snapshot()) == TEXTS
        assert {row.vector.shape for row in engine._ledger.store.whole(vectors=True) if row.vector is not None} == {(256,)}
        assert engine.scope(user="ana").recall(TEXTS[3], k=1, min_relevance=0)[0].content == TEXTS[3]
        assert engine.reembed().status().other is None


def test_a_backup_is_of_the_new_model(changed: Engine, in_memory: Path) -> None:
    """What is restored, into a new folder or in the place of the store, holds the new model's vectors and no others."""
    assert changed.backup(in_memory / "a.backup").fingerprint == NEW.fingerprint
    erstwhile.restore(in_memory / "a.backup", in_memory / "again")
    _whole(in_memory / "again")
    changed.close()
    erstwhile.restore(in_memory / "a.backup", in_memory / "store", replace=True)
    _whole(in_memory / "store")


def test_it_can_be_repaired(changed: Engine, in_memory: Path) -> None:
    """A repair reads the vectors under the name that they have now, from the segments as from the log, and finds nothing wrong with a sound store."""
    changed.close()
    folder = StoreFolder(in_memory / "store")
    try:
        condition = examine(folder, dimension=OLD.dimension)
        assert (condition.wrong, condition.fingerprint, condition.dimension) == ((), NEW.fingerprint, NEW.dimension)
        for segment in (folder.shard / "segments").iterdir():
            (segment / "version.info").unlink()
        condition = examine(folder, dimension=OLD.dimension)
        assert condition.wrong
        assert len([row for row in condition.rows if row.vector is not None and row.vector.shape == (256,)]) == len(TEXTS)
        mended = mend(folder, condition, fingerprint=NEW.fingerprint, dimension=NEW.dimension, embed=None)
        assert mended.versions == len(TEXTS)
    finally:
        folder.release()
    _whole(in_memory / "store")


@pytest.mark.parametrize(
    "change",
    [
        {"slot": "words"},
        {"slot": 7},
        {"second": []},
        {"second": {"fingerprint": 1, "dimension": 3}},
        {"second": {"fingerprint": "x", "dimension": 3, "slot": "dense", "more": 1}},
        {"second": {"fingerprint": "x", "dimension": 3, "slot": "dense-2"}},
        {"fingerprint": None},
    ],
)
def test_a_manifest_that_cannot_be(changed: Engine, in_memory: Path, change: dict[str, object]) -> None:
    """A manifest that names no models that can be is refused, and the data is left alone."""
    changed.close()
    path = in_memory / "store" / "erstwhile.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    with pytest.raises(StoreCorruptError, match="put it back from a backup"):
        EdgeStore(in_memory / "store", fingerprint=NEW.fingerprint, dimension=256)
