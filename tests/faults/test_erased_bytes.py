"""After an erasure no byte of what was erased is found in the files of the store, whatever stood where, and whenever the process died."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
import pytest
from qdrant_edge import EdgeShard

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import StoreUnavailableError
from erstwhile.judge import Pair
from erstwhile.relations import Judgement, Relation
from erstwhile.scoped import ScopedMemory
from erstwhile.store import Batch, Row, Where
from erstwhile.store.compacting import Copy
from erstwhile.store.edge import OPTIMIZE_EVERY, EdgeStore
from erstwhile.store.folder import StoreFolder
from erstwhile.testing.case import ANA
from erstwhile.testing.rows import FINGERPRINT, make_version

WORDS = ("xylophonequartz", "brilligtove")
"""In what is erased, and nowhere else."""
PAGE = 4_096
WIDE = 768
"""Numbers in a vector of which ten thousand are enough for Qdrant to make int8 copies: it begins at 10,000 KiB."""
SECRET = f"The {WORDS[0]} is under the {WORDS[1]}"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A store that holds something else."""
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder(), durable=False) as engine:
        engine.scope(user="ana").remember_many([f"Note {number} is about something else" for number in range(50)], relate=False)
        yield engine


def _forms(text: str) -> set[bytes]:
    """A text as a file may hold it: by itself, as UTF-16, and in the packed forms of strings, which hold it as UTF-8."""
    return {
        text.encode(),
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
        msgspec.msgpack.encode(text),
        len(text.encode()).to_bytes(8, "little") + text.encode(),
    }


def _vector(text: str) -> set[bytes]:
    """Stretches of a text's vector where it is not zero, as float16, as float32, and as whole numbers of eight bits."""
    vector = HashingEmbedder().embed([text], role="passage")[0].astype(np.float16)
    start = int(np.flatnonzero(vector)[0])
    part = vector[start : start + 16]
    return {part.tobytes(), part.astype(np.float32).tobytes()}


