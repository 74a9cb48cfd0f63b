"""The reference lists what there is."""

import re
from pathlib import Path

import erstwhile
from erstwhile_mcp import ServerSettings, create_server, settings
from erstwhile_mcp.connecting import CLIENTS
from erstwhile_mcp.connecting.program import parser as connect_parser
from erstwhile_mcp.program import parser

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "reference/mcp-server.md").read_text(encoding="utf-8")


async def test_every_tool_resource_and_prompt_is_listed(engine: erstwhile.Engine) -> None:
    """Each opens a row of a table."""
    server = create_server(ServerSettings(user="ana", admin=True), engine=engine)
    names = [tool.name for tool in await server.list_tools()] + [prompt.name for prompt in await server.list_prompts()]
    names += [str(resource.uri) for resource in await server.list_resources()] + [each.uri_template for each in await server.list_resource_templates()]
    assert not [name for name in names if f"| `{name}` |" not in PAGE]


def test_every_option_and_variable_is_listed() -> None:
    """Options of the server and of connect, and the variables that the adapter reads."""
    options = [option for top in (parser(), connect_parser()) for option in re.findall(r"--[a-z-]+", top.format_help())]
    variables = re.findall(r"ERSTWHILE_(?:TENANT|AGENT|PROJECT|WORKSPACE|READ_ONLY|ADMIN|MCP_TOKEN)", settings.__doc__ or "")
    assert not [name for name in (*options, *variables) if name != "--help" and f"`{name}`" not in PAGE]


def test_every_client_has_a_section() -> None:
    """A new user finds what to do for their client."""
    page = (DOCS / "how-to/mcp.md").read_text(encoding="utf-8")
    assert not [client for client in CLIENTS.values() if f"### {client.name}\n" not in page]
