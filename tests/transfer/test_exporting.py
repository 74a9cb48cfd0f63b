"""All that is kept of somebody can be taken out, read, and put back exactly."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.model import Scope
from erstwhile.store import Where
from erstwhile.transfer.exporting import read_export

MINE = (Scope(user="ana"), Scope(user="ana", project="house"), Scope(tenant="t", user="ana", agent="a", session="s"))
OTHERS = (Scope(user="ana-maria"), Scope(user="bo"), Scope(project="ana"))


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A store with every kind of thing in it, of several users."""
    with erstwhile.open(":memory:", model=HashingEmbedder()) as engine:
        for scope in (*MINE, *OTHERS):
            memory = engine.scope(scope)
            memory.observe([{"role": "user", "content": "I live in Porto", "at": "2024-01-01"}, {"role": "assistant", "content": "Nice."}], session="s1")
            home = memory.remember("Ana rents a flat", tags=["home"], metadata={"a": [1, None, "ü"]}, key="k", expires_at="2090-01-01")
            memory.correct(home, "Ana rents a house", source=erstwhile.Provenance(actor="Ana", reference="r", quote="« so »"))
            memory.remember("Ana works at Acme", valid_from="2024-01-01")
            memory.remember("Ana works at Globex", valid_from="2024-01-01")
            memory.retract(memory.remember("Ana has a dog"))
        yield engine


def _kept(engine: Engine, *scopes: Scope) -> list[erstwhile.Version]:
    return sorted((row.version for row in engine._ledger.store.all(Where(scopes=scopes))), key=lambda version: version.id)


def test_scopes_of_a_user(engine: Engine) -> None:
    """All scopes that name the user are listed, and none of a user whose name is like theirs."""
    assert set(engine.scopes(user="ana")) == set(MINE)
    assert set(engine.scopes()) == {*MINE, *OTHERS}
    assert engine.scopes(user="An") == ()


def test_a_round_trip_is_exact(engine: Engine, tmp_path: Path) -> None:
    """What is put back into another store is what was there: every version, on both axes, in every scope of the user; putting it back again does nothing."""
    done = engine.export(tmp_path / "ana.jsonl", user="ana")
    mine = _kept(engine, *MINE)
    assert sorted(read_export(tmp_path / "ana.jsonl"), key=lambda version: version.id) == mine
    assert (done.versions, done.turns) == (len(mine), 6)
    assert any(version.links.contradicts for version in mine)
    assert any(not version.believed for version in mine)
    assert (tmp_path / "ana.jsonl").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["ana.jsonl"]
    with erstwhile.open(":memory:", model=HashingEmbedder()) as other:
        assert other.take_in(tmp_path / "ana.jsonl") == len(mine)
        assert _kept(other, *MINE) == mine
        assert set(other.scopes()) == set(MINE)
        assert other.scope(MINE[0]).conflicts() == engine.scope(MINE[0]).conflicts()
        assert other.take_in(tmp_path / "ana.jsonl") == 0
        assert other.scope(MINE[0]).recall("Where does Ana work?", min_relevance=0)
        assert other.scope(MINE[0]).remember("Ana lives in Faro").version


def test_one_scope(engine: Engine, tmp_path: Path) -> None:
    """One scope is exported alone; neither nothing nor two things can be asked for, and a user without a scope is told."""
    engine.export(tmp_path / "house.jsonl", scope=MINE[1])
    assert sorted(read_export(tmp_path / "house.jsonl"), key=lambda version: version.id) == _kept(engine, MINE[1])
    for wrong in ({}, {"user": "ana", "scope": MINE[0]}, {"user": "ana", "form": "pdf"}):
        with pytest.raises(erstwhile.InvalidInputError):
            engine.export(tmp_path / "x", **wrong)  # type: ignore[arg-type]
    with pytest.raises(erstwhile.NotFoundError, match="zoe"):
        engine.export(tmp_path / "x", user="zoe")
    with pytest.raises(erstwhile.InvalidInputError, match="cannot be written"):
        engine.export(tmp_path / "no" / "folder", user="ana")
    assert [path.name for path in tmp_path.iterdir()] == ["house.jsonl"]


def test_markdown_tells_all_of_it(engine: Engine, tmp_path: Path) -> None:
    """The readable form has every content, source and time, and no content can pass for a heading of it."""
    engine.scope(MINE[0]).remember("# Not a heading\n## nor this")
    engine.export(tmp_path / "ana.md", user="ana", form="markdown")
    text = (tmp_path / "ana.md").read_text(encoding="utf-8")
    for version in _kept(engine, *MINE):
        assert all(f"> {line}" in text for line in version.content.splitlines())
        assert version.id in text
    assert "« so »" in text
    assert '"ü"' in text
    assert "\n# Not a heading" not in text
    assert text.count("\n## ") == len(MINE)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: lines[:-1], "cut off"),
        (lambda lines: [*lines[:2], lines[-1]], "was changed"),
        (lambda lines: [b'{"role":"user","content":"x"}'], "not an export"),
        (lambda lines: [lines[0].replace(b'"format":1', b'"format":2'), *lines[1:]], "another format"),
        (lambda lines: [lines[0], lines[1].replace(b'"confidence":1.0', b'"confidence":"SECRET"'), *lines[2:]], "line 2: not a version"),
        (lambda lines: [lines[0], b"SECRET", *lines[2:]], "line 2: not JSON"),
        (lambda lines: [], "not an export"),
    ],
)
def test_a_damaged_export_is_refused(engine: Engine, tmp_path: Path, change: object, told: str) -> None:
    """One that is cut off, altered or of another kind changes nothing, and the error does not quote it."""
    engine.export(path := tmp_path / "x.jsonl", scope=MINE[0])
    path.write_bytes(b"\n".join(change(path.read_bytes().splitlines())))  # type: ignore[operator]
    with erstwhile.open(":memory:", model=HashingEmbedder()) as other:
        with pytest.raises(erstwhile.InvalidInputError, match=told) as caught:
            other.take_in(path)
        assert "SECRET" not in str(caught.value)
        assert other.info().versions == 0


def test_erasing_a_user(engine: Engine) -> None:
    """Everything in every scope of the user goes, with a receipt for each that can be checked later; nothing of anybody else does."""
    others = _kept(engine, *OTHERS)
    would = engine.would_erase_user("ana")
    receipts = engine.erase_user("ana", by="Ana herself", reason="GDPR, article 17")
    assert {receipt.scope for receipt in receipts} == set(MINE)
    assert [receipt.by_type for receipt in receipts] == [doomed.by_type for doomed in would]
    assert sum(receipt.versions for receipt in receipts) == sum(len(doomed.versions) for doomed in would)
    assert _kept(engine, *MINE) == []
    assert _kept(engine, *OTHERS) == others
    with pytest.raises(erstwhile.NotFoundError):
        engine.erase_user("ana")


def test_a_receipt_finds_what_came_back(engine: Engine, tmp_path: Path) -> None:
    """A receipt that was kept as JSON tells when an export brought back what was erased."""
    engine.export(tmp_path / "ana.jsonl", scope=MINE[0])
    receipt = engine.scope(MINE[0]).erase(everything=True)
    kept = msgspec.json.decode(msgspec.json.encode(receipt), type=erstwhile.Receipt)
    assert kept == receipt
    assert engine.verify(kept) == 0
    engine.take_in(tmp_path / "ana.jsonl")
    assert engine.verify(kept) == receipt.versions
