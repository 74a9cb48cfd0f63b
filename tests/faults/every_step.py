"""Kill -9 before every step that changes anything on the disk, one after the other: run by `test_every_step.py`.

    python tests/faults/every_step.py FOLDER SCENARIO…     prints the steps that were killed at, as JSON

A step is a call from Python into what can change a file: Qdrant Edge, the operating system or a file object. The interpreter's profiler sees each such call
before it is made, whoever makes it, so there is no list of fault points to keep, nothing in the product to switch off, and a step that is added tomorrow is
killed at tomorrow. What is known to change nothing is listed instead (`HARMLESS`). A first run writes down which steps there are; then each is killed at in a
process of its own, the next of which opens what that left, checks it, and is killed at the next step. A step that is passed many times in one place is killed
at when it is passed first, second and last.

What goes on inside one call of Qdrant is not divided here; `benchmarks/crash.py` kills at moments drawn at random.
"""

import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Self

import erstwhile
import erstwhile.engine
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.model import Version
from erstwhile.scoped import ScopedMemory
from erstwhile.store import Batch, Where, edge
from erstwhile.store.archive import Archive

HARMLESS = {
    # "open" is judged by how it opens, which another hook is told.
    "os": "_path_normpath access close dup fstat fspath fsync get_inheritable getcwd getpid getrandom getuid kill listdir lseek lstat open pipe read readlink "
    "scandir set_inheritable stat statvfs strerror uname urandom waitpid",
    "file": "__enter__ fileno isatty peek read read1 readable readall readinto readline readlines seek seekable tell writable",
    "qdrant": "count facet info query query_batch retrieve scroll",
}
"""What changes nothing that another process could find. A sync is among it: what was written outlives a kill without one; `test_durability.py` asks for it."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
NEXT = HashingEmbedder(256)
PACKAGE = str(Path(erstwhile.__file__).parent)
PATIENCE = 120
Shape = list[Any]


def changes(function: Any) -> bool:  # noqa: ANN401 - whatever is called
    """Whether a function that Python is about to call may change a file."""
    owner, name = getattr(function, "__self__", None), function.__name__
    if isinstance(owner, ModuleType):
        return owner.__name__ in ("posix", "fcntl") and name not in HARMLESS["os"].split()
    if isinstance(owner, io.IOBase):
        return (owner.closed or owner.writable()) and name not in HARMLESS["file"].split()
    return function.__qualname__.startswith("EdgeShard.") and name not in HARMLESS["qdrant"].split()


class Steps:
    """The steps that are taken while it is in force. There is one in a process.

    Args:
        kill_at: Before which step the process is killed, from 0; ``None`` for none.
    """

    def __init__(self, kill_at: int | None = None) -> None:
        self.taken: list[str] = []
        self._kill_at = kill_at
        self._counting = False
        # Called before a file is opened, and once there for good.
        sys.addaudithook(self._open)

    def __enter__(self) -> Self:
        self._counting = True
        sys.setprofile(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        self._counting = False

    def _call(self, frame: FrameType, event: str, function: Any) -> None:  # noqa: ANN401 - as Python has it
        if event == "c_call" and changes(function):
            self._step(frame, function.__qualname__)

    def _open(self, event: str, given: tuple[Any, ...]) -> None:
        if self._counting and event == "open" and given[2] & WRITING:
            self._step(sys._getframe(1), "open")

    def _step(self, frame: FrameType, what: str) -> None:
        if (place := _place(frame)) is None:
            return
        if len(self.taken) == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.taken.append(f"{place} {what}" if "rebuilding" not in place else place)


def _place(frame: FrameType | None) -> str | None:
    """The line of ours that the call goes back to; none where a module is being imported, whose compiled form Python may write."""
    ours = None
    while frame is not None:
        file = frame.f_code.co_filename
        if "importlib" in file:
            return None
        # Making a store is taken apart where it is the whole matter; where a restore makes one beside its place, that is three steps.
        if file.startswith(PACKAGE) and (ours is None or frame.f_code.co_name == "_made"):
            ours = f"{Path(file).name}:{frame.f_lineno}"
        frame = frame.f_back
    return ours


def chosen(taken: list[str]) -> list[int]:
    """Which steps to kill at: of each that is taken at several times, the first, the second and the last."""
    places: dict[str, list[int]] = {}
    for number, step in enumerate(taken):
        places.setdefault(step, []).append(number)
    return sorted({number for numbers in places.values() for number in (*numbers[:2], numbers[-1])})


def apart(work: Callable[[], Any]) -> tuple[int, Any]:
    """Do something in a process of its own: what ended it (0 or -9), and what it gave, ``None`` if it was killed before."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.write(theirs, json.dumps(work()).encode() + b"\n")
            status = 0
        except BaseException:  # noqa: BLE001 - what went wrong is told, and the process ends here
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), "what was left by the kill before is not right: see above"
    return status, json.loads(said) if said else None


