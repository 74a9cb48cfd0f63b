"""kill -9 before each step that changes anything on the disk, one after the other: `every_step.py` does it, in processes that run side by side."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes are forks")

PROGRAM = Path(__file__).with_name("every_step.py")
PATIENCE = 900
VERBS = ("remember", "supersede", "found", "batch", "observe", "correct", "retract", "resolve", "undo", "erase", "optimise")
GROUPS = (VERBS, ("open", "close", "backup", "create"), ("restore", "replace"), ("change",), ("torn",))
"""Each is killed in a process of its own."""
WRITTEN = ("EdgeShard.update", "write")
"""Qdrant, and the count beside the store."""
PASSED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(VERBS, WRITTEN),
    "optimise": (*WRITTEN, "EdgeShard.optimize", "EdgeShard.flush"),
    "erase": (*WRITTEN, "EdgeShard.flush"),
    "open": ("flock", "EdgeShard.load"),
    "close": ("EdgeShard.flush", "EdgeShard.close", "unlink"),
    "backup": ("BufferedWriter.write", "replace"),
    "create": ("EdgeShard.create", "EdgeShard.update", "EdgeShard.close", "replace", "rename", "EdgeShard.load"),
    "restore": ("rebuilding.py",),
    "replace": ("rebuilding.py", "rename", "unlink"),
    "change": (*WRITTEN, "EdgeShard.flush", "replace", "rename", "rmdir"),
}
"""What each scenario is known to pass, at least: that it was killed there too."""

Run = tuple[int, dict[str, list[str]], str]


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, "Future[Run]"]]:
    """What became of each group, by scenario."""
    # Qdrant's files are mostly holes, and each kill leaves a folder of them; where there is a disk in memory they cost little.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="every-step-", dir=memory if memory.is_dir() else None) as folder, ThreadPoolExecutor(2) as pool:
        yield {name: future for number, group in enumerate(GROUPS) for future in [pool.submit(_run, Path(folder) / str(number), group)] for name in group}


def _run(folder: Path, names: tuple[str, ...]) -> Run:
    folder.mkdir()
    done = subprocess.run([sys.executable, PROGRAM, folder, *names], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", PASSED)
def test_a_kill_before_any_step_leaves_all_or_nothing(runs: dict[str, "Future[Run]"], name: str) -> None:
    """Whichever step a process is killed before: the store opens, what was acknowledged is there, no write is there in part, and it can be written on."""
    status, killed, errors = runs[name].result()
    assert status == 0, errors
    for step in PASSED[name]:
        assert any(step in each for each in killed[name]), f"{name} was killed at {killed[name]}, and not at {step}"


@pytest.mark.slow
def test_a_write_in_pieces_would_be_noticed(runs: dict[str, "Future[Run]"]) -> None:
    """A walk that finds nothing proves nothing unless it fails on a store that writes a supersession row by row."""
    status, _, errors = runs["torn"].result()
    assert status == 1
    assert "what was left by the kill before is not right" in errors


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """The program's functions."""
    spec = spec_from_file_location("erstwhile_every_step", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_whatever_changes_a_file_is_a_step(program: ModuleType, tmp_path: Path) -> None:
    """There is no list of steps that could be left behind: what is called and not known to be harmless counts, and reading does not."""
    path = tmp_path / "file"
    changing: dict[str, Callable[[], object]] = {
        "rename": lambda: (path.touch(), path.rename(tmp_path / "other")),
        "truncate": lambda: (path.touch(), os.truncate(path, 3)),
        "link": lambda: (path.touch(), os.link(path, tmp_path / "second")),
        "BufferedWriter.write": lambda: path.write_bytes(b"x"),
        "open": lambda: os.close(os.open(path, os.O_RDWR | os.O_CREAT)),
        "rmdir": lambda: ((tmp_path / "folder").mkdir(), (tmp_path / "folder").rmdir()),
    }
    for name, change in changing.items():
        assert any(name in step for step in _steps(program, change)), name
    path.write_bytes(b"x")
    assert not _steps(program, lambda: (path.read_bytes(), path.stat(), list(tmp_path.iterdir()), path.exists()))


def _steps(program: ModuleType, act: Callable[[], object]) -> list[str]:
    steps = program.Steps()
    program._place, place = lambda _: "here", program._place
    try:
        with steps:
            act()
    finally:
        program._place = place
    return steps.taken
