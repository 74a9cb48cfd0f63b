"""What a client can attach: the profile, what is recent, the open conflicts, and any memory by its id."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mcp.server.mcpserver import MCPServer
from mcp.types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from erstwhile import ScopedMemory, Version
from erstwhile_mcp.desk import Desk
from erstwhile_mcp.paging import SHORTEST, clipped
from erstwhile_mcp.settling_tools import conflict_text
from erstwhile_mcp.wording import fenced, numbered

__all__ = ["add_resources"]

RECENT: Final = timedelta(days=14)
MOST: Final = 50
"""Memories in a resource, at most."""
LENGTH: Final = 12_000
"""Characters of content in a resource, about 4,000 tokens, shared by its memories."""
TEXT: Final = "text/plain"


def add_resources(server: MCPServer[Any], desk: Desk) -> None:
    """Add the resources to a server."""

    @server.resource("memory://profile", name="profile", title="Profile", description="What always counts: everything pinned.", mime_type=TEXT)
    async def profile() -> str:
        return await desk.resource(lambda memory: _block(_shared(memory.profile()[:MOST]), "Nothing is pinned."))

    @server.resource("memory://recent", name="recent", title="Recent memories", description="What was learned in the last 14 days.", mime_type=TEXT)
    async def recent() -> str:
        return await desk.resource(_recent)

    @server.resource("memory://conflicts", name="conflicts", title="Open conflicts", description="Memories that clash, not settled yet.", mime_type=TEXT)
    async def conflicts() -> str:
        return await desk.resource(lambda memory: "\n\n".join(_conflicts(memory)) or "No conflict is open.")

    @server.resource("memory://{id}", name="memory", title="One memory", description="A memory in full, with its history.", mime_type=TEXT)
    async def memory(id: str) -> str:
        return await desk.resource(lambda memory: _block(_history(memory.history(id)), ""))

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]  # the SDK gives it no types
    async def complete(ref: PromptReference | ResourceTemplateReference, argument: CompletionArgument, _context: CompletionContext | None) -> Completion | None:
        if not isinstance(ref, ResourceTemplateReference) or argument.name != "id":
            return None
        known = await desk.resource(lambda memory: dict.fromkeys(version.memory_id for version in _learned(memory)))
        return Completion(values=[id for id in known if id.startswith(argument.value)][:MOST])


def _shared(versions: Sequence[Version]) -> list[Version]:
    share = LENGTH // max(len(versions), 1)
    return [replace(version, content=clipped(version.content, max(SHORTEST, share)) or version.content) for version in versions]


def _history(versions: Sequence[Version]) -> list[Version]:
    # What is believed is here in full, however long; what was believed is in the tool history too.
    past = {version.id: version for version in _shared([version for version in versions if not version.believed])}
    return [past.get(version.id, version) for version in versions]


def _conflicts(memory: ScopedMemory) -> list[str]:
    found = memory.conflicts()[:MOST]
    cut = iter(_shared([side for conflict in found for side in (conflict.older, conflict.newer)]))
    return [conflict_text(replace(conflict, older=next(cut), newer=next(cut))) for conflict in found]


def _recent(memory: ScopedMemory) -> str:
    return _block(_shared(_learned(memory)[-MOST:]), "Nothing was learned in the last 14 days.")


def _learned(memory: ScopedMemory) -> list[Version]:
    return [version for change in memory.changes(datetime.now(UTC) - RECENT) for version in change.after if version.believed]


def _block(versions: Sequence[Version], nothing: str) -> str:
    if not versions:
        return nothing
    text, order = fenced(versions)
    return f"{text}\n{numbered(order, belief=True)}"
