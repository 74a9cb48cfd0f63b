"""Conflicts meet the human: by elicitation where the client can, and by an explicit choice where it cannot."""

from typing import Literal

import pytest
from mcp.client import Client
from mcp.types import ElicitRequestFormParams, ElicitResult
from tests.mcp_server.conftest import Connect, done, failed
from tests.mcp_server.test_tools import BIRTHDAYS


async def _clash(client: Client) -> str:
    for content in BIRTHDAYS:
        kept = await done(client, "remember", content=content, valid_from="2024-01-01")
    assert kept["conflict"]
    return str((await done(client, "conflicts"))["conflicts"][0]["conflict_id"])


async def test_the_user_is_asked(connect: Connect, mode: str) -> None:
    """Where the client can ask, the user sees both sides, and what they choose is done."""
    asked: list[str] = []

    async def choose(_context: object, params: ElicitRequestFormParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"how": "keep-old", "text": ""})

    async with connect(mode=mode, elicitation_callback=choose) as client:
        await _clash(client)
        settled = await done(client, "resolve")
        assert (settled["status"], settled["how"]) == ("settled", "keep-old")
        assert len(asked) == 1
        assert all(content in asked[0] for content in BIRTHDAYS)
        assert [hit["content"] for hit in (await done(client, "recall", query="Ann's birthday"))["hits"]] == [BIRTHDAYS[0]]
        assert (await done(client, "resolve"))["status"] == "none"


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_the_user_need_not_choose(connect: Connect, mode: str, action: Literal["decline", "cancel"]) -> None:
    """A user who declines leaves the conflict open, and nothing is written."""

    async def refuse(_context: object, _params: object) -> ElicitResult:
        return ElicitResult(action=action)

    async with connect(mode=mode, elicitation_callback=refuse) as client:
        await _clash(client)
        assert (await done(client, "resolve"))["status"] == "open"
        assert len((await done(client, "conflicts"))["conflicts"]) == 1


async def test_without_elicitation_a_choice_is_taken(connect: Connect, mode: str) -> None:
    """A client that cannot ask gets the conflict, and calls again with what the user chose."""
    async with connect(mode=mode) as client:
        conflict = await _clash(client)
        shown = await done(client, "resolve", conflict_id=conflict)
        assert shown["status"] == "open"
        assert [shown["conflict"][side]["content"] for side in ("older", "newer")] == list(BIRTHDAYS)
        assert "text" in await failed(client, "resolve", conflict_id=conflict, how="merge")
        merged = await done(client, "resolve", conflict_id=conflict, how="merge", text="Ann's birthday is 5 May 1990.")
        assert merged["outcome"]["memory"]["content"] == "Ann's birthday is 5 May 1990."
        assert "No such conflict" in await failed(client, "resolve", conflict_id=conflict, how="keep-new")
