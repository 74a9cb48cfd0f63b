"""The tools that only an administrator gets: erase, export, import, policy."""

import json
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field, ValidationError

from erstwhile import Action, Engine, InvalidInputError, NotFoundError, Policy, Scope, ScopedMemory, Version
from erstwhile_mcp.answers import Erased, Exported, Imported, PolicyRules
from erstwhile_mcp.arguments import MAX_BATCH, Budget, CursorWord, KeptMemory, MemoryId, Time, draft
from erstwhile_mcp.desk import Desk
from erstwhile_mcp.paging import Cursor, page
from erstwhile_mcp.reading_tools import READS, answer, more

__all__ = ["add_admin_tools"]

ERASES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False)
IMPORTS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

DAY: Final = 86_400
"""Seconds."""

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

        def write(engine: Engine, scopes: tuple[Scope, ...]) -> CallToolResult:
            receipts = [engine.scope(scope).erase(*ids, evidence=evidence) for scope, ids in _by_scope(engine, scopes, memory_ids).items()]
            erased = Erased(
                receipt_ids=[receipt.id for receipt in receipts],
                memory_ids=[each for receipt in receipts for each in receipt.memory_ids],
                memories=sum(receipt.memories for receipt in receipts),
                turns=sum(receipt.turns for receipt in receipts),
                versions=sum(receipt.versions for receipt in receipts),
                evidence_kept=[each for receipt in receipts for each in receipt.evidence_kept],
            )
            told = f"Erased for good: {erased.memories} memories, {erased.turns} turns, {erased.versions} versions. Receipt {', '.join(erased.receipt_ids)}."
            return answer(erased, told)

        return await desk.engine(ctx, write)

    @server.tool(name="export", title="Export memories", annotations=READS)
    async def export_(
        ctx: CTX,
        *,
        as_of: Annotated[Time | None, Field(description="What held at this time. Default: now.")] = None,
        history: Annotated[bool, Field(description="Every version and every turn, as `erstwhile take-in` reads it from a file.")] = False,
        budget_tokens: Budget = 8_000,
        cursor: CursorWord | None = None,
    ) -> Annotated[CallToolResult, Exported]:
        """Write out what holds, a line of JSON for each memory, as import reads it; with history, all that is kept. Use it when the user wants a copy."""

        def read(engine: Engine, scopes: tuple[Scope, ...]) -> CallToolResult:
            if history and as_of is not None:
                raise InvalidInputError("Both history and as_of were given; give either: history has every time in it.")
            lines = _whole(engine, scopes) if history else [_line(version) for version in engine.scope(scopes[0], also=scopes[1:]).snapshot(as_of=as_of)]
            # Pages are of one list: a write in between makes it another.
            call = {"tool": "export", "as_of": as_of, "history": history, "lines": lines[1:] if history else lines}
            at = _place(cursor, call)
            fit = page(lines[at.start :], total=len(lines) - at.start, budget=budget_tokens, shorten=lambda line, _length: line)
            following = Cursor(start=at.start + len(fit.items)).encode(call) if fit.more else None
            return answer(Exported(lines=list(fit.items), next_cursor=following), "\n".join(fit.items) + more(following) or "Nothing is remembered.")

        return await desk.engine(ctx, read)

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
        """See what a new memory may do to old ones, by its type and source, and how long it is kept. It holds for everybody on this store, so only the user
        changes it, by `erstwhile policy --set type=rule`."""
        found = await desk.engine(ctx, lambda engine, _scopes: _rules(engine.policy))
        parts: dict[str, dict[str, Any]] = {"May end a memory": found.rules, "Trust": found.trust, "Kept": found.retention, "Others": found.others}
        return answer(found, "\n".join(f"{part}: {', '.join(f'{name} {value}' for name, value in each.items())}" for part, each in parts.items() if each))


def _by_scope(engine: Engine, scopes: Sequence[Scope], ids: Sequence[str]) -> dict[Scope, list[str]]:
    """Which scope each is found in, before anything is erased."""
    found: dict[Scope, list[str]] = {}
    for each in ids:
        for scope in scopes:
            with suppress(NotFoundError) if scope != scopes[-1] else nullcontext():
                engine.scope(scope).would_erase(each)
                found.setdefault(scope, []).append(each)
                break
    return found


def _rules(policy: Policy) -> PolicyRules:
    names = ("retire_at", "open_at", "reinforce_at", "least_confidence", "secrets", "turn_secrets", "quarantine")
    return PolicyRules(
        rules={kind.value: rule.value for kind, rule in policy.rules.items()},
        trust={kind.value: trust for kind, trust in policy.trust.items()},
        retention={kind.value: f"{kept.total_seconds() / DAY:g} days" for kind, kept in policy.retention.items()},
        others={name: getattr(policy, name) for name in names},
    )


def _place(cursor: str | None, call: dict[str, Any]) -> Cursor:
    try:
        return Cursor.decode(cursor, call)
    except InvalidInputError:
        raise InvalidInputError("The cursor belongs to another call, or something was written since; begin again, without a cursor.") from None


def _whole(engine: Engine, scopes: Sequence[Scope]) -> list[str]:
    """All that is kept of some scopes, in the lines of one file that `Engine.take_in` reads."""
    heads, versions = [], []
    with TemporaryDirectory() as folder:
        for scope in scopes:
            file = Path(folder) / "export.jsonl"
            engine.export(file, scope=scope)
            head, *rest, _count = file.read_text(encoding="utf-8").splitlines()
            heads.append(json.loads(head))
            versions += rest
    first = heads[0] | {"scopes": [scope for head in heads for scope in head["scopes"]]}
    return [json.dumps(first, ensure_ascii=False), *versions, json.dumps({"versions": len(versions)})]


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
        if any(each["loc"] in {("erstwhile",), ("memory_id",), ("versions",)} for each in error.errors(include_input=False)):
            raise InvalidInputError(
                f"Line {number} is of an export with history, which only the user brings back: with `erstwhile take-in FILE`. Nothing was written."
            ) from None
        wrong = ", ".join(sorted({".".join(str(part) for part in each["loc"]) or "the line" for each in error.errors()}))
        raise InvalidInputError(f"Line {number} cannot be read: {wrong:.200}. Nothing was written.") from None
