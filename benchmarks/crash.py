"""Kill -9 at a random moment, 200 times: is every acknowledged write there, and is none half done?

A child process writes to a store. It tells a pipe what it is about to do, and again, once the call has returned, what was done. The parent kills it at a
random moment, opens the store and checks it against what it was told. Kills come in series over the same folder, so that a store is killed, mended and
killed again.

    python benchmarks/crash.py                 the whole run; writes benchmarks/results/crash.json
    python benchmarks/crash.py --kills 10      a shorter one; prints only
"""

import argparse
import json
import os
import platform
import random
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import NotFoundError
from erstwhile.model import Scope, Version
from erstwhile.results import Action
from erstwhile.scoped import ScopedMemory
from erstwhile.store import Where, edge
from erstwhile.store.edge import EdgeStore
from erstwhile.time import Interval, SystemClock

RESULT = Path(__file__).parent / "results" / "crash.json"
ANA = Scope(user="ana")
START = datetime(2020, 1, 1, tzinfo=UTC)
LONGEST_RUN = 1.2
"""Seconds that a child writes before it is killed, at most."""
IN_SERIES = 5
"""Kills over the same folder."""
STRAIGHT_ON = (1, 2)
"""Places in a series after which the next child opens what the kill left, with no check and so no clean close between."""

Tell = Callable[[str, dict[str, Any]], None]


def open_store(path: Path) -> tuple[EdgeStore, ScopedMemory, Engine]:
    """The store at ``path``, and Ana's memory in it."""
    embedder = HashingEmbedder()
    store = EdgeStore(path, fingerprint=embedder.fingerprint, dimension=embedder.dimension)
    engine = Engine(store=store, embedder=embedder, clock=SystemClock())
    return store, engine.scope(ANA), engine


# The child


