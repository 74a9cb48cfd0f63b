"""Half an hour of mixed load from several processes on one store: does memory stay flat, do the files stay bounded, do calls stay as fast as they were?

    python -m benchmarks.soak                                the whole run; writes benchmarks/results/soak.json
    python -m benchmarks.soak --minutes 2 --out /tmp/x.json  a shorter one

Each process writes, supersedes, corrects, observes turns, recalls, packs, reads history and erases in a scope of its own, and its recalls search a common scope
too; it keeps to so many calls a second and to so many memories, the oldest of which it erases for good, so that whatever grows is a leak. One of them has the
store's files rewritten once a minute. Every recall of what was just written is checked, and any error ends the run.

Every few seconds the resident memory of each process, of the one that serves the store, and the size of the store's files are read. `python -m
benchmarks.soak_table` writes docs/reference/soak.md.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import erstwhile
from benchmarks import corpus, environment
from benchmarks.options import CACHE, command
from benchmarks.stores import USER, Task, fill
from erstwhile import Message, Scope, ScopedMemory
from erstwhile.store.folder import OWNER
from erstwhile.store.holder import read_holder

__all__ = ["main"]

RESULTS: Final = environment.ROOT / "benchmarks/results/soak.json"
MINUTES: Final = 30.0
PROCESSES: Final = 3
COMMON: Final = 10_000
"""Memories in the scope that everybody searches."""
KEPT: Final = 300
"""Memories that each process keeps of its own."""
PACE: Final = 4.0
"""Calls a second and process, at most."""
SAMPLE: Final = 5.0
"""Seconds between two readings of memory and files."""
COMPACT: Final = 60.0
"""Seconds between two rewritings of the store's files."""
PATIENCE: Final = 120.0
TOWNS: Final = ("Porto", "Lisbon", "Faro", "Braga", "Evora", "Coimbra", "Aveiro", "Leiria")


class Worker:
    """One of the processes: its calls, by turns as chance has it, and what must be true of their answers."""

    def __init__(self, engine: erstwhile.Engine, number: int) -> None:
        self.engine = engine
        self.chance = random.Random(number)
        self.memory: ScopedMemory = engine.scope(user=f"worker-{number}", also=[Scope(user=USER)])
        self.own: ScopedMemory = engine.scope(user=f"worker-{number}")
        self.kept: deque[str] = deque()
        self.last: str | None = None
        self.count = 0
        self.name = f"{number}-{os.getpid()}"

    def calls(self) -> tuple[tuple[int, str, Callable[[], object]], ...]:
        """How often each is made, its name and itself."""
        return (
            (8, "recall", self.recall),
            (4, "remember", self.remember),
            (2, "supersede", self.supersede),
            (1, "correct", self.correct),
            (1, "observe", self.observe),
            (1, "history", self.history),
            (1, "pack", self.pack),
            (1, "recall as of", self.recall_then),
        )

    def _keep(self, memory_id: str) -> None:
        if memory_id not in self.kept:
            self.kept.append(memory_id)

    def trim(self) -> None:
        """Erase the oldest of what is too much."""
        if len(self.kept) > KEPT:
            doomed = [self.kept.popleft() for _ in range(len(self.kept) - KEPT + 10)]
            there = [id for id in doomed if self.own.history(id)]
            if there:
                self.own.erase(*there, evidence=True, compact=False)

    def recall(self) -> None:
        """Search all there is."""
        self.memory.recall(corpus.question(self.chance.randrange(2_000)))

    def recall_then(self) -> None:
        """Search what held at a date."""
        self.memory.recall(corpus.question(self.chance.randrange(2_000)), as_of="2024-06-01")

    def remember(self) -> None:
        """Write something new, and find it with the next call."""
        self.count += 1
        word = f"parcel-{self.name}-{self.count}"
        self.last = self.own.remember(f"The {word} is on shelf {self.chance.randrange(90)} of the store room.").memory_id
        self._keep(self.last)
        found = self.own.recall(f"Where is the {word}?", min_relevance=0)
        if word not in " ".join(hit.content for hit in found):
            raise AssertionError(f"{word} was written and not found by the next call")

    def supersede(self) -> None:
        """Move, and be told the new place only."""
        town = self.chance.choice(TOWNS)
        written = self.own.remember(f"I live in {town}")
        self._keep(written.memory_id)
        here = [hit.content for hit in self.own.recall("Where do I live?", types=["fact"]) if hit.content.startswith("I live in")]
        if f"I live in {town}" not in here:
            raise AssertionError(f"the newest of the places is not recalled: {here}")

    def correct(self) -> None:
        """Correct what was remembered last, once."""
        if self.last is not None:
            self.own.correct(self.last, content=f"The parcel that {self.name} counted as {self.count} was given back.")
            self.last = None

    def observe(self) -> None:
        """Take in two turns of a conversation."""
        self.count += 1
        seen = self.own.observe(
            [
                Message(role="user", content=f"I put the bicycle {self.count} into cellar {self.chance.randrange(40)} on Monday."),
                Message(role="assistant", content="Good to know."),
            ],
            session=f"{self.name}-{self.count}",
        )
        for turn in seen.turns:
            self._keep(turn.memory_id)

    def history(self) -> None:
        """Read every version of one memory."""
        if self.kept and not self.own.history(self.chance.choice(self.kept)):
            raise AssertionError("a memory that is kept has no history")

    def pack(self) -> None:
        """Render an answer for a prompt."""
        self.memory.recall(corpus.question(self.chance.randrange(2_000))).pack(budget_tokens=500)


