"""The command `transfer`."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import CommandLine


def test_there_and_back(ew: "CommandLine", tmp_path: "Path") -> None:
    """A dry run says what would be done; the command does it, says what it checked, and brings what is new when it is run again."""
    ew("remember", "I live in Porto")
    target = str(tmp_path / "target")
    assert "Nothing was done" in ew("transfer", str(ew.store), target, "--dry-run").stdout
    assert not (tmp_path / "target").exists()
    said = ew("transfer", str(ew.store), target).stdout
    assert f"{target} holds the 1 version of {ew.store}" in said
    assert "their vectors as they are; 1 version written. Both were compared" in said
    ew("remember", "I like tea")
    again = json.loads(ew("transfer", str(ew.store), target, "--json").stdout)
    assert (again["versions"], again["copied"], again["resumed"], again["embedded"]) == (2, 1, True, False)
    assert ew.json("recall", "where do I live?", "--store", target)["hits"][0]["version"]["content"] == "I live in Porto"


def test_what_is_refused(ew: "CommandLine", tmp_path: "Path") -> None:
    """A part of a store is not what it takes; what it cannot do is told in a line, with what to do."""
    ew("remember", "I live in Porto")
    target = str(tmp_path / "target")
    assert "leave out --store" in ew.error("transfer", str(ew.store), target, "--user", "ana")
    assert "leave out --store" in ew.error("transfer", str(ew.store), target, "--store", target)
    assert "There is no store at" in ew.error("transfer", str(tmp_path / "nowhere"), target)
    (tmp_path / "server.toml").write_text("shards = 3")
    assert "shards is no setting of a server" in ew.error("transfer", str(ew.store), target, "--server", str(tmp_path / "server.toml"))
    assert "cannot be read" in ew.error("stats", "--server", str(tmp_path / "none.toml"))
    assert not (tmp_path / "target").exists()
