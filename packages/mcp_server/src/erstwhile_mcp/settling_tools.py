"""The tools about conflicts: conflicts, and resolve, which asks the user where the client can."""

from dataclasses import replace
from typing import Annotated, Any, Final

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, MCPServer, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from erstwhile import Conflict, Outcome, ScopedMemory
from erstwhile_mcp.answers import ConflictItem, Conflicts, Resolved, conflict_item, remembered
from erstwhile_mcp.arguments import Budget, CursorWord, How
from erstwhile_mcp.desk import Desk
from erstwhile_mcp.paging import Cursor, clipped, page
from erstwhile_mcp.reading_tools import READS, answer, more
from erstwhile_mcp.shortening import brief, shorter_conflict
from erstwhile_mcp.wording import fenced, numbered
from erstwhile_mcp.writing_tools import told

__all__ = ["add_conflicts_tool", "add_resolve_tool", "conflict_text"]

SETTLES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False)

CTX = Context[Any, Any]
SHOWN: Final = 600
"""Characters of each side that the user is shown."""
OPEN: Final = 4_000
"""Characters that both sides share in the answer that asks for a choice."""
CHOICES: Final = "keep-new (it holds from its start on, the older one ends there), keep-old (the newer one is retracted), keep-both, or merge (with a text)"


class Choice(BaseModel):
    """How to settle a conflict."""

    how: Annotated[How, Field(description="Which one holds.")]
    text: Annotated[str, Field(max_length=2_000, description="For merge: what takes the place of both.")] = ""


class Unasked(Choice):
    """Nobody was asked, and nothing was chosen: there is no conflict, or no way to ask."""

    how: How = "keep-both"


def conflict_text(conflict: Conflict) -> str:
    """A conflict in a few lines, both sides fenced."""
    text, order = fenced((conflict.older, conflict.newer))
    return f"conflict_id {conflict.id}: {conflict.reason}\n{text}\n{numbered(order)}"


def add_conflicts_tool(server: MCPServer[Any], desk: Desk) -> None:
    """Add the tool that lists conflicts."""

    @server.tool(title="Open conflicts", annotations=READS)
    async def conflicts(ctx: CTX, budget_tokens: Budget = 2_000, cursor: CursorWord | None = None) -> Annotated[CallToolResult, Conflicts]:
        """List memories that clash and that nobody has settled, oldest first. Use it when a write said that it was contested, or when the user wants to
        review what you know."""
        call = {"tool": "conflicts"}

        def ask(memory: ScopedMemory) -> CallToolResult:
            at = Cursor.decode(cursor, call)
            found = memory.conflicts()[at.start :]
            fit = page((conflict_item(conflict) for conflict in found), total=len(found), budget=budget_tokens, shorten=shorter_conflict)
            following = replace(at, start=at.start + len(fit.items)).encode(call) if fit.more else None
            text = "\n\n".join(conflict_text(_cut(conflict, each)) for conflict, each in zip(found, fit.items, strict=False))
            return answer(Conflicts(conflicts=list(fit.items), next_cursor=following), f"{text}{more(following)}" if fit.items else "No conflict is open.")

        return await desk.read(ctx, ask)


def add_resolve_tool(server: MCPServer[Any], desk: Desk) -> None:
    """Add the tool that settles a conflict."""

    async def pick(ctx: CTX, conflict_id: str) -> Conflict | None:
        """The conflict that the whole call is about: by when the user has answered, another may be the oldest."""
        return await desk.read(ctx, lambda memory: _pick(memory, conflict_id))

    async def choose(ctx: CTX, conflict: Annotated[Conflict | None, Resolve(pick)], how: How | None, text: str) -> Choice | Elicit[Choice]:
        """Ask the user, unless the call says how, or the client cannot ask."""
        if how is not None:
            # The limit of its text is that of a form; this one's was checked.
            return Choice.model_construct(how=how, text=text)
        capabilities = ctx.client_capabilities
        if capabilities is None or capabilities.elicitation is None or not _forms(capabilities.elicitation):
            return Unasked()
        return Unasked() if conflict is None else Elicit(_question(conflict), Choice)

    @server.tool(title="Settle a conflict", annotations=SETTLES)
    async def resolve(
        ctx: CTX,
        *,
        conflict: Annotated[Conflict | None, Resolve(pick)],
        choice: Annotated[ElicitationResult[Choice], Resolve(choose)],
        conflict_id: Annotated[str, Field(max_length=200, description="Which conflict. Default: the oldest open one.")] = "",
        how: Annotated[How | None, Field(description="What the user chose. Leave it out to let the user be asked.")] = None,  # noqa: ARG001 - for choose
        text: Annotated[str, Field(max_length=32_768, description="For merge: what takes the place of both.")] = "",  # noqa: ARG001 - for choose
    ) -> Annotated[CallToolResult, Resolved]:
        """Settle two memories that clash. Leave out how: the user is asked, where the client can ask. Where it cannot, you get the conflict: ask the user
        yourself, and call again with how. Never choose for the user."""
        chosen = choice.data if isinstance(choice, AcceptedElicitation) else None
        if conflict is None:
            if conflict_id:
                raise ToolError("No such conflict is open; it may have been settled. conflicts lists those that are.")
            return answer(Resolved(status="none"), "No conflict is open.")
        if chosen is None or isinstance(chosen, Unasked):
            asked = "The user did not choose; it stays open." if chosen is None else f"Ask the user, and call again with how: {CHOICES}."
            shown = shorter_conflict(conflict_item(conflict), OPEN)
            return answer(Resolved(status="open", conflict=shown), f"{asked}\n{conflict_text(_cut(conflict, shown))}")
        outcome: Outcome = await desk.write(ctx, lambda memory: memory.resolve(conflict.id, chosen.how, text=chosen.text or None))
        done = brief(remembered(outcome))
        return answer(Resolved(status="settled", how=chosen.how, outcome=done), f"Settled as {chosen.how}.\n{told(outcome, done)}")


def _forms(elicitation: Any) -> bool:  # noqa: ANN401 - a capability of the protocol
    # A client that says nothing of the modes can do forms.
    return elicitation.form is not None or getattr(elicitation, "url", None) is None


def _pick(memory: ScopedMemory, conflict_id: str) -> Conflict | None:
    found = memory.conflicts()
    named = {conflict_id} if conflict_id else set()
    return next((conflict for conflict in found if not named or named & {conflict.id, conflict.newer.memory_id}), None)


def _question(conflict: Conflict) -> str:
    # On one line each: no side can pose as the other, or as the question.
    lines = [" ".join(side.content.split()) for side in (conflict.older, conflict.newer)]
    sides = [clipped(line, SHOWN) or line for line in lines]
    since = [side.valid_from.date().isoformat() for side in (conflict.older, conflict.newer)]
    return f"Two memories clash: {conflict.reason}\nOlder (from {since[0]}): {sides[0]}\nNewer (from {since[1]}): {sides[1]}\nWhich one holds?"


def _cut(conflict: Conflict, shown: ConflictItem) -> Conflict:
    return replace(conflict, older=replace(conflict.older, content=shown.older.content), newer=replace(conflict.newer, content=shown.newer.content))
