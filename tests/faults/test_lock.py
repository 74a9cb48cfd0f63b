"""Who holds a store alone: another process, this one, a dead one, a fork. What is shared: tests/shared."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import StoreClosedError, StoreLockedError

HOLD = """
with erstwhile.open(sys.argv[1], model=HashingEmbedder(), shared=False) as memory:
    memory.scope(user="ana").remember("Ana lives in Porto")
    say("holding")
    wait()
"""

FORK = """
import signal, threading, warnings
# Python 3.12 warns of a fork beside threads; that is what is done here on purpose.
warnings.simplefilter("ignore", DeprecationWarning)
path, how = sys.argv[1:]
memory = opened(path)
ana = memory.scope(user="ana")
ana.remember("before the fork")
is_held, release = threading.Event(), threading.Event()

def hold():
    store = memory._ledger.store
    held = getattr(store, "_held", store)
    with held._claim, held._write:
        is_held.set()
        release.wait()

def tried(name, verb):
    try:
        verb()
    except erstwhile.StoreForkedError as error:
        assert str(os.getpid()) in str(error) and str(os.getppid()) in str(error)
        return
    say(name, "was not refused")

if how == "busy":
    threading.Thread(target=hold, daemon=True).start()
    is_held.wait()
child = os.fork()
if child == 0:
    # A hang ends here, and is seen by the parent.
    signal.alarm(60)
    tried("remember", lambda: ana.remember("in the fork"))
    tried("remember_many", lambda: ana.remember_many(["in the fork"]))
    tried("observe", lambda: ana.observe([{"role": "user", "content": "in the fork"}]))
    tried("recall", lambda: ana.recall("fork"))
    tried("stats", lambda: ana.stats())
    tried("erase", lambda: ana.erase(everything=True))
    tried("info", lambda: memory.info())
    if how in ("close", "busy"):
        memory.close()
    elif how == "with":
        with memory:
            pass
    elif how == "collect":
        import gc
        del ana, memory
        gc.collect()
    if how in ("exit", "with"):
        sys.exit()
    os._exit(0)
_, status = os.waitpid(child, 0)
release.set()
say("child", status)
wait()
ana.remember("after the fork")
memory.close()
"""


@pytest.mark.parametrize("shared", [None, True, False])
def test_a_second_process_is_told_who_holds_the_store(start: Callable, tmp_path: Path, shared: bool | None) -> None:
    """Where it is not shared, the error names the process and the program, so that a person can close it; once it is closed there, it opens here."""
    with start("journal.py", HOLD, tmp_path / "store") as holder:
        assert holder.line() == "holding"
        with pytest.raises(StoreLockedError) as caught:
            erstwhile.open(tmp_path / "store", model=HashingEmbedder(), shared=shared)
        for part in (f"process {holder.pid}", "journal.py", str(tmp_path / "store")):
            assert part in str(caught.value)
        assert holder.finish() == (0, "", "")
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as engine:
        assert engine.scope(user="ana").stats().versions == 1


def test_the_same_process_twice_is_told_so(tmp_path: Path) -> None:
    """Who opens a store twice that is not shared must not look for another process; and the mistake must not harm the first."""
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder(), shared=False) as engine:
        with pytest.raises(StoreLockedError, match="open in this process"):
            erstwhile.open(tmp_path / "store", model=HashingEmbedder())
        (tmp_path / "link").symlink_to(tmp_path / "store")
        with pytest.raises(StoreLockedError, match="open in this process"):
            erstwhile.open(tmp_path / "link", model=HashingEmbedder(), shared=False)
        engine.scope(user="ana").remember("Ana lives in Porto")
    with erstwhile.open(tmp_path / "link", model=HashingEmbedder()) as engine:
        assert engine.scope(user="ana").stats().versions == 1


def test_a_dead_holder_does_not_keep_the_store(start: Callable, tmp_path: Path) -> None:
    """After kill -9 of the holder the store opens at once, with what it wrote."""
    with start("journal.py", HOLD, tmp_path / "store") as holder:
        assert holder.line() == "holding"
        holder.kill()
    assert (tmp_path / "store/owner.json").exists()
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as engine:
        assert engine.scope(user="ana").stats().versions == 1


@pytest.mark.parametrize("left", [b"", b"\xff\x00garbage", b"[]", b"null", b'{"pid": "x"}', b'{"pid": null, "program": 7, "since": {}}'])
def test_nonsense_about_the_holder_is_harmless(tmp_path: Path, left: bytes) -> None:
    """What lies in owner.json is for people to read; no content of it keeps a store closed, or breaks the error that quotes it."""
    store = tmp_path / "store"
    store.mkdir()
    (store / "owner.json").write_bytes(left)
    (store / "owner.lock").write_bytes(left)
    with erstwhile.open(store, model=HashingEmbedder()):
        (store / "owner.json").write_bytes(left)
        for shared in (False, None):
            with pytest.raises(StoreLockedError, match="process"):
                erstwhile.open(store, model=HashingEmbedder(), shared=shared)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Using a store after closing it is the caller's mistake, told as such; closing it twice is not."""
    engine = erstwhile.open(tmp_path / "store", model=HashingEmbedder())
    ana = engine.scope(user="ana")
    engine.close()
    engine.close()
    for verb in (lambda: ana.remember("Ana"), lambda: ana.recall("Ana"), ana.stats, engine.info, lambda: ana.erase(everything=True)):
        with pytest.raises(StoreClosedError, match=str(tmp_path)):
            verb()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("how", ["plain", "close", "with", "exit", "collect", "busy"])
