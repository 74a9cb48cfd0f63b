"""Real processes, small disks and damaged copies of stores."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
"""Seconds after which a child that does not answer is taken to hang."""


@pytest.fixture(autouse=True)
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines of this process have the rules alone: the trained judge would take most of the time, and what is tested is what becomes of a store."""
    monkeypatch.setattr("erstwhile.engine.shipped_judge", lambda: None)


class Child:
    """A Python program in a process of its own; whatever happens, it is gone at the end of the ``with`` block."""

    def __init__(self, program: Path, *arguments: object) -> None:
        command = [sys.executable, "-W", "error", str(program), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def line(self) -> str:
        """The next line that it says."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def finish(self) -> tuple[int, str, str]:
        """Let it go on, and wait: its exit status, what it said, and what it said on stderr."""
        said, errors = self.process.communicate("go on\n", timeout=PATIENCE)
        return self.process.returncode, said, errors

    def kill(self) -> None:
        """As kill -9 does."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


Start = Callable[..., Child]

PREAMBLE = """
import os, sys
from pathlib import Path
import erstwhile
from erstwhile.embed.hashing import HashingEmbedder

def opened(path):
    return erstwhile.open(path, model=HashingEmbedder())

def say(*words):
    print(*words, flush=True)

def wait():
    sys.stdin.readline()
"""


@pytest.fixture(scope="session")
def start_in() -> Callable[[Path], Start]:
    """From a folder to what starts programs there, given their name, text and arguments."""

    def bind(folder: Path) -> Start:
        def run(name: str, text: str, *arguments: object) -> Child:
            program = folder / name
            program.write_text(PREAMBLE + text, encoding="utf-8")
            return Child(program, *arguments)

        return run

    return bind


@pytest.fixture
def start(start_in: Callable[[Path], Start], tmp_path: Path) -> Start:
    """Starts a program, given its name, its text and its arguments."""
    return start_in(tmp_path)


@pytest.fixture(scope="session")
def crash() -> ModuleType:
    """The program that kills writers 200 times, of which the tests run a few."""
    path = ROOT / "benchmarks/crash.py"
    spec = importlib.util.spec_from_file_location("erstwhile_crash_run", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk in memory, where there is one: stores that nobody cuts the power of are made and copied there in a tenth of the time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="erstwhile-", dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


class Disk:
    """A small disk of its own.

    Attributes:
        path: Where it is mounted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self, *, leave: int) -> None:
        """Let another file take all but so many bytes."""
        with self._ballast.open("wb") as file:
            while (spare := self.free() - leave) > 0:
                file.write(b"x" * min(spare, 2**20))
                file.flush()

    def relieve(self) -> None:
        """Remove that file."""
        self._ballast.unlink()

    def free(self) -> int:
        """Bytes that are free."""
        return shutil.disk_usage(self.path).free

    def remount(self, options: str) -> None:
        """Change how it is mounted, e.g. read-only."""
        _mount("-o", f"remount,{options}", str(self.path))


def _mount(*arguments: str) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs root on Linux, to mount a small disk")
    made = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this machine does not let its root mount a small disk")


MakeDisk = Callable[[str], Disk]


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[MakeDisk]:
    """Mounts a small disk of the size given, in memory."""
    mounted: list[Path] = []

    def make(size: str) -> Disk:
        path = tmp_path / f"disk{len(mounted)}"
        path.mkdir()
        _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path))
        mounted.append(path)
        return Disk(path)

    yield make
    for path in mounted:
        subprocess.run(["umount", "--lazy", str(path)], check=False)
