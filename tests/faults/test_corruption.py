"""Damaged stores: what can be read is read, what cannot is refused by name, and nothing that was remembered is ever quoted in an error.

Each case damages a copy of a store of 40 memories and opens it in a process of its own. Two states are damaged: ``closed`` (its data is in the segments) and
``killed`` (nothing was flushed, all of it is in the write-ahead log).

What Qdrant Edge 0.9.0 notices: files that are missing or cut off where it maps them, JSON and LZ4 that no longer parse, headers of the log. It has no checksums
except in the log, and there a record that does not match quietly ends the log; so erstwhile keeps a count of versions beside the store and a checksum with
each row. What nobody notices: flipped bits in an index (`SILENT`), in vectors and in word weights (only the ranking changes), and, with ``durable=False``, the
loss of what was written since the store was last closed.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import ModelMismatchError, StoreCorruptError, StoreFormatError

MEMORIES = 40
WRITE = """
import signal
memory = opened(sys.argv[1])
ana = memory.scope(user="ana")
for number in range(40):
    ana.remember(f"SECRET-{number} is a fact", metadata={"number": number})
if sys.argv[2] == "closed":
    memory.close()
else:
    os.kill(os.getpid(), signal.SIGKILL)
"""
READ = """
import json, logging
from erstwhile.store import Where
logging.basicConfig(level=logging.DEBUG)
SCOPE = erstwhile.Scope(user="ana")
found = {"errors": [], "texts": [], "chain": []}

def chain(error):
    while error is not None:
        found["chain"] += [str(error), repr(error)]
        error = error.__cause__ or error.__context__

def step(name, verb):
    try:
        return verb()
    except BaseException as error:
        found["errors"].append([name, type(error).__name__, str(error)])
        chain(error)

memory = step("open", lambda: opened(sys.argv[1]))
if memory:
    ana = memory.scope(user="ana")
    rows = step("read", lambda: list(memory._ledger.store.all(Where(scopes=(SCOPE,)))))
    if rows is not None:
        found["right"] = sum(row.version.content == f"SECRET-{row.version.metadata['number']} is a fact" for row in rows)
        found["rows"] = len(rows)
    hits = step("recall", lambda: ana.recall("fact", k=100))
    found["hits"] = None if hits is None else len(hits)
    step("write", lambda: ana.remember("the write after the damage"))
    step("close", memory.close)
