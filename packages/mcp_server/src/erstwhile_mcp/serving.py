"""The SDK's server, stricter in what it takes and plainer in what it says."""

import logging
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, Final

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, GetPromptResult, InputRequiredResult, Tool
from pydantic import ValidationError

from erstwhile_mcp.wire import Answers, Wire

__all__ = ["MemoryServer"]

NEAR: Final = 0.75
"""How alike a slip of the pen and the word that was meant are, by difflib."""

log = logging.getLogger("erstwhile_mcp")


class MemoryServer(MCPServer[None]):
    """A server whose tools refuse arguments that they do not know: what a slip of the pen would lose silently, such as ``valid_form``, is told.

    Args:
        name: Its name.
        listed: Called each time that the tools were listed.
        more: What the SDK's server takes.
    """

    def __init__(self, name: str, *, listed: Callable[[], None], **more: Any) -> None:  # noqa: ANN401 - as the SDK has it
        super().__init__(name, **more)
        self._listed = listed

    async def list_tools(self) -> list[Tool]:
        """The tools."""
        tools = await super().list_tools()
        self._listed()
        return tools

    def add_tool(self, fn: Callable[..., Any], name: str | None = None, *rest: Any, **more: Any) -> None:  # noqa: ANN401 - as the SDK has it
        """Add a tool; its docstring, unwrapped, describes it, and its schema says that there are no other arguments."""
        more["description"] = " ".join((more.get("description") or fn.__doc__ or "").split())
        super().add_tool(fn, name, *rest, **more)
        if (tool := self._tool_manager.get_tool(name or fn.__name__)) is not None:
            tool.parameters["additionalProperties"] = False

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None) -> CallToolResult | InputRequiredResult:
        """Call a tool.

        Raises:
            ToolError: An argument is unknown or cannot be used, each named, or the tool failed.
        """
        tool = self._tool_manager.get_tool(name)
        if tool is not None and (unknown := sorted(arguments.keys() - tool.parameters["properties"].keys())):
            raise ToolError(f"{name} takes no {_listed(unknown, tool.parameters['properties'])} Nothing was done.")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError) and not isinstance(error, UnexpectedToolError):
                # Without what was given: it may be long, and the caller knows it.
                raise ToolError(f"{name}: {_wrong(error.__cause__)} Nothing was done.") from None
            raise

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[None, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Get a prompt.

        Raises:
            MCPError: There is none of that name, or an argument is missing or cannot be used.
        """
        try:
            return await super().get_prompt(name, arguments, context)
        except ValueError as error:
            raise MCPError(code=INVALID_PARAMS, message=str(error)) from None

    async def run_stdio_async(self) -> None:
        """Serve over stdin and stdout. Each line gets an answer, also one that cannot be read. A client that is gone is the end, and no error."""
        try:
            async with stdio_server() as (messages, stream):
                answers = Answers(stream)
                await self._lowlevel_server.run(Wire(messages, answers), answers, self._lowlevel_server.create_initialization_options())
        except* OSError as gone:
            log.info("The client reads no more: %s.", type(gone.exceptions[0]).__name__)


def _listed(unknown: list[str], known: dict[str, Any]) -> str:
    first = f"argument {unknown[0]!r:.60}" if len(unknown) == 1 else f"arguments {', '.join(f'{each!r:.60}' for each in unknown[:5])}"
    near = get_close_matches(unknown[0][:60], known, n=1, cutoff=NEAR)
    return f"{first}; did you mean {near[0]}?" if near else f"{first}; it takes {', '.join(known) or 'none'}."


def _wrong(error: ValidationError) -> str:
    parts = [f"{'.'.join(map(str, each['loc'])) or 'the arguments'}: {each['msg']}." for each in error.errors(include_url=False, include_input=False)]
    return " ".join(parts[:5]) + (f" And {len(parts) - 5} more." if len(parts) > 5 else "")
