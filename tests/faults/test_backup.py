"""Backups made while writers run, and what is restored from them."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import (
    InvalidInputError,
    ModelMismatchError,
    StoreCorruptError,
    StoreFormatError,
    StoreLockedError,
    StoreUnavailableError,
    WriteConflictError,
)
from erstwhile.store.archive import Archive

PATIENCE = 60
QUESTIONS = ("where does Ana live?", "fact 3", "tea", "what did Ana say?")


def _open(path: Path | str) -> Engine:
    return erstwhile.open(path, model=HashingEmbedder())


@pytest.fixture
def engine(in_memory: Path) -> Iterator[Engine]:
    """A store with two scopes, turns, a chain, a conflict and something retracted."""
    with _open(in_memory / "store") as engine:
        ana = engine.scope(user="ana")
        home = ana.remember("Ana lives in Porto", valid_from="2024-01-01")
        ana.remember("Ana lives in Lisbon", valid_from="2025-01-01", supersedes=home)
        ana.observe([{"role": "user", "content": "I like tea a lot"}, {"role": "assistant", "content": "Noted."}])
        ana.retract(ana.remember("Ana likes golf"))
        engine.scope(user="bo", project="p").remember("Bo sings", metadata={"deep": [1, {"a": None}]}, pinned=True)
        yield engine


def _answers(engine: Engine, system: Any = None) -> list[Any]:  # noqa: ANN401 - any time
    """All that can be asked, as of a system time."""
    told: list[Any] = []
    for scope in ({"user": "ana"}, {"user": "bo", "project": "p"}):
        memory = engine.scope(**scope)
        for question in QUESTIONS:
            as_of = erstwhile.AsOf(valid=system, system=system)
            told.append([(hit.version.id, hit.content, hit.version.valid_to, hit.score) for hit in memory.recall(question, k=50, as_of=as_of, min_relevance=0)])
    return told


def _rows(engine: Engine) -> list[Any]:
    return [(row.version, row.vector.tobytes()) for row in engine._ledger.store.whole(vectors=True)]


def test_what_is_restored_is_what_was_backed_up(engine: Engine, in_memory: Path) -> None:
    """Every version, vector and answer comes back, of every scope; and the restored store goes on from there."""
    made = engine.backup(in_memory / "a.backup")
    assert (made.versions, made.fingerprint) == (engine.info().versions, "hashing-64@1")
    assert (in_memory / "a.backup").stat().st_mode & 0o077 == 0
    assert erstwhile.restore(in_memory / "a.backup", in_memory / "again") == made
    with _open(in_memory / "again") as again:
        assert _rows(again) == _rows(engine)
        assert _answers(again, made.as_of) == _answers(engine, made.as_of)
        out = again.scope(user="ana").remember("Ana lives in Faro", valid_from="2026-01-01")
        assert out.version.system_from > made.as_of
    assert not list(in_memory.glob("*.new")) + list(in_memory.glob("*.restoring"))


def test_a_backup_of_a_store_in_memory_is_restored_into_a_folder(in_memory: Path) -> None:
    """A backup is made through what every store can do, so it is a way from one kind of store to another."""
    with _open(":memory:") as engine:
        engine.scope(user="ana").remember("Ana lives in Porto")
        engine.backup(in_memory / "a.backup")
        rows = _rows(engine)
    erstwhile.restore(in_memory / "a.backup", in_memory / "store")
    with _open(in_memory / "store") as restored:
        assert _rows(restored) == rows


def test_a_backup_while_writers_run_is_of_one_moment(engine: Engine, in_memory: Path) -> None:
    """Writers go on while backups are made; each backup answers as the store does of that time, then and for ever."""
    stop, ana, begun = threading.Event(), engine.scope(user="ana"), threading.Barrier(4, timeout=PATIENCE)

    def write(place: int) -> int:
        chance, number = random.Random(place), 0
        first = ana.remember(f"fact of writer {place}", valid_from="2024-01-01", relate=False)
        begun.wait()
        while True:
            number += 1
            if chance.random() < 0.5:
                ana.remember(f"fact {number} of writer {place}", valid_from="2025-01-01", supersedes=first, relate=False)
            else:
                ana.observe([{"role": "user", "content": f"tea {number} of {place}"}], session=f"s{place}", draw=False)
            if stop.is_set():
                return number

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, place) for place in range(3)]
        try:
            begun.wait()
            made = [engine.backup(in_memory / f"{number}.backup") for number in range(4)]
        finally:
            stop.set()
        assert all(writer.result(PATIENCE) for writer in writers)
    assert made[0].versions < made[-1].versions < engine.info().versions
    for number, each in enumerate(made):
        erstwhile.restore(each.path, in_memory / f"store{number}")
        with _open(in_memory / f"store{number}") as restored:
            assert restored.info().versions == each.versions
            assert restored._ledger.store.latest() <= each.as_of
            assert _answers(restored, each.as_of) == _answers(engine, each.as_of)


def test_what_is_erased_under_a_backup_is_not_in_it(engine: Engine, in_memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that had read what was erased since is thrown away and begun anew; one that never gets through leaves what was there."""
    ana, path = engine.scope(user="ana"), in_memory / "a.backup"
    store = engine._ledger.store
    kept = engine.backup(path)
    secrets = [ana.remember(f"SECRET-{number}") for number in range(4)]
    scan, left = store.scan, [1]

    def interrupted(**given: Any) -> Any:  # noqa: ANN401 - as the store has it
        rows = scan(**given)
        if given["vectors"] and left[0] and rows:
            left[0] -= 1
            ana.erase(secrets.pop())
        return rows

    monkeypatch.setattr(store, "scan", interrupted)
    again = engine.backup(path)
    assert again.versions == kept.versions + 3
    assert b"SECRET-3" not in path.read_bytes()
    assert b"SECRET-2" in path.read_bytes()
    whole = path.read_bytes()
    left[0] = 3
    with pytest.raises(WriteConflictError, match="erased while the backup was made"):
        engine.backup(path)
    assert path.read_bytes() == whole
    assert not list(in_memory.glob("*.new"))


