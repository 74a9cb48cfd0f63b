"""The commands that keep a scope in order."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def _copies(ew: "CommandLine", text: str = "Tea is at five") -> list[str]:
    return [ew.json("remember", text, "--no-relate", "--type", "fact", "--key", key)["version"]["memory_id"] for key in ("a", "b")]


def test_an_audit_tells_what_it_finds(ew: "CommandLine") -> None:
    """What was found is listed with what memories say, counted, and as JSON; nothing is changed."""
    assert "Nothing was found." in ew("audit").stderr
    ids = _copies(ew)
    told = ew("audit")
    assert told.stdout.count("Tea is at five") == 2
    assert told.stdout.startswith(f"{ids[0]}\tduplicate\tmerge\t")
    assert "2 versions looked at: 1 duplicate." in told.stderr
    found = ew.json("audit", "--kind", "duplicate")
    assert (found["counts"], [each["memory_ids"] for each in found["findings"]]) == ({"duplicate": 1}, [ids])
    assert "repairs" not in found
    assert ew.json("audit", "--kind", "stale")["findings"] == []
    assert ew.json("stats")["versions"] == 2


def test_repairs_are_listed_before_they_are_done(ew: "CommandLine") -> None:
    """--repair lists, --apply does it, and what it prints undoes it."""
    _copies(ew)
    assert "--repair --apply" in ew("audit", "--repair").stderr
    assert [each["applied"] for each in ew.json("audit", "--repair")["repairs"]] == [False]
    assert ew.json("stats")["versions"] == 2
    told = ew("audit", "--repair", "--apply").stdout
    assert ew.json("stats")["holding"] == 1
    ew("undo", told.split("`erstwhile undo ")[1].split("`")[0])
    assert ew.json("stats")["holding"] == 2
    assert "Nothing to repair" in ew("audit", "--repair", "--kind", "stale").stderr
    assert "--repair --apply" in ew.error("audit", "--apply")
    assert "kind of finding" in ew.error("audit", "--kind", "rotten")


def test_secrets_are_told_and_never_printed(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A secret from before the guard is told by its kind; no output has it; it is erased only where its kind is named."""
    (tmp_path / "policy.toml").write_text('secrets = "keep"\n')
    monkeypatch.setenv("ERSTWHILE_POLICY", str(tmp_path / "policy.toml"))
    ids = _copies(ew, f"The token is {TOKEN}")
    monkeypatch.delenv("ERSTWHILE_POLICY")
    for options in ([], ["--json"], ["--repair"], ["--repair", "--json"]):
        told = ew("audit", *options)
        assert TOKEN not in told.stdout + told.stderr
        assert "duplicate" in told.stdout
    assert "api-key in content" in ew("audit").stdout
    assert TOKEN not in (applied := ew("audit", "--repair", "--apply", "--json")).stdout
    assert [each["finding"]["repair"] for each in json.loads(applied.stdout)["repairs"]] == ["merge"]
    told = ew("audit", "--repair", "--apply", "--kind", "secret", "--by", "Ana")
    assert "Erased" in told.stdout
    assert TOKEN not in told.stdout + told.stderr
    assert ew.json("stats")["versions"] == 0
    assert len(ids) == 2


def test_consolidating(ew: "CommandLine") -> None:
    """A dry run shows the plan; the command carries it out and shows what undoes it; a second time there is nothing to do."""
    _copies(ew)
    ew("remember", "Ana hums", "--type", "observation", "--from", "2020-01-01")
    told = ew("consolidate", "--dry-run")
    assert ("merge" in told.stdout, "fade" in told.stdout, "Nothing was changed" in told.stderr) == (True, True, True)
    assert [step["kind"] for step in ew.json("consolidate", "--dry-run", "--step", "fade")["steps"]] == ["fade"]
    assert ew.json("stats")["versions"] == 3
    lines = ew("consolidate").stdout.splitlines()
    assert [line.split("\t")[1] for line in lines] == ["merge", "fade"]
    assert "There is nothing to do." in ew("consolidate").stderr
    for line in lines:
        ew("undo", line.split("\t")[0])
    assert ew.json("stats")["holding"] == 3
    assert "language model" in ew.error("consolidate", "--step", "summarise")
    assert "--limit" in ew("consolidate", "--limit", "1").stderr