def test_a_fork_is_refused_and_harmless(start: Callable, tmp_path: Path, how: str) -> None:
    """A forked child is refused at once, even if a thread of the parent was writing; however it ends, the parent keeps its store and its lock."""
    with start("forking.py", FORK, tmp_path / "store", how) as parent:
        assert parent.line() == "child 0"
        with start("journal.py", HOLD, tmp_path / "store") as other:
            status, _, errors = other.finish()
            assert status == 1
            assert f"process {parent.pid}" in errors
        assert parent.finish() == (0, "", "")
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as engine:
        assert {hit.content for hit in engine.scope(user="ana").recall("fork")} == {"before the fork", "after the fork"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.skipif(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="started in the background of a shell, without Ctrl-C")
def test_an_interrupted_holder_lets_go(start: Callable, tmp_path: Path) -> None:
    """Ctrl-C ends a with block like any other exception: the store is closed and free."""
    with start("journal.py", HOLD, tmp_path / "store") as holder:
        assert holder.line() == "holding"
        holder.process.send_signal(signal.SIGINT)
        _, _, errors = holder.finish()
        assert "KeyboardInterrupt" in errors
    assert not (tmp_path / "store/owner.json").exists()
    erstwhile.open(tmp_path / "store", model=HashingEmbedder()).close()


@pytest.mark.parametrize("shared", [None, False])
def test_a_process_may_change_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool | None) -> None:
    """A store that was opened by a relative path is the same store wherever its process goes."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with erstwhile.open("store", model=HashingEmbedder(), shared=shared) as engine:
        ana = engine.scope(user="ana")
        first = ana.remember("Ana lives in Porto")
        monkeypatch.chdir(tmp_path / "elsewhere")
        ana.remember("Bo sings")
        assert ana.erase(first).compacted
    assert list((tmp_path / "elsewhere").iterdir()) == []
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as engine:
        assert engine.scope(user="ana").stats().versions == 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions are another matter there")
def test_an_open_folder_does_not_open_the_data(tmp_path: Path) -> None:
    """In a folder that was there before, and that others may look into, the memories are for this user alone all the same."""
    store = tmp_path / "store"
    store.mkdir()
    store.chmod(0o755)
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        ana = engine.scope(user="ana")
        ana.erase(ana.remember("Ana lives in Porto"))
        assert [(store / name).stat().st_mode & 0o777 for name in ("shard", "owner.key")] == [0o700, 0o600]
