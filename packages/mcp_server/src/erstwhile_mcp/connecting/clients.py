"""The clients that can be connected: where each keeps its configuration, and what an entry looks like in it.

The places were checked on 2026-11-21 against the clients' public documentation and the installers of other servers. A client that is not here takes what
``erstwhile-mcp connect --print`` shows, by hand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from platformdirs import user_config_path

from erstwhile_mcp.settings import codex_home

__all__ = ["CLIENTS", "Client", "Entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a client starts the server.

    Attributes:
        command: The program, with its whole path: clients that are started from a desktop have a short search path.
        arguments: What it is given.
        environment: Variables that it needs.
    """

    command: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def plain(self, *, kind: str | None) -> dict[str, Any]:
        """As a configuration has it; with ``kind`` for those that name it."""
        parts: dict[str, Any] = {} if kind is None else {"type": kind}
        parts |= {"command": self.command, "args": list(self.arguments)}
        return parts | ({"env": dict(self.environment)} if self.environment else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One client.

    Attributes:
        name: What people call it.
        path: Where it keeps the user's configuration.
        section: Under which key its servers stand.
        kind: What it calls a server over stdio, where it wants that said.
        toml: Whether the file is TOML; otherwise JSON.
        after: What to do for it to take notice.
    """

    name: str
    path: Callable[[], Path]
    section: str = "mcpServers"
    kind: str | None = None
    toml: bool = False
    after: str


def _config(name: str) -> Path:
    # Linux: $XDG_CONFIG_HOME or ~/.config; macOS: ~/Library/Application Support; Windows: %APPDATA%.
    return user_config_path(name, appauthor=False, roaming=True)


CLIENTS: Final[Mapping[str, Client]] = {
    "claude-code": Client(
        name="Claude Code", path=lambda: Path.home() / ".claude.json", kind="stdio", after="Start a new session; /mcp shows whether it is connected."
    ),
    "claude-desktop": Client(
        name="Claude Desktop",
        path=lambda: _config("Claude") / "claude_desktop_config.json",
        after="Quit Claude Desktop altogether, and start it again.",
    ),
    "cursor": Client(
        name="Cursor", path=lambda: Path.home() / ".cursor" / "mcp.json", after="Cursor takes notice by itself; Settings, MCP shows whether it is connected."
    ),
    "vscode": Client(
        name="VS Code",
        path=lambda: _config("Code") / "User" / "mcp.json",
        section="servers",
        kind="stdio",
        after="Run the command MCP: List Servers, and start erstwhile.",
    ),
    "windsurf": Client(
        name="Windsurf", path=lambda: Path.home() / ".codeium" / "windsurf" / "mcp_config.json", after="Press Refresh in Windsurf's list of MCP servers."
    ),
    "gemini-cli": Client(
        name="Gemini CLI", path=lambda: Path.home() / ".gemini" / "settings.json", after="Start it again; /mcp shows whether it is connected."
    ),
    "codex": Client(
        name="Codex",
        path=lambda: (codex_home() or Path.home() / ".codex") / "config.toml",
        section="mcp_servers",
        toml=True,
        after="Start a new session; codex mcp list shows it.",
    ),
}
