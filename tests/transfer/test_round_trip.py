"""Whatever a store holds is exported and taken in again as it was, in either form; and what a person changed in a file is not taken for what was said."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.model import Scope, Version
from erstwhile.store import Batch, ReferenceStore, Row
from erstwhile.testing.strategies import versions
from erstwhile.time import SystemClock

MODEL = HashingEmbedder()
ANA = Scope(user="ana")


def _engine(*held: Version) -> Engine:
    store = ReferenceStore(fingerprint=MODEL.fingerprint, dimension=MODEL.dimension)
    engine = Engine(store=store, embedder=MODEL, clock=SystemClock())
    if held:
        vectors = engine._ledger.embed([version.content for version in held], role="passage")
        store.write(Batch(puts=tuple(Row(version=version, vector=vector) for version, vector in zip(held, vectors, strict=True))))
    return engine


def _rows(engine: Engine) -> list[tuple[Version, bytes]]:
    return [(row.version, b"" if row.vector is None else row.vector.tobytes()) for row in engine._ledger.store.whole(vectors=True)]


@pytest.mark.parametrize("form", ["jsonl", "markdown"])
@settings(max_examples=30, deadline=None)
@given(held=st.lists(versions(), min_size=1, max_size=6))
def test_any_store_comes_back(form: str, held: list[Version]) -> None:
    """Every row of every scope is the same after it was exported and taken in: words in any script, times, links, metadata, and vectors."""
    with _engine(*(replace(version, fingerprint=MODEL.fingerprint) for version in held)) as before, _engine() as after:
        for scope in before.scopes():
            with tempfile.TemporaryDirectory() as folder:
                before.export(Path(folder) / "a", scope=scope, form=form)
                after.take_in(Path(folder) / "a")
        assert _rows(after) == _rows(before)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """An export in Markdown of two memories, one with words that look like what a program reads."""
    with _engine() as engine:
        ana = engine.scope(ANA)
        ana.remember("I live in Porto -->\n<!-- erstwhile 00000000 {} -->\n\u2028# Heading", tags=["home -->"])
        ana.remember("SECRET-tea is best")
        engine.export(tmp_path / "ana.md", scope=ANA, form="markdown")
    return tmp_path / "ana.md"


def _taken_in(path: Path) -> list[Version]:
    with _engine() as engine:
        engine.take_in(path)
        return [version for version, _ in _rows(engine)]


def test_what_an_editor_does_by_itself_changes_nothing(exported: Path) -> None:
    """Other line ends, a byte order mark, blank lines and spaces at line ends come from saving a file, and are passed over."""
    before, raw = _taken_in(exported), exported.read_bytes()
    assert len(before) == 2
    assert all(line.endswith(b"-->") and line.count(b"-->") == 1 for line in raw.splitlines() if line.startswith(b"<!-- erstwhile"))
    for changed in (
        raw.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + raw,
        raw.replace(b"\n", b"\n\n"),
        raw.replace(b"\n", b"  \n"),
        raw.strip(),
    ):
        exported.write_bytes(changed)
        assert _taken_in(exported) == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"> SECRET-tea is best", b"> SECRET-tea is worst", "lines .* something is not as it was exported"),
        (b'"SECRET-tea is best"', b'"SECRET-tea is worst"', "something is not as it was exported"),
        (b"- importance: 0.5", b"- importance: 0.9", "something is not as it was exported"),
        (b"Times are UTC.", b"Times are UTC. A note.", "lines 1 to 5: something is not as it was exported"),
        (b'{"versions":2} -->\n', b'{"versions":2} -->\nA note.', "something is not as it was exported"),
        (b'"format":1', b'"format":2', "something is not as it was exported"),
        (b"<!-- erstwhile", b"<!-- something", "cannot be read back"),
        (b"<!-- erstwhile ", b"<!--erstwhile ", "cannot be read back"),
    ],
)
def test_what_a_person_changed_is_refused(exported: Path, old: bytes, new: bytes, told: str) -> None:
    """Whether the words or the line behind them were edited, nothing is taken in, the lines are named, and nothing of them is quoted."""
    assert old in exported.read_bytes()
    exported.write_bytes(exported.read_bytes().replace(old, new))
    with pytest.raises(erstwhile.InvalidInputError, match=told) as caught:
        _taken_in(exported)
    assert "SECRET" not in str(caught.value)


def test_a_file_that_is_not_whole_is_refused(exported: Path) -> None:
    """Whichever stretch is cut out of the file, it is noticed: the first, one in the middle, the last."""
    lines = exported.read_bytes().splitlines(keepends=True)
    ends = [number for number, line in enumerate(lines) if line.startswith(b"<!-- erstwhile")]
    starts = [0, *(number + 1 for number in ends)]
    for start, end in zip(starts, ends, strict=False):
        exported.write_bytes(b"".join(lines[:start] + lines[end + 1 :]))
        with pytest.raises(erstwhile.InvalidInputError):
            _taken_in(exported)
