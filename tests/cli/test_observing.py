"""Keeping conversations from the command line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

TURNS = [
    {"session": "1", "role": "user", "content": "Hi! I live in Porto.", "at": "2024-01-01T10:00:00Z"},
    {"session": "1", "role": "assistant", "content": "How nice!", "at": "2024-01-01T10:00:10Z"},
    {"session": "2", "role": "user", "content": "I live in Lisbon now.", "at": "2025-01-01T10:00:00Z"},
]


@pytest.fixture
def talk(tmp_path: Path) -> str:
    """A file with a conversation in two sessions."""
    path = tmp_path / "talk.jsonl"
    path.write_text("\n".join(map(json.dumps, TURNS)), encoding="utf-8")
    return str(path)


def test_it_tells_what_was_kept_and_drawn(ew: "CommandLine", talk: str) -> None:
    """Every turn is kept; each memory drawn from them is listed with what it did to others, and why."""
    result = ew("observe", talk)
    assert result.stderr == "3 turns of 2 sessions kept word for word; 2 memories drawn.\n"
    first, second = (line.split("\t") for line in result.stdout.splitlines())
    assert (first[1], first[2], first[3], first[-1]) == ("remembered", "fact", "2024-01-01 10:00", "I live in Porto.")
    assert second[1] == "superseded"
    assert " why: " in second[-1]
    assert ew.json("stats")["turns"] == 3


def test_observing_again_draws_nothing_twice(ew: "CommandLine", talk: str) -> None:
    """A file can be read again after it has grown."""
    first = ew.json("observe", talk)
    assert [outcome["action"] for outcome in first["outcomes"]] == ["remembered", "superseded"]
    second = ew.json("observe", talk)
    assert [turn["id"] for turn in second["turns"]] == [turn["id"] for turn in first["turns"]]
    assert {outcome["action"] for outcome in second["outcomes"]} == {"unchanged"}
    assert ew("observe", talk).stderr.endswith("0 memories drawn.\n")


def test_turns_alone_can_be_kept(ew: "CommandLine", talk: str) -> None:
    """With --no-draw the turns are evidence and nothing else."""
    result = ew("observe", talk, "--no-draw")
    assert (result.stdout, result.stderr) == ("", "3 turns of 2 sessions kept word for word.\n")
    counts = ew.json("stats")
    assert (counts["turns"], counts["holding"]) == (3, 0)


def test_a_file_that_cannot_be_used(ew: "CommandLine", tmp_path: Path, talk: str) -> None:
    """A missing or broken file, or a conversation that is not there, is one clean line, and no store is left behind."""
    assert "cannot be read" in ew.error("observe", str(tmp_path / "none.jsonl"))
    assert "holds no conversation 2" in ew.error("observe", talk, "--conversation", "2")
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"role": "user", "content": "x", "at": "noon"}', encoding="utf-8")
    assert "broken.jsonl, line 1: at" in ew.error("observe", str(broken))
    assert not ew.store.exists()
    ew("observe", code=2)
