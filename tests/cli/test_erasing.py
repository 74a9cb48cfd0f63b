"""The commands that remove for good and prove it, and those that look after a store."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine


def _remember(ew: "CommandLine", text: str, *options: str) -> str:
    return str(ew.json("remember", text, "--no-relate", *options)["version"]["memory_id"])


def test_a_dry_run_changes_nothing(ew: "CommandLine") -> None:
    """What would go is shown, what was derived from it included, and stays."""
    id = _remember(ew, "I live in Porto")
    drawn = _remember(ew, "I live by the sea", "--derived-from", id)
    (would,) = ew.json("erase", id, "--dry-run")
    assert (sorted(would["memory_ids"]), would["derived"], would["by_type"]) == (sorted([id, drawn]), [drawn], {"fact": 2})
    shown = ew("erase", id, "--dry-run")
    assert "I live by the sea" in shown.stdout
    assert drawn in shown.stderr
    assert ew.json("stats")["versions"] == 2


def test_a_receipt_is_verified(ew: "CommandLine", tmp_path: Path) -> None:
    """The receipt that a command printed is taken by another, which tells whether anything came back, by its exit code too."""
    id = _remember(ew, "I live in Porto")
    ew("export", str(tmp_path / "all.jsonl"))
    printed = ew("erase", id, "--yes", "--json", "--by", "Ana", "--reason", "asked for").stdout
    receipt = json.loads(printed)
    assert (receipt["by"], receipt["reason"], receipt["compacted"], receipt["remaining"]) == ("Ana", "asked for", True, 0)
    (tmp_path / "receipt.json").write_text(printed)
    assert ew.json("verify", str(tmp_path / "receipt.json")) == {"gone": True, "memories": 1, "versions_left": 0}
    assert ew.json("take-in", str(tmp_path / "all.jsonl")) == {"versions": 1}
    assert "there again" in ew("verify", "-", stdin=printed, code=1).stdout
    assert "no receipt" in ew.error("verify", str(tmp_path / "all.jsonl"))
    assert "cannot be read" in ew.error("verify", str(tmp_path / "none"))


def test_compacting_later(ew: "CommandLine") -> None:
    """Where the files were not rewritten at once, the command says so, doctor says so, and `compact` does it."""
    told = ew("erase", _remember(ew, "I live in Porto"), "--yes", "--no-compact")
    assert "erstwhile compact" in told.stderr
    assert "erstwhile compact" in ew("doctor").stdout
    assert ew.json("compact") == {"compacted": True}
    assert "erstwhile compact" not in ew("doctor").stdout
    assert "No byte" in ew("compact").stdout


def test_backups_are_named(ew: "CommandLine") -> None:
    """Whoever erases learns which backups may still hold it; a list that cannot be read names none."""
    ids = [_remember(ew, text) for text in ("I live in Porto", "I work at Acme")]
    (ew.store / "backups.json").write_text(json.dumps([{"path": "/backups/monday", "at": "2025-01-01T00:00:00Z", "versions": 2}, {"path": 7}, "x"]))
    told = ew("erase", ids[0], "--yes")
    assert "/backups/monday" in told.stderr
    (ew.store / "backups.json").write_text("{")
    assert ew.json("erase", ids[1], "--yes")["backups"] == []


def test_a_user_everywhere(ew: "CommandLine") -> None:
    """One user is listed, exported and erased in all scopes, and only when named as such."""
    for scope in (("--user", "bo"), ("--user", "bo", "--project", "house"), ("--user", "ana")):
        _remember(ew, "I live in Porto", *scope)
    assert {tuple(filter(None, each["scope"].values())) for each in ew.json("scopes", "--user", "bo")} == {("bo",), ("bo", "house")}
    assert '{"user":"ana"}' in ew("scopes").stdout
    file = ew.store.parent / "bo.md"
    assert ew.json("export", str(file), "--user", "bo", "--everything", "--form", "markdown")["versions"] == 2
    assert file.read_text(encoding="utf-8").count("> I live in Porto") == 2
    for wrong in (
        ("erase", "--everywhere", "--yes"),
        ("erase", "--everywhere", "--user", "bo", "--project", "house", "--yes"),
        ("export", "x", "--everything"),
    ):
        assert "--user" in ew.error(*wrong)
    assert len(ew.json("erase", "--everywhere", "--user", "bo", "--dry-run")) == 2
    receipts = ew.json("erase", "--everywhere", "--user", "bo", "--yes")
    assert [receipt["versions"] for receipt in receipts] == [1, 1]
    assert ew.json("stats", "--user", "ana")["versions"] == 1
    assert ew.json("scopes", "--user", "bo") == []


def test_expiring(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """The policy's lengths are set and shown; what has expired is shown, asked about, and erased."""
    ew("policy", "--keep", "observation=90 days", "--keep", "error=P7D")
    assert ew.json("policy")["policy"]["retention"] == {"observation": "P90D", "error": "P7D"}
    assert "90 days" in ew("policy", "--keep", "error=ever").stdout
    assert "is no length of time" in ew.error("policy", "--keep", "error")
    assert "--keep" in ew("policy", "--help").stdout
    assert ew.json("remember", "Ana hums", "--type", "observation")["version"]["expires_at"]
    gone = _remember(ew, "The sale is on", "--from", "2020-01-01", "--expires", "2020-02-01")
    assert [each["memory_ids"] for each in ew.json("expire", "--dry-run")] == [[gone]]
    assert "--yes" in ew.error("expire")
    monkeypatch.setattr("erstwhile.cli.erasing._can_ask", lambda: True)
    assert "The sale is on" in ew("expire", stdin="n\n", code=1).stderr
    (receipt,) = ew.json("expire", "--yes")
    assert receipt["memory_ids"] == [gone]
    assert ew.json("expire", "--yes") == []
    assert "Nothing has expired" in ew("expire", "--yes").stderr
