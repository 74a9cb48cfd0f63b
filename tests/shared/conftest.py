"""Processes that share stores."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.sharing.client import SharedStore
from erstwhile.sharing.host import Host
from erstwhile.sharing.link import Link
from erstwhile.sharing.reaching import Opening
from erstwhile.store import ReferenceStore
from erstwhile.store.folder import OWNER, Manifest, StoreFolder
from erstwhile.store.holder import Holder, read_holder
from erstwhile.store.schema import FORMAT

PATIENCE = 60
"""Seconds after which what does not end is taken to hang."""
PREAMBLE = """
import os, sys, time
from pathlib import Path
import erstwhile
from erstwhile.embed.hashing import HashingEmbedder

def opened(path, **how):
    return erstwhile.open(path, model=HashingEmbedder(), **how)

def say(*words):
    print(*words, flush=True)

def wait():
    return sys.stdin.readline()
"""


@contextmanager
def _serving(path: Path, *, fingerprint: str, dimension: int, idle: float) -> Iterator[Host]:
    # What is served does not matter to how it is served, and this store costs nothing to make.
    store = ReferenceStore(fingerprint=fingerprint, dimension=dimension)
    folder = StoreFolder(path, role="host")
    host = Host(store, folder=folder, manifest=Manifest(format=FORMAT, fingerprint=fingerprint, dimension=dimension, created="now"), idle=idle)
    host.open()

    def run() -> None:
        host.run()
        folder.release()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield host
    finally:
        host.ending.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Callable[..., Host]]:
    """Serves a new store in plain Python from a thread of this process: from a folder, and what the store is opened with, to what serves it."""
    model = HashingEmbedder()
    with ExitStack() as stack:

        def run(path: Path, *, fingerprint: str = model.fingerprint, dimension: int = model.dimension, idle: float = PATIENCE) -> Host:
            return stack.enter_context(_serving(path, fingerprint=fingerprint, dimension=dimension, idle=idle))

        yield run


@pytest.fixture
def served(serve: Callable[..., Host], tmp_path: Path) -> Host:
    """A store that is served, in ``tmp_path / "store"``."""
    return serve(tmp_path / "store")


@pytest.fixture
def connect(served: Host, tmp_path: Path) -> Iterator[Callable[[], SharedStore]]:
    """Makes clients of it."""
    model, made = HashingEmbedder(), list[SharedStore]()

    def run() -> SharedStore:
        opening = Opening(path=tmp_path / "store", fingerprint=model.fingerprint, dimension=model.dimension, idle=1)
        made.append(SharedStore(Link(opening)))
        return made[-1]

    yield run
    for store in made:
        store.close()


@pytest.fixture
def ended(tmp_path: Path) -> Iterator[None]:
    """At the end no process is left that serves a store in the test's folder."""
    yield
    for path in tmp_path.rglob(OWNER):
        if (host := read_holder(path)) is not None and host.role == "host":
            host.kill()


@pytest.fixture
def start(tmp_path: Path, ended: None) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts a program, given its text and its arguments; at the end it is gone."""
    started: list[subprocess.Popen[str]] = []

    def run(text: str, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-W", "error", "-c", PREAMBLE + text, *map(str, arguments)]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def holder_of() -> Callable[[Path], Holder]:
    """Who holds a store."""

    def read(path: Path) -> Holder:
        found = read_holder(path / OWNER)
        assert found is not None
        return found

    return read
