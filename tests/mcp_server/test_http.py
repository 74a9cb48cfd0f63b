"""Streamable HTTP: who may call, whose memory a token opens, and from where."""

import asyncio
import gc
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import ResourceTemplateReference
from tests.mcp_server.conftest import MODES, done, failed
from tests.mcp_server.processes import LIMIT, environment
from tests.mcp_server.test_tools import BIRTHDAYS
from tests.mcp_server.web import free_port, served

import erstwhile
import erstwhile_mcp.program
from erstwhile_mcp import ServerSettings, create_app
from erstwhile_mcp.program import main

ANA, BO, NOBODY = ({"Authorization": f"Bearer token-of-{name}"} for name in ("ana-0123456789", "bo-0123456789", "nobody-012345"))
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def _client(url: str, headers: dict[str, str], mode: str) -> tuple[httpx2.AsyncClient, Client]:
    http = httpx2.AsyncClient(headers=headers, timeout=LIMIT)
    return http, Client(streamable_http_client(url, http_client=http), mode=mode)


@pytest.mark.parametrize("mode", MODES)
async def test_a_token_opens_its_subjects_memory_alone(engine: erstwhile.Engine, mode: str) -> None:
    """Two users at one server at once never see each other's, whatever they ask for; a token without a subject opens nothing."""
    async with served(engine) as url:
        (http_a, ana), (http_b, bo), (http_n, nobody) = (_client(url, headers, mode) for headers in (ANA, BO, NOBODY))
        async with http_a, http_b, http_n, ana, bo, nobody:
            kept = await done(ana, "remember", content="Ana lives in Porto.")
            await done(bo, "remember", content="Bo lives in Rome.")
            both = await asyncio.gather(*(done(client, "recall", query="Who lives where?") for client in (ana, bo) for _ in range(5)))
            assert {tuple(hit["content"] for hit in each["hits"]) for each in both[:5]} == {("Ana lives in Porto.",)}
            assert {tuple(hit["content"] for hit in each["hits"]) for each in both[5:]} == {("Bo lives in Rome.",)}
            for tool in ("history", "retract"):
                await failed(bo, tool, memory_id=kept["memory_id"])
            assert "no subject" in await failed(nobody, "recall", query="Who lives where?")
            assert "Rome" in str(await bo.read_resource("memory://recent"))
            assert "Porto" not in str(await bo.read_resource("memory://recent"))


async def test_nothing_of_anothers_is_reached_by_its_id(engine: erstwhile.Engine) -> None:
    """Who knows the ids of another user's memories, conflicts and pages gets nothing by them, through no tool, resource or completion, and changes nothing."""
    everything = ServerSettings(user="nobody", admin=True)
    async with served(engine, everything) as url:
        (http_a, ana), (http_b, bo) = (_client(url, headers, "auto") for headers in (ANA, BO))
        async with http_a, http_b, ana, bo:
            for content in BIRTHDAYS:
                kept = await done(ana, "remember", content=content, valid_from="2024-01-01", pinned=True)
            conflict = (await done(ana, "conflicts"))["conflicts"][0]["conflict_id"]
            cursor = (await done(ana, "changes", since="2020-01-01", budget_tokens=300))["next_cursor"]
            before = await done(ana, "export", history=True, budget_tokens=20_000)
            for each in (kept["memory_id"], kept["memory"]["version_id"]):
                for tool, arguments in {
                    "history": {"memory_id": each},
                    "correct": {"memory_id": each, "content": "Mine."},
                    "retract": {"memory_id": each},
                    "erase": {"memory_ids": [each]},
                    "remember": {"content": "Bo sings.", "supersedes": [each]},
                }.items():
                    assert "birthday" not in await failed(bo, tool, **arguments)
                with pytest.raises(MCPError) as caught:
                    await bo.read_resource(f"memory://{each}")
                assert "birthday" not in str(caught.value)
            for how in (None, "keep-new"):
                assert "No such conflict" in await failed(bo, "resolve", conflict_id=conflict, **({} if how is None else {"how": how}))
            assert (await done(bo, "changes", since="2020-01-01", budget_tokens=300, cursor=cursor))["changes"] == []
            for tool, asked in {"recall": {"query": "birthday"}, "context": {"query": "birthday"}, "export": {"history": True}, "conflicts": {}}.items():
                assert "birthday is" not in str(await done(bo, tool, **asked))
            for name in ("profile", "recent", "conflicts"):
                assert "birthday" not in str(await bo.read_resource(f"memory://{name}"))
            completed = await bo.complete(ResourceTemplateReference(type="ref/resource", uri="memory://{id}"), {"name": "id", "value": ""})
            assert completed.completion.values == []
            after = await done(ana, "export", history=True, budget_tokens=20_000)
            assert after["lines"][1:] == before["lines"][1:]


async def test_a_session_is_its_creators(engine: erstwhile.Engine) -> None:
    """Who knows the id of another user's session cannot use it with a token of their own."""
    async with served(engine) as url, httpx2.AsyncClient(headers=ACCEPT, timeout=LIMIT) as http:
        opened = await http.post(url, json=HELLO, headers=ANA)
        assert opened.status_code == 200
        session = {"mcp-session-id": opened.headers["mcp-session-id"], "mcp-protocol-version": "2025-11-25"}
        ask = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        assert (await http.post(url, json=ask, headers=ANA | session)).status_code == 200
        assert (await http.post(url, json=ask, headers=BO | session)).status_code in (403, 404)