DAMAGES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "a flipped bit": ("line 3.*checksum", lambda raw: _line(raw, 2, lambda line: line.replace(b"Ana", b"Bna"))),
    "cut off in a line": ("cut off on line", lambda raw: raw[: len(raw) // 2]),
    "cut off between lines": ("last line is missing", lambda raw: b"".join(raw.splitlines(keepends=True)[:-1])),
    "a line is gone": ("holds .* not the", lambda raw: _line(raw, 3, lambda _: b"")),
    "a line comes twice": ("holds .* not the", lambda raw: _line(raw, 3, lambda line: line + line)),
    "lines change places": ("or others", lambda raw: b"".join([*(lines := raw.splitlines(keepends=True))[:1], lines[2], lines[1], *lines[3:]])),
    "more after the end": ("goes on after the end", lambda raw: raw + b"x"),
    "no JSON": ("cannot be read on line 2", lambda raw: _line(raw, 1, lambda _: b"SECRET\n")),
}


def _line(raw: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    lines = raw.splitlines(keepends=True)
    lines[number] = change(lines[number])
    return b"".join(lines)


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_backup_is_refused(engine: Engine, in_memory: Path, case: str) -> None:
    """What is wrong is said, with the line; nothing is restored, and nothing of what was remembered is quoted."""
    told, damage = DAMAGES[case]
    engine.scope(user="ana").remember("SECRET: Ana rows")
    path = Path(engine.backup(in_memory / "a.backup").path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreCorruptError, match=told) as caught:
        erstwhile.restore(path, in_memory / "again")
    assert str(path) in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert not (in_memory / "again").exists()


def test_every_flipped_bit_is_noticed(in_memory: Path) -> None:
    """Whatever single bit of a backup is flipped, it is refused: all of it is under a checksum, or is what the format asks for."""
    with _open(":memory:") as engine:
        engine.scope(user="ana").remember("Ana lives in Porto")
        path = Path(engine.backup(in_memory / "a.backup").path)
    raw, chance = path.read_bytes(), random.Random(7)
    for place in chance.sample(range(len(raw)), 300):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1 :])
        with pytest.raises((StoreCorruptError, InvalidInputError, StoreFormatError)):
            Archive(path).seal()


def test_nothing_that_is_there_is_overwritten(engine: Engine, in_memory: Path) -> None:
    """Neither a letter in the backup's place, nor a store or a folder in the store's, gives way unless that was asked for."""
    path, letter = Path(engine.backup(in_memory / "a.backup").path), in_memory / "letter.txt"
    letter.write_text("precious")
    with pytest.raises(InvalidInputError, match="no backup of erstwhile's"):
        engine.backup(letter)
    with pytest.raises(InvalidInputError, match="is a folder"):
        engine.backup(in_memory)
    with _open(in_memory / "other") as other:
        other.scope(user="ana").remember("Ana rows")
    (in_memory / "full").mkdir()
    (in_memory / "full/letter.txt").write_text("precious")
    for place in (in_memory / "other", in_memory / "full", letter):
        with pytest.raises(InvalidInputError, match=r"holds a store|holds no store"):
            erstwhile.restore(path, place)
    with pytest.raises(InvalidInputError, match="holds no store"):
        erstwhile.restore(path, in_memory / "full", replace=True)
    assert letter.read_text() == (in_memory / "full/letter.txt").read_text() == "precious"
    with _open(in_memory / "other") as other:
        assert [hit.content for hit in other.scope(user="ana").recall("Ana rows")] == ["Ana rows"]


