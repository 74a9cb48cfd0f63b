"""Backing up and restoring on the command line."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import CommandLine


def test_a_backup_is_restored_into_another_store(ew: "CommandLine", tmp_path: "Path") -> None:
    """What was backed up is there again, in a folder of its own, and both commands say how much it was."""
    ew("remember", "I live in Porto")
    assert "holds 1 version, as of" in ew("backup", str(tmp_path / "a.backup")).stdout
    again = str(tmp_path / "again")
    assert f"{again} now holds 1 version, as of" in ew("restore", str(tmp_path / "a.backup"), "--store", again).stdout
    assert [hit["version"]["content"] for hit in ew.json("recall", "where do I live?", "--store", again)["hits"]] == ["I live in Porto"]
    made = ew.json("backup", str(tmp_path / "b.backup"))
    assert (made["path"], made["versions"], made["fingerprint"]) == (str(tmp_path / "b.backup"), 1, "hashing-64@1")


def test_a_store_gives_way_only_where_that_is_said(ew: "CommandLine", tmp_path: "Path") -> None:
    """Without --replace a store stays as it is; with it, its data is kept beside the new."""
    ew("remember", "I live in Porto")
    ew("backup", str(tmp_path / "a.backup"))
    ew("remember", "I like tea")
    assert "holds a store" in ew.error("restore", str(tmp_path / "a.backup"))
    assert json.loads(ew("stats", "--json").stdout)["versions"] == 2
    ew("restore", str(tmp_path / "a.backup"), "--replace")
    assert json.loads(ew("stats", "--json").stdout)["versions"] == 1
    assert (ew.store / "shard.before-1").is_dir()


def test_a_damaged_backup_is_told_in_one_line(ew: "CommandLine", tmp_path: "Path") -> None:
    """What is wrong, and what to do, without a traceback."""
    ew("remember", "I live in Porto")
    ew("backup", str(tmp_path / "a.backup"))
    (tmp_path / "a.backup").write_bytes((tmp_path / "a.backup").read_bytes()[:-9])
    assert "Use another backup" in ew.error("restore", str(tmp_path / "a.backup"), "--store", str(tmp_path / "again"))
    assert "is no file" in ew.error("restore", str(tmp_path / "b.backup"), "--store", str(tmp_path / "again"))
