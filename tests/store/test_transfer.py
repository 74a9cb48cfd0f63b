"""A store is carried over to another place whole: checked, resumed after a kill, without what was erased meanwhile, and never over anything else."""

import contextlib
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import (
    InvalidInputError,
    ModelMismatchError,
    NotFoundError,
    StoreCorruptError,
    StoreUnavailableError,
    WriteConflictError,
)
from erstwhile.moving import carrying, transferring
from erstwhile.moving.carrying import Carrier, held_then
from erstwhile.store import Batch, ReferenceStore, Row
from erstwhile.store.server import ServerStore
from erstwhile.testing.rows import DIMENSION, FINGERPRINT
from erstwhile.testing.strategies import rows
from erstwhile.time import as_utc

Server = Any  # conftest's StandIn, which cannot be imported from here
MODEL = HashingEmbedder()
OTHER = HashingEmbedder(dimension=256)
PATIENCE = 60
QUESTIONS = ("where does Ana live?", "what does she like?", "tea", "Bo")


def opened(place: object, model: HashingEmbedder = MODEL) -> Engine:
    return erstwhile.open(str(place), model=model, shared=None if str(place).startswith("http") else False)


def move(source: object, target: object, **options: Any) -> erstwhile.Transfer:  # noqa: ANN401 - as transfer_store has it
    return erstwhile.transfer_store(str(source), str(target), **options)


def held(place: object, model: HashingEmbedder = MODEL) -> list[tuple[erstwhile.Version, bytes]]:
    with opened(place, model) as engine:
        return [(row.version, b"" if row.vector is None else row.vector.tobytes()) for row in engine._ledger.store.whole(vectors=True)]


def answers(place: object) -> list[Any]:
    with opened(place) as engine:
        memories = [engine.scope(scope) for scope in engine.scopes()]
        return [[(hit.version.id, hit.score) for hit in memory.recall(question, k=20, min_relevance=0)] for memory in memories for question in QUESTIONS]


def _in_memory() -> "tempfile.TemporaryDirectory[str]":
    """A folder on a disk in memory, where there is one: stores are made there in a tenth of the time."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="erstwhile-", dir=memory if memory.is_dir() else None)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder for what a test makes."""
    with _in_memory() as place:
        yield Path(place)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A store that is only read: with several scopes, a chain, turns, a conflict, and something retracted."""
    with _in_memory() as place:
        yield _filled(Path(place) / "store")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The same, for a test that writes to it."""
    return _filled(tmp_path / "store")


def _filled(place: Path) -> Path:
    with opened(place) as engine:
        ana = engine.scope(user="ana")
        home = ana.remember("Ana lives in Porto", valid_from="2024-01-01", metadata={"a": [1, None, "ü"]})
        ana.remember("Ana lives in Lisbon", valid_from="2025-01-01", supersedes=home)
        ana.observe([{"role": "user", "content": "I like tea a lot"}, {"role": "assistant", "content": "Noted."}])
        ana.remember("Ana works at Acme", valid_from="2024-01-01")
        ana.remember("Ana works at Globex", valid_from="2024-01-01")
        ana.retract(ana.remember("Ana likes golf"))
        engine.scope(tenant="acme", user="bo").remember_many([f"Bo has the number {number}" for number in range(30)], relate=False)
    return place


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "PAGE", 10)
    monkeypatch.setattr(carrying, "AT_ONCE", 4)


def test_to_a_server_and_back(folder: Path, stand_in: Server, tmp_path: Path) -> None:
    """Every version, vector and answer is the same on the server, and in a folder again; one number says so of all three."""
    before, answered = held(folder), answers(folder)
    seen: list[erstwhile.TransferProgress] = []
    there = move(folder, stand_in.url, progress=seen.append)
    assert (there.versions, there.copied, there.removed, there.resumed, there.embedded) == (len(before), len(before), 0, False, False)
    assert list(dict.fromkeys(step.step for step in seen if step.done == step.versions)) == ["copying", "catching up"]
    assert (held(stand_in.url), answers(stand_in.url)) == (before, answered)
    back = move(stand_in.url, tmp_path / "again")
    assert (held(tmp_path / "again"), answers(tmp_path / "again"), back.sha256) == (before, answered, there.sha256)
    with opened(tmp_path / "again") as engine:
        assert engine.scope(user="ana").remember("Ana lives in Faro", valid_from="2026-01-01").version.system_from > (back.as_of or engine.now())