def work(path: Path, number: int) -> None:
    """Make calls until told to stop, and tell how long each took."""
    stop = threading.Event()

    def wait() -> None:
        sys.stdin.readline()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    with erstwhile.open(path) as engine:
        worker = Worker(engine, number)
        shares, names, calls = zip(*worker.calls(), strict=True)
        compacted = time.monotonic()
        while not stop.is_set():
            place = worker.chance.choices(range(len(calls)), shares)[0]
            began = time.perf_counter()
            calls[place]()
            took = time.perf_counter() - began
            print(json.dumps({"at": time.time(), "call": names[place], "s": took}), flush=True)
            worker.trim()
            if number == 0 and time.monotonic() - compacted > COMPACT:
                began = time.perf_counter()
                engine.compact()
                print(json.dumps({"at": time.time(), "call": "compact", "s": time.perf_counter() - began}), flush=True)
                compacted = time.monotonic()
            stop.wait(max(0.0, 1 / PACE - (time.perf_counter() - began)))


def run(path: Path, *, minutes: float, processes: int) -> dict[str, Any]:
    """The processes and the readings; raises AssertionError if one of them met an error."""
    workers: list[subprocess.Popen[str]] = []
    told: list[list[str]] = [[] for _ in range(processes)]
    threads: list[threading.Thread] = []
    samples: list[dict[str, float]] = []
    with tempfile.TemporaryFile("w+") as errors:
        for number in range(processes):
            asked = [sys.executable, "-m", "benchmarks.soak", "--work", str(path), "--number", str(number)]
            worker = subprocess.Popen(asked, cwd=environment.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
            workers.append(worker)
            threads.append(threading.Thread(target=_listen, args=(worker, told[number])))
            threads[-1].start()
        began = time.time()
        try:
            while time.time() - began < 60 * minutes and all(worker.poll() is None for worker in workers):
                time.sleep(SAMPLE)
                samples.append({"at": time.time(), **_sample(path, [worker.pid for worker in workers])})
        finally:
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.close()
            for worker in workers:
                worker.wait(PATIENCE)
            for thread in threads:
                thread.join()
        if any(worker.returncode for worker in workers):
            errors.seek(0)
            raise AssertionError(f"A process met an error:\n{errors.read()[-4_000:]}")
    calls = [json.loads(line) for lines in told for line in lines]
    return {"began": began, "samples": samples, "calls": calls}


def _listen(worker: "subprocess.Popen[str]", told: list[str]) -> None:
    assert worker.stdout is not None
    told.extend(worker.stdout)


def _sample(path: Path, pids: Sequence[int]) -> dict[str, float]:
    holder = read_holder(path / OWNER)
    served = holder is not None and holder.role == "host" and holder.is_there
    resident = [figures for pid in pids if (figures := environment.resident(pid))]
    found = {"clients_own_mb": max((figures["RssAnon"] for figures in resident), default=0.0), "files_mb": _size(path)}
    if served and holder is not None and (figures := environment.resident(holder.pid)):
        found |= {"host_mb": figures["VmRSS"], "host_own_mb": figures["RssAnon"], "host_files_open": _open_files(holder.pid)}
    return found


def _open_files(pid: int) -> float:
    try:
        return float(sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0.0


def _size(path: Path) -> float:
    total = 0
    for file in path.rglob("*"):
        try:
            total += file.stat().st_blocks * 512
        except OSError:
            # Files come and go while a store is rewritten.
            continue
    return round(total / 1e6, 1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill the common scope, run, and write what was found."""
    given = _parser().parse_args(arguments)
    if given.work:
        work(given.work, given.number)
        return
    from benchmarks.soak_table import summary

    with tempfile.TemporaryDirectory(prefix="erstwhile-soak-") as folder:
        task = Task(size=COMMON, kept=CACHE, work=Path(folder))
        fill(task)
        about = environment.describe()
        found = run(task.store, minutes=given.minutes, processes=given.processes)
    about["load_at_end"] = environment.load()
    settings = {"minutes": given.minutes, "processes": given.processes, "common": COMMON, "kept": KEPT, "pace_per_s": PACE}
    result = {"command": command("benchmarks.soak", arguments), "environment": about, **settings, **summary(found)}
    given.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where to write the results")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
