"""The commands that connect clients of the Model Context Protocol: connect, disconnect. The program that does it comes with erstwhile-mcp."""

from importlib import import_module

import typer

from erstwhile.cli.output import complain
from erstwhile.errors import MissingDependencyError

__all__ = ["PASSED_ON", "connect", "disconnect"]

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""How these commands read their arguments: not at all, help included; all of it is handed on."""


def connect(context: typer.Context) -> None:
    """Put the memory into the configuration of a client: Claude Code, Claude Desktop, Cursor, VS Code, Windsurf, Gemini CLI or Codex. What would be written is
    shown first, and the file as it was is kept. It is `erstwhile-mcp connect`, needs erstwhile-mcp, and has its options instead of those of every command;
    `erstwhile connect --help` lists them."""
    _hand_on("connect", context.args)


def disconnect(context: typer.Context) -> None:
    """Take the memory out of the configuration of a client again. It is `erstwhile-mcp disconnect`."""
    _hand_on("disconnect", context.args)


def _hand_on(command: str, arguments: list[str]) -> None:
    try:
        program = import_module("erstwhile_mcp.program")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "erstwhile_mcp":
            raise
        complain(MissingDependencyError(f"`erstwhile {command}` needs erstwhile-mcp; install it with: pip install erstwhile-mcp"), json=False)
        raise typer.Exit(1) from None
    raise typer.Exit(program.main([command, *arguments]))