async def test_without_a_good_token_nothing(engine: erstwhile.Engine) -> None:
    """No token, a wrong one, one that expired, or one for another server: 401, and where the metadata of RFC 9728 is, which names the authorization server."""
    async with served(engine) as url, httpx2.AsyncClient(headers=ACCEPT, timeout=LIMIT) as http:
        wrong = ("Bearer wrong", "Basic token-of-ana-0123456789", "Bearer token-that-expired-01234", "Bearer token-for-another-012345")
        for headers in ({}, *({"Authorization": each} for each in wrong)):
            refused = await http.post(url, json=HELLO, headers=headers)
            assert refused.status_code == 401
            assert "resource_metadata=" in refused.headers["www-authenticate"]
        metadata = refused.headers["www-authenticate"].split('resource_metadata="')[1].split('"')[0]
        assert (await http.get(metadata)).json()["resource"] == url


async def test_other_hosts_and_origins_are_refused(engine: erstwhile.Engine) -> None:
    """A page that a browser was lured to cannot reach the server by rebinding a name, good token or not; this machine's names for itself can."""
    async with served(engine) as url, httpx2.AsyncClient(headers=ACCEPT | ANA, timeout=LIMIT) as http:
        port = url.split(":")[2].split("/")[0]
        for headers in ({"Host": f"evil.example:{port}"}, {"Host": "127.0.0.1:1"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            assert (await http.post(url, json=HELLO, headers=headers)).status_code in (403, 421)
        for headers in ({"Host": f"localhost:{port}"}, {"Origin": f"http://localhost:{port}"}):
            assert (await http.post(url, json=HELLO, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("settings", "given", "message"),
    [
        (ServerSettings(user="ana"), {}, "ERSTWHILE_MCP_TOKEN"),
        (ServerSettings(user="ana", token="short"), {}, "5 characters"),
        (ServerSettings(user="ana", token="t" * 20), {"url": "nowhere"}, "'nowhere'"),
        (ServerSettings(user="ana", token="t" * 20), {"url": "http://127.0.0.1:1"}, "path"),
        (ServerSettings(user="ana", token="t" * 20), {"issuer": "nobody"}, "'nobody'"),
        (ServerSettings(user="ana", token="t" * 20), {"url": "http://256.1.1.1:1/mcp"}, "256"),
        (ServerSettings(user="ana", token="t" * 20), {"url": "http://0.0.0.0:8765/mcp"}, "--url"),
        (ServerSettings(user="ana", token="t" * 19 + "ü"), {}, "ASCII"),
    ],
)
def test_an_app_that_would_be_open_is_not_made(settings: ServerSettings, given: dict[str, Any], message: str) -> None:
    """Over HTTP there is no server without tokens."""
    with pytest.raises(erstwhile.InvalidInputError, match=message) as caught:
        create_app(settings, **given)
    assert "short" not in str(caught.value)


def test_a_port_that_is_taken_or_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A port in use, and a number that is no port, are told in a line, with what to do, and nothing is said to be served."""
    monkeypatch.setenv("ERSTWHILE_MCP_TOKEN", "token-of-the-environment")
    monkeypatch.setenv("ERSTWHILE_HOME", str(tmp_path))
    monkeypatch.setattr(erstwhile_mcp.program, "keep_journal", lambda _level: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--http", "--port", str(taken.getsockname()[1])]) == 1
    told = capsys.readouterr().err
    assert "--port" in told
    assert "serves" not in told
    gc.unfreeze()
    for port in ("0", "65536", "x", "-1"):
        with pytest.raises(SystemExit):
            main(["--http", f"--port={port}"])
        assert "1 to 65535" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for another process")
async def test_the_program_over_http(tmp_path: Path) -> None:
    """`erstwhile-mcp --http` takes the token of its environment for the configured user's, and ends at a signal without a traceback."""
    port = free_port()
    token = "token-of-the-environment"
    command = [sys.executable, "-m", "erstwhile_mcp", "--http", "--port", str(port)]
    given = environment(tmp_path / "home", ERSTWHILE_MCP_TOKEN=token)
    with subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: ASYNC220 - it starts at once
        assert process.stderr is not None
        line = await asyncio.to_thread(process.stderr.readline)
        assert line.decode().strip() == f"erstwhile-mcp serves http://127.0.0.1:{port}/mcp"
        async with httpx2.AsyncClient() as http:
            for _ in range(1_200):
                try:
                    assert (await http.get(f"http://127.0.0.1:{port}/mcp")).status_code == 401
                    break
                except httpx2.ConnectError:
                    await asyncio.sleep(0.05)
        http, client = _client(f"http://127.0.0.1:{port}/mcp", {"Authorization": f"Bearer {token}"}, "auto")
        async with http, client:
            kept = await done(client, "remember", content="Ana lives in Porto.")
            assert (await done(client, "recall", query="Where does Ana live?"))["hits"][0]["memory_id"] == kept["memory_id"]
        process.send_signal(signal.SIGTERM)
        _, told = await asyncio.to_thread(process.communicate, timeout=LIMIT)
    assert "Traceback" not in told.decode()
    assert process.returncode == 0
