"""Servers in this process, on stores that need no model, and servers in processes of their own."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from mcp.client import Client
from mcp.types import CallToolResult

import erstwhile
from erstwhile.embed import HashingEmbedder
from erstwhile_mcp import ServerSettings, create_server

MODES = ("auto", "legacy", "2026-07-28")

Connect = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def engine() -> Iterator[erstwhile.Engine]:
    """A store in memory, with an embedder that needs no model."""
    with erstwhile.open(":memory:", model=HashingEmbedder()) as opened:
        yield opened


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """Each way in which the SDK's client speaks: what it finds out, the older protocol, the newer."""
    return str(request.param)


@pytest.fixture
def connect(engine: erstwhile.Engine) -> Connect:
    """Connects a client to a server of the engine, in memory."""

    @asynccontextmanager
    async def connected(settings: ServerSettings | None = None, *, mode: str = "auto", **client: Any) -> AsyncIterator[Client]:  # noqa: ANN401 - what a client takes
        async with Client(create_server(settings or ServerSettings(user="ana"), engine=engine), mode=mode, **client) as opened:
            yield opened

    return connected


def text(result: CallToolResult) -> str:
    """The text half of a result."""
    assert len(result.content) == 1
    return str(result.content[0].text)  # type: ignore[union-attr]


async def done(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - what the tool takes
    """Call a tool, see that it did not fail, and give the structured half."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text(result)
    assert result.structured_content is not None
    return result.structured_content


async def failed(client: Client, tool: str, **arguments: Any) -> str:  # noqa: ANN401 - what the tool takes
    """Call a tool, see that it failed, and give the reason."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return text(result)
