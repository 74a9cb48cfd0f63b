"""The tools that only an administrator gets: erase, export, import, policy."""

import json
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field, ValidationError

from erstwhile import Action, InvalidInputError, ScopedMemory, Version
from erstwhile_mcp.answers import Erased, Exported, Imported, PolicyRules
from erstwhile_mcp.arguments import MAX_BATCH, Budget, CursorWord, KeptMemory, MemoryId, Time, draft
from erstwhile_mcp.desk import Desk
from erstwhile_mcp.paging import Cursor, page
from erstwhile_mcp.reading_tools import READS, answer, more

__all__ = ["add_admin_tools"]

ERASES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False)
IMPORTS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

CTX = Context[Any, Any]


def add_admin_tools(server: MCPServer[Any], desk: Desk) -> None:
    """Add the tools of an administrator to a server."""

    @server.tool(title="Erase memories for good", annotations=ERASES)
    async def erase(
        ctx: CTX,
        *,
        memory_ids: Annotated[list[MemoryId], Field(min_length=1, max_length=100)],
        evidence: Annotated[bool, Field(description="Whether the turns they were drawn from go too.")] = False,
    ) -> Annotated[CallToolResult, Erased]:
        """Remove memories physically and for good: every version, and whatever was derived from it. It cannot be undone. Use it only when the user asks
        for just that, and after you told them what will be gone; otherwise use retract."""

        def write(scoped: ScopedMemory) -> CallToolResult:
            receipt = scoped.erase(*memory_ids, evidence=evidence)
            erased = Erased(
                receipt_id=receipt.id,
                memory_ids=list(receipt.memory_ids),
                memories=receipt.memories,
                turns=receipt.turns,
                versions=receipt.versions,
                evidence_kept=list(receipt.evidence_kept),
            )
            return answer(erased, f"Erased for good: {receipt.memories} memories, {receipt.turns} turns, {receipt.versions} versions. Receipt {receipt.id}.")

        return await desk.write(ctx, write)

    @server.tool(name="export", title="Export memories", annotations=READS)
    async def export_(
        ctx: CTX,
        *,
        as_of: Annotated[Time | None, Field(description="What held at this time. Default: now.")] = None,
        budget_tokens: Budget = 8_000,
        cursor: CursorWord | None = None,
    ) -> Annotated[CallToolResult, Exported]:
        """Write out what holds, a line of JSON for each memory, as import reads it. History stays behind. Use it when the user wants a copy."""
        call = {"tool": "export", "as_of": as_of}

        def read(scoped: ScopedMemory) -> CallToolResult:
            at = Cursor.decode(cursor, call)
            lines = [_line(version) for version in scoped.snapshot(as_of=as_of)[at.start :]]
            fit = page(lines, budget=budget_tokens, shorten=lambda line, _length: line)
            following = Cursor(start=at.start + len(fit.items)).encode(call) if fit.more else None
            return answer(Exported(lines=list(fit.items), next_cursor=following), "\n".join(fit.items) + more(following) or "Nothing is remembered.")

        return await desk.read(ctx, read)

    @server.tool(name="import", title="Import memories", annotations=IMPORTS)
    async def import_(
        ctx: CTX,
        *,
        lines: Annotated[
            list[Annotated[str, Field(max_length=100_000)]], Field(min_length=1, max_length=MAX_BATCH, description="Lines as export writes them.")
        ],
    ) -> Annotated[CallToolResult, Imported]:
        """Bring memories back that export wrote. They are kept as they are and end nothing; what is there already is not written again."""

        def write(scoped: ScopedMemory) -> CallToolResult:
            outcomes = scoped.remember_many([draft(_read(line, number)) for number, line in enumerate(lines, start=1)], relate=False)
            unchanged = sum(outcome.action is Action.UNCHANGED for outcome in outcomes)
            result = Imported(memories=len(outcomes) - unchanged, unchanged=unchanged)
            return answer(result, f"{result.memories} memories were imported; {result.unchanged} were there already.")

        return await desk.read(ctx, write)

    @server.tool(title="Policy", annotations=READS)
    async def policy(ctx: CTX) -> Annotated[CallToolResult, PolicyRules]:
        """See what a new memory of each type may do to old ones. The user changes it by `erstwhile policy --set type=rule`."""
        rules = await desk.engine(ctx, lambda engine, _memory: {kind.value: rule.value for kind, rule in engine.policy.rules.items()})
        return answer(PolicyRules(rules=rules), "\n".join(f"{kind}: {rule}" for kind, rule in rules.items()))


def _line(version: Version) -> str:
    parts = {
        "content": version.content,
        "type": version.type,
        "source": version.source.kind.value,
        "actor": version.source.actor,
        "valid_from": version.valid_from.isoformat(),
        "valid_to": None if version.valid_to is None else version.valid_to.isoformat(),
        "confidence": version.confidence,
        "importance": version.importance,
        "pinned": version.pinned,
        "tags": list(version.tags),
    }
    return json.dumps(parts, ensure_ascii=False)


def _read(line: str, number: int) -> KeptMemory:
    try:
        return KeptMemory.model_validate_json(line)
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(str(part) for part in each["loc"]) or "the line" for each in error.errors()}))
        raise InvalidInputError(f"Line {number} cannot be read: {wrong:.200}. Nothing was written.") from None