print(json.dumps(found), flush=True)
"""


def _segment(store: Path) -> Path:
    (segment,) = (store / "shard/segments").iterdir()
    return segment


def _cut(pattern: str, size: int) -> Callable[[Path], None]:
    def damage(store: Path) -> None:
        with _only(store, pattern).open("r+b") as file:
            file.truncate(size)

    return damage


def _gone(pattern: str) -> Callable[[Path], None]:
    def damage(store: Path) -> None:
        path = _only(store, pattern)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return damage


def _flip(pattern: str, needle: bytes) -> Callable[[Path], None]:
    def damage(store: Path) -> None:
        path = _only(store, pattern)
        content = bytearray(path.read_bytes())
        content[content.index(needle)] ^= 1
        path.write_bytes(content)

    return damage


def _blank(pattern: str) -> Callable[[Path], None]:
    def damage(store: Path) -> None:
        path = _only(store, pattern)
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.truncate(0)
            file.truncate(size)

    return damage


def _put(pattern: str, content: bytes) -> Callable[[Path], None]:
    return lambda store: _only(store, pattern).write_bytes(content) and None


def _only(store: Path, pattern: str) -> Path:
    return min(store.glob(pattern))


S = "shard/segments/*"
REFUSED: dict[str, tuple[str, Callable[[Path], Any]]] = {
    # name: the state that is damaged, the damage. An error that names the store, and no data is touched.
    "an empty shard": ("closed", lambda store: (shutil.rmtree(store / "shard"), (store / "shard").mkdir())),
    "a file for a shard": ("closed", lambda store: (shutil.rmtree(store / "shard"), (store / "shard").write_bytes(b""))),
    "no segments": ("closed", _gone("shard/segments")),
    "no segment": ("closed", _gone(S)),
    "no segment, killed": ("killed", _gone(S)),
    "configuration cut off": ("closed", _cut("shard/edge_config.json", 30)),
    "log cut to nothing": ("closed", _cut("shard/wal/open-1", 0)),
    "log header": ("closed", _flip("shard/wal/open-1", b"wal")),
    "log index cut off": ("killed", _cut("shard/wal/first-index", 3)),
    "segment state gone": ("closed", _gone(f"{S}/segment.json")),
    "segment state cut off": ("closed", _cut(f"{S}/segment.json", 40)),
    "segment version gone": ("closed", _gone(f"{S}/version.info")),
    "segment version nonsense": ("closed", _put(f"{S}/version.info", b"SECRET-5")),
    "payloads gone": ("closed", _gone(f"{S}/payload_storage/page_0.dat")),
    "payloads cut off": ("closed", _cut(f"{S}/payload_storage/page_0.dat", 3_000)),
    "payloads blank": ("closed", _blank(f"{S}/payload_storage/page_0.dat")),
    "payloads cut off, killed": ("killed", _cut(f"{S}/payload_storage/page_0.dat", 3_000)),
    "a payload that is no JSON": ("closed", _flip(f"{S}/payload_storage/page_0.dat", b'"scope')),
    "payload map gone": ("closed", _gone(f"{S}/payload_storage/tracker.dat")),
    "payload folder gone": ("closed", _gone(f"{S}/payload_storage")),
    "vectors cut off": ("closed", _cut(f"{S}/vector_storage-dense/vectors/chunk_0.mmap", 1_000)),
    "vectors gone": ("closed", _gone(f"{S}/vector_storage-dense/vectors/chunk_0.mmap")),
    "index list gone": ("closed", _gone(f"{S}/payload_index/config.json")),
    "index list cut off": ("closed", _cut(f"{S}/payload_index/config.json", 30)),
    "indexes gone": ("closed", _gone(f"{S}/payload_index")),
    "a status cut off, at which Rust panics": ("closed", _cut(f"{S}/vector_storage-dense/vectors/status.dat", 2)),
    # What Qdrant Edge itself opens with less, or with other words, and says nothing of: noticed by the count beside the store and the checksum of each row.
    "unflushed log gone": ("killed", _gone("shard/wal")),
    "unflushed log file gone": ("killed", _gone("shard/wal/open-1")),
    "unflushed log cut off": ("killed", _cut("shard/wal/open-1", 10_000)),
    "a flipped bit in the unflushed log": ("killed", _flip("shard/wal/open-1", b"SECRET-7 ")),
    "ids gone": ("closed", _gone(f"{S}/mutable_id_tracker.mappings")),
    "ids cut off": ("closed", _cut(f"{S}/mutable_id_tracker.mappings", 401)),
    "id versions gone": ("closed", _gone(f"{S}/mutable_id_tracker.versions")),
    "id versions cut off": ("closed", _cut(f"{S}/mutable_id_tracker.versions", 101)),
    "a flipped bit in a text": ("closed", _flip(f"{S}/payload_storage/page_0.dat", b"SECRET-7 ")),
    "an index status cut off, at which Rust panics": ("closed", _cut(f"{S}/payload_index/*-live-null/is_null/status.dat", 2)),
}
HEALED: dict[str, tuple[str, Callable[[Path], Any]]] = {
    # Opens with all that was acknowledged.
    "configuration gone": ("closed", _gone("shard/edge_config.json")),
    "log gone after a close": ("closed", _gone("shard/wal")),
    "log cut off after a close": ("closed", _cut("shard/wal/open-1", 10_000)),
    "log index gone": ("killed", _gone("shard/wal/first-index")),
    "spare log file gone": ("killed", _gone("shard/wal/open-2")),
    "unflushed payloads blank": ("killed", _blank(f"{S}/payload_storage/page_0.dat")),
    "unflushed payload folder gone": ("killed", _gone(f"{S}/payload_storage")),
    "unflushed vectors gone": ("killed", _gone(f"{S}/vector_storage-dense/vectors/chunk_0.mmap")),
    "unflushed index gone": ("killed", _gone(f"{S}/payload_index/*-live-map")),
    "an index gone": ("closed", _gone(f"{S}/payload_index/*-live-map")),
}
SILENT: dict[str, tuple[str, Callable[[Path], Any]]] = {
    # Nothing is lost and no word is changed, but what the index no longer points at is not found.
    "flipped bits in an index": ("closed", _flip(f"{S}/payload_index/*-open-map/page_0.dat", b"user")),
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory, start_in: Callable) -> dict[str, Path]:
    """The stores that are damaged, by state."""
    folder = tmp_path_factory.mktemp("whole")
    for state in ("closed", "killed"):
        with start_in(folder)("write.py", WRITE, folder / state, state) as child:
            child.finish()
    return {state: folder / state for state in ("closed", "killed")}


def _copy(store: Path, to: Path) -> Path:
    # The files are mostly holes.
    if subprocess.run(["cp", "-r", "--sparse=always", str(store), str(to)], check=False, capture_output=True).returncode:
        shutil.copytree(store, to, dirs_exist_ok=True)
    return to


def _read(start: Callable, store: Path) -> dict[str, Any]:
    with start("read.py", READ, store) as child:
        status, said, errors = child.finish()
    assert status == 0, errors
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    assert not [text for text in (*found["chain"], errors) if "SECRET" in text], "an error quotes a memory"
    return found


def _assert_named(store: Path, errors: list[list[str]]) -> None:
    for _, kind, message in errors:
        assert kind in {"StoreCorruptError", "StoreFormatError"}, message
        assert str(store) in message
        assert "restore" in message.casefold()


@pytest.mark.slow
@pytest.mark.parametrize("case", REFUSED)
def test_damage_that_is_noticed_is_named(start: Callable, stores: dict[str, Path], tmp_path: Path, case: str) -> None:
    """What cannot be read ends in an error that names the store and says what to do; never in a panic, a hang or fewer memories."""
    state, damage = REFUSED[case]
    store = _copy(stores[state], tmp_path / "store")
    damage(store)
    found = _read(start, store)
    assert found["errors"]
    _assert_named(store, found["errors"])
    assert found.get("rows") in (None, MEMORIES)
    assert found.get("right") in (None, MEMORIES)


@pytest.mark.slow
@pytest.mark.parametrize("case", HEALED)
def test_damage_to_what_can_be_rebuilt_is_mended(start: Callable, stores: dict[str, Path], tmp_path: Path, case: str) -> None:
    """What was acknowledged is all there if the log or the segments still hold it."""
    state, damage = HEALED[case]
    store = _copy(stores[state], tmp_path / "store")
    damage(store)
    found = _read(start, store)
    assert not found["errors"]
    assert (found["rows"], found["right"], found["hits"]) == (MEMORIES, MEMORIES, MEMORIES)


@pytest.mark.slow
@pytest.mark.xfail(strict=True, reason="Qdrant Edge keeps no checksum of its indexes, and neither do we")
@pytest.mark.parametrize("case", SILENT)
def test_damage_that_nobody_notices(start: Callable, stores: dict[str, Path], tmp_path: Path, case: str) -> None:
    """A store that no longer finds what it holds should say so."""
    state, damage = SILENT[case]
    store = _copy(stores[state], tmp_path / "store")
    damage(store)
    found = _read(start, store)
    assert (found["rows"], found["right"]) == (MEMORIES, MEMORIES)
    assert found["errors"] or found["hits"] == MEMORIES


# What erstwhile itself keeps: the manifest, and the steps of making a store.


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A closed store with one memory."""
    with erstwhile.open(tmp_path / "small", model=HashingEmbedder()) as engine:
        engine.scope(user="ana").remember("Ana lives in Porto")
    return tmp_path / "small"


