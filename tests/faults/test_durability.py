"""A write returns once it would survive a power cut, and writers share the cost."""

import errno
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import StoreCorruptError, StoreUnavailableError
from erstwhile.store.durable import GroupCommit, WriteAheadLog
from erstwhile.store.edge import EdgeStore
from erstwhile.store.protocol import Batch
from erstwhile.testing.rows import DIMENSION, FINGERPRINT, make_row

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the whole shard is flushed, in Rust, where a test cannot watch")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was synced from Python, in order."""
    names: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        names.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr(os, "fsync", fsync)
    return names


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """A store that exists and is closed."""
    erstwhile.open(tmp_path / "store", model=HashingEmbedder()).close()
    return tmp_path / "store"


def _log(store: Path) -> set[str]:
    return {path.name for path in (store / "shard/wal").iterdir() if path.name.startswith(("open-", "closed-"))} | {"wal"}


def test_every_verb_syncs_the_whole_log_before_it_returns(store: Path, synced: list[str]) -> None:
    """A call that returned without a sync of each log file and their folder would lose its write in a power cut."""
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        ana = engine.scope(user="ana")
        out = ana.remember("Ana lives in Porto")
        verbs = {
            "remember": lambda: ana.remember("Ana likes tea"),
            "remember_many": lambda: ana.remember_many(["Ana runs", "Ana swims"]),
            "observe": lambda: ana.observe([{"role": "user", "content": "Hello"}]),
            "correct": lambda: ana.correct(out, "Ana lives in Lisbon"),
            "supersede": lambda: ana.remember("Ana lives in Faro", supersedes=out),
            "retract": lambda: ana.retract(out),
        }
        for name, verb in verbs.items():
            synced.clear()
            verb()
            assert _log(store) <= set(synced), name


def test_a_batch_costs_one_sync(store: Path, synced: list[str]) -> None:
    """Writing many at once is fast because they share a sync."""
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        synced.clear()
        engine.scope(user="ana").remember_many([f"fact {number}" for number in range(50)])
        assert len(synced) == len(_log(store))


def test_a_store_that_is_not_durable_never_syncs(store: Path, synced: list[str]) -> None:
    """Who gives up power safety for speed must get the speed."""
    with erstwhile.open(store, model=HashingEmbedder(), durable=False) as engine:
        synced.clear()
        engine.scope(user="ana").remember("Ana lives in Porto")
        engine.scope(user="ana").observe([{"role": "user", "content": "Hello"}])
        assert not synced


@pytest.mark.slow
def test_a_log_file_that_was_filled_on_the_way_is_synced_too(store: Path, synced: list[str]) -> None:
    """A batch longer than a log file (32 MiB) leaves writes in a file that is no longer open; they must be as safe as the last one."""
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        engine.scope(user="ana").remember_many([f"{number} " + "x" * 30_000 for number in range(1_200)], relate=False)
        full = {name for name in _log(store) if name.startswith("closed-")}
        assert full
        assert full <= set(synced)


@pytest.mark.slow
def test_the_log_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that runs for weeks and is killed must open again soon: what is in the segments leaves the log now and then."""
    monkeypatch.setattr("erstwhile.store.edge.OPTIMIZE_EVERY", 1_200)
    edge = EdgeStore(tmp_path / "store", fingerprint=FINGERPRINT, dimension=DIMENSION)
    for start in range(0, 6_000, 600):
        edge.write(Batch(puts=tuple(make_row(f"{number} " + "x" * 30_000) for number in range(start, start + 600))))
    kept = len(_log(tmp_path / "store"))
    edge.close()
    assert kept < 6_000 * 30_000 / 2**25


def _failing(error: Exception) -> None:
    raise error


def test_full_log_files_are_synced_once(tmp_path: Path, synced: list[str]) -> None:
    """Full files pile up until the shard is flushed, and must not make each write slower than the one before."""
    for name in ("closed-0", "open-2", "first-index"):
        (tmp_path / name).touch()
    log = WriteAheadLog(tmp_path, lambda: _failing(AssertionError()))
    log.sync()
    assert sorted(synced) == sorted(["closed-0", "open-2", tmp_path.name])
    synced.clear()
    log.sync()
    assert synced == ["open-2", tmp_path.name]


def test_a_log_file_that_is_renamed_under_way_is_found_again(tmp_path: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread's write may fill and rename a file between listing and syncing; what it holds must still be synced, and nothing raised."""
    (tmp_path / "open-1").touch()
    real = os.open

    def rename_first(path: Path, *flags: int) -> int:
        if path.name == "open-1":
            path.rename(tmp_path / "closed-0")
            (tmp_path / "open-2").touch()
        return real(path, *flags)

    monkeypatch.setattr(os, "open", rename_first)
    WriteAheadLog(tmp_path, lambda: _failing(AssertionError())).sync()
    assert synced == ["closed-0", "open-2", tmp_path.name]


