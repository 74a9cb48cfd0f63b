"""What a careless or a hostile client sends: each message is answered, nothing is lost in silence, and no answer is without end."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import types
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp.types import ElicitResult
from pydantic import ValidationError
from tests.mcp_server.conftest import Connect, done, failed
from tests.mcp_server.processes import LIMIT, environment, server
from tests.mcp_server.test_resolving import _clash
from tests.mcp_server.test_tools import BIRTHDAYS

from erstwhile_mcp.wire import Answers, Wire

LONG = "and so on " * 3_200


async def _through(line: str) -> tuple[list[Any], list[Any]]:
    """What arrives behind the wire of one line, and what is answered."""
    send, messages = anyio.create_memory_object_stream[Any](1)
    answers, told = anyio.create_memory_object_stream[Any](1)
    try:
        item: Any = SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValidationError as error:
        item = error
    async with send, messages, answers, told:
        await send.send(item)
        await send.aclose()
        arrived = [each.message async for each in Wire(messages, Answers(answers))]
        answered = [told.receive_nowait().message] if told.statistics().current_buffer_used else []
    return arrived, answered


@pytest.mark.parametrize(
    ("line", "code", "number"),
    [
        ("garbage", -32_700, None),
        ("[" * 100_000, -32_700, None),
        ("{}", -32_600, None),
        ("[]", -32_600, None),
        ('{"jsonrpc": "2.0", "id": 5, "method": 5}', -32_600, 5),
        ('{"jsonrpc": "2.0", "id": true, "method": 5}', -32_600, None),
        ('[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', -32_600, None),
    ],
)
async def test_a_line_that_is_no_message_is_answered(line: str, code: int, number: int | None) -> None:
    """Nobody waits for an answer that does not come: what cannot be read is refused, under its id where it has one."""
    arrived, answered = await _through(line)
    assert arrived == []
    assert [(each.error.code, each.id) for each in answered] == [(code, number)]


async def test_half_a_surrogate_pair_is_mended() -> None:
    """A client that cuts an emoji in two gets an answer; what is whole, and an empty line, passes as it is."""
    arrived, answered = await _through(r'{"jsonrpc": "2.0", "id": 1, "method": "x", "params": {"a": ["\ud800b", {"\udfff": "\ud83d\ude00"}]}}')
    assert arrived[0].params == {"a": ["\ufffdb", {"\ufffd": "\U0001f600"}]}
    assert answered == []
    assert await _through("\n") == ([], [])
    (plain,), _ = await _through('{"jsonrpc": "2.0", "id": 1, "method": "ping"}')
    assert plain.method == "ping"


async def test_the_end_waits_for_the_answers_that_are_owed() -> None:
    """Where no more lines come, what was asked is answered first; a question that waits for the client, who is gone, is not waited for."""
    send, messages = anyio.create_memory_object_stream[Any](9)
    answers, told = anyio.create_memory_object_stream[Any](9)
    async with send, messages, answers, told:
        wire = Wire(messages, owed := Answers(answers))
        for number in (1, 2, 3):
            await send.send(SessionMessage(types.JSONRPCRequest(jsonrpc="2.0", id=number, method="x")))
            await wire.receive()
        await send.send(SessionMessage(types.JSONRPCNotification(jsonrpc="2.0", method="notifications/cancelled", params={"requestId": 1})))
        await wire.receive()
        await send.aclose()
        ended = asyncio.ensure_future(anext(wire, None))
        await asyncio.sleep(0)
        await owed.send(SessionMessage(types.JSONRPCResponse(jsonrpc="2.0", id=2, result={})))
        await asyncio.sleep(0)
        assert not ended.done()
        await owed.send(SessionMessage(types.JSONRPCRequest(jsonrpc="2.0", id=2, method="elicitation/create")))
        assert await asyncio.wait_for(ended, 5) is None


async def test_an_unknown_argument_is_refused(connect: Connect, mode: str) -> None:
    """A misspelt argument, or another user's name, is told and not dropped; nothing is written."""
    async with connect(mode=mode) as client:
        assert "did you mean valid_from?" in await failed(client, "remember", content="Ana lives in Porto.", valid_form="2024-01-01")
        assert "'user'" in await failed(client, "remember", content="Ana lives in Porto.", user="bo")
        assert "'k'" in await failed(client, "recall", query="Ana", k=5)
        assert (await done(client, "changes", since="2020-01-01"))["changes"] == []
        assert all(tool.input_schema["additionalProperties"] is False for tool in (await client.list_tools()).tools)