def test_to_a_cluster(folder: Path, stand_in: Server, tmp_path: Path) -> None:
    """A new store is laid out as is asked, each tenant in its shard; the way back needs no word of it."""
    before = held(folder)
    apart = erstwhile.ServerSettings(shard_number=2, dedicated_tenants=("acme",))
    move(folder, stand_in.url, server=apart)
    assert list(stand_in.shards["erstwhile"].values()).count("tenant-acme") == 30
    move(stand_in.url, tmp_path / "again", server=erstwhile.ServerSettings(timeout=9))
    assert held(tmp_path / "again") == before


KILLED = """
import os, signal, sys
import erstwhile
from erstwhile.moving import carrying
from erstwhile.store.edge import EdgeStore
from erstwhile.store.server import ServerStore
carrying.PAGE, carrying.AT_ONCE = 10, 4
left, real = [int(sys.argv[3])], {store: store.write for store in (EdgeStore, ServerStore)}
def write(store, batch):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    real[type(store)](store, batch)
EdgeStore.write = ServerStore.write = write
erstwhile.transfer_store(sys.argv[1], sys.argv[2])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
@pytest.mark.parametrize("back", [False, True])
def test_a_killed_transfer_goes_on(folder: Path, stand_in: Server, tmp_path: Path, back: bool) -> None:
    """After kill -9 in the middle the target cannot be opened, and the same command finishes it with what is missing, and no other source does."""
    source, target = (stand_in.url, tmp_path / "again") if back else (folder, stand_in.url)
    if back:
        move(folder, stand_in.url)
    before = held(source)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(source), str(target), "5"], check=False, timeout=PATIENCE)
    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(StoreUnavailableError, match=r"transfer from .* that is not done.*erstwhile transfer"):
        opened(target)
    with opened(tmp_path / "other") as other:
        other.scope(user="zoe").remember("Zoe sings")
    with pytest.raises(InvalidInputError, match=r"is the target of a transfer from .*, not from"):
        move(tmp_path / "other", target)
    done = move(source, target)
    assert done.resumed
    assert (done.versions, done.copied) == (len(before), len(before) - 16)
    assert held(target) == before


def test_what_was_written_since_is_carried_over(own: Path, stand_in: Server) -> None:
    """Once its writers have stopped, the same command brings what is new, what was closed, and nothing else; and takes away what was erased since."""
    first = move(own, stand_in.url)
    with opened(own) as engine:
        bo = engine.scope(tenant="acme", user="bo")
        gone = bo.recall("Bo has the number 7", min_relevance=0).hits[0]
        bo.erase(gone.memory_id)
        engine.scope(user="ana").remember(
            "Ana lives in Faro", valid_from="2026-01-01", supersedes=engine.scope(user="ana").recall("where does Ana live?").hits[0]
        )
    again = move(own, stand_in.url)
    assert (again.resumed, again.removed, again.copied) == (True, 1, 3)
    assert again.versions == first.versions + 1
    assert held(stand_in.url) == held(own)


def test_writers_go_on_meanwhile(own: Path, stand_in: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written while it was copied is caught up with; what came after is not there, and nothing is there in part."""
    ana, stop = opened(own), threading.Event()
    memory = ana.scope(user="ana")
    first = memory.remember("the count is 0", valid_from="2024-01-01", relate=False)
    monkeypatch.setattr("erstwhile.sharing.opened.open_store", lambda *_, **__: _Kept(ana._ledger.store))

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            memory.remember(f"the count is {number}", valid_from="2025-01-01", supersedes=first, relate=False)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = move(own, stand_in.url)
    finally:
        stop.set()
        writer.join(PATIENCE)
    at = done.as_of
    assert at is not None
    then = [row.version for row in ana._ledger.store.whole() if row.version.system_from <= at]
    then = [replace(version, system_to=None) if version.system_to and version.system_to > at else version for version in then]
    assert [version for version, _ in held(stand_in.url)] == then
    move(own, stand_in.url)
    assert [version for version, _ in held(stand_in.url)] == [row.version for row in ana._ledger.store.whole()]
    ana.close()


