"""Many processes on one store, and the one that holds it killed every second: is every acknowledged write there, once, and is every version whole?

Eight processes write, supersede, correct, retract and recall; all of them aim at the same few memories. Whoever holds the store is killed (kill -9) once a
second, once it is a process that serves the others, or, one time in four, is about to.
At the end the store is opened and checked against what the processes were told. Then a single
process is timed as it holds the store itself and as it reaches it through a process that serves it.

    python benchmarks/shared.py                              the whole run, a minute and some; writes benchmarks/results/shared.json, and its page
    python benchmarks/shared.py --seconds 10 --calls 0       a shorter one; prints only
"""

import argparse
import json
import os
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import crash

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.store.edge import EdgeStore
from erstwhile.store.folder import OWNER
from erstwhile.store.holder import read_holder
from erstwhile.store.protocol import Where

RESULT = Path(__file__).parent / "results" / "shared.json"
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "storage.md"
START, END = "<!-- shared:start -->\n", "<!-- shared:end -->"
PROCESSES = 8
SECONDS = 60.0
EVERY = 1.0
"""Seconds between two kills."""
CALLS = 300
"""Calls of each kind that are timed."""
PATIENCE = 120.0


def work(path: Path, seed: int) -> None:
    """One of the processes: write and recall until told to stop, and tell."""
    stop, lock, chance = threading.Event(), threading.Lock(), random.Random(seed)
    threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()

    def tell(what: str, told: dict[str, Any]) -> None:
        with lock:
            os.write(1, json.dumps({"what": what, "thread": 0, **told}).encode() + b"\n")

    with erstwhile.open(path, model=HashingEmbedder()) as engine:
        ana = engine.scope(crash.ANA)
        tell("opened", {})
        since = crash.START
        while not stop.is_set():
            # What was written last, by whomever, is what all of them aim at.
            known = crash._known  # noqa: SLF001 - the same program, in another file
            known[:] = [*known[-4:], *[change.memory_id for change in ana.changes(since=since)][-4:]]
            began = time.perf_counter()
            since = datetime.now(UTC) - timedelta(seconds=5)
            crash._write(ana, chance, tell)  # noqa: SLF001
            wrote = time.perf_counter()
            found = ana.recall("fact word", k=10, min_relevance=0)
            again = ana.recall("fact word", k=10, min_relevance=0, as_of=found.as_of)
            same = [hit.version.id for hit in found] == [hit.version.id for hit in again]
            tell("timed", {"write": wrote - began, "recall": (time.perf_counter() - wrote) / 2, "same": same})


