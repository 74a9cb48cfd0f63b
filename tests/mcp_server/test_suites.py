"""The official conformance suite and the MCP Inspector, against the server with its tokens and checks."""

import asyncio
import json
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer
from tests.mcp_server import node, web
from tests.mcp_server.processes import environment
from tests.mcp_server.suite_fixtures import add_fixtures

import erstwhile
import erstwhile_mcp.http

pytestmark = pytest.mark.slow

EXPECTED = Path(__file__).with_name("expected_failures.yml")


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
async def test_the_official_suite(engine: erstwhile.Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, revision: str) -> None:
    """Everything that a revision of the protocol requires of a server, but for what the file of expected failures gives reasons for."""
    build = erstwhile_mcp.http.build

    def with_fixtures(*arguments: Any, **more: Any) -> MCPServer[None]:  # noqa: ANN401 - what `build` takes
        server = build(*arguments, **more)
        add_fixtures(server)
        return server

    def with_token(app: Any) -> Any:  # noqa: ANN401 - ASGI
        # The suite has no way to give one.
        async def called(scope: MutableMapping[str, Any], receive: object, send: object) -> None:
            if scope["type"] == "http" and not any(name == b"authorization" for name, _ in scope["headers"]):
                scope = {**scope, "headers": [*scope["headers"], (b"authorization", b"Bearer token-of-ana-0123456789")]}
            await app(scope, receive, send)

        return called

    monkeypatch.setattr(erstwhile_mcp.http, "build", with_fixtures)
    created = web.create_app
    monkeypatch.setattr(web, "create_app", lambda *arguments, **more: with_token(created(*arguments, **more)))
    async with web.served(engine) as url:
        options = ("--url", url, "--requirements", revision, "--expected-failures", str(EXPECTED), "-o", str(tmp_path))
        ran = await asyncio.to_thread(node.run, "conformance", "server", *options)
    assert ran.returncode == 0, ran.stdout[ran.stdout.find("=== SUMMARY") :] + ran.stderr
    assert "tools-list: " in ran.stdout


@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.parametrize("method", ["tools/list", "resources/list", "resources/templates/list", "prompts/list"])
def test_the_inspector_finds_nothing_to_complain_of(tmp_path: Path, method: str, era: str) -> None:
    """MCP Inspector reads what the server offers, in both eras of the protocol; its strict check is of tools alone."""
    strict = ("--strict",) if method == "tools/list" else ()
    listed = _inspect(tmp_path, "--method", method, "--protocol-era", era, *strict)
    assert len(next(iter(value for value in json.loads(listed).values() if isinstance(value, list)))) >= 1


def test_the_inspector_calls_a_tool(tmp_path: Path) -> None:
    """A call from another program's command line."""
    said = _inspect(tmp_path, "--method", "tools/call", "--tool-name", "remember", "--tool-arg", "content=Ana lives in Porto.")
    assert json.loads(said)["structuredContent"]["action"] == "remembered"


def _inspect(tmp_path: Path, *options: str) -> str:
    # A client passes on to its servers only what it is told to.
    own = [f"{name}={value}" for name, value in environment(tmp_path / "home").items() if name.startswith("ERSTWHILE_")]
    given = [word for each in own for word in ("-e", each)]
    ran = node.run("mcp-inspector", "--cli", *given, sys.executable, "-m", "erstwhile_mcp", *options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