class _Kept:
    """A store that stays open when whoever borrowed it closes it."""

    def __init__(self, store: Any) -> None:  # noqa: ANN401 - any store
        self._store = store

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self._store, name)

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("moment", [1, 5, "count"])
def test_what_is_erased_meanwhile_is_not_in_the_target(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int | str) -> None:
    """Whether it was erased before it was read, after it was copied, or while both were compared: not a byte of it is in the target's files."""
    with opened(own) as engine:
        ana = engine.scope(user="ana")
        secret = ana.remember("SECRET-diagnosis", relate=False)
        store = engine._ledger.store
        monkeypatch.setattr("erstwhile.sharing.opened.open_store", lambda *_, **__: _Kept(store))
        scan, calls = store.scan, [0]

        def scanned(**given: Any) -> Any:  # noqa: ANN401 - as the store has it
            found = scan(**given)
            calls[0] += 1
            if calls[0] == moment:
                ana.erase(secret)
            return found

        def counted(of: Any, at: Any) -> int:  # noqa: ANN401 - as held_then has it
            if not erased:
                erased.append(True)
                ana.erase(secret)
            return held_then(of, at)

        erased: list[bool] = []
        monkeypatch.setattr(store, "scan", scanned)
        if moment == "count":
            monkeypatch.setattr(transferring, "held_then", counted)
        move(own, tmp_path / "target")
    assert erased or calls[0] >= int(moment)
    monkeypatch.undo()
    assert held(tmp_path / "target") == held(own)
    assert not [path for path in (tmp_path / "target").rglob("*") if path.is_file() and b"SECRET-diagnosis" in path.read_bytes()]


