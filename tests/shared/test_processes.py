"""Real processes on one store: they need no configuration, and whatever ends or stops, the others go on and lose nothing."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import StoreLockedError
from erstwhile.sharing.channel import dial
from erstwhile.store.folder import KEY
from erstwhile.store.holder import Holder

Process = Any  # subprocess.Popen, of text
Anything = Any  # what else a call takes
Start = Callable[..., Any]
HolderOf = Callable[[Path], Holder]
PATIENCE = 120
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="it is seen at once on Linux only")

HOLD = """
with opened(sys.argv[1]) as memory:
    ana = memory.scope(user="ana")
    ana.remember("Ana lives in Porto")
    say("holding")
    wait()
    say(sorted(hit.content for hit in ana.recall("Ana", min_relevance=0)))
"""
LOAD = """
import threading
with opened(sys.argv[1]) as memory:
    ana = memory.scope(user="ana")
    stop = threading.Event()
    def work(number):
        turn = 0
        while not stop.is_set():
            ana.remember(f"fact {number} {turn}", relate=False)
            os.write(1, f"fact {number} {turn}".encode() + os.linesep.encode())
            turn += 1
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    say("holding")
    for thread in threads:
        thread.start()
    wait()
    stop.set()
    for thread in threads:
        thread.join()
"""
CLAIM = """
memory = opened(sys.argv[1], shared=True)
store = memory._ledger.store
with store.claim(["anything"]), store.times.writing(memory._ledger._now(), []):
    say("claimed")
    wait()
"""


def _opened(path: Path, **how: Anything) -> erstwhile.Engine:
    return erstwhile.open(path, model=HashingEmbedder(), **how)


def _line(process: Process) -> str:
    line: str = process.stdout.readline()
    return line.strip()


def _finish(process: Process) -> list[str]:
    # `communicate` would miss what was read ahead of the lines read so far.
    process.stdin.write("go on\n")
    process.stdin.close()
    said: str = process.stdout.read()
    assert (process.stderr.read(), process.wait(PATIENCE)) == ("", 0)
    return said.splitlines()


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_two_processes_open_one_store(start: Start, tmp_path: Path, holder_of: HolderOf) -> None:
    """The second opens what the first holds, without a word; each sees what the other wrote; and neither holds it any more."""
    holder = start(HOLD, tmp_path / "store")
    assert _line(holder) == "holding"
    assert holder_of(tmp_path / "store").role == "process"
    with _opened(tmp_path / "store") as memory:
        ana = memory.scope(user="ana")
        assert [hit.content for hit in ana.recall("Ana", min_relevance=0)] == ["Ana lives in Porto"]
        ana.remember("Ana works in Gaia")
        assert holder_of(tmp_path / "store").role == "host"
        assert _finish(holder) == ["['Ana lives in Porto', 'Ana works in Gaia']"]


def test_one_process_opens_a_store_twice(tmp_path: Path, ended: None) -> None:
    """Two parts of a program that know nothing of each other work on one store."""
    with _opened(tmp_path / "store") as one, _opened(tmp_path / "store") as other:
        one.scope(user="ana").remember("Ana lives in Porto")
        assert other.scope(user="ana").stats().versions == 1


def test_a_store_changes_hands_under_load(start: Start, tmp_path: Path) -> None:
    """Four threads write while the store is handed over: no call fails, and all that was acknowledged is there."""
    holder = start(LOAD, tmp_path / "store")
    assert _line(holder) == "holding"
    acknowledged = [_line(holder) for _ in range(10)]
    with _opened(tmp_path / "store") as memory:
        memory.scope(user="ana").remember("a word in between")
        acknowledged += [_line(holder) for _ in range(10)]
        acknowledged += _finish(holder)
        there = {version.content for version in memory.scope(user="ana").snapshot()}
    assert there == {*acknowledged, "a word in between"}


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", pytest.param("SIGSTOP", marks=LINUX)])
def test_the_process_that_serves_may_end_or_freeze(tmp_path: Path, ended: None, holder_of: HolderOf, how: str) -> None:
    """Killed, asked to end, or stopped: the next call goes on through another one, and what was acknowledged is there."""
    with _opened(tmp_path / "store", shared=True) as memory:
        ana = memory.scope(user="ana")
        ana.remember("before")
        first = holder_of(tmp_path / "store")
        os.kill(first.pid, getattr(signal, how))
        ana.remember("after")
        assert {version.content for version in ana.snapshot()} == {"before", "after"}
        assert holder_of(tmp_path / "store").pid != first.pid
        _until(lambda: not first.is_there)


@LINUX
def test_a_stopped_holder_is_named(start: Start, tmp_path: Path) -> None:
    """Somebody's own program that is stopped cannot be ended for them; they are told which it is. When it goes on, all is well."""
    holder = start(HOLD, tmp_path / "store")
    assert _line(holder) == "holding"
    holder.send_signal(signal.SIGSTOP)
    with pytest.raises(StoreLockedError, match=f"process {holder.pid} .*stopped"):
        _opened(tmp_path / "store")
    holder.send_signal(signal.SIGCONT)
    with _opened(tmp_path / "store") as memory:
        assert memory.scope(user="ana").stats().versions == 1
    _finish(holder)