async def test_an_error_is_short_and_does_not_repeat_what_was_given(connect: Connect) -> None:
    """What is wrong is named by its field, without the value and without a link."""
    async with connect() as client:
        reason = await failed(client, "remember", content="secret " * 6_000)
        assert "content: String should have at most 32768 characters" in reason
        assert "secret" not in reason
        assert "pydantic" not in reason
        many = await failed(client, "remember_many", memories=[{}] * 20)
        assert "And 15 more." in many


async def test_an_unknown_prompt_is_the_callers_mistake(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """It is told with the protocol's code for it, and leaves no traceback in the log."""
    async with connect() as client:
        for name, arguments in (("nope", {}), ("recall-before-answer", {})):
            with pytest.raises(MCPError) as caught:
                await client.get_prompt(name, arguments)
            assert caught.value.error.code == -32_602
    assert not [record for record in caplog.records if record.exc_info]


async def test_descriptions_are_one_paragraph(connect: Connect) -> None:
    """A model reads no indentation of our source."""
    async with connect() as client:
        assert not [tool.name for tool in (await client.list_tools()).tools if "\n" in (tool.description or "") or "  " in (tool.description or "")]


async def test_a_write_does_not_send_back_all_that_it_was_given(connect: Connect) -> None:
    """The answer to a long memory, to many, and to one that ends long ones is short."""
    async with connect() as client:
        kept = await client.call_tool("remember", {"content": f"Ana's letter says {LONG}", "type": "event"})
        assert len(kept.model_dump_json()) < 12_000
        assert '"clipped":true' in kept.model_dump_json()
        ended = await client.call_tool("remember", {"content": "Ana's letter is lost.", "supersedes": [kept.structured_content["memory_id"]]})  # type: ignore[index]
        assert len(ended.model_dump_json()) < 14_000
        assert (await client.call_tool("retract", {"memory_id": kept.structured_content["memory_id"]})).is_error is False  # type: ignore[index]
        many = await client.call_tool("remember_many", {"memories": [{"content": f"{number}: {LONG[:900]}", "type": "event"} for number in range(100)]})
        assert len(many.structured_content["outcomes"]) == 100  # type: ignore[index]
        assert len(many.model_dump_json()) < 60_000


async def test_resources_are_bounded(connect: Connect) -> None:
    """What is attached does not fill the context, but one memory is there in full."""
    async with connect() as client:
        kept = [await done(client, "remember", content=f"Rule {number}: {LONG}", type="event", pinned=True) for number in range(5)]
        for name in ("profile", "recent"):
            assert len((await client.read_resource(f"memory://{name}")).model_dump_json()) < 20_000
        assert LONG.strip() in (await client.read_resource(f"memory://{kept[0]['memory_id']}")).contents[0].text  # type: ignore[union-attr]


async def test_a_choice_settles_what_was_asked_about(connect: Connect, mode: str) -> None:
    """While the user thinks, the conflict is settled elsewhere and another one is the oldest: that one is not touched."""
    asked: list[str] = []

    async def choose(_context: object, params: Any) -> ElicitResult:  # noqa: ANN401 - what the SDK passes
        asked.append(params.message)
        if len(asked) == 1:
            async with connect() as other:
                await done(other, "resolve", conflict_id=first, how="keep-both")
                for content in ("Bo's birthday is 3 May 1990.", "Bo's birthday is 4 May 1990."):
                    await done(other, "remember", content=content, valid_from="2024-01-01")
        return ElicitResult(action="decline" if "Bo" in params.message else "accept", content={"how": "keep-old", "text": ""})

    async with connect(mode=mode, elicitation_callback=choose) as client:
        first = await _clash(client)
        await client.call_tool("resolve", {})
        assert len(asked) <= 2  # a client of the newer protocol is asked again, for its question is another one now
        assert len((await done(client, "conflicts"))["conflicts"]) == 1
        left = (await done(client, "conflicts"))["conflicts"][0]
        assert [left[side]["content"] for side in ("older", "newer")] == ["Bo's birthday is 3 May 1990.", "Bo's birthday is 4 May 1990."]


async def test_a_side_cannot_pose_as_the_question(connect: Connect) -> None:
    """What the user is asked has one line for each side, whatever these contain."""
    asked: list[str] = []

    async def refuse(_context: object, params: Any) -> ElicitResult:  # noqa: ANN401 - what the SDK passes
        asked.append(params.message)
        return ElicitResult(action="decline")

    async with connect(elicitation_callback=refuse) as client:
        await done(client, "remember", content=BIRTHDAYS[0], valid_from="2024-01-01")
        await done(client, "remember", content=f"{BIRTHDAYS[1]}\nWhich one holds?\nPick keep-new.", valid_from="2024-01-01")
        assert (await done(client, "resolve"))["status"] == "open"
    assert len(asked[0].splitlines()) == 4


async def test_a_long_text_merges(connect: Connect) -> None:
    """A call's own text may be as long as a memory; only a form's is short."""
    async with connect() as client:
        conflict = await _clash(client)
        merged = await done(client, "resolve", conflict_id=conflict, how="merge", text=f"Ann's birthday is 5 May 1990, {LONG}")
        assert merged["status"] == "settled"
        assert merged["outcome"]["memory"]["clipped"]


@pytest.mark.slow
def test_every_line_is_answered_by_the_program(tmp_path: Path) -> None:
    """The program itself answers what cannot be read, and goes on."""
    with server(tmp_path / "home") as spoken:
        spoken.greet()
        number = spoken.send("tools/call", name="remember", arguments={"content": "Ana likes \ud83d cats."})
        assert spoken.answer(number)["result"]["structuredContent"]["memory"]["content"] == "Ana likes \ufffd cats."
        assert spoken.process.stdin is not None
        spoken.process.stdin.write('{"jsonrpc": "2.0", "id": 77, "method": 5}\n')
        spoken.process.stdin.flush()
        assert spoken.ask("ping") == {}
        assert [json.loads(line)["error"]["code"] for line in spoken.lines if '"id":77' in line] == [-32_600]
        assert spoken.end() == 0


@pytest.mark.slow
def test_requests_from_a_pipe_are_all_answered(tmp_path: Path) -> None:
    """`… | erstwhile-mcp`: stdin ends before the store is open, and each request is answered all the same."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    kept = [("tools/call", {"name": "remember", "arguments": {"content": said}}) for said in ("Ana has a hat.", "The oboe is broken.")]
    asked = enumerate([("initialize", hello), *kept], start=1)
    lines = [{"jsonrpc": "2.0", "id": number, "method": method, "params": params} for number, (method, params) in asked]
    lines.insert(1, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    given = "".join(json.dumps(line) + "\n" for line in lines)
    command = [sys.executable, "-m", "erstwhile_mcp"]
    ran = subprocess.run(command, input=given, env=environment(tmp_path / "home"), capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    answers = {answer["id"]: answer for answer in map(json.loads, ran.stdout.splitlines())}
    assert [answers[number]["result"]["structuredContent"]["action"] for number in (2, 3)] == ["remembered"] * 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pipes of another kind")
def test_a_client_that_is_gone_is_the_end_and_no_error(tmp_path: Path) -> None:
    """A client that dies in the middle of a call leaves no traceback behind; the server ends with 0."""
    read, write = os.pipe()
    command = [sys.executable, "-m", "erstwhile_mcp"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=write, stderr=subprocess.PIPE, env=environment(tmp_path / "home"), text=True) as process:
        os.close(write)
        assert process.stdin is not None
        process.stdin.write('{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
        process.stdin.flush()
        assert os.read(read, 1_000)
        os.close(read)
        process.stdin.write('{"jsonrpc": "2.0", "id": 2, "method": "ping"}\n')
        _, told = process.communicate(timeout=LIMIT)
    assert (process.returncode, told) == (0, "")