def test_erasing_without_end_is_told(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something is erased at every check, the transfer gives up and says so; the same call finishes it later."""
    counts = iter([1, 2, 3, 4, 5, 6])
    monkeypatch.setattr(transferring, "held_then", lambda *_: next(counts))
    with pytest.raises(WriteConflictError, match=r"erased .* while they were transferred"):
        move(folder, tmp_path / "target")
    monkeypatch.undo()
    assert move(folder, tmp_path / "target").resumed


def test_a_target_that_gives_back_something_else_is_noticed(folder: Path, stand_in: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vector that comes back with other numbers is found by the comparison, and the transfer is not called done."""
    real = ServerStore.scan

    def damaged(store: ServerStore, **given: Any) -> tuple[Row, ...]:  # noqa: ANN401 - as the store has it
        found = real(store, **given)
        return tuple(replace(row, vector=None if row.vector is None else -row.vector) for row in found)

    monkeypatch.setattr(ServerStore, "scan", damaged)
    with pytest.raises(StoreCorruptError, match="come back from the target otherwise"):
        move(folder, stand_in.url)
    monkeypatch.undo()
    with pytest.raises(StoreUnavailableError, match="not done"):
        opened(stand_in.url)


def test_another_model(folder: Path, tmp_path: Path, stand_in: Server) -> None:
    """Vectors of one model are not taken for another's: refused with what to do, or made anew when that is asked for, and every version says of which it is."""
    with pytest.raises(ModelMismatchError, match=r"hashing-64@1 .* hashing-256@1\. Leave the model out.*--re-embed"):
        move(folder, stand_in.url, model=OTHER)
    assert not stand_in.client.collection_exists("erstwhile")
    with pytest.raises(InvalidInputError, match="no model was named"):
        move(folder, stand_in.url, re_embed=True)
    done = move(folder, stand_in.url, model=OTHER, re_embed=True)
    assert (done.embedded, done.fingerprint) == (True, OTHER.fingerprint)
    assert move(folder, stand_in.url, model=OTHER, re_embed=True).copied == 0
    with erstwhile.open(stand_in.url, model=OTHER) as engine:
        new = list(engine._ledger.store.whole(vectors=True))
        texts = [row.version.content for row in new]
        assert [row.version for row in new] == [replace(version, fingerprint=OTHER.fingerprint) for version, _ in held(folder)]
        assert [row.vector.tolist() for row in new if row.vector is not None] == engine._ledger.embed(texts, role="passage").tolist()
    with pytest.raises(ModelMismatchError, match="is a store of model hashing-256@1 and what is transferred has vectors of hashing-64@1"):
        move(folder, stand_in.url)
    # The same model, named: nothing is made anew.
    assert not move(folder, tmp_path / "same", model=MODEL, re_embed=True).embedded


def _full(place: Path) -> None:
    with opened(place) as engine:
        engine.scope(user="zoe").remember("Zoe sings")


def _letter(place: Path) -> None:
    place.mkdir()
    (place / "letter.txt").write_text("precious")


@pytest.mark.parametrize(
    ("make", "told"), [(_full, "holds versions already, 1 of them"), (_letter, "holds no store"), (lambda place: place.touch(), "holds no store")]
)
def test_nothing_that_is_there_is_touched(folder: Path, tmp_path: Path, make: Callable[[Path], None], told: str) -> None:
    """A target that holds something of its own is refused, and stays as it is."""
    target = tmp_path / "target"
    make(target)
    with pytest.raises(InvalidInputError, match=told):
        move(folder, target)
    if make is _full:
        assert [version.content for version, _ in held(target)] == ["Zoe sings"]


def test_somebody_who_writes_to_the_target_meanwhile_is_noticed(own: Path, stand_in: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server cannot be kept from others: what they write there during a transfer is not taken for something that was erased, and is not removed."""
    move(own, stand_in.url)
    real, there = transferring._standstill, opened(stand_in.url)

    def late(*given: Any) -> Any:  # noqa: ANN401 - as it has it
        at = real(*given)
        there.scope(user="zoe").remember("Zoe sings")
        return at

    monkeypatch.setattr(transferring, "_standstill", late)
    with pytest.raises(WriteConflictError, match="Somebody else writes to"):
        move(own, stand_in.url)
    assert there.scope(user="zoe").stats().holding == 1
    there.close()


def test_what_was_written_to_the_target_is_not_lost(folder: Path, tmp_path: Path) -> None:
    """Once somebody wrote to the target, or erased there, a second transfer to it is refused: it would undo that."""
    move(folder, tmp_path / "target")
    with opened(tmp_path / "target") as engine:
        mine = engine.scope(user="zoe").remember("Zoe sings")
    with pytest.raises(InvalidInputError, match="was written to since the transfer"):
        move(folder, tmp_path / "target")
    with opened(tmp_path / "target") as engine:
        engine.scope(user="zoe").erase(mine)
    assert move(folder, tmp_path / "target").copied == 0
    with opened(tmp_path / "target") as engine:
        engine.erase_user("bo")
    with pytest.raises(InvalidInputError, match="was written to since the transfer"):
        move(folder, tmp_path / "target")


@pytest.mark.parametrize(
    ("source", "target", "error", "told"),
    [
        ("store", "store", InvalidInputError, "is the source and the target"),
        ("store", "../{name}/store", InvalidInputError, "is the source and the target"),
        (":memory:", "target", InvalidInputError, "gone when it is closed"),
        ("store", ":memory:", InvalidInputError, "gone when it is closed"),
        ("nowhere", "target", NotFoundError, "There is no store at"),
        ("", "target", InvalidInputError, "empty text"),
        ("store", "http://host:port", InvalidInputError, "cannot be read"),
    ],
)
def test_ends_that_are_none(folder: Path, source: str, target: str, error: type[Exception], told: str) -> None:
    """An end that cannot be one is named, and nothing is made."""
    with contextlib.chdir(folder.parent), pytest.raises(error, match=told):
        move(source, target.format(name=folder.parent.name))
    assert [path.name for path in folder.parent.iterdir()] == ["store"]


def test_a_server_without_a_store_is_no_source(stand_in: Server, tmp_path: Path) -> None:
    """Looking for memories where there are none makes no collection for them."""
    with pytest.raises(NotFoundError, match="There is no store at http"):
        move(stand_in.url, tmp_path / "target")
    assert not stand_in.client.collection_exists("erstwhile")
    assert not (tmp_path / "target").exists()


def test_a_dry_run_does_nothing(folder: Path, stand_in: Server, tmp_path: Path) -> None:
    """It finds what the real run would refuse, tells what that would do, and makes nothing."""
    would = move(folder, stand_in.url, dry_run=True)
    assert (would.dry_run, would.versions, would.copied, would.as_of, would.resumed) == (True, len(held(folder)), 0, None, False)
    assert not stand_in.client.collection_exists("erstwhile")
    move(folder, stand_in.url)
    assert move(folder, stand_in.url, dry_run=True).resumed
    _full(tmp_path / "full")
    with pytest.raises(InvalidInputError, match="holds versions already, 1 of them"):
        move(folder, tmp_path / "full", dry_run=True)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_pass_leaves_the_target_as_the_source_was(data: st.DataObject) -> None:
    """Whatever the target held before, it then holds what the source did at that time, and a second pass finds nothing to do."""
    times = st.sampled_from([as_utc(f"2024-01-0{day}") for day in range(1, 8)])
    mine = data.draw(st.lists(rows(times=times), max_size=9))
    stale = [replace(row, version=replace(row.version, content="stale")) for row in mine if data.draw(st.booleans())]
    at = data.draw(times)
    # What is later than that is somebody else's, and refused.
    theirs = [row for row in stale + data.draw(st.lists(rows(times=times), max_size=4)) if max(row.version.system_from, row.version.system_to or at) <= at]
    source, target = (ReferenceStore(fingerprint=FINGERPRINT, dimension=DIMENSION) for _ in range(2))
    source.write(Batch(puts=tuple(mine)))
    target.write(Batch(puts=tuple(theirs)))
    carrier = Carrier(source=source, target=target, embedder=None, told=lambda _: None)
    done = carrier.carry(at)
    then = [row.version for row in sorted(mine, key=lambda row: row.version.id) if row.version.system_from <= at]
    then = [replace(version, system_to=None) if version.system_to and version.system_to > at else version for version in then]
    assert [row.version for row in target.whole()] == then
    assert done.versions == held_then(source, at) == len(then)
    assert carrier.carry(at).agrees


HOLDER = """
import sys
import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
with erstwhile.open(sys.argv[1], model=HashingEmbedder()) as engine:
    print("open", flush=True)
    sys.stdin.read()
    print(*(row.version.id for row in engine._ledger.store.whole()))
"""


def test_a_source_in_use_by_another_process(folder: Path, tmp_path: Path) -> None:
    """The store may be open elsewhere, and shared: it is read through whoever holds it."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "open\n"
            done = move(folder, tmp_path / "target")
        finally:
            said, _ = other.communicate("", timeout=PATIENCE)
    assert [version.id for version, _ in held(tmp_path / "target")] == said.split()
    assert done.versions == done.copied


class TestWhileTheModelChanges:
    """A transfer carries the vectors of the model that the store had when it began, and never some of one model and some of another."""

    def test_before_and_after_the_exchange(self, own: Path, stand_in: Server, tmp_path: Path) -> None:
        """What goes over is of the store's own model; that another was being filled in, or was the store's once, goes not."""
        with opened(own) as engine:
            engine.reembed(OTHER).fill()
        before = held(own)
        move(own, stand_in.url)
        assert held(stand_in.url) == before
        with opened(stand_in.url) as engine:
            assert engine.reembed(OTHER).status().step == "none"
        with opened(own) as engine:
            engine.reembed(OTHER).swap()
        with pytest.raises(ModelMismatchError, match="Choose another target"):
            move(own, stand_in.url)
        moved = move(own, tmp_path / "new")
        assert (moved.fingerprint, moved.embedded, moved.versions) == (OTHER.fingerprint, False, len(before))
        assert held(tmp_path / "new", OTHER) == held(own, OTHER) != before
        with erstwhile.open(tmp_path / "new", model=OTHER, shared=False) as engine:
            assert engine.reembed(MODEL).status().step == "none"

    @pytest.mark.parametrize("written", [False, True])
    def test_an_exchange_while_it_is_copied(self, own: Path, stand_in: Server, tmp_path: Path, *, written: bool) -> None:
        """What is there has vectors of both models, so it goes over as it was; what is written then has none of the old one, and is refused with what to do."""
        move(own, stand_in.url)
        before = held(stand_in.url)
        with opened(stand_in.url) as engine:
            change = engine.reembed(OTHER)
            change.fill()
            swapped: list[bool] = []

            def swap(_: erstwhile.TransferProgress) -> None:
                if not swapped:
                    swapped.append(True)
                    change.swap()
                    if written:
                        engine.scope(user="ana").remember("Ana sings in a choir")

            if written:
                with pytest.raises(ModelMismatchError, match="was changed while it was transferred"):
                    move(stand_in.url, tmp_path / "there", progress=swap)
            else:
                move(stand_in.url, tmp_path / "there", progress=swap)
                assert held(tmp_path / "there") == before
        with pytest.raises(ModelMismatchError):
            move(stand_in.url, tmp_path / "there")
        move(stand_in.url, tmp_path / "elsewhere")
        assert held(tmp_path / "elsewhere", OTHER) == held(stand_in.url, OTHER)