def child(path: Path, scenario: str, seed: int) -> None:
    """Write for ever, and tell."""
    lock = threading.Lock()

    def tell(what: str, told: dict[str, Any]) -> None:
        with lock:
            os.write(1, json.dumps({"what": what, "thread": threading.get_ident(), **told}).encode() + b"\n")

    tell("started", {})
    if scenario == "optimize":
        edge.OPTIMIZE_EVERY = 40
    chance = random.Random(seed)
    _, ana, engine = open_store(path)
    _known.extend(sorted({change.memory_id for change in ana.changes(since=START)})[-4:])
    tell("opened", {})
    if scenario == "reopen":
        while True:
            for _ in range(5):
                _write(ana, chance, tell)
            tell("begin", {"kind": "reopen", "contents": []})
            engine.close()
            _, ana, engine = open_store(path)
            tell("done", {"kind": "reopen", "rows": [], "ended": []})
    if scenario == "threads":
        workers = [threading.Thread(target=_forever, args=(_write, ana, random.Random(seed + place), tell)) for place in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    verb = {"batch": _batch, "observe": _observe, "erase": _erase}.get(scenario, _write)
    _forever(verb, ana, chance, tell)


def _forever(verb: Callable[[ScopedMemory, random.Random, Tell], None], ana: ScopedMemory, chance: random.Random, tell: Tell) -> None:
    while True:
        verb(ana, chance, tell)


_known: list[str] = []


def _text(chance: random.Random) -> str:
    return f"fact {chance.getrandbits(64):016x} " + "word " * chance.randrange(40)


def _write(ana: ScopedMemory, chance: random.Random, tell: Tell) -> None:
    text, start = _text(chance), START + timedelta(days=chance.randrange(2_000))
    targets = [chance.choice(_known) for _ in range(chance.choice([1, 1, 2]))] if _known else []
    kind = chance.choice(["remember", "supersede", "supersede", "interrupt", "correct", "retract"]) if targets else "remember"
    if len(_known) > 12:
        _known.pop(0)
    tell("begin", {"kind": kind, "contents": [text], "targets": targets})
    try:
        if kind == "remember":
            out = ana.remember(text, valid_from=start)
            _known.append(out.memory_id)
        elif kind == "supersede":
            out = ana.remember(text, valid_from=start, supersedes=targets)
        elif kind == "interrupt":
            out = ana.remember(text, valid_from=start, valid_to=start + timedelta(days=30), supersedes=targets, metadata={"interrupts": True})
        elif kind == "correct":
            out = ana.correct(targets[0], text)
        else:
            out = ana.retract(targets[0])
    except NotFoundError:
        # What was aimed at has been retracted, by this thread or another.
        tell("nothing", {})
        return
    tell("done", {"kind": kind, "rows": _rows(out.written), "ended": [old.id for old in out.ended]})


def _batch(ana: ScopedMemory, chance: random.Random, tell: Tell) -> None:
    texts = [_text(chance) for _ in range(25)]
    tell("begin", {"kind": "batch", "contents": texts})
    outs = ana.remember_many(texts)
    tell("done", {"kind": "batch", "rows": _rows(version for out in outs for version in out.written), "ended": []})


def _observe(ana: ScopedMemory, chance: random.Random, tell: Tell) -> None:
    texts = [_text(chance).strip() for _ in range(12)]
    tell("begin", {"kind": "observe", "contents": texts, "whole": True})
    turns = ana.observe([{"role": "user", "content": text} for text in texts], session=f"talk {chance.randrange(5)}")
    tell("done", {"kind": "observe", "rows": _rows(turns), "ended": []})


def _erase(ana: ScopedMemory, chance: random.Random, tell: Tell) -> None:
    if len(_known) < 3 or chance.random() < 0.5:
        _write(ana, chance, tell)
        return
    target = _known.pop(chance.randrange(len(_known)))
    tell("begin", {"kind": "erase", "contents": [], "erasing": target})
    ana.erase(target)
    tell("done", {"kind": "erase", "rows": [], "ended": [], "erased": target})


def _rows(versions: Iterable[Version]) -> list[list[str]]:
    return [[version.id, version.memory_id, version.content] for version in versions]


# The parent


@dataclass(kw_only=True)
class Told:
    """What the children of one folder said, over all kills.

    Attributes:
        rows: Memory id and content of acknowledged versions, by version id.
        ended: Ids of versions whose belief an acknowledged write closed.
        erased: Memories whose erasure was acknowledged.
        erasing: Memories whose erasure was under way at a kill.
        begun: What was under way at the kills, acknowledged neither then nor later.
        acknowledged: Acknowledged calls by kind.
        opened: Whether any child had opened the store.
    """

    rows: dict[str, tuple[str, str]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    erasing: set[str] = field(default_factory=set)
    begun: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: Counter[str] = field(default_factory=Counter)
    opened: bool = False

    def listen(self, lines: Iterable[bytes]) -> None:
        """Take in what one child said until it was killed."""
        under_way: dict[int, dict[str, Any]] = {}
        for line in lines:
            told = json.loads(line)
            self.opened |= told["what"] == "opened"
            if told["what"] == "begin":
                under_way[told["thread"]] = told
            elif told["what"] in ("done", "nothing"):
                under_way.pop(told["thread"])
            if told["what"] == "done":
                self.acknowledged[told["kind"]] += 1
                self.rows |= {id: (memory, content) for id, memory, content in told["rows"]}
                self.ended |= set(told["ended"])
                self.erased |= {told["erased"]} if "erased" in told else set()
        self.begun += under_way.values()
        self.erasing |= {told["erasing"] for told in under_way.values() if "erasing" in told}


def kill_once(path: Path, scenario: str, seed: int, told: Told) -> bool:
    """Start a child, kill it at a random moment, take in what it said. Returns whether it was in the middle of a call."""
    chance = random.Random(seed)
    command = [sys.executable, __file__, "--child", scenario, "--store", str(path), "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = "started" if scenario == "create" else "opened"
        said = _read_until(process.stdout.fileno(), lambda line: json.loads(line)["what"] == first, LONGEST_RUN * (0.5 if scenario == "create" else 1), chance)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read()
        errors = process.stderr.read().decode()
    if process.returncode != -signal.SIGKILL:
        raise AssertionError(f"The child ended by itself ({process.returncode}):\n{errors}")
    before = len(told.begun)
    # A last line without an end was cut off by the kill: it was never said.
    told.listen(said.split(b"\n")[:-1])
    return len(told.begun) > before


def _read_until(descriptor: int, mark: Callable[[bytes], bool], longest: float, chance: random.Random) -> bytes:
    said, deadline = b"", None
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while deadline is None or time.monotonic() < deadline:
            if selector.select(None if deadline is None else deadline - time.monotonic()):
                chunk = os.read(descriptor, 65_536)
                if not chunk:
                    return said
                said += chunk
                if deadline is None and any(mark(line) for line in said.split(b"\n")[:-1]):
                    deadline = time.monotonic() + chance.uniform(0, longest)
    return said


def check(path: Path, told: Told) -> int:
    """Open what kills left and hold it against what was told; returns how many versions are there. Raises AssertionError."""
    store, ana, engine = open_store(path)
    with engine:
        versions = [row.version for row in store.all(Where(scopes=(ANA,)))]
        _check_acknowledged(versions, told)
        _check_nothing_else(versions, told)
        _check_chains(versions)
        _check_whole(versions, told)
        stats = ana.stats()
        assert stats.versions == len(versions) == store.count(Where(scopes=(ANA,))) == engine.info().versions, "the counts do not match"
        latest = max((time for version in versions for time in (version.system_from, version.system_to) if time), default=START)
        out = ana.remember(f"the write after the kill {time.monotonic_ns()}", relate=False)
        assert out.action == Action.REMEMBERED
        assert out.version.system_from > latest, "system time went back"
        assert out.version.id in {hit.version.id for hit in ana.recall(out.version.content, k=50)}, "the write after the kill is not recalled"
        assert store.count(Where(scopes=(ANA,))) == len(versions) + 1
        told.rows[out.version.id] = (out.memory_id, out.version.content)
    return len(versions)


def _check_acknowledged(versions: Sequence[Version], told: Told) -> None:
    by_id = {version.id: version for version in versions}
    gone = told.erased | told.erasing
    for id, (memory, content) in told.rows.items():
        if id not in by_id:
            assert memory in gone, "an acknowledged write is lost"
        else:
            assert (by_id[id].memory_id, by_id[id].content) == (memory, content), "an acknowledged write has other content"
    assert not [version for version in versions if version.memory_id in told.erased], "what was erased is back"
    for memory in told.erasing - told.erased:
        # The kill came during the erasure: all of the memory is there, or nothing.
        ids = {id for id, (of, _) in told.rows.items() if of == memory}
        assert ids <= by_id.keys() or ids.isdisjoint(by_id), "half of a memory is erased"
    assert all(by_id[id].system_to is not None for id in told.ended if id in by_id), "an acknowledged closing of belief is lost"


def _check_nothing_else(versions: Sequence[Version], told: Told) -> None:
    begun = {content for call in told.begun for content in call["contents"]}
    said = {content for _, content in told.rows.values()}
    assert {version.content for version in versions} <= begun | said, "there is something that nobody wrote"
    for call in told.begun:
        if call.get("whole"):
            there = [version for version in versions if version.is_turn and version.content in call["contents"]]
            assert len(there) in (0, len(call["contents"])), "half of a batch of turns is there"


def _check_chains(versions: Sequence[Version]) -> None:
    chains: dict[str, list[Version]] = {}
    for version in versions:
        chains.setdefault(version.memory_id, []).append(version)
    for chain in chains.values():
        for place, one in enumerate(chain):
            for other in chain[place + 1 :]:
                assert not (one.valid.overlaps(other.valid) and _belief(one).overlaps(_belief(other))), "two versions of a memory overlap in both times"


def _check_whole(versions: Sequence[Version], told: Told) -> None:
    by_id = {version.id: version for version in versions}
    for version in versions:
        for id in (*version.links.supersedes, *version.links.corrects):
            # Pieces of what was appended keep no link, and what was superseded may be erased since.
            if id in by_id:
                assert by_id[id].system_to == version.system_from, "a new version is there but the old one is not closed"
    retracted = told.acknowledged["retract"] or any(call["kind"] == "retract" for call in told.begun)
    for at in sorted({version.system_to for version in versions if version.system_to}):
        closed = [version for version in versions if version.system_to == at]
        appended = [version for version in versions if version.system_from == at]
        if not appended:
            assert retracted or told.erased or told.erasing, "an old version is closed but the new one is missing"
        elif not (told.erased or told.erasing):
            memories = {version.memory_id for version in (*closed, *appended)}
            after = [version.valid for version in versions if version.memory_id in memories and _belief(version).contains(at)]
            ended = [old for old in closed if not (retracted and _alone(old, appended))]
            assert not [gap for old in ended for kept in _to_keep(old, appended) for gap in _left(kept, after)], "a piece of what was superseded is missing"


def _alone(old: Version, appended: Sequence[Version]) -> bool:
    # Retracting a memory appends nothing of it, though it appends what clashed with it anew, without the conflict.
    return all(new.memory_id != old.memory_id and old.id not in new.links.supersedes for new in appended)


def _to_keep(old: Version, appended: Sequence[Version]) -> Iterator[Interval]:
    # A fact without an end of its own ends for good what held when it began, even if it is followed by another itself.
    ends = [new.valid_to for new in appended if old.id in new.links.supersedes and new.valid_to and not new.metadata.get("interrupts")]
    return _left(old.valid, [Interval(start=min(ends))] if ends else [])


def _belief(version: Version) -> Interval:
    return Interval(start=version.system_from, end=version.system_to)


def _left(whole: Interval, parts: Sequence[Interval]) -> Iterator[Interval]:
    rest = [whole]
    for part in parts:
        rest = [piece for old in rest for piece in old.minus(part)]
    yield from rest


SCENARIOS = ("write", "write", "threads", "batch", "optimize", "observe", "erase", "reopen", "create", "write")


def run(
    folder: Path,
    *,
    kills: int,
    seed: int,
    scenarios: Sequence[str] = SCENARIOS,
    in_series: int = IN_SERIES,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """So many kills, in series over fresh folders, a scenario for each series; raises AssertionError at the first fault."""
    done: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    acknowledged: Counter[str] = Counter()
    checked = 0
    told, path = Told(), folder / "0"
    for number in range(kills):
        series, place = divmod(number, in_series)
        scenario = scenarios[series % len(scenarios)]
        if place == 0 or scenario == "create":
            acknowledged += told.acknowledged
            told, path = Told(), folder / str(number)
        in_a_call = kill_once(path, scenario, seed + number, told)
        inside[scenario] += in_a_call or (scenario == "create" and not told.opened)
        done[scenario] += 1
        if scenario == "create" or place not in STRAIGHT_ON or number == kills - 1 or place == in_series - 1:
            checked += check(path, told)
        report(f"{number + 1}/{kills} {scenario}: {sum((acknowledged + told.acknowledged).values())} calls acknowledged, none lost")
    acknowledged += told.acknowledged
    return {
        "kills": kills,
        "by_scenario": dict(done),
        "killed_inside_a_call": dict(inside),
        "calls_acknowledged": dict(sorted(acknowledged.items())),
        "versions_checked": checked,
        "acknowledged_writes_lost": 0,
        "half_done": 0,
        "stores_that_did_not_open": 0,
    }


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20_261_121)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--store", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.store, given.child, given.seed)
        return
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="erstwhile-crash-") as folder:
        result = run(Path(folder), kills=given.kills, seed=given.seed, report=lambda line: print(line, flush=True))
    result |= {
        "seed": given.seed,
        "seconds": round(time.monotonic() - began),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {name: installed(name) for name in ("qdrant-edge-py",)} | {"python": platform.python_version()},
    }
    print(json.dumps(result, indent=2))
    if given.kills >= 200:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
