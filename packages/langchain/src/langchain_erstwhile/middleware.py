"""Memory for an agent made by ``create_agent``: recalled before its model is called, kept after it has answered."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import BaseMessage, SystemMessage

from erstwhile import AsOf, ErstwhileError, Hit, MemoryType, Provenance, Recall, Scope, ScopedMemory, Version
from langchain_erstwhile.messages import asked_by, last_exchange, turns_of
from langchain_erstwhile.scoping import Memory, ScopeOf, run_memory, session_of
from langchain_erstwhile.tools import memory_tools

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage
    from langgraph.runtime import Runtime

__all__ = ["MemoryMiddleware"]

_log: Final = logging.getLogger(__name__)


class MemoryMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Gives an agent a memory that lasts beyond its threads, and knows what is true now.

    Before each call of the model, what matters to the last thing that the person said is recalled and put at the end of the system message, fenced as data,
    within a budget. When the agent has answered, the exchange is kept word for word, and memories are drawn from it, on this machine: no model is called for
    either. One instance serves any number of runs at once; it holds nothing of any of them.

    Whose memory it is, the run says: ``agent.invoke(…, context={"user": "ana"})``. The context may be a mapping or an object, with ``user``, ``tenant``,
    ``agent`` or ``project`` (or ``user_id`` and so on); the conversation is its ``session`` (or ``session_id``), else the run's ``thread_id``. With ``as_of``
    it asks about another time.

    Args:
        memory: An engine, from `erstwhile.open`; or the memory of one scope, for every run.
        scope: The scope, or a function from the run's context to one, where its own names will not do.
        k: At most so many memories, 1 to 1,000, beside the profile.
        budget_tokens: What they may take of the prompt, in tokens.
        count: Counts the tokens of a text. Default: an estimate.
        types: Only these types of memory; turns have none and are left out then.
        turns: Whether verbatim turns of earlier conversations are recalled too. Those that the model is shown anyway are not repeated.
        profile: Whether what is pinned is always there. Default yes.
        min_relevance: How relevant each must be, 0 to 1. Default: nothing where nothing is known of what was said.
        keep: Whether exchanges are kept. Default yes.
        draw: Whether memories are drawn from them. Default yes. ``erstwhile.open(extractor=chat_call(model))`` has a model draw them.
        tools: Whether the model is given `memory_tools` as well. Default no.
        required: Whether a run fails where its memory does. Default yes. With no, the model is called without memory, or its answer is given and not kept,
            and a warning in the log says why.

    Raises:
        InvalidInputError: In a run, before its model is called: its context names nobody, or something given cannot be used.
        StoreError: In a run: the store cannot be used, and memory is required.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        scope: Scope | Mapping[str, Any] | ScopeOf | None = None,
        k: int = 10,
        budget_tokens: int = 1_000,
        count: Callable[[str], int] | None = None,
        types: Iterable[MemoryType | str] | None = None,
        turns: bool = True,
        profile: bool = True,
        min_relevance: float | None = None,
        keep: bool = True,
        draw: bool = True,
        tools: bool = False,
        required: bool = True,
    ) -> None:
        super().__init__()
        self.tools = memory_tools(memory, scope=scope) if tools else ()
        self._memory = memory
        self._scope = scope
        self._budget: dict[str, Any] = {"budget_tokens": budget_tokens, "count": count}
        self._asked: dict[str, Any] = {"k": k, "types": None if types is None else tuple(types), "turns": turns, "min_relevance": min_relevance}
        self._profile = profile
        self._keep = keep
        self._draw = draw
        self._required = required

    def wrap_model_call(self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]) -> "ModelResponse[Any] | AIMessage":
        """Recall, and call the model with what was recalled in its system message."""
        memory, question, asked = self._question(request)
        with self._required_or_without("recalled"):
            pinned = memory.profile(as_of=asked["as_of"]) if self._profile else ()
            recalled = memory.recall(question, **asked) if question else _nothing(asked)
            request = self._with_memory(request, pinned, recalled)
        return handler(request)

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> "ModelResponse[Any] | AIMessage":
        """The same, without stopping the event loop."""
        memory, question, asked = self._question(request)
        with self._required_or_without("recalled"):
            pinned = await memory.aio.profile(as_of=asked["as_of"]) if self._profile else ()
            recalled = await memory.aio.recall(question, **asked) if question else _nothing(asked)
            request = self._with_memory(request, pinned, recalled)
        return await handler(request)

    def after_agent(self, state: AgentState[Any], runtime: "Runtime[Any]") -> None:
        """Keep the exchange, and draw memories from it."""
        if self._keep and (turns := turns_of(last_exchange(state["messages"]))):
            with self._required_or_without("kept"):
                self._scoped(runtime).observe(turns, session=_session(runtime), draw=self._draw)

    async def aafter_agent(self, state: AgentState[Any], runtime: "Runtime[Any]") -> None:
        """The same, without stopping the event loop."""
        if self._keep and (turns := turns_of(last_exchange(state["messages"]))):
            with self._required_or_without("kept"):
                await self._scoped(runtime).aio.observe(turns, session=_session(runtime), draw=self._draw)

    @contextmanager
    def _required_or_without(self, done: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if self._required:
                raise
            # Of a stranger's error the type alone: its message may hold what people said.
            why = f"{type(error).__name__}: {error}" if isinstance(error, ErstwhileError) else type(error).__name__
            _log.warning("Nothing was %s, and the run goes on without: %s", done, why)

    def _scoped(self, runtime: "Runtime[Any]") -> ScopedMemory:
        return run_memory(self._memory, self._scope, runtime.context)

    def _question(self, request: ModelRequest[Any]) -> tuple[ScopedMemory, str, dict[str, Any]]:
        context = request.runtime.context
        as_of = context.get("as_of") if isinstance(context, Mapping) else getattr(context, "as_of", None)
        asked = {**self._asked, "as_of": None if as_of is None else AsOf.of(as_of), "pinned": False if self._profile else None}
        # Neither a wrong time nor a session that nothing can be kept under is to come to light once the model has answered, or never.
        Provenance(session=_session(request.runtime))
        return self._scoped(request.runtime), asked_by(request.messages), asked

    def _with_memory(self, request: ModelRequest[Any], pinned: Sequence[Version], recalled: Recall) -> ModelRequest[Any]:
        always = tuple(Hit(version=version, score=1.0) for version in pinned)
        text = replace(recalled, hits=always + _not_shown(recalled, request.messages)).pack(**self._budget).text
        return request.override(system_message=_with_text(request.system_message, text)) if text else request


def _nothing(asked: Mapping[str, Any]) -> Recall:
    return Recall(query="", as_of=AsOf.of(asked["as_of"]), hits=())


def _not_shown(hits: Iterable[Hit], messages: Sequence[BaseMessage]) -> tuple[Hit, ...]:
    shown = {turn.content for turn in turns_of(messages)}
    return tuple(hit for hit in hits if not (hit.version.is_turn and hit.content in shown))


def _with_text(system: SystemMessage | None, text: str) -> SystemMessage:
    # No empty block beside it: some providers refuse one.
    if system is None or not system.content:
        return SystemMessage(text)
    content = [{"type": "text", "text": system.content}] if isinstance(system.content, str) else list(system.content)
    return system.model_copy(update={"content": [*content, {"type": "text", "text": text}]})


def _session(runtime: "Runtime[Any]") -> str | None:
    info = runtime.execution_info
    return session_of(runtime.context, None if info is None else info.thread_id)
