"""Several processes on one server: they take turns on a memory, outlive one that dies, and do not bring back what another erased."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from qdrant_client import QdrantClient, models

from erstwhile.embed import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.store.claims import Claims
from erstwhile.store.server import ServerStore
from erstwhile.time import SystemClock

Server = Any  # conftest's StandIn, which cannot be imported from here
Anything = Any  # what else a call takes
PATIENCE = 60

PREAMBLE = """
import os, sys
import erstwhile
from erstwhile.embed import HashingEmbedder
engine = erstwhile.open(sys.argv[1], model=HashingEmbedder())
ana = engine.scope(user="ana")
"""
SUPERSEDE = """
for turn in range(4):
    ana.remember(f"{sys.argv[2]} {turn}", key=f"{sys.argv[2]} {turn}", supersedes=sys.argv[3])
    ana.remember(f"shared {turn}", key=f"shared {turn}")
engine.close()
"""
DIE = """
store = engine._ledger.store
held = store.claim([sys.argv[2]])
held.__enter__()
os._exit(0)
"""


def _open(server: Server) -> Engine:
    model = HashingEmbedder()
    return Engine(store=ServerStore.connect(server.url, fingerprint=model.fingerprint, dimension=model.dimension), embedder=model, clock=SystemClock())


def _start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PREAMBLE + program, *arguments], stderr=subprocess.PIPE, text=True)


def _finish(processes: Sequence[subprocess.Popen[str]]) -> None:
    try:
        for process in processes:
            _, said = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, said
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_processes_supersede_one_memory(stand_in: Server) -> None:
    """Three processes supersede the same memory and share idempotency keys: one chain, nothing lost, nothing twice, no overlap in both times."""
    with _open(stand_in) as engine:
        ana = engine.scope(user="ana")
        first = ana.remember("the first")
        _finish([_start(SUPERSEDE, stand_in.url, name, first.memory_id) for name in ("a", "b", "c")])
        chain = ana.history(first)
        assert {version.content for version in chain} == {"the first", *(f"{name} {turn}" for name in "abc" for turn in range(4))}
        believed = [version for version in chain if version.believed]
        assert len([version for version in believed if version.valid_to is None]) == 1
        for at in {version.system_from for version in chain}:
            then = sorted((v for v in chain if v.system_from <= at and (v.system_to is None or at < v.system_to)), key=lambda v: v.valid_from)
            assert all(one.valid_to is not None and one.valid_to <= other.valid_from for one, other in pairwise(then))
        shared = Counter(version.content for version in ana.snapshot() if version.content.startswith("shared"))
        assert shared == {f"shared {turn}": 1 for turn in range(4)}
    assert stand_in.client.count("erstwhile-claims").count == 0


def test_a_process_that_died_is_outlived(stand_in: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed while it holds the right to write holds others up for one lease only."""
    with _open(stand_in) as engine:
        ana = engine.scope(user="ana")
        first = ana.remember("the first")
        _finish([_start(DIE, stand_in.url, ana.scope.key)])
        assert stand_in.client.count("erstwhile-claims").count == 1
        claims = engine._ledger.store._claims  # type: ignore[attr-defined]
        assert isinstance(claims, Claims)
        monkeypatch.setattr(claims, "_lease", 0.3)
        assert ana.remember("the second", supersedes=first).memory_id == first.memory_id
    assert stand_in.client.count("erstwhile-claims").count == 0


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_erased_does_not_come_back(stand_in: Server, monkeypatch: pytest.MonkeyPatch, everything: bool) -> None:
    """A memory that is superseded in one process while another erases it, or what it was drawn from, leaves nothing behind on the server."""
    with _open(stand_in) as writing, _open(stand_in) as erasing:
        ana = writing.scope(user="ana")
        source = ana.remember("what the doctor said")
        drawn = ana.remember("SECRET diagnosis", derived_from=[source.version.id])
        refs = () if everything else (source,)
        eraser = threading.Thread(target=lambda: erasing.scope(user="ana").erase(*refs, everything=everything))
        real = QdrantClient.upsert

        def upsert(client: QdrantClient, name: str, points: list[models.PointStruct], **rest: Anything) -> models.UpdateResult:
            # The writer has read and planned; now the other process erases, unless it has to wait for the writer.
            if name == "erstwhile" and client is not stand_in.client:
                eraser.start()
                eraser.join(0.5)
            return real(client, name, points, **rest)

        monkeypatch.setattr(QdrantClient, "upsert", upsert)
        ana.remember("all clear", supersedes=drawn)
        eraser.join(PATIENCE)
        assert not eraser.is_alive()
        points, _ = stand_in.client.scroll("erstwhile", limit=100)
        assert not [point for point in points if "SECRET" in str(point.payload)]
