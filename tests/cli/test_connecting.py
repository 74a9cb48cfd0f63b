"""The commands `connect` and `disconnect`, which hand on to erstwhile-mcp."""

import json
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import CommandLine


def test_connect_is_handed_on(ew: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All arguments reach the program of erstwhile-mcp, help included, and its exit code comes back."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    entry = json.loads(ew("connect", "--print", "--project", "shop", "--read-only").stdout)["mcpServers"]["erstwhile"]
    assert entry["args"][2:] == ["--project", "shop", "--read-only"]
    ew("connect", "cursor", "--yes")
    assert "erstwhile" in (tmp_path / ".cursor/mcp.json").read_text()
    ew("disconnect", "cursor", "--yes")
    assert "erstwhile" not in (tmp_path / ".cursor/mcp.json").read_text()
    assert "claude-code" in ew("connect", "--help").stdout
    ew("connect", "nobody", code=2)
    (tmp_path / ".cursor/mcp.json").write_text("[]")
    ew("connect", "cursor", "--yes", code=1)


def test_without_the_server_its_install_line_is_told(ew: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has erstwhile alone learns what to install."""
    monkeypatch.setitem(sys.modules, "erstwhile_mcp.program", None)
    monkeypatch.setitem(sys.modules, "erstwhile_mcp", None)
    assert "pip install erstwhile-mcp" in ew.error("connect", "cursor")
