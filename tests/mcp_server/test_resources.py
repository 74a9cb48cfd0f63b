"""Resources, prompts, instructions, and whose memory is served."""

from pathlib import Path

import pytest
from mcp.shared.exceptions import MCPError
from tests.mcp_server.conftest import Connect, done, failed

import erstwhile
from erstwhile_mcp import ServerSettings


async def _read(client: object, uri: str) -> str:
    return str((await client.read_resource(uri)).contents[0].text)  # type: ignore[attr-defined]


async def test_resources(connect: Connect, mode: str) -> None:
    """The profile, what is recent, the open conflicts and one memory can be attached; an id of nothing is told so."""
    async with connect(mode=mode) as client:
        assert {str(resource.uri) for resource in (await client.list_resources()).resources} == {
            f"memory://{name}" for name in ("profile", "recent", "conflicts")
        }
        assert [template.uri_template for template in (await client.list_resource_templates()).resource_templates] == ["memory://{id}"]
        assert await _read(client, "memory://profile") == "Nothing is pinned."
        kept = await done(client, "remember", content="Ana is vegetarian.", pinned=True)
        for name in ("profile", "recent", kept["memory_id"]):
            assert '"Ana is vegetarian."' in await _read(client, f"memory://{name}")
        assert await _read(client, "memory://conflicts") == "No conflict is open."
        with pytest.raises(MCPError, match="memory"):
            await client.read_resource("memory://01890a5d-ac96-774b-bcce-b302099a8057")


async def test_prompts(connect: Connect, mode: str) -> None:
    """Three prompts, each naming tools that are there."""
    async with connect(mode=mode) as client:
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert names == ["recall-before-answer", "end-of-session-summary", "review-conflicts"]
        asked = await client.get_prompt("recall-before-answer", {"question": "Where does Ana live?"})
        assert "Where does Ana live?" in asked.messages[0].content.text  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_instructions_are_short(connect: Connect, mode: str) -> None:
    """A client puts the instructions into every prompt: they stay under a thousand characters. One that skips the handshake does without."""
    async with connect(mode=mode) as client:
        assert client.instructions is not None
        assert "recall" in client.instructions
        assert len(client.instructions) < 1_000


async def test_a_project_reads_the_users_own_memory_too(connect: Connect) -> None:
    """What a project writes is its own; what the user told elsewhere is read, and can be corrected, from it."""
    ana, project = ServerSettings(user="ana"), ServerSettings(user="ana", project="/work/shop")
    async with connect(ana) as client:
        kept = await done(client, "remember", content="Ana prefers tabs.")
    async with connect(project) as client:
        await done(client, "remember", content="The shop deploys on Mondays.")
        assert [hit["content"] for hit in (await done(client, "recall", query="tabs"))["hits"]] == ["Ana prefers tabs."]
        await done(client, "correct", memory_id=kept["memory_id"], content="Ana prefers spaces.")
    async with connect(ana) as client:
        assert (await done(client, "recall", query="What deploys on Mondays?"))["hits"] == []
        assert [hit["content"] for hit in (await done(client, "recall", query="Ana prefers"))["hits"]] == ["Ana prefers spaces."]
    async with connect(ServerSettings(user="bo", project="/work/shop")) as client:
        assert (await done(client, "recall", query="tabs or deploys"))["hits"] == []


async def test_a_project_reaches_the_users_own_memory(connect: Connect) -> None:
    """From a project, what the user told elsewhere can be ended by something new, which then stands beside it, and memories of both are erased by one call."""
    ana, project = ServerSettings(user="ana"), ServerSettings(user="ana", project="/work/shop", admin=True)
    async with connect(ana) as client:
        tabs = await done(client, "remember", content="Ana prefers tabs.")
        cat = await done(client, "remember", content="Ana has a cat.")
    async with connect(project) as client:
        assert (await done(client, "remember", content="Ana prefers spaces.", supersedes=[tabs["memory_id"]]))["action"] == "superseded"
        shop = await done(client, "remember", content="The shop deploys on Mondays.")
        nothing = "01890a5d-ac96-774b-bcce-b302099a8057"
        assert nothing in await failed(client, "erase", memory_ids=[shop["memory_id"], nothing])
        erased = await done(client, "erase", memory_ids=[shop["memory_id"], cat["memory_id"]])
        assert (erased["memories"], len(erased["receipt_ids"])) == (2, 2)
    async with connect(ana) as client:
        assert [hit["content"] for hit in (await done(client, "recall", query="Ana prefers"))["hits"]] == ["Ana prefers spaces."]


def test_settings_from_the_environment(tmp_path: Path) -> None:
    """Flags win over the environment; a workspace is a project by its whole path; what clashes is refused."""
    values = {"ERSTWHILE_USER": "ana", "ERSTWHILE_PROJECT": "shop", "ERSTWHILE_READ_ONLY": "1", "ERSTWHILE_MCP_TOKEN": "t" * 20}
    assert ServerSettings.load(values) == ServerSettings(user="ana", project="shop", read_only=True, token="t" * 20)
    assert "t" * 20 not in repr(ServerSettings.load(values))
    assert ServerSettings.load(values, user="bo", project="bar").scope() == erstwhile.Scope(user="bo", project="bar")
    assert ServerSettings.load(values, workspace=str(tmp_path)).project == tmp_path.as_posix()
    for wrong in ({"workspace": str(tmp_path / "none")}, {"workspace": str(tmp_path), "project": "x"}, {"admin": True}, {"user": ""}):
        with pytest.raises(erstwhile.InvalidInputError):
            ServerSettings.load(values, **wrong)  # type: ignore[arg-type]
    with pytest.raises(erstwhile.InvalidInputError, match="ERSTWHILE_ADMIN"):
        ServerSettings.load({"ERSTWHILE_USER": "ana", "ERSTWHILE_ADMIN": "perhaps"})