@pytest.mark.parametrize("how", ["SIGKILL", pytest.param("SIGSTOP", marks=LINUX)])
def test_a_client_that_ends_or_stops_lets_go(start: Start, tmp_path: Path, how: str) -> None:
    """A client killed, or stopped, in the middle of a write does not keep others from writing and reading."""
    client = start(CLAIM, tmp_path / "store")
    assert _line(client) == "claimed"
    with _opened(tmp_path / "store") as memory:
        client.send_signal(getattr(signal, how))
        memory.scope(user="ana").remember("Ana lives in Porto")
        assert memory.scope(user="ana").stats().versions == 1


def test_it_ends_when_nobody_needs_it(tmp_path: Path, ended: None, monkeypatch: pytest.MonkeyPatch, holder_of: HolderOf) -> None:
    """Nothing is left behind: no process, no lock, no socket; and the store opens in the next process as if nothing had been."""
    monkeypatch.setenv("ERSTWHILE_IDLE", "0.2")
    with _opened(tmp_path / "store", shared=True) as memory:
        memory.scope(user="ana").remember("Ana lives in Porto")
        holder = holder_of(tmp_path / "store")
    _until(lambda: not holder.is_there)
    assert not (tmp_path / "store/owner.json").exists()
    assert not Path(str(holder.address)).exists()
    with _opened(tmp_path / "store", shared=False) as memory:
        assert memory.scope(user="ana").stats().versions == 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions are another matter there")
def test_nobody_else_can_come_in(start: Start, tmp_path: Path, holder_of: HolderOf) -> None:
    """The secret, the socket and the log can be used by this user only, whoever holds the store."""
    holder = start(HOLD, tmp_path / "store")
    assert _line(holder) == "holding"

    def check() -> None:
        socket = Path(str(holder_of(tmp_path / "store").address))
        modes = {path: path.stat().st_mode & 0o777 for path in (tmp_path / "store", tmp_path / "store" / KEY, socket, socket.parent)}
        assert list(modes.values()) == [0o700, 0o600, 0o600, 0o700]
        assert socket.parent.stat().st_uid == os.getuid()

    check()
    with _opened(tmp_path / "store"):
        check()
        assert (tmp_path / "store/host.log").stat().st_mode & 0o777 == 0o600


def test_what_a_dead_process_left_is_no_hindrance(start: Start, tmp_path: Path, holder_of: HolderOf) -> None:
    """After kill -9 of the holder the next process takes the store at once, and takes the dead one's socket away."""
    holder = start(HOLD, tmp_path / "store")
    assert _line(holder) == "holding"
    holder.kill()
    holder.wait()
    left = Path(str(holder_of(tmp_path / "store").address))
    assert left.exists()
    with _opened(tmp_path / "store") as memory:
        assert memory.scope(user="ana").stats().versions == 1
        assert holder_of(tmp_path / "store").pid == os.getpid()
        assert not left.exists()
        dial(str(holder_of(tmp_path / "store").address), timeout=PATIENCE).close()


def test_the_log_tells_nothing_of_memories(tmp_path: Path, ended: None) -> None:
    """What is written beside the store tells when it was served, and nothing of what was said."""
    with _opened(tmp_path / "store", shared=True) as memory:
        memory.scope(user="ana").remember("a secret word")
        memory.scope(user="ana").recall("secret")
    assert "serves" in (tmp_path / "store/host.log").read_text()
    for path in tmp_path.glob("store/*"):
        assert path.is_dir() or b"secret" not in path.read_bytes()
