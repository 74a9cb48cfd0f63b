"""Other people's clients: fastmcp's, LlamaIndex's and LangChain's, over stdio and over HTTP."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.mcp_server.processes import LIMIT, environment
from tests.mcp_server.web import served

import erstwhile

pytestmark = pytest.mark.slow

TRANSPORTS = ("stdio", "http")
TOKEN = "token-of-ana-0123456789"
TOLD, ASKED = {"content": "Ana lives in Porto."}, {"query": "Where does Ana live?"}


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """What a client passes on to the server that it starts."""
    return {name: value for name, value in environment(tmp_path / "home").items() if name.startswith("ERSTWHILE_")}


@asynccontextmanager
async def _fastmcp(transport: str, given: dict[str, str], engine: erstwhile.Engine) -> AsyncIterator[Any]:
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport

    if transport == "stdio":
        async with Client(StdioTransport(sys.executable, ["-m", "erstwhile_mcp"], env=given), timeout=LIMIT) as client:
            yield client
    else:
        async with served(engine) as url, Client(url, auth=TOKEN, timeout=LIMIT) as client:
            yield client


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_fastmcp(engine: erstwhile.Engine, given: dict[str, str], transport: str) -> None:
    """fastmcp's client lists the tools, gets structured answers, reads a resource and takes a prompt."""
    async with _fastmcp(transport, given, engine) as client:
        assert len(await client.list_tools()) == 10
        assert (await client.call_tool("remember", TOLD)).structured_content["action"] == "remembered"
        assert [hit["content"] for hit in (await client.call_tool("recall", ASKED)).structured_content["hits"]] == ["Ana lives in Porto."]
        assert "Porto" in (await client.read_resource("memory://recent"))[0].text
        assert len(await client.list_prompts()) == 3


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_llama_index(engine: erstwhile.Engine, given: dict[str, str], transport: str) -> None:
    """LlamaIndex's client makes function tools of ours, with schemas that it can read, and calls them."""
    from llama_index.tools.mcp import BasicMCPClient, McpToolSpec

    async def use(client: BasicMCPClient) -> None:
        tools = {tool.metadata.name: tool for tool in await McpToolSpec(client=client).to_tool_list_async()}
        assert len(tools) == 10
        assert "remembered" in str(await tools["remember"].acall(**TOLD))
        assert "Ana lives in Porto." in str(await tools["recall"].acall(**ASKED))

    if transport == "stdio":
        await use(BasicMCPClient(sys.executable, ["-m", "erstwhile_mcp"], env=given, timeout=int(LIMIT)))
    else:
        async with served(engine) as url, httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=LIMIT) as http:
            await use(BasicMCPClient(url, timeout=int(LIMIT), http_client=http))


@pytest.mark.filterwarnings("ignore:.*langchain.mcp")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_langchain(engine: erstwhile.Engine, given: dict[str, str], transport: str) -> None:
    """LangChain's adapter makes tools of ours, and calls them."""
    from langchain.mcp import MCPAdapter

    async with _fastmcp(transport, given, engine) as client, MCPAdapter(client) as adapter:
        tools = {tool.name: tool for tool in await adapter.list_tools()}
        assert len(tools) == 10
        assert "remembered" in str(await tools["remember"].ainvoke(TOLD))
        assert "Ana lives in Porto." in str(await tools["recall"].ainvoke(ASKED))