def opened(path: Path) -> Engine:
    """The store."""
    return erstwhile.open(path, model=HashingEmbedder(), shared=False)


def shape(memory: ScopedMemory) -> Shape:
    """What a scope holds, without the ids and the times of writing, which differ from run to run."""
    rows = [row.version for row in memory._ledger.store.all(Where(scopes=(memory.scope,)))]
    names = list(dict.fromkeys(version.memory_id for version in rows))
    return json.loads(json.dumps(sorted(_told(version, names) for version in rows)))


def _told(version: Version, names: list[str]) -> tuple[Any, ...]:
    links = version.links
    tied = (len(links.supersedes), len(links.corrects), len(links.contradicts), len(links.derived_from), len(version.confirmations))
    return (
        names.index(version.memory_id),
        version.content,
        str(version.type),
        version.believed,
        version.valid_to is None,
        version.contested,
        tied,
        version.context,
    )


# Writing, each in a scope of its own of one store.


def _home(ana: ScopedMemory) -> str:
    return ana.remember("Ana lives in Porto", valid_from="2024-01-01", key="home").memory_id


def _clash(ana: ScopedMemory) -> str:
    ana.remember("Ana lives in Porto", valid_from="2024-01-01")
    return ana.remember("Ana lives in Lisbon", valid_from="2024-01-01", relate=True, source=erstwhile.Provenance(kind="inferred")).memory_id


def _talk(ana: ScopedMemory) -> str:
    turns = ana.observe([{"role": "user", "content": "I live in Porto"}, {"role": "assistant", "content": "Good."}], session="s")
    return turns[0].id


def _talk_of_nothing_erased(ana: ScopedMemory) -> str:
    # That something was erased is noted once, until it is compacted; compacting is killed in `test_erased_bytes.py`.
    ana._ledger.store.compact()
    return _talk(ana)


def _moved(ana: ScopedMemory, home: str) -> None:
    ana.remember("Ana lives in Lisbon", valid_from="2025-01-01", supersedes=home, key="moved")


def _undone(ana: ScopedMemory) -> str:
    home = _home(ana)
    return ana.remember("Ana lives in Lisbon", valid_from="2025-01-01", supersedes=home).version.id


MESSAGES = [
    {"role": "user", "content": "I moved to Faro", "id": "1"},
    {"role": "assistant", "content": "Nice", "id": "2"},
    {"role": "user", "content": "I like tea", "id": "3"},
]
WRITES: dict[str, tuple[Callable[[ScopedMemory], Any], Callable[[ScopedMemory, Any], Any], bool]] = {
    # name: what is there before, the verb, and whether doing it again after a crash ends where it would have ended. The last one is to be found wanting.
    "remember": (_home, lambda ana, _: ana.remember("Ana likes tea", key="tea"), True),
    "supersede": (_home, _moved, True),
    "found": (_home, lambda ana, _: ana.remember("Ana moved to Lisbon", valid_from="2025-01-01", key="moved"), True),
    "batch": (_home, lambda ana, _: ana.remember_many([f"Ana knows fact {number}" for number in range(3)]), True),
    "observe": (_home, lambda ana, _: ana.observe(MESSAGES, session="s"), True),
    "correct": (_home, lambda ana, home: ana.correct(home, "Ana lives in Faro"), False),
    "retract": (_home, lambda ana, home: ana.retract(home), False),
    "resolve": (_clash, lambda ana, _: ana.resolve(ana.conflicts()[0], "keep-new"), False),
    "undo": (_undone, lambda ana, version: ana.undo(version), False),
    "erase": (_talk_of_nothing_erased, lambda ana, turn: ana.erase(turn, compact=False), False),
    "optimise": (_home, _moved, True),
    "torn": (_home, _moved, True),
}