def _found(folder: Path, needles: set[bytes]) -> dict[str, set[bytes]]:
    found = {path.relative_to(folder).as_posix(): _written(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
    return {name: here for name, content in found.items() if (here := {needle for needle in needles if needle in content})}


def _written(content: bytes) -> bytes:
    # Most of the files are holes, and what is looked for would take minutes in them. Pages side by side stay so.
    whole = np.frombuffer(content[: len(content) // PAGE * PAGE], dtype=np.uint8).reshape(-1, PAGE)
    return whole[whole.any(axis=1)].tobytes() + content[len(whole) * PAGE :]


def _needles(*texts: str, ids: tuple[str, ...] = ()) -> set[bytes]:
    return {form for text in (*WORDS, *texts) for form in _forms(text)} | {form for id in ids for form in (id.encode(), UUID(id).bytes, UUID(id).bytes[::-1])}


def test_nothing_of_a_memory_is_left(engine: Engine, tmp_path: Path) -> None:
    """Its words, tags, aliases, metadata, sources, keys, ids and vector are in the files before, and in none of them after; nothing else is gone."""
    ana = engine.scope(user="ana")
    source = erstwhile.Provenance(actor="actormimsy", session="sessionwabe", turn=7, reference="refgimble", quote=SECRET)
    kept = ana.snapshot()
    made = ana.remember(SECRET, tags=["tagzwicky"], aliases=["aliasoutgrabe"], metadata={"metarath": "metamome"}, source=source, key="keyjubjub")
    better = ana.correct(made, f"{SECRET}, still", tags=["tagfrumious"])
    (key,) = (key for key in made.version.keys if key.startswith("given:"))
    given = ("tagzwicky", "tagfrumious", "aliasoutgrabe", "metarath", "metamome", "actormimsy", "sessionwabe", "refgimble", key)
    needles = _needles(*given, ids=(made.memory_id, made.version.id, better.version.id)) | _vector(SECRET) | _vector(f"{SECRET}, still")
    before = set().union(*_found(tmp_path, needles).values())
    assert {text.encode() for text in (*WORDS, *given)} <= before
    assert before & _vector(SECRET)
    receipt = ana.erase(made)
    assert receipt.compacted
    assert _found(tmp_path, needles) == {}
    assert ana.snapshot() == kept
    engine.close()
    assert _found(tmp_path, needles) == {}


class Quoting:
    """A judge that quotes the earlier memory in its reason, as a language model may."""

    name = "quoting"

    def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement, ...]:
        return tuple(Judgement(relation=Relation.REFINES, score=0.9, reason=f"It adds to: {pair.earlier.content}", judge=self.name) for pair in pairs)


def test_nothing_is_left_of_what_others_hold_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was drawn from a turn goes; what answers it, and what a write found about it, stays without its words."""
    monkeypatch.setattr("erstwhile.engine._judge", lambda *_: Quoting())
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder(), durable=False) as engine:
        ana = engine.scope(user="ana")
        said = [{"role": "user", "content": f"{SECRET}."}, {"role": "assistant", "content": "Understood."}]
        asked, answered = ana.observe(said, session="s", draw=False)
        drawn = ana.remember(f"Ana's {WORDS[0]} is hidden", derived_from=[asked])
        first = ana.remember(f"The old house by the river is full of {WORDS[1]} and books")
        other = ana.remember("The old house by the river is full of books and has a garden")
        assert WORDS[1] in "".join(tie.reason for tie in other.version.ties)
        would = ana.would_erase(asked, first)
        assert (would.derived, would.touched) == ((drawn.memory_id,), 2)
        receipt = ana.erase(asked, first)
        assert receipt.touched == 2
        assert receipt.by_type == would.by_type
        assert {version.id for version in ana.snapshot(turns=True)} == {answered.id, other.version.id}
        assert _found(tmp_path, _needles()) == {}


def test_nothing_is_left_of_a_scope(engine: Engine, tmp_path: Path) -> None:
    """Erasing a whole scope leaves neither its content nor its name."""
    secret = engine.scope(user="userbandersnatch")
    secret.observe([{"role": "user", "content": SECRET}, {"role": "user", "content": "I like tea."}])
    secret.erase(everything=True)
    assert _found(tmp_path, _needles("userbandersnatch")) == {}
    assert engine.scope(user="ana").stats().versions == 50


def test_without_compacting_it_is_due(engine: Engine, tmp_path: Path) -> None:
    """Whoever puts it off can do it later, also after the store was closed; until then the receipt and the store say that bytes are left."""
    ana = engine.scope(user="ana")
    receipt = ana.erase(ana.remember(SECRET), compact=False)
    assert not receipt.compacted
    assert _found(tmp_path, _needles())
    engine.close()
    assert _found(tmp_path, _needles())
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as again:
        assert again.info().details["erased_since"]
        assert again.compact()
        assert again.info().details["erased_since"] is None
        assert _found(tmp_path, _needles()) == {}
        assert again.compact()


def test_a_full_disk_puts_it_off(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for a copy the memory is erased all the same, and the receipt says that the files still have to be rewritten."""
    ana = engine.scope(user="ana")
    made = ana.remember(SECRET)
    check = StoreFolder.check_room

    def full(folder: StoreFolder, needed: int = 0) -> None:
        if needed:
            raise StoreUnavailableError("The disk is full.")
        check(folder)

    monkeypatch.setattr(StoreFolder, "check_room", full)
    receipt = ana.erase(made)
    assert (receipt.remaining, receipt.compacted) == (0, False)
    with pytest.raises(StoreUnavailableError):
        engine.compact()
    monkeypatch.undo()
    assert engine.compact()


@pytest.mark.slow
def test_others_go_on_meanwhile(engine: Engine) -> None:
    """What is written, superseded and retracted while the files are rewritten is there afterwards, and reads never fail."""
    ana, bo = engine.scope(user="ana"), engine.scope(user="bo")
    ana.erase(ana.remember(SECRET), compact=False)
    done, failed, written = threading.Event(), [], []

    def write() -> None:
        number = 0
        try:
            while not done.is_set() or not written:
                outcome = bo.remember(f"Bo wrote {number}", relate=False)
                if number % 3 == 1:
                    outcome = bo.correct(outcome, f"Bo wrote {number}, better")
                written.append(outcome.version)
                if number % 3 == 2:
                    bo.retract(written.pop(0))
                assert ana.recall("Note 7", k=1)
                number += 1
        except Exception as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            assert engine.compact()
            ana.erase(ana.remember(SECRET), compact=False)
    finally:
        done.set()
        writer.join(60)
    assert not failed
    assert {version.id for version in bo.snapshot()} == {version.id for version in written}


STEPS = {
    "begun": "erstwhile.store.compacting.Copy.take_all",
    "copied": "erstwhile.store.compacting.Copy.finish",
    "finished": "erstwhile.store.folder.StoreFolder.take_over",
    "between": "erstwhile.store.folder.StoreFolder._finish",
    "taken over": "erstwhile.store.folder.StoreFolder.clear_aside",
    "cleared": "erstwhile.store.folder.StoreFolder.withdraw_erasure",
}
"""What the process dies before, in the order of a compaction."""

CHILD = """
import importlib, os, signal, sys
import erstwhile
from erstwhile.embed.hashing import HashingEmbedder

path, step = sys.argv[1:]
engine = erstwhile.open(path, model=HashingEmbedder(), durable=False)
ana = engine.scope(user="ana")
ana.erase(*[version for version in ana.snapshot() if "xylophonequartz" in version.content], compact=False)
ana.remember("Written after the erasure", relate=False)
module, kind, name = step.rsplit(".", 2)
owner = getattr(importlib.import_module(module), kind)
original = getattr(owner, name)
calls = []

def die(*given, **named):
    # The aside is also cleared at the beginning.
    calls.append(name)
    if name != "clear_aside" or len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*given, **named)

setattr(owner, name, die)
engine.compact()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize("step", STEPS)
def test_killed_in_the_middle(tmp_path: Path, step: str) -> None:
    """Wherever a compaction is cut off, the store opens whole, what was erased stays erased, and it is known that the files still have to be rewritten."""
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder(), durable=False) as engine:
        ana = engine.scope(user="ana")
        ana.remember_many([f"Note {number} is about something else" for number in range(20)], relate=False)
        ana.remember(SECRET, relate=False)
    died = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path / "store"), STEPS[step]], capture_output=True, text=True, check=False, env=os.environ)
    assert died.returncode == -signal.SIGKILL, died.stderr
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder(), durable=False) as again:
        _is_whole(again.scope(user="ana"))
        assert again.info().details["erased_since"]
        assert again.compact()
        _is_whole(again.scope(user="ana"))
    assert _found(tmp_path, _needles()) == {}
    assert not [path.name for path in (tmp_path / "store").iterdir() if path.name.startswith("shard.")]


def _is_whole(ana: ScopedMemory) -> None:
    contents = {version.content for version in ana.snapshot()}
    assert contents == {f"Note {number} is about something else" for number in range(20)} | {"Written after the erasure"}


def test_a_copy_that_lacks_something_is_not_used(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the engine not give all of its points, the store stays as it was."""
    ana = engine.scope(user="ana")
    ana.erase(ana.remember(SECRET), compact=False)
    monkeypatch.setattr("erstwhile.store.compacting.AT_ONCE", 10)
    monkeypatch.setattr("erstwhile.store.compacting.Copy._put", lambda *_: None)
    with pytest.raises(erstwhile.StoreCorruptError, match="left as it is"):
        engine.compact()
    monkeypatch.undo()
    assert ana.stats().versions == 50
    assert engine.compact()
    assert ana.stats().versions == 50


@pytest.mark.slow
def test_the_int8_copies_are_built_in_the_copy(tmp_path: Path) -> None:
    """A store that has int8 copies of its vectors has as many after it was compacted."""
    vectors = np.random.default_rng(1).standard_normal((OPTIMIZE_EVERY + 1, WIDE)).astype(np.float32)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)
    rows = [Row(version=make_version(f"Note {number}"), vector=vector) for number, vector in enumerate(vectors)]
    store = EdgeStore(tmp_path / "store", fingerprint=FINGERPRINT, dimension=WIDE, durable=False)
    for first in range(0, len(rows), 1_000):
        store.write(Batch(puts=tuple(rows[first : first + 1_000])))
    before = _copied(store)
    store.erase(Where(scopes=(ANA,), ids=(rows[0].version.id,)))
    assert store.compact()
    after = _copied(store)
    store.close()
    assert before >= OPTIMIZE_EVERY
    assert after >= before - 1


def _copied(store: EdgeStore) -> int:
    """Vectors that have an int8 copy, which takes a byte a number and a little more."""
    return sum(path.stat().st_size // WIDE for path in store.folder.shard.glob("segments/*/vector_storage-dense/quantized.data"))


OTHER = HashingEmbedder(256)
"""The model that a store is changed to."""


def _vectors(text: str) -> set[bytes]:
    """Stretches of a text's vector of the other model, as float16 and as float32."""
    vector = OTHER.embed([text], role="passage")[0].astype(np.float16)
    return {vector[:16].tobytes(), vector[:16].astype(np.float32).tobytes()}


def test_nothing_is_left_of_either_model(engine: Engine, tmp_path: Path) -> None:
    """Erased in the middle of a change of model, after the exchange and after the old vectors were dropped, a memory leaves no byte of any of its vectors."""
    ana, change = engine.scope(user="ana"), engine.reembed(OTHER)
    needles = _needles() | _vector(SECRET) | _vectors(SECRET)
    made = ana.remember(SECRET, relate=False)
    change.fill()
    assert set().union(*_found(tmp_path, needles).values()) & _vectors(SECRET)
    assert ana.erase(made).compacted
    assert _found(tmp_path, needles) == {}
    made = ana.remember(SECRET, relate=False)
    change.swap(check=False)
    assert set().union(*_found(tmp_path, needles).values()) & _vector(SECRET)
    assert ana.erase(made).compacted
    assert _found(tmp_path, needles) == {}
    assert change.status().filled == 50
    made = ana.remember(SECRET, relate=False)
    change.drop()
    assert ana.erase(made).compacted
    assert _found(tmp_path, needles) == {}
    assert ana.stats().versions == 50


def test_dropped_vectors_leave_nothing(engine: Engine, tmp_path: Path) -> None:
    """A change that is given up leaves none of the vectors that were made for it, in no file."""
    note = "Note 7 is about something else"
    change = engine.reembed(OTHER)
    change.fill()
    assert _found(tmp_path, _vectors(note))
    change.drop()
    assert _found(tmp_path, _vectors(note)) == {}
    assert _found(tmp_path, _vector(note))


def test_compacted_while_it_is_filled(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that are given while the files are rewritten are in the new ones."""
    ana, change = engine.scope(user="ana"), engine.reembed(OTHER)
    ana.erase(ana.remember(SECRET), compact=False)
    take_all = Copy.take_all

    def and_fill(copy: Copy, source: EdgeShard, *, between: Callable[[], None]) -> None:
        take_all(copy, source, between=between)
        rows = second.lacking(fingerprint=OTHER.fingerprint, limit=100)
        second.fill([replace(row, vector=OTHER.embed([row.version.content], role="passage")[0]) for row in rows], fingerprint=OTHER.fingerprint)

    second = engine._ledger.store.second
    second.begin(fingerprint=OTHER.fingerprint, dimension=OTHER.dimension)
    monkeypatch.setattr(Copy, "take_all", and_fill)
    assert engine.compact()
    state = change.status()
    assert (state.versions, state.filled) == (50, 50)


def test_what_a_killed_repair_left_goes_first(engine: Engine, tmp_path: Path) -> None:
    """Copies that a repair was working on when it was killed hold what is erased later; whoever opens the store next removes them."""
    ana = engine.scope(user="ana")
    made = ana.remember(SECRET)
    engine.close()
    store = tmp_path / "store"
    shutil.copytree(store / "shard", store / "salvage")
    shutil.copytree(store / "shard", store / "mending/shard")
    with erstwhile.open(store, model=HashingEmbedder()) as again:
        assert again.scope(user="ana").erase(made).compacted
        assert _found(tmp_path, _needles()) == {}


def test_a_damaged_note_still_says_that_bytes_are_left(engine: Engine, tmp_path: Path) -> None:
    """Since when is lost; that the files have to be rewritten is not, and nothing else fails."""
    ana = engine.scope(user="ana")
    ana.erase(ana.remember(SECRET), compact=False)
    (tmp_path / "store/erased.txt").write_bytes(b"\xff\xfe\x00")
    assert engine.info().details["erased_since"] is not None
    assert engine.compact()
    assert _found(tmp_path, _needles()) == {}
