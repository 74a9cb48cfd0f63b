"""The tools that write: remember, remember_many, correct, retract."""

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from erstwhile import InvalidInputError, Outcome, ScopedMemory, TypeName
from erstwhile_mcp.answers import Remembered, RememberedMany, remembered
from erstwhile_mcp.arguments import MAX_BATCH, Confidence, Content, Importance, Labels, MemoryId, NewMemory, Said, Time, draft
from erstwhile_mcp.desk import Desk
from erstwhile_mcp.reading_tools import answer
from erstwhile_mcp.shortening import brief, briefs
from erstwhile_mcp.wording import fenced, numbered, shown

__all__ = ["add_writing_tools", "told"]

ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
"""Nothing is destroyed: what a write ends stays in history, and the same write again changes nothing."""
REVISES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
"""What was believed is believed no more, though history keeps it."""

CTX = Context[Any, Any]


def told(outcome: Outcome, done: Remembered) -> str:
    """An outcome in a few lines: what was done, why, and what it ended, fenced, as far as the structured half shows it."""
    lines = [f"{outcome.action.value}: {outcome.reason}", f"memory_id {outcome.memory_id}"]
    if outcome.version.contested:
        lines.append("It clashes with another memory: call resolve, so that the user can settle it.")
    if outcome.ended:
        text, order = fenced(shown(outcome.ended, done.ended))
        lines += ["What it changed, as it was before:", text, numbered(order)]
    return "\n".join(lines)


def add_writing_tools(server: MCPServer[Any], desk: Desk) -> None:
    """Add the tools that write to a server."""

    @server.tool(title="Remember", annotations=ADDS)
    async def remember(
        ctx: CTX,
        *,
        content: Content,
        type: Annotated[TypeName | None, Field(description="Default: what its words tell.")] = None,
        source: Said = "stated",
        valid_from: Annotated[Time | None, Field(description="Since when it holds, ISO 8601. Default: now.")] = None,
        valid_to: Annotated[Time | None, Field(description="Until when. Default: until changed.")] = None,
        supersedes: Annotated[list[MemoryId] | None, Field(max_length=16, description="Memories that it ends, where you know them.")] = None,
        confidence: Confidence = 1.0,
        importance: Importance = 0.5,
        pinned: Annotated[bool, Field(description="Whether it belongs to the profile, which always counts.")] = False,
        tags: Labels | None = None,
        key: Annotated[str | None, Field(min_length=1, max_length=256, description="Your own id for this write; the same key writes once.")] = None,
    ) -> Annotated[CallToolResult, Remembered]:
        """Keep one thing for good. Use it when the user tells something that will matter later - a fact about them or their world, a preference, a
        decision, a promise, a goal, an instruction - or asks you to remember it. If it replaces something known, just say the new: the old one ends and
        stays in history. Don't keep small talk, secrets, or what is only in a document."""
        memory = NewMemory(
            content=content,
            type=type,
            source=source,
            valid_from=valid_from,
            valid_to=valid_to,
            confidence=confidence,
            importance=importance,
            pinned=pinned,
            tags=tags or [],
            key=key,
        )
        # What ends a memory belongs beside it, in whichever scope that is.
        carry_out = desk.write if supersedes else desk.read
        return await carry_out(ctx, lambda scoped: _answered(scoped.remember_many([draft(memory, supersedes=tuple(supersedes or ()))])[0]))

    @server.tool(title="Remember several things", annotations=ADDS)
    async def remember_many(
        ctx: CTX,
        *,
        memories: Annotated[list[NewMemory], Field(min_length=1, max_length=MAX_BATCH, description="In order of time.")],
    ) -> Annotated[CallToolResult, RememberedMany]:
        """Keep several things at once, each a statement that stands by itself. Use it at the end of a session, or when the user tells much at once. All
        of them are checked before the first is written."""

        def write(scoped: ScopedMemory) -> CallToolResult:
            outcomes = scoped.remember_many([draft(memory) for memory in memories])
            lines = [f"{number}. {outcome.action.value}: memory_id {outcome.memory_id}" for number, outcome in enumerate(outcomes, start=1)]
            return answer(RememberedMany(outcomes=briefs(map(remembered, outcomes))), "\n".join(lines))

        return await desk.read(ctx, write)

    @server.tool(title="Correct a memory", annotations=REVISES)
    async def correct(
        ctx: CTX,
        *,
        memory_id: MemoryId,
        content: Annotated[str, Field(max_length=32_768, description="What is right instead. Default: as it was.")] = "",
        type: Annotated[TypeName | None, Field(description="The right type.")] = None,
        valid_from: Annotated[Time | None, Field(description="The right start.")] = None,
        valid_to: Annotated[Time | None, Field(description="The right end: since when it no longer holds.")] = None,
        confidence: Confidence | None = None,
        importance: Importance | None = None,
        pinned: bool | None = None,
        tags: Annotated[Labels | None, Field(description="The right tags, in place of the old.")] = None,
        clear: Annotated[list[Literal["valid_to", "expires_at"]] | None, Field(description="Which end to take away: it holds until changed.")] = None,
    ) -> Annotated[CallToolResult, Remembered]:
        """Put right what was remembered wrongly: the wrong belief is closed, and stays in history. Give only what changes. If it was right and has
        changed since, use remember with the new; if it is to end without anything new, give valid_to."""
        given: dict[str, Any] = {"content": content or None, "type": type, "valid_from": valid_from, "valid_to": valid_to}
        given |= {"confidence": confidence, "importance": importance, "pinned": pinned, "tags": tags}
        changes = {name: value for name, value in given.items() if value is not None} | dict.fromkeys(clear or ())

        def write(scoped: ScopedMemory) -> CallToolResult:
            if not changes:
                raise InvalidInputError("Nothing to correct was given; give content, or any other part that is wrong.")
            return _answered(scoped.correct(memory_id, **changes))

        return await desk.write(ctx, write)

    @server.tool(title="Retract a memory", annotations=REVISES)
    async def retract(ctx: CTX, *, memory_id: MemoryId) -> Annotated[CallToolResult, Remembered]:
        """Stop believing a memory that was never true, or that the user wants you to forget. It is found no more; its history stays. Nothing is
        physically removed: only the user can do that, by `erstwhile erase`."""
        return await desk.write(ctx, lambda scoped: _answered(scoped.retract(memory_id)))


def _answered(outcome: Outcome) -> CallToolResult:
    done = brief(remembered(outcome))
    return answer(done, told(outcome, done))