def write(name: str, folder: Path) -> Iterator[str]:
    """Kill a verb at each of its steps. What is there afterwards is what was there before, or what one of its writes led to, whole."""
    prepare, verb, again = WRITES[name]
    path = folder / "store"
    edge.OPTIMIZE_EVERY = 1 if name == "optimise" else 10_000
    if name == "torn":
        whole_write = edge.EdgeStore.write
        edge.EdgeStore.write = lambda store, batch: [whole_write(store, Batch(puts=(row,))) for row in batch.puts]

    def dry() -> dict[str, Any]:
        with opened(path) as engine:
            ana = engine.scope(user="dry")
            given = prepare(ana)
            shapes = [shape(ana)]
            store, put, gone = engine._ledger.store, engine._ledger.store.write, engine._ledger.store.erase

            def noted(write: Callable[[Any], None]) -> Callable[[Any], None]:
                def run(what: Batch | Where) -> None:
                    write(what)
                    seen = sys.getprofile()
                    sys.setprofile(None)
                    shapes.append(shape(ana))
                    sys.setprofile(seen)

                return run

            store.write, store.erase = noted(put), noted(gone)
            with Steps() as steps:
                verb(ana, given)
            return {"shapes": shapes, "taken": steps.taken}

    _, found = apart(dry)
    shapes, taken = found["shapes"], found["taken"]
    left: list[Shape] = [shapes[-1]]

    def kill(number: int) -> None:
        ana = opened(path).scope(user=f"ana {number}")
        given = prepare(ana)
        assert shape(ana) == shapes[0]
        with Steps(number):
            verb(ana, given)

    def check(number: int) -> Shape:
        with opened(path) as engine:
            ana = engine.scope(user=f"ana {number}")
            there = shape(ana)
            assert there in shapes, (taken[number], there, shapes)
            assert engine.info().versions == sum(map(len, left)) + len(there), "something else changed"
            if again:
                verb(ana, prepare(ana))
                there = shape(ana)
                assert there == shapes[-1], (taken[number], there, shapes[-1])
            assert ana.remember("the write after the kill", relate=False).action == "remembered"
            assert "the write after the kill" in {hit.content for hit in ana.recall("the write after the kill")}
            return shape(ana)

    for number in chosen(taken):
        status, _ = apart(lambda number=number: kill(number))
        assert status == -signal.SIGKILL, f"step {number} was not reached again: {taken[number]}"
        left.append(apart(lambda number=number: check(number))[1])
        yield taken[number]


# What happens to the store as a whole: each in a folder of its own, made by ``prepare``, checked by ``check``.


def _filled(path: Path, *, close: bool = True) -> Engine:
    engine = opened(path)
    ana = engine.scope(user="ana")
    _moved(ana, _home(ana))
    if close:
        engine.close()
    return engine


def _holds(path: Path, *counts: int) -> None:
    with opened(path) as engine:
        ana = engine.scope(user="ana")
        assert engine.info().versions in counts, (engine.info().versions, counts)
        assert [row.version.content for row in engine._ledger.store.whole()].count("Ana lives in Lisbon") == bool(engine.info().versions)
        ana.remember("the write after the kill", relate=False)
        assert ana.recall("the write after the kill")


def _killed_writer(path: Path) -> None:
    status, _ = apart(lambda: (_filled(path, close=False), os.kill(os.getpid(), signal.SIGKILL)))
    assert status == -signal.SIGKILL


def _backed_up(folder: Path) -> None:
    with _filled(folder / "store", close=False) as engine:
        engine.backup(folder / "a.backup")


def _checked_backup(folder: Path) -> None:
    assert Archive(folder / "a.backup").seal().versions == 3
    _holds(folder / "store", 3)


def _restored(folder: Path) -> None:
    if not (folder / "again").exists():
        erstwhile.restore(folder / "a.backup", folder / "again")
    _holds(folder / "again", 3)


def _before_replacing(folder: Path) -> None:
    _backed_up(folder)
    with opened(folder / "again") as engine:
        ana = engine.scope(user="ana")
        _moved(ana, _home(ana))
        ana.remember_many(["Ana rows", "Ana sings"], relate=False)


