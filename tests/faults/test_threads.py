"""Many threads on one store, and clocks that go back."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import NotFoundError
from erstwhile.store import Where

THREADS = 8
ROUNDS = 40


@pytest.mark.slow
def test_threads_share_a_store(crash: ModuleType, tmp_path: Path) -> None:
    """Eight threads write, supersede, correct, retract, observe, erase and recall at once: no error, nothing acknowledged lost, no invariant broken."""
    told = crash.Told()
    lock = threading.Lock()
    ready = threading.Barrier(THREADS)

    def say(what: str, word: dict[str, Any]) -> None:
        with lock:
            if what == "done":
                told.rows |= {id: (memory, content) for id, memory, content in word["rows"]}
                told.ended |= set(word["ended"])
                told.acknowledged[word["kind"]] += 1

    def work(place: int) -> None:
        chance = random.Random(place)
        ready.wait()
        for _ in range(ROUNDS):
            crash._write(ana, chance, say)
            if place % 4 == 0:
                crash._observe(ana, chance, say)
            elif place % 4 == 1:
                crash._batch(ana, chance, say)
            elif place % 4 == 2:
                ana.recall("word fact", k=20)
                ana.changes(since=crash.START)
            else:
                _erase_one(ana, told, lock, chance)

    crash._known.clear()
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as engine:
        ana = engine.scope(crash.ANA)
        with ThreadPoolExecutor(THREADS) as pool:
            for done in [pool.submit(work, place) for place in range(THREADS)]:
                done.result()
        live = [row.version for row in engine._ledger.store.all(Where(scopes=(crash.ANA,)))]
        crash._check_acknowledged(live, told)
        crash._check_nothing_else(live, told)
        crash._check_chains(live)
        crash._check_whole(live, told)
    crash.check(tmp_path / "store", told)


def _erase_one(ana: erstwhile.ScopedMemory, told: Any, lock: threading.Lock, chance: random.Random) -> None:  # noqa: ANN401 - a class of the crash run
    with lock:
        memories = sorted({memory for memory, _ in told.rows.values()} - told.erased)
    if not memories:
        return
    target = chance.choice(memories)
    try:
        ana.erase(target, compact=chance.random() < 0.1)
    except NotFoundError:
        return
    with lock:
        # Another thread that superseded it meanwhile may have written to it again, which is its right; so nothing is claimed of its rows.
        told.erasing.add(target)


def test_the_same_memory_is_superseded_one_at_a_time(crash: ModuleType, tmp_path: Path) -> None:
    """Writers that aim at the same memory take turns: each of their facts has its place in one chain."""
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as engine:
        ana = engine.scope(crash.ANA)
        first = ana.remember("Ana lives in town 0", valid_from="2020-01-01")
        ready = threading.Barrier(THREADS)

        def move(number: int) -> None:
            ready.wait()
            ana.remember(f"Ana lives in town {number}", valid_from=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number), supersedes=first)

        with ThreadPoolExecutor(THREADS) as pool:
            for done in [pool.submit(move, number) for number in range(1, THREADS + 1)]:
                done.result()
        chain = [row.version for row in engine._ledger.store.all(Where(scopes=(crash.ANA,)))]
        crash._check_chains(chain)
        believed = sorted((version for version in chain if version.believed), key=lambda version: version.valid_from)
        assert [version.content for version in believed] == [f"Ana lives in town {number}" for number in range(THREADS + 1)]
        assert all(one.valid_to == other.valid_from for one, other in pairwise(believed))
        assert believed[-1].valid_to is None


class _Clock:
    """A clock that says what it is told to."""

    def __init__(self, *times: datetime) -> None:
        self._times = list(times)

    def now(self) -> datetime:
        """The next of the times, the last one for ever."""
        return self._times.pop(0) if len(self._times) > 1 else self._times[0]


@pytest.mark.parametrize("back", [timedelta(microseconds=1), timedelta(hours=1), timedelta(days=4_000)])
def test_system_time_never_goes_back(tmp_path: Path, back: timedelta) -> None:
    """A clock that was set back, while the store was open or between two openings, must not put a write before one that was made earlier."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    stamps: list[datetime] = []
    answers: list[list[str]] = []
    asked: list[erstwhile.AsOf] = []
    for clock in (_Clock(noon, noon - back), _Clock(noon - back), _Clock(noon - 2 * back, noon - 3 * back)):
        with erstwhile.open(tmp_path / "store", model=HashingEmbedder(), clock=clock) as engine:
            ana = engine.scope(user="ana")
            for point, answer in zip(asked, answers, strict=True):
                assert [hit.content for hit in ana.recall("fact", as_of=point)] == answer
            for _ in range(3):
                out = ana.remember(f"fact {len(stamps)}", valid_from="2020-01-01")
                stamps.append(out.version.system_from)
            found = ana.recall("fact")
            asked.append(found.as_of)
            answers.append([hit.content for hit in found])
            closed = ana.retract(out).ended[0]
            stored = [row.version for row in engine._ledger.store.all(Where(scopes=(ana.scope,))) if row.version.id == closed.id]
            assert stored[0].system_to is not None
            assert stored[0].system_to > found.as_of.system
            stamps.append(stored[0].system_to)
    assert all(one < other for one, other in pairwise(stamps))
