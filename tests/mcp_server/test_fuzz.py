"""Whatever a client sends, it gets an answer: made from the tools' own schemas, and from values that these do not allow."""

import asyncio
import json
import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.client import Client
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from tests.mcp_server.conftest import done, text

import erstwhile
from erstwhile.embed import HashingEmbedder
from erstwhile_mcp import ServerSettings, create_server

ADMIN = ServerSettings(user="ana", admin=True)
LIMIT = 60.0
"""Seconds after which a call hangs."""
LIKELY = ("2024-06-01", "2024-06-01T10:00:00Z", "9999-12-31", "0001-01-01T00:00:00+14:00", "keep-new", "01890a5d-ac96-774b-bcce-b302099a8057", "THE MEMORY")
WILD = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=50), lambda part: st.lists(part, max_size=3))


def _schemas() -> dict[str, dict[str, Any]]:
    with erstwhile.open(":memory:", model=HashingEmbedder()) as engine:
        tools = asyncio.run(create_server(ADMIN, engine=engine).list_tools())
    return {tool.name: tool.input_schema for tool in tools}


SCHEMAS = _schemas()


def _values(schema: dict[str, Any], defs: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a return for each kind
    """Values that a schema allows, and now and then a time or an id, which a text seldom is by chance."""
    if "$ref" in schema:
        return _values(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([_values(each, defs) for each in schema["anyOf"]])
    match schema["type"]:
        case "object":
            parts = {name: _values(each, defs) for name, each in schema.get("properties", {}).items()}
            needed = set(schema.get("required", ()))
            return st.fixed_dictionaries(
                {name: part for name, part in parts.items() if name in needed}, optional={name: part for name, part in parts.items() if name not in needed}
            )
        case "array":
            return st.lists(_values(schema["items"], defs), min_size=schema.get("minItems", 0), max_size=min(schema.get("maxItems", 4), 4))
        case "string":
            return st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 80), 80)) | st.sampled_from(LIKELY)
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "number":
            return st.floats(schema["minimum"], schema["maximum"])
        case kind:
            return {"boolean": st.booleans(), "null": st.none()}[kind]


def _calls(tool: str) -> st.SearchStrategy[dict[str, Any]]:
    schema = SCHEMAS[tool]
    # Names that are unknown are refused at once, and would hide what the known ones do.
    names = st.sampled_from(sorted(schema["properties"]) or ["nothing"])
    return _values(schema, schema.get("$defs", {})) | st.dictionaries(names, WILD, max_size=4)


async def _survives(server: MCPServer[None], tool: str, arguments: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    async with Client(server) as client:
        kept = await done(client, "remember", content="Ana lives in Porto.", pinned=True)
        named = json.loads(json.dumps(arguments).replace('"THE MEMORY"', json.dumps(kept["memory_id"])))
        try:
            result = await asyncio.wait_for(client.call_tool(tool, named), LIMIT)
        except MCPError:
            # A text that is no Unicode cannot even be sent.
            return
        if result.is_error:
            assert len(text(result)) > len("Error executing tool ") + len(tool)
            assert "Traceback" not in text(result)
            assert "unexpectedly" not in text(result), text(result)
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR], caplog.text
        if tool not in {"retract", "erase", "correct"}:
            assert "Porto" in (await done(client, "history", memory_id=kept["memory_id"]))["versions"][0]["content"]


@pytest.mark.slow
@pytest.mark.parametrize("tool", sorted(SCHEMAS))
def test_any_call_is_answered(engine: erstwhile.Engine, tool: str, caplog: pytest.LogCaptureFixture) -> None:
    """No call ends in a traceback, hangs, or loses what was kept before; an error says what is wrong."""
    server = create_server(ADMIN, engine=engine)

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_calls(tool))
    def call(arguments: dict[str, Any]) -> None:
        asyncio.run(_survives(server, tool, arguments, caplog))

    call()


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80))
def test_any_cursor_is_answered(cursor: str) -> None:
    """A cursor is whatever a client made of it."""
    from erstwhile_mcp.paging import Cursor

    call = {"tool": "recall"}
    with pytest.raises(erstwhile.InvalidInputError, match="cursor"):
        Cursor.decode(cursor, call)
    assert Cursor.decode(Cursor(start=7, valid="2024-01-01").encode(call), call) == Cursor(start=7, valid="2024-01-01")