def _opens_with(store: Path, versions: int) -> None:
    with erstwhile.open(store, model=HashingEmbedder()) as engine:
        assert engine.scope(user="ana").stats().versions == versions
        engine.scope(user="ana").remember("the next write")


MANIFEST = b'{"format": 6, "fingerprint": "hashing-64@1", "dimension": 64, "created": "2026-01-01T00:00:00+00:00"'


@pytest.mark.parametrize(
    "content",
    [b"", MANIFEST, b"\xff\xfe\x00", b"[]", b"7", b"null", b"[" * 100_000, b'{"format": 6}', MANIFEST + b', "more": 1}', b'{"dimension": 64}'],
    ids=["empty", "cut off", "binary", "list", "number", "null", "deep", "incomplete", "unknown key", "no format"],
)
def test_a_manifest_that_cannot_be_read_is_named(small: Path, content: bytes) -> None:
    """Without its manifest nobody knows which model a store is of; it is refused by name, and left as it is."""
    manifest = small / "erstwhile.json"
    whole = manifest.read_bytes()
    manifest.write_bytes(content)
    with pytest.raises(StoreCorruptError, match=r"erstwhile\.json") as caught:
        erstwhile.open(small, model=HashingEmbedder())
    assert "backup" in str(caught.value)
    assert manifest.read_bytes() == content
    manifest.write_bytes(whole)
    _opens_with(small, 1)


