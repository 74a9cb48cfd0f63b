"""Tools with which an agent remembers, recalls, looks up history and forgets by itself."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from langchain.tools import ToolRuntime
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from erstwhile import AsOf, Hit, InvalidInputError, NotFoundError, Pack, Provenance, Recall, Scope, ScopedMemory, SourceKind, TypeName, Version
from langchain_erstwhile.scoping import Memory, ScopeOf, run_memory, session_of

__all__ = ["memory_tools"]

MOST: Final = 50
"""Memories that a model may ask for at once."""
BUDGET: Final = 4_000
"""Tokens of one answer."""


class Remember(BaseModel):
    """What to remember."""

    content: str = Field(description="One thing worth knowing in later conversations, as the user would say it: 'I live in Porto'.")
    type: TypeName | None = Field(default=None, description="Its type, where that is clear.")
    valid_from: str | None = Field(default=None, description="Since when it holds, as an ISO 8601 date. Left out: from now on.")
    valid_to: str | None = Field(default=None, description="Until when it holds, as an ISO 8601 date. Left out: until changed.")


class Ask(BaseModel):
    """What to recall."""

    query: str = Field(description="A question, in plain words.")
    as_of: str | None = Field(default=None, description="A past ISO 8601 date, to ask what held then. Left out: what holds now.")
    types: list[TypeName] | None = Field(default=None, description="Only these types.")
    k: int = Field(default=10, ge=1, le=MOST, description="At most so many memories.")


class Which(BaseModel):
    """Which memory."""

    memory_id: str = Field(description="The id of a memory, as another tool gave it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A tool, before it is known whose memory it works on.

    Attributes:
        name: Its name.
        says: What the model is told of it.
        asks: What the model gives.
        does: From the memory, the conversation and what the model gave to the answer.
    """

    name: str
    says: str
    asks: type[BaseModel]
    does: Callable[..., str]


def _remember(memory: ScopedMemory, session: str | None, *, content: str, **given: Any) -> str:  # noqa: ANN401 - of the schema
    # In the user's voice, so that it is compared with what the user said; and inferred, for it is the model that says so.
    source = Provenance(kind=SourceKind.INFERRED, actor="user", session=session)
    outcome = memory.remember(content, source=source, **given)
    return f"{outcome.action.value}: {outcome.reason} Its id: {outcome.memory_id}"


def _recall(memory: ScopedMemory, session: str | None, *, query: str, k: int = 10, **given: Any) -> str:  # noqa: ANN401, ARG001 - of the schema
    packed = memory.recall(query, k=k, **given).pack(budget_tokens=BUDGET)
    return f"{packed.text}\n{_ids(packed)}" if packed.hits else "Nothing is known of that."


def _history(memory: ScopedMemory, session: str | None, *, memory_id: str) -> str:  # noqa: ARG001 - the same for all
    versions = memory.history(memory_id)
    hits = tuple(Hit(version=version, score=1.0) for version in versions)
    packed = Recall(query="", as_of=AsOf(), hits=hits).pack(budget_tokens=BUDGET)
    return "\n".join([packed.text, *(_believed(place, hit.version) for place, hit in enumerate(packed.hits, start=1))])


def _forget(memory: ScopedMemory, session: str | None, *, memory_id: str) -> str:  # noqa: ARG001 - the same for all
    outcome = memory.retract(memory_id)
    return f"Retracted: it is not recalled any more and stays in history; nothing was erased. Its id: {outcome.memory_id}"


VERBS: Final = (
    Verb(
        name="remember",
        says="Keep something for later conversations: what the user is, has, wants, prefers or decided. What it replaces is found by itself.",
        asks=Remember,
        does=_remember,
    ),
    Verb(name="recall", says="Look up what is known from earlier conversations, now or at an earlier date.", asks=Ask, does=_recall),
    Verb(name="history", says="See every version of one memory: what was believed, and when.", asks=Which, does=_history),
    Verb(
        name="forget",
        says="Take a memory back because it is wrong, or because the user asks for it. It is not recalled any more; its history is kept, nothing is erased.",
        asks=Which,
        does=_forget,
    ),
)


def memory_tools(memory: Memory, *, scope: Scope | Mapping[str, Any] | ScopeOf | None = None) -> list[BaseTool]:
    """The tools ``remember``, ``recall``, ``history`` and ``forget``, for ``create_agent(…, tools=memory_tools(memory))``.

    Whose memory it is, the run's context says, as for `MemoryMiddleware`; the model neither sees nor chooses it. What it remembers counts as inferred: it
    never ends what a person said, but opens a conflict with it. ``forget`` retracts and does not erase: that is for people.

    Args:
        memory: An engine, from `erstwhile.open`; or the memory of one scope, for tools that need no agent's run.
        scope: The scope, or a function from the run's context to one, where its own names will not do.

    Raises:
        InvalidInputError: In a run: its context names nobody. What the model gave wrong it is told, to mend it.
        StoreError: In a run: the store cannot be used.
    """
    return [_tool(verb, memory, scope) for verb in VERBS]


def _tool(verb: Verb, memory: Memory, scope: Scope | Mapping[str, Any] | ScopeOf | None) -> BaseTool:
    if isinstance(memory, ScopedMemory):
        fixed = run_memory(memory, scope, None)

        def call(**given: Any) -> str:  # noqa: ANN401 - of the schema
            return _done(verb, fixed, None, given)

        async def acall(**given: Any) -> str:  # noqa: ANN401 - of the schema
            return await asyncio.to_thread(call, **given)

        return _structured(verb, call, acall)

    def call_in(runtime: ToolRuntime[Any, Any], **given: Any) -> str:  # noqa: ANN401 - of the schema
        thread = runtime.config.get("configurable", {}).get("thread_id")
        return _done(verb, run_memory(memory, scope, runtime.context), session_of(runtime.context, thread), given)

    async def acall_in(runtime: ToolRuntime[Any, Any], **given: Any) -> str:  # noqa: ANN401 - of the schema
        return await asyncio.to_thread(call_in, runtime, **given)

    return _structured(verb, call_in, acall_in)


def _structured(verb: Verb, call: Callable[..., str], acall: Callable[..., Any]) -> BaseTool:
    return StructuredTool.from_function(
        func=call, coroutine=acall, name=verb.name, description=verb.says, args_schema=verb.asks, infer_schema=False, handle_tool_error=True
    )


def _done(verb: Verb, memory: ScopedMemory, session: str | None, given: Mapping[str, Any]) -> str:
    try:
        return verb.does(memory, session, **given)
    except (InvalidInputError, NotFoundError) as error:
        # For the model to mend: a date that is none, an id that is not there. A store that cannot be used is the application's.
        raise ToolException(str(error)) from error


def _ids(packed: Pack) -> str:
    return "Ids: " + ", ".join(f"[{place}] {hit.memory_id}" for place, hit in enumerate(packed.hits, start=1))


def _believed(place: int, version: Version) -> str:
    until = "until now" if version.system_to is None else f"until {version.system_to:%Y-%m-%d}"
    return f"[{place}] was believed from {version.system_from:%Y-%m-%d} {until}"