class _Counted(threading.Condition):
    """Says when a thread begins to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        self.waiting.release()
        return super().wait(timeout)


@pytest.mark.parametrize("fault", [None, OSError(errno.EIO, "Input/output error")])
def test_writers_share_syncs_and_a_failure_stays_with_its_writer(
    store: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch, fault: OSError | None
) -> None:
    """Eight writers need two syncs; if the first fails, the writer that ran it is told, and nobody else is told anything untrue."""
    embedder = HashingEmbedder()
    opened = EdgeStore(store, fingerprint=embedder.fingerprint, dimension=embedder.dimension)
    engine = erstwhile.engine.Engine(store=opened, embedder=embedder, clock=erstwhile.time.SystemClock())
    turn = _Counted()
    monkeypatch.setattr(opened._commits, "_turn", turn)
    begun, go_on, runs = threading.Event(), threading.Event(), []
    sync, flush = opened._log.sync, opened._log._flush
    flushes: list[str] = []
    monkeypatch.setattr(opened._log, "_flush", lambda: (flushes.append("flush"), flush()))

    def gated() -> None:
        runs.append(threading.get_ident())
        if len(runs) == 1:
            begun.set()
            assert go_on.wait(60)
            if fault:
                with monkeypatch.context() as broken:
                    broken.setattr(os, "fsync", lambda _: _failing(fault))
                    sync()
        sync()

    monkeypatch.setattr(opened._log, "sync", gated)
    ana = engine.scope(user="ana")
    with engine, ThreadPoolExecutor(8) as pool:
        first = pool.submit(ana.remember, "fact 0")
        assert begun.wait(60)
        others = [pool.submit(ana.remember, f"fact {number}") for number in range(1, 8)]
        for _ in others:
            assert turn.waiting.acquire(timeout=60)
        go_on.set()
        assert all(other.result(60) for other in others)
        if fault:
            with pytest.raises(StoreUnavailableError, match="may not survive a power cut"):
                first.result(60)
        else:
            first.result(60)
        assert len(runs) == 2
        # After a failed sync Linux takes the lost pages for clean, so the log is not trusted again: the shard itself is flushed.
        assert flushes == (["flush"] if fault else [])
    with erstwhile.open(store, model=embedder) as engine:
        assert {hit.content for hit in engine.scope(user="ana").recall("fact", k=20)} == {f"fact {number}" for number in range(8)}


def test_writing_again_after_a_failed_sync_makes_it_safe(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says that writing again does no harm: it must not write twice, and it must sync."""
    with erstwhile.open(store, model=HashingEmbedder(), shared=False) as engine:
        ana = engine.scope(user="ana")
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", lambda _: _failing(OSError(errno.EIO, "Input/output error")))
            with pytest.raises(StoreUnavailableError):
                ana.remember("Ana lives in Porto")
        flushed: list[bool] = []
        flush = engine._ledger.store._log._flush
        monkeypatch.setattr(engine._ledger.store._log, "_flush", lambda: (flush(), flushed.append(True)))
        assert ana.remember("Ana lives in Porto").action == "unchanged"
        assert flushed
        assert ana.stats().versions == 1


def test_a_sync_that_began_earlier_does_not_count() -> None:
    """A write that came while a sync ran may have been missed by it, and waits for the next."""
    order: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def sync() -> None:
        order.append("sync")
        begun.set()
        assert go_on.wait(60)

    commits = GroupCommit(sync)
    turn = _Counted()
    commits._turn = turn
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(commits.wait)
        assert begun.wait(60)
        second = pool.submit(commits.wait)
        assert turn.waiting.acquire(timeout=60)
        assert not second.done()
        go_on.set()
        first.result(60)
        second.result(60)
    assert order == ["sync", "sync"]


def test_an_erasure_withdraws_the_count_durably(store: Path, synced: list[str]) -> None:
    """If a power cut brought the higher count back and not the rows, the store would take itself for damaged."""
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        ana = engine.scope(user="ana")
        ana.remember("Ana lives in Porto")
        synced.clear()
        ana.erase(everything=True)
        assert "versions.txt" in synced


def test_an_erasure_during_a_sync_is_not_counted(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A count taken before a sync says nothing if rows were erased, and others written, while it ran."""
    with erstwhile.open(store, model=HashingEmbedder(), shared=False) as engine:
        ana = engine.scope(user="ana")
        opened = engine._ledger.store
        ana.remember_many([f"fact {number}" for number in range(5)])
        assert opened._witness.noted()[0] == 5
        sync, settle = opened._log.sync, opened._commits.wait

        def interrupted() -> None:
            sync()
            monkeypatch.setattr(opened._log, "sync", sync)
            monkeypatch.setattr(opened._commits, "wait", lambda: None)
            ana.erase(everything=True, compact=False)
            ana.remember_many([f"unsynced {number}" for number in range(6)])
            monkeypatch.setattr(opened._commits, "wait", settle)

        monkeypatch.setattr(opened._log, "sync", interrupted)
        ana.remember("fact 5")
        assert opened._witness.noted() == (0, 0)
    _holds(store, 6)


def _holds(store: Path, versions: int) -> None:
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        assert engine.info().versions == versions


@pytest.mark.parametrize("left", [None, b"", b"garbage", b"00000000000000000001\n"])
def test_a_count_that_is_lost_or_old_keeps_nothing_closed(store: Path, left: bytes | None) -> None:
    """The count is a floor: what is lower, or cannot be read, is no sign of damage."""
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        engine.scope(user="ana").remember_many(["Ana runs", "Ana swims"])
    count = store / "versions.txt"
    assert int(count.read_bytes().split()[0]) == 2
    count.unlink()
    if left is not None:
        count.write_bytes(left)
    _holds(store, 2)
    assert int(count.read_bytes().split()[0]) == 2


def test_fewer_versions_than_counted_is_damage(store: Path) -> None:
    """A store that lost versions says how many, and how to go on with what is left."""
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        engine.scope(user="ana").remember("Ana runs")
    (store / "versions.txt").write_bytes(b"00000000000000001000 00000000000000000000\n")
    with pytest.raises(StoreCorruptError, match="holds 1 versions and held 1,000") as caught:
        erstwhile.open(store, model=HashingEmbedder())
    assert "versions.txt" in str(caught.value)
    (store / "versions.txt").unlink()
    _holds(store, 1)