def test_a_manifest_of_nothing_is_named(small: Path) -> None:
    """A manifest that is a folder, or names no model, is as bad as one that cannot be parsed."""
    manifest = small / "erstwhile.json"
    manifest.write_bytes(b'{"format": 6, "fingerprint": null, "dimension": null, "created": null}')
    with pytest.raises(StoreCorruptError, match="no model"):
        erstwhile.open(small, model=HashingEmbedder())
    manifest.unlink()
    manifest.mkdir()
    with pytest.raises(StoreCorruptError, match=r"erstwhile\.json"):
        erstwhile.open(small, model=HashingEmbedder())


def test_a_missing_manifest_does_not_make_a_new_store(small: Path) -> None:
    """A store whose manifest is lost must not be taken for an empty folder and made anew."""
    manifest = small / "erstwhile.json"
    whole = manifest.read_bytes()
    manifest.unlink()
    with pytest.raises(StoreCorruptError, match=r"erstwhile\.json is missing"):
        erstwhile.open(small, model=HashingEmbedder())
    manifest.write_bytes(whole)
    _opens_with(small, 1)


def test_missing_data_does_not_make_a_new_store(small: Path) -> None:
    """A store whose data is lost must not come back empty."""
    shutil.rmtree(small / "shard")
    for _ in range(2):
        with pytest.raises(StoreCorruptError, match="shard/ is gone"):
            erstwhile.open(small, model=HashingEmbedder())


def test_another_format_is_named(small: Path) -> None:
    """A store of a later version is refused with both numbers, whatever else its manifest holds."""
    (small / "erstwhile.json").write_bytes(b'{"format": 7, "models": ["a", "b"]}')
    with pytest.raises(StoreFormatError, match="format 7 and this version of erstwhile reads 6"):
        erstwhile.open(small, model=HashingEmbedder())


def test_another_model_is_refused_by_name(small: Path) -> None:
    """Vectors of two models cannot be compared: the error names both, and the store still opens with its own."""
    with pytest.raises(ModelMismatchError) as caught:
        erstwhile.open(small, model=HashingEmbedder(256))
    for part in ("hashing-64@1", "hashing-256@1", str(small)):
        assert part in str(caught.value)

    class Renamed(HashingEmbedder):
        """The same numbers under another name."""

        @property
        def fingerprint(self) -> str:
            """Another name."""
            return "renamed@1"

    with pytest.raises(ModelMismatchError, match="renamed@1"):
        erstwhile.open(small, model=Renamed())
    _opens_with(small, 1)


def test_making_a_store_can_stop_anywhere(small: Path, tmp_path: Path) -> None:
    """Whatever step the making of a store got to before a crash, the next opening finishes or redoes it."""
    manifest = (small / "erstwhile.json").read_bytes()
    half = tmp_path / "half"
    (half / "shard.new/segments").mkdir(parents=True)
    (half / "shard.new/edge_config.json").write_bytes(b"{")
    _opens_with(half, 0)
    unnamed = tmp_path / "unnamed"
    shutil.copytree(small / "shard", unnamed / "shard.new")
    (unnamed / "erstwhile.json.new").write_bytes(manifest[:10])
    _opens_with(unnamed, 0)
    unmoved = tmp_path / "unmoved"
    shutil.copytree(small / "shard", unmoved / "shard.new")
    (unmoved / "erstwhile.json").write_bytes(manifest)
    _opens_with(unmoved, 1)
    assert not (unmoved / "shard.new").exists()


@pytest.mark.parametrize("step", ["create", "flush", "write_file", "rename"])
def test_making_a_store_can_fail_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A failure while a store is made is told as one, keeps no lock, and the next opening makes the store."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    place = {
        "create": "erstwhile.store.edge.make_shard",
        "flush": "erstwhile.store.folder.shutil.rmtree",
        "write_file": "erstwhile.store.folder.write_file",
        "rename": "erstwhile.store.folder.sync_folder",
    }[step]
    store = tmp_path / "store"
    (store / "shard.new").mkdir(parents=True)
    with monkeypatch.context() as broken:
        broken.setattr(place, fail)
        with pytest.raises(erstwhile.errors.StoreUnavailableError, match="No space left"):
            erstwhile.open(store, model=HashingEmbedder())
    _opens_with(store, 0)