def test_a_store_is_replaced_where_that_is_asked_for(engine: Engine, in_memory: Path) -> None:
    """A store in use, or of another model, is not replaced; one that is, keeps its data beside the new."""
    made, other = engine.backup(in_memory / "a.backup"), in_memory / "other"
    with _open(other) as open_one:
        open_one.scope(user="ana").remember_many(["Ana rows", *(f"fact {number}" for number in range(30))])
        with pytest.raises(StoreLockedError, match="this process"):
            erstwhile.restore(made.path, other, replace=True)
    erstwhile.restore(made.path, other, replace=True)
    erstwhile.restore(made.path, other, replace=True)
    assert {path.name for path in other.glob("shard*")} == {"shard", "shard.before-1", "shard.before-2"}
    assert not (other / "mending").exists()
    with _open(other) as restored:
        assert _rows(restored) == _rows(engine)
    (other / "erstwhile.json").unlink()
    erstwhile.restore(made.path, other, replace=True)
    _open(other).close()
    with erstwhile.open(in_memory / "wide", model=HashingEmbedder(256)):
        pass
    with pytest.raises(InvalidInputError, match="hashing-256@1"):
        erstwhile.restore(made.path, in_memory / "wide", replace=True)
    with pytest.raises(ModelMismatchError):
        _open(in_memory / "wide")


@pytest.mark.parametrize("place", ["", "http://127.0.0.1:6333", ":memory:", "~nobody-of-that-name/x", "a\0b"])
def test_a_place_that_is_no_path_is_refused(engine: Engine, in_memory: Path, place: str) -> None:
    """A backup is a file and a restored store is a folder: other places are named as such."""
    made = engine.backup(in_memory / "a.backup")
    with pytest.raises(InvalidInputError):
        engine.backup(place)
    with pytest.raises(InvalidInputError):
        erstwhile.restore(made.path, place)
    with pytest.raises(InvalidInputError):
        erstwhile.restore(place, in_memory / "again")


def test_a_backup_in_another_format_is_named(engine: Engine, in_memory: Path) -> None:
    """A backup of a later version is refused with both numbers, whatever else its first line holds."""
    from erstwhile.store import archive

    path = Path(engine.backup(in_memory / "a.backup").path)
    rest = path.read_bytes().splitlines(keepends=True)[1:]
    path.write_bytes(archive._line("head", b'{"format":2,"models":["a","b"]}') + b"".join(rest))
    with pytest.raises(StoreFormatError, match="format 2 and this version of erstwhile reads 1"):
        erstwhile.restore(path, in_memory / "again")


def test_a_disk_that_is_full_or_read_only_is_named(engine: Engine, in_memory: Path, make_disk: Callable) -> None:
    """A backup that does not fit, or may not be written, is told as such, and the one before it stays."""
    disk = make_disk("2m")
    path = Path(engine.backup(disk.path / "a.backup").path)
    whole = path.read_bytes()
    engine.scope(user="ana").remember_many([f"{number} " + "x" * 30_000 for number in range(100)], relate=False)
    with pytest.raises(StoreUnavailableError, match=r"a\.backup cannot be written \(No space left"):
        engine.backup(path)
    disk.remount("ro")
    with pytest.raises(StoreUnavailableError, match="Read-only"):
        engine.backup(path)
    assert path.read_bytes() == whole
    assert [file.name for file in disk.path.iterdir()] == ["a.backup"]
    with pytest.raises(StoreUnavailableError):
        erstwhile.restore(path, disk.path / "store")


def test_the_folder_may_be_named_in_any_way(engine: Engine, in_memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The empty folder that one stands in, or a link to one, is a place to restore into."""
    made = engine.backup(in_memory / "backup")
    (in_memory / "here").mkdir()
    (in_memory / "there").mkdir()
    (in_memory / "link").symlink_to(in_memory / "there")
    monkeypatch.chdir(in_memory / "here")
    for place in (".", in_memory / "link"):
        assert erstwhile.restore(in_memory / "backup", place).versions == made.versions
    with _open(in_memory / "here") as here, _open(in_memory / "there") as there:
        assert _rows(here) == _rows(there) == _rows(engine)