def _change(engine: Engine) -> None:
    change = engine.reembed(NEXT)
    if change.status().step != "exchanged":
        change.fill()
        change.swap()
    change.drop()


def _changed(folder: Path) -> None:
    try:
        engine = erstwhile.open(folder / "store", model=HashingEmbedder(), shared=False)
    except erstwhile.ModelMismatchError:
        engine = erstwhile.open(folder / "store", model=NEXT, shared=False)
    with engine:
        ana, found = engine.scope(user="ana"), engine.reembed().status()
        assert (found.versions, found.stray) == (3, 0)
        assert [row.vector.shape for row in engine._ledger.store.whole(vectors=True)] == [(found.dimension,)] * 3
        ana.remember("the write after the kill", relate=False)
        if found.model == NEXT.fingerprint:
            engine.reembed().drop()
        else:
            _change(engine)
        assert {row.vector.shape for row in engine._ledger.store.whole(vectors=True)} == {(NEXT.dimension,)}
        assert "the write after the kill" in {hit.content for hit in ana.recall("the write after the kill", min_relevance=0)}
        assert (engine.info().fingerprint, engine.info().versions) == (NEXT.fingerprint, 4)


Whole = tuple[Callable[[Path], Any], Callable[[Path], Callable[[], Any]], Callable[[Path], Any]]
WHOLES: dict[str, Whole] = {
    # name: what is there before, what makes the act ready, and the check of what a kill left.
    "create": (lambda folder: None, lambda folder: lambda: opened(folder / "store"), lambda folder: _holds(folder / "store", 0)),
    "open": (lambda folder: _killed_writer(folder / "store"), lambda folder: lambda: opened(folder / "store"), lambda folder: _holds(folder / "store", 3)),
    "close": (lambda folder: None, lambda folder: _filled(folder / "store", close=False).close, lambda folder: _holds(folder / "store", 3)),
    "backup": (_backed_up, lambda folder: partial(opened(folder / "store").backup, folder / "a.backup"), _checked_backup),
    "restore": (_backed_up, lambda folder: lambda: erstwhile.restore(folder / "a.backup", folder / "again"), _restored),
    "replace": (
        _before_replacing,
        lambda folder: lambda: erstwhile.restore(folder / "a.backup", folder / "again", replace=True),
        lambda folder: _holds(folder / "again", 3, 5),
    ),
    "change": (lambda folder: _filled(folder / "store") and None, lambda folder: partial(_change, opened(folder / "store")), _changed),
}


def _copied(file: str, to: str) -> None:
    # Qdrant's files are mostly holes.
    with Path(file).open("rb") as old, Path(to).open("wb") as new:
        while piece := old.read(2**16):
            if piece.count(0) < len(piece):
                new.write(piece)
            else:
                new.seek(len(piece), io.SEEK_CUR)
        new.truncate()


def whole(name: str, folder: Path) -> Iterator[str]:
    """Kill what happens to a store as a whole at each of its steps."""
    prepare, ready, check = WHOLES[name]
    (folder / "before").mkdir()

    # In a process of its own, for Qdrant does not survive a fork.
    apart(lambda: (prepare(folder / "before"), None)[1])

    def run(place: Path, number: int | None) -> tuple[int, list[str]]:
        shutil.copytree(folder / "before", place, copy_function=_copied)
        return apart(lambda: _act(place, number))

    def _act(place: Path, number: int | None) -> list[str]:
        act = ready(place)
        with Steps(number) as steps:
            act()
        return steps.taken

    taken = run(folder / "dry", None)[1]
    for number in chosen(taken):
        place = folder / str(number)
        status, _ = run(place, number)
        assert status == -signal.SIGKILL, f"step {number} was not reached again: {taken[number]}"
        apart(lambda place=place: (check(place), None)[1])
        shutil.rmtree(place)
        yield taken[number]


def main() -> None:
    """Run as a program."""
    # Its model would be loaded by each of hundreds of processes, and nothing here is for it to judge.
    erstwhile.engine.shipped_judge = lambda: None
    folder, *names = sys.argv[1:]
    killed = {}
    for name in names:
        place = Path(folder) / name
        place.mkdir()
        killed[name] = list((write if name in WRITES else whole)(name, place))
        shutil.rmtree(place)
    sys.stdout.write(json.dumps(killed))


if __name__ == "__main__":
    main()
