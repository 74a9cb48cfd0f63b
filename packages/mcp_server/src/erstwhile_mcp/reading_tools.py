"""The tools that read: recall, context, history, changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from erstwhile import AsOf, Hit, Interval, InvalidInputError, Recall, ScopedMemory, Version
from erstwhile_mcp import answers
from erstwhile_mcp.answers import Changed, Found, History, Item, change_item, item
from erstwhile_mcp.arguments import Budget, Confidence, CursorWord, Labels, MemoryId, Question, Time, Types
from erstwhile_mcp.desk import Desk
from erstwhile_mcp.paging import Cursor, page
from erstwhile_mcp.shortening import shorter, shorter_change
from erstwhile_mcp.wording import fenced, numbered, shown

__all__ = ["READS", "add_reading_tools", "answer"]

READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

CTX = Context[Any, Any]
Model = TypeVar("Model", bound=BaseModel)


def answer(model: BaseModel, text: str) -> CallToolResult:
    """Both halves of a result."""
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=model.model_dump(mode="json", exclude_none=True))


def more(cursor: str | None) -> str:
    """How to go on, for the text."""
    return f"\nThere is more: call again with the same arguments and cursor {cursor}" if cursor else ""


def add_reading_tools(server: MCPServer[Any], desk: Desk) -> None:
    """Add the tools that read to a server."""

    @server.tool(title="Recall memories", annotations=READS)
    async def recall(
        ctx: CTX,
        *,
        query: Question,
        limit: Annotated[int, Field(ge=1, le=50, description="At most so many.")] = 10,
        types: Types | None = None,
        tags: Labels | None = None,
        as_of: Annotated[Time | None, Field(description="Ask about the world at an earlier time: what held then. Default: now.")] = None,
        known_at: Annotated[Time | None, Field(description="Ask what was believed at an earlier time. Default: now.")] = None,
        during: Annotated[list[Time] | None, Field(min_length=2, max_length=2, description="[from, to): what held at some time within.")] = None,
        turns: Annotated[bool, Field(description="Whether verbatim turns of conversations are found too.")] = True,
        min_confidence: Confidence = 0.0,
        budget_tokens: Budget = 2_000,
        cursor: CursorWord | None = None,
    ) -> Annotated[CallToolResult, Found]:
        """Search long-term memory by meaning and words. Use it before you answer anything that may rest on what the user told earlier: their
        preferences, people, projects, decisions, plans. It returns what holds now; give as_of to ask what held at an earlier time."""
        call = {"tool": "recall", "query": query, "limit": limit, "types": types, "tags": tags, "as_of": as_of, "known_at": known_at}
        call |= {"during": during, "turns": turns, "min_confidence": min_confidence}

        def ask(memory: ScopedMemory) -> CallToolResult:
            at = Cursor.decode(cursor, call)
            point = AsOf(valid=at.valid or as_of, system=at.system or known_at)
            window = None if during is None else Interval(start=during[0], end=during[1])
            if window is not None and as_of is not None:
                raise InvalidInputError("Both as_of and during were given; give either.")
            found = memory.recall(
                query,
                k=min(at.start + limit + 1, 1_000),
                as_of=point if window is None else AsOf(system=point.system),
                during=window,
                types=types,
                tags=tags,
                turns=turns,
                min_confidence=min_confidence,
            )
            return _found(found, at, call, limit=limit, budget=budget_tokens)

        return await desk.read(ctx, ask)

    @server.tool(title="Memory block for the prompt", annotations=READS)
    async def context(
        ctx: CTX,
        *,
        query: Annotated[str, Field(max_length=32_768, description="What the conversation is about. Without it: the profile alone.")] = "",
        types: Types | None = None,
        budget_tokens: Budget = 1_000,
    ) -> Annotated[CallToolResult, answers.Context]:
        """Get one block of text to put into a prompt: the user's profile and what matters to a topic, within a budget of tokens. Use it at the
        start of a session or a task; use recall to look up something in particular."""

        def ask(memory: ScopedMemory) -> CallToolResult:
            profile = [Hit(version=version, score=1.0) for version in memory.profile()]
            found = memory.recall(query, k=50, types=types, pinned=False) if query.strip() else Recall(query="", as_of=AsOf(), hits=())
            packed = replace(found, hits=(*profile, *found.hits)).pack(budget_tokens=budget_tokens)
            block = answers.Context(text=packed.text, tokens=packed.tokens, memory_ids=list(packed.memory_ids), left_out=packed.left_out)
            return answer(block, packed.text or "Nothing is remembered that would matter here.")

        return await desk.read(ctx, ask)

    @server.tool(title="History of a memory", annotations=READS)
    async def history(
        ctx: CTX,
        *,
        memory_id: MemoryId,
        budget_tokens: Budget = 3_000,
        cursor: CursorWord | None = None,
    ) -> Annotated[CallToolResult, History]:
        """See every version of one memory: what was believed when, what ended it, what was corrected or retracted. Use it when the user asks how or
        when something changed, or why you believe it."""
        call = {"tool": "history", "memory_id": memory_id}

        def ask(memory: ScopedMemory) -> CallToolResult:
            at = Cursor.decode(cursor, call)
            versions = memory.history(memory_id)[at.start :]
            items, text, following = _listed(versions, at, call, budget=budget_tokens, belief=True)
            first = versions[0].memory_id if versions else memory_id
            return answer(History(memory_id=first, versions=items, next_cursor=following), text or "There are no more versions.")

        return await desk.read(ctx, ask)

    @server.tool(title="Changes to the memory", annotations=READS)
    async def changes(
        ctx: CTX,
        *,
        since: Annotated[Time, Field(description="From when on: ISO 8601, a date or a time with its zone.")],
        until: Annotated[Time | None, Field(description="Until when. Default: now.")] = None,
        budget_tokens: Budget = 3_000,
        cursor: CursorWord | None = None,
    ) -> Annotated[CallToolResult, Changed]:
        """See what was written to memory in a stretch of time, oldest first. Use it to catch up since the last session, or when the user asks what
        you learned lately."""
        call = {"tool": "changes", "since": since, "until": until}

        def ask(memory: ScopedMemory) -> CallToolResult:
            at = Cursor.decode(cursor, call)
            found = memory.changes(since, until)[at.start :]
            fit = page((change_item(change) for change in found), total=len(found), budget=budget_tokens, shorten=shorter_change)
            following = _next(at, len(fit.items), call, more=fit.more)
            text, order = fenced(version for change in found[: len(fit.items)] for version in _cut(change.after or change.before, fit.items))
            told = "\n".join(f"{change.at.isoformat()} {change.action} memory_id {change.memory_id}" for change in fit.items)
            body = f"{told}\n{text}\n{numbered(order)}{more(following)}" if fit.items else "Nothing was written in that time."
            return answer(Changed(changes=list(fit.items), next_cursor=following), body)

        return await desk.read(ctx, ask)


def _found(found: Recall, at: Cursor, call: dict[str, Any], *, limit: int, budget: int) -> CallToolResult:
    hits = found.hits[at.start :]
    fit = page((item(hit.version, score=hit.score) for hit in hits), total=len(hits), budget=budget, shorten=shorter, most=limit)
    pinned = replace(at, valid=_iso(found.as_of.valid), system=_iso(found.as_of.system))
    following = _next(pinned, len(fit.items), call, more=fit.more)
    text, order = fenced(shown([hit.version for hit in hits[: len(fit.items)]], fit.items), as_of=found.as_of)
    model = Found(hits=list(fit.items), as_of=found.as_of.valid, known_at=found.as_of.system, next_cursor=following)
    return answer(model, f"{text}\n{numbered(order)}{more(following)}" if fit.items else "Nothing is remembered about that.")


def _listed(versions: Sequence[Version], at: Cursor, call: dict[str, Any], *, budget: int, belief: bool) -> tuple[list[Item], str, str | None]:
    fit = page((item(version) for version in versions), total=len(versions), budget=budget, shorten=shorter)
    following = _next(at, len(fit.items), call, more=fit.more)
    if not fit.items:
        return [], "", None
    text, order = fenced(shown(versions[: len(fit.items)], fit.items))
    return list(fit.items), f"{text}\n{numbered(order, belief=belief)}{more(following)}", following


def _next(at: Cursor, taken: int, call: dict[str, Any], *, more: bool) -> str | None:
    return replace(at, start=at.start + taken).encode(call) if more else None


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _cut(versions: Sequence[Version], items: Sequence[answers.ChangeItem]) -> list[Version]:
    by_id = {each.version_id: each for change in items for each in (*change.before, *change.after)}
    return shown(versions, [by_id[version.id] for version in versions])
