"""Disks that are full, small, read-only or not there."""

import shutil
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import erstwhile
from erstwhile.embed import Role
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import InvalidInputError, StoreUnavailableError
from erstwhile.store import folder as folders
from erstwhile.store.folder import MAKING, RESERVE

# In a child: a disk that is really full kills the process if a check is missing.
FULL = """
store, ballast, reserve = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
memory = opened(store)
ana = memory.scope(user="ana")
for number in range(30):
    ana.remember(f"fact {number}")
say("filled")
wait()
refused = 0
verbs = [
    lambda: ana.remember("too much"),
    lambda: ana.remember_many(["too much", "far too much"]),
    lambda: ana.observe([{"role": "user", "content": "too much"}]),
    lambda: ana.correct(ana.recall("fact 3")[0], "too much"),
    lambda: ana.retract(ana.recall("fact 3")[0]),
    lambda: ana.erase(everything=True),
]
for verb in verbs:
    try:
        verb()
    except erstwhile.StoreUnavailableError as error:
        assert str(store) in str(error) and "Free some space" in str(error), error
        refused += 1
assert len(ana.recall("fact", k=100)) == 30
assert ana.stats().versions == 30
memory.info()
say("refused", refused)
wait()
if len(sys.argv) > 4:
    memory.close()
    say("closed")
    wait()
    memory = opened(store)
    ana = memory.scope(user="ana")
ana.remember("there is room again")
assert ana.stats().versions == 31
memory.close()
say("done")
"""


@pytest.mark.parametrize("leave", [0, RESERVE - 2**20], ids=["full", "below the reserve"])
@pytest.mark.parametrize("closing", [[], ["close"]], ids=["kept open", "closed while full"])
def test_a_full_disk_refuses_writes_and_loses_nothing(start: Callable, make_disk: Callable, leave: int, closing: list[str]) -> None:
    """On a full disk each write is refused, reads go on, closing works, nothing is lost, and with space again it all goes on; a SIGBUS never comes."""
    disk = make_disk("400m")
    store = disk.path / "store"
    with start("full.py", FULL, store, disk.path / "ballast", RESERVE, *closing) as child:
        assert child.line() == "filled"
        disk.fill(leave=leave)
        child.process.stdin.write("go on\n")
        child.process.stdin.flush()
        assert child.line() == "refused 6"
        if closing:
            child.process.stdin.write("go on\n")
            child.process.stdin.flush()
            assert child.line() == "closed"
            with pytest.raises(StoreUnavailableError, match="Free some space"):
                erstwhile.open(store, model=HashingEmbedder())
        disk.relieve()
        assert child.finish() == (0, "done\n", "")
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        assert engine.scope(user="ana").stats().versions == 31


def test_a_store_that_can_be_made_can_be_written(make_disk: Callable) -> None:
    """A disk too small for work is refused before anything is made on it, not after; the least that is accepted is enough."""
    small = make_disk(str(RESERVE + MAKING - 2**20))
    with pytest.raises(StoreUnavailableError, match="Free some space"):
        erstwhile.open(small.path / "store", model=HashingEmbedder())
    assert not (small.path / "store/shard.new").exists()
    enough = make_disk(str(RESERVE + MAKING + 2**20))
    with erstwhile.open(enough.path / "store", model=HashingEmbedder()) as engine:
        engine.scope(user="ana").remember("Ana lives in Porto")
    with erstwhile.open(enough.path / "store", model=HashingEmbedder()) as engine:
        assert engine.scope(user="ana").stats().versions == 1


class _Wide:
    """As many numbers as bge-small has."""

    fingerprint = "wide@1"
    dimension = 384

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """Random directions."""
        numbers = np.random.default_rng(len(texts)).standard_normal((len(texts), self.dimension)).astype(np.float32)
        return numbers / np.linalg.norm(numbers, axis=1, keepdims=True)


@pytest.mark.slow
def test_one_write_takes_far_less_than_the_reserve(make_disk: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reserve rests on a measurement: what any one write of a real model's size takes from the disk, compaction apart, which looks for room itself."""
    disk = make_disk("1g")
    free: list[int] = []
    check = folders.StoreFolder.check_room

    def watched(self: folders.StoreFolder, needed: int = 0) -> None:
        free.append(disk.free())
        check(self, needed)

    with erstwhile.open(disk.path / "store", model=_Wide()) as engine:
        monkeypatch.setattr(folders.StoreFolder, "check_room", watched)
        for start in range(0, 6_000, 500):
            engine.scope(user="ana").remember_many([f"{number} the quick brown fox {number * 7_919}" for number in range(start, start + 500)], relate=False)
    taken = max(before - after for before, after in pairwise(free))
    assert 0 < taken < RESERVE / 8


def test_compaction_waits_for_room(make_disk: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compaction writes the data anew beside the old; where that does not fit it is left out, and the write that would have set it off succeeds."""
    monkeypatch.setattr("erstwhile.store.edge.OPTIMIZE_EVERY", 10)
    disk = make_disk("400m")
    with erstwhile.open(disk.path / "store", model=HashingEmbedder()) as engine:
        ana = engine.scope(user="ana")
        ana.remember("fact 0")
        disk.fill(leave=RESERVE + 40 * 2**20)
        for number in range(1, 30):
            ana.remember(f"fact {number}")
        assert disk.free() > RESERVE
        assert ana.stats().versions == 30


def test_a_read_only_disk_is_refused(make_disk: Callable, tmp_path: Path) -> None:
    """A store on a read-only disk is refused with its path and what to do; a copy of it opens, and so does the store once it can be written again."""
    disk = make_disk("400m")
    store = disk.path / "store"
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        engine.scope(user="ana").remember("Ana lives in Porto")
    disk.remount("ro")
    for path, todo in ((store, "Copy it to where it can be written"), (disk.path / "another", "Choose a folder that can be written")):
        with pytest.raises(StoreUnavailableError, match=f"{path} cannot be used: .*{todo}"):
            erstwhile.open(path, model=HashingEmbedder())
    shutil.copytree(store, tmp_path / "copy")
    disk.remount("rw")
    for path in (tmp_path / "copy", store):
        with erstwhile.open(path, model=HashingEmbedder()) as engine:
            assert engine.scope(user="ana").stats().versions == 1


def test_a_missing_parent_is_made(tmp_path: Path) -> None:
    """The first start on a fresh machine must not ask for folders to be made."""
    with erstwhile.open(tmp_path / "not/yet/there", model=HashingEmbedder()) as engine:
        engine.scope(user="ana").remember("Ana lives in Porto")
    assert (tmp_path / "not/yet/there").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("place", ["file", "file/below", "\0"])
def test_a_place_that_cannot_be_a_folder_is_refused(tmp_path: Path, place: str) -> None:
    """A file where the folder should be is left alone, and named."""
    (tmp_path / "file").write_text("precious", encoding="utf-8")
    with pytest.raises((StoreUnavailableError, InvalidInputError), match=str(tmp_path)):
        erstwhile.open(tmp_path / place, model=HashingEmbedder())
    assert (tmp_path / "file").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("call", ["mkdir", "lock"])
def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """No permission is told as such, with the folder (root has every permission, so it is withheld here by hand)."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    if call == "mkdir":
        monkeypatch.setattr(Path, "mkdir", refuse)
    else:
        monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(StoreUnavailableError, match="Permission denied") as caught:
        erstwhile.open(tmp_path / "store", model=HashingEmbedder())
    assert str(tmp_path / "store") in str(caught.value)