class Worker:
    """One of the processes, and what it said."""

    def __init__(self, path: Path, seed: int) -> None:
        command = [sys.executable, __file__, "--work", str(path), "--seed", str(seed)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said: list[bytes] = []
        self.errors = b""
        self._threads = [threading.Thread(target=self._listen), threading.Thread(target=self._hear)]
        for thread in self._threads:
            thread.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        self.said.extend(self.process.stdout)

    def _hear(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    def stop(self) -> None:
        """Let it finish its call and end; an error in it is one here."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            for thread in self._threads:
                thread.join()
        if self.process.returncode:
            raise AssertionError(f"A process ended with an error that its user would have seen:\n{self.errors.decode()}")


def kill_holder(path: Path, *, wait: bool = False, serving: bool = False) -> bool:
    """Kill the process that serves the store, or, unless it has to be ``serving``, is about to; returns whether there was one."""
    holder = read_holder(path / OWNER)
    if holder is None or holder.role != "host" or not holder.is_there or (serving and holder.address is None):
        return False
    os.kill(holder.pid, signal.SIGKILL)
    while wait and holder.is_there:
        time.sleep(0.01)
    return True


def run(path: Path, *, seconds: float, seed: int) -> dict[str, Any]:
    """The processes, the kills and the check; raises AssertionError at the first fault."""
    workers = [Worker(path, seed + number) for number in range(PROCESSES)]
    chance, kills, ends = random.Random(seed), 0, time.monotonic() + PATIENCE
    try:
        while not all(worker.said for worker in workers) and time.monotonic() < ends:
            time.sleep(EVERY / 10)
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            time.sleep(EVERY)
            # On a slow machine it takes more than a second to start one: mostly it may get to work first.
            kills += kill_holder(path, serving=chance.random() < 0.75)
    finally:
        for worker in workers:
            if worker.process.poll() is not None:
                worker.process.kill()
        for worker in workers:
            worker.stop()
    # One may just have been starting to take another's place.
    while kill_holder(path, wait=True):
        time.sleep(2 * EVERY)
    told, timed = crash.Told(), []
    for worker in workers:
        lines = [line for line in worker.said if b'"what": "timed"' not in line]
        timed += [json.loads(line) for line in worker.said if b'"what": "timed"' in line]
        told.listen(lines)
    assert not told.begun, "a process ended in the middle of a call"
    changed = sum(not one["same"] for one in timed)
    assert not changed, f"{changed} answers for a past time changed"
    versions = crash.check(path, told)
    doubled = _doubled(path)
    assert not doubled, f"{doubled} writes are there twice"
    return {
        "processes": PROCESSES,
        "seconds": seconds,
        "holders_killed": kills,
        "acknowledged": dict(sorted(told.acknowledged.items())),
        "acknowledged_in_all": sum(told.acknowledged.values()),
        "versions_checked": versions,
        "lost": 0,
        "doubled": doubled,
        "inconsistent": 0,
        "past_answers_asked_again": len(timed),
        "past_answers_changed": changed,
        "errors_seen": 0,
        "write": _summary([one["write"] for one in timed]),
        "recall": _summary([one["recall"] for one in timed]),
    }


def _doubled(path: Path) -> int:
    model = HashingEmbedder()
    store = EdgeStore(path, fingerprint=model.fingerprint, dimension=model.dimension)
    memories: dict[str, set[str]] = {}
    for row in store.all(Where(scopes=(crash.ANA,))):
        memories.setdefault(row.version.content, set()).add(row.version.memory_id)
    store.close()
    return sum(len(ids) > 1 for ids in memories.values())


def _summary(seconds: Sequence[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {}
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50_ms": round(1e3 * cuts[49], 2), "p95_ms": round(1e3 * cuts[94], 2), "longest_ms": round(1e3 * max(seconds), 1)}


def compare(folder: Path, *, calls: int) -> dict[str, Any]:
    """One process, its store and the shipped model: held by itself, and served to it; in turns, so that the machine's moods hit both alike."""
    with erstwhile.open(folder / "held", shared=False) as held, erstwhile.open(folder / "served", shared=True) as served:
        taken: dict[str, list[float]] = {}
        for number in range(calls):
            text, question = f"Note {number}: the parcel {number} is on shelf {number % 37}.", f"Where is parcel {number}?"
            for name, engine in (("held", held), ("served", served)):
                ana = engine.scope(crash.ANA)
                _time(taken, f"{name} remember", partial(ana.remember, text))
                _time(taken, f"{name} recall", partial(ana.recall, question))
    summaries = {name: _summary(seconds[calls // 10 :]) for name, seconds in taken.items()}
    ratios = {verb: round(summaries[f"served {verb}"]["p95_ms"] / summaries[f"held {verb}"]["p95_ms"], 2) for verb in ("remember", "recall")}
    return {"calls": calls, **summaries, "served_to_held_p95": ratios}


def _time(taken: dict[str, list[float]], name: str, call: Callable[[], object]) -> None:
    began = time.perf_counter()
    call()
    taken.setdefault(name, []).append(time.perf_counter() - began)


def hand_over(folder: Path) -> dict[str, Any]:
    """How long a second opener waits: for the store to change hands, and once it is served."""
    model = HashingEmbedder()
    with erstwhile.open(folder / "handed", model=model) as one:
        one.scope(crash.ANA).remember("a fact")
        began = time.perf_counter()
        with erstwhile.open(folder / "handed", model=model):
            handed = time.perf_counter() - began
            began = time.perf_counter()
            with erstwhile.open(folder / "handed", model=model):
                joined = time.perf_counter() - began
    return {"second_opener_ms": round(1e3 * handed), "third_opener_ms": round(1e3 * joined, 1)}


def write_page(result: dict[str, Any]) -> None:
    """Put the figures into the page that speaks of them."""
    killed, one, opening = result["killed"], result["one_process"], result["opening"]
    rows = [
        (f"{killed['processes']} processes, {killed['seconds']:.0f} s, the one that holds the store killed", f"{killed['holders_killed']} times"),
        ("acknowledged writes; lost; there twice", f"{killed['acknowledged_in_all']:,}; {killed['lost']}; {killed['doubled']}"),
        ("errors that a user would have seen; inconsistent versions", f"{killed['errors_seen']}; {killed['inconsistent']}"),
        ("answers for a past time asked again, and changed", f"{killed['past_answers_asked_again']:,}; {killed['past_answers_changed']}"),
        ("a write meanwhile, p50 / p95", f"{killed['write']['p50_ms']:,} / {killed['write']['p95_ms']:,} ms"),
        ("a recall meanwhile, p50 / p95", f"{killed['recall']['p50_ms']:,} / {killed['recall']['p95_ms']:,} ms"),
    ]
    for verb in ("remember", "recall"):
        for name, how in (("held", "the store in this process"), ("served", "through a process that serves it")):
            rows.append((f"{verb}, {how}, p50 / p95", f"{one[f'{name} {verb}']['p50_ms']} / {one[f'{name} {verb}']['p95_ms']} ms"))
    rows.append(("the second opener waits, hand-over included; a third one", f"{opening['second_opener_ms']:,} ms; {opening['third_opener_ms']} ms"))
    table = ["| measured by `benchmarks/shared.py` | |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows)]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(before + START + "\n".join(table) + "\n" + END + rest.partition(END)[2], encoding="utf-8")


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--seed", type=int, default=20_261_121)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.work, given.seed)
        return
    folder = Path(tempfile.mkdtemp(prefix="erstwhile-shared-"))
    try:
        result: dict[str, Any] = {"killed": run(folder / "store", seconds=given.seconds, seed=given.seed)}
        if given.calls:
            result |= {"one_process": compare(folder, calls=given.calls), "opening": hand_over(folder)}
    finally:
        for name in ("store", "served", "handed"):
            kill_holder(folder / name, wait=True)
        shutil.rmtree(folder)
    result["machine"] = {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "qdrant-edge-py": installed("qdrant-edge-py"),
    }
    print(json.dumps(result, indent=2))
    if given.seconds >= SECONDS and given.calls >= CALLS:
        RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        write_page(result)


if __name__ == "__main__":
    main()
