"""The policy on the command line."""

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from erstwhile import MemoryType, Policy, Rule

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine


def _file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "policy.toml"


def test_the_policy_is_shown_with_its_meaning(ew: "CommandLine", tmp_path: Path) -> None:
    """A reader sees the rule of every type and what it means, the trust in every source, every threshold, and where the file would be."""
    printed = ew("policy").stdout
    assert printed.startswith(f"As shipped; your own would be in {_file(tmp_path)}")
    for kind in MemoryType:
        assert f"\n{kind} " in printed
    for part in ("stated", "least_confidence", "0.7", Rule.CLOSE.meaning):
        assert part in printed
    told = ew.json("policy")
    assert (told["file"], told["exists"]) == (str(_file(tmp_path)), False)
    assert Policy.of(told["policy"]) == Policy()
    assert told["meanings"]["guard"] == Rule.GUARD.meaning
    assert not _file(tmp_path).exists()


def test_a_rule_is_set_and_counts(ew: "CommandLine", tmp_path: Path) -> None:
    """A rule that was set is in the file, is shown as changed, and decides about the next memory."""
    told = ew.json("policy", "--set", "fact=accumulate", "--set", " Goal = CLOSE")
    assert (told["exists"], told["policy"]["rules"]["fact"], told["policy"]["rules"]["goal"]) == (True, "accumulate", "close")
    assert tomllib.loads(_file(tmp_path).read_text(encoding="utf-8"))["rules"]["goal"] == "close"
    printed = ew("policy").stdout
    assert printed.startswith(f"From {_file(tmp_path)}\n")
    assert printed.count("Shipped: supersede.") == 2
    ew("remember", "I live in Porto", "--from", "2024-01-01")
    assert ew.json("remember", "I live in Lisbon", "--from", "2025-01-01")["action"] == "remembered"


def test_what_is_set_already_stays(ew: "CommandLine", tmp_path: Path) -> None:
    """Setting one rule leaves the other rules, the trust and the thresholds of the file as they are, and leaves no other file behind."""
    _file(tmp_path).parent.mkdir()
    _file(tmp_path).write_text('retire_at = 0.9\n[rules]\nevent = "supersede"\n[trust]\ntool = 3\n', encoding="utf-8")
    ew("policy", "--set", "goal=close")
    kept = Policy.of(tomllib.loads(_file(tmp_path).read_text(encoding="utf-8")))
    assert (kept.retire_at, kept.trust["tool"]) == (0.9, 3)  # type: ignore[index]
    assert (kept.rules[MemoryType.EVENT], kept.rules[MemoryType.GOAL]) == (Rule.SUPERSEDE, Rule.CLOSE)
    assert [path.name for path in _file(tmp_path).parent.iterdir()] == ["policy.toml"]


def test_reset_goes_back_to_the_shipped_policy(ew: "CommandLine") -> None:
    """With --reset nothing of one's own is left; what is set in the same call counts after it."""
    ew("policy", "--set", "goal=close", "--set", "fact=guard")
    told = ew.json("policy", "--reset", "--set", "goal=guard")
    assert (told["policy"]["rules"]["fact"], told["policy"]["rules"]["goal"]) == ("supersede", "guard")
    assert Policy.of(ew.json("policy", "--reset")["policy"]) == Policy()


def test_the_file_that_is_named_is_the_one_that_is_written(ew: "CommandLine", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ERSTWHILE_POLICY says which file is read and written; a link to it stays a link."""
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("", encoding="utf-8")
    link.symlink_to(real)
    monkeypatch.setenv("ERSTWHILE_POLICY", str(link))
    assert ew.json("policy", "--set", "goal=close")["file"] == str(link)
    assert link.is_symlink()
    assert 'goal = "close"' in real.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("goal", "'goal' is not a rule for a type; write type=rule"),
        ("goal=closing", "'closing' is not a rule; choose one of supersede, accumulate, close, guard"),
        ("goal=", "'' is not a rule"),
        ("=close", "'' is not a memory type"),
        ("wish=close", "'wish' is not a memory type"),
    ],
)
def test_a_rule_that_cannot_be_used(ew: "CommandLine", tmp_path: Path, given: str, said: str) -> None:
    """A wrong type or rule is named with what can be chosen, and nothing is written, not even what was right in the same call."""
    assert said in ew.error("policy", "--set", "fact=guard", "--set", given)
    assert not _file(tmp_path).exists()
    failed = ew("policy", "--set", given, "--json", code=1)
    assert said in json.loads(failed.stderr)["error"]["message"]


def test_a_file_that_cannot_be_used(ew: "CommandLine", tmp_path: Path) -> None:
    """A broken policy stops every command that needs it, in a line that names the file and what is wrong."""
    _file(tmp_path).parent.mkdir()
    _file(tmp_path).write_text('[rules]\ngoal = "never"\n', encoding="utf-8")
    for command in (("policy",), ("remember", "x"), ("policy", "--set", "goal=close")):
        error = ew.error(*command)
        assert str(_file(tmp_path)) in error
        assert "'never' is not a rule" in error
    assert "never" in _file(tmp_path).read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written(ew: "CommandLine", tmp_path: Path) -> None:
    """Where the file cannot be written, the error says which, and that another can be chosen."""
    (tmp_path / "home" / "policy.toml.new").mkdir(parents=True)
    error = ew.error("policy", "--set", "goal=close")
    assert str(_file(tmp_path)) in error
    assert "ERSTWHILE_POLICY" in error
    assert not _file(tmp_path).exists()
