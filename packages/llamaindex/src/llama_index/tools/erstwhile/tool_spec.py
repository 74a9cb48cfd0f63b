"""Tools that let an agent remember, recall, look back and retract."""

from llama_index.core.tools.tool_spec.base import BaseToolSpec

from erstwhile import AsOf, Engine, Hit, Outcome, Provenance, Recall, ScopedMemory, SourceKind, Version
from llama_index.memory.erstwhile.scoping import ScopeLike, memory_of

__all__ = ["ErstwhileToolSpec"]


class ErstwhileToolSpec(BaseToolSpec):
    """Four tools over one user's memory: ``remember``, ``recall``, ``history`` and ``forget``, each with a twin that is awaited.

    The scope is fixed here and is no argument of any tool, so that no model can read or write another user's memory. What is recalled is fenced as data. What a
    model remembers counts as inferred: it does not end what the user said, but stands against it as a conflict. ``forget`` retracts; nothing is erased.

    Args:
        memory: An engine, from `erstwhile.open`, or the memory of one scope.
        scope: Whose memory, where ``memory`` is an engine: a `Scope`, or its parts as a mapping.
        k: Recalls at most so many memories, 1 to 1,000. Default 10.
        budget_tokens: What a tool gives takes at most so many tokens, as erstwhile estimates them. Default 1,000.
        kind: How what the agent remembers came to be known. Default: inferred. `SourceKind.STATED` for an agent that writes down what its user said and no
            more: it can end what the user said before.

    Raises:
        InvalidInputError: Nobody's memory was named.
    """

    def __init__(
        self,
        memory: Engine | ScopedMemory,
        *,
        scope: ScopeLike | None = None,
        k: int = 10,
        budget_tokens: int = 1_000,
        kind: SourceKind | str = SourceKind.INFERRED,
    ) -> None:
        self.spec_functions = [("remember", "aremember"), ("recall", "arecall"), ("history", "ahistory"), ("forget", "aforget")]
        self._memory = memory_of(memory, scope)
        self._k = k
        self._budget = budget_tokens
        # Whatever the agent calls the user, "I" or "the user", it is the user that is meant.
        self._source = Provenance(kind=SourceKind.of(kind), actor="user")

    def remember(self, content: str, type: str | None = None, valid_from: str | None = None) -> str:
        """Remember something about the user for later conversations. It may end an older memory that it contradicts; the answer says so.

        Args:
            content: One plain statement that can be understood by itself.
            type: fact, preference, decision, commitment, goal, event, artifact, instruction, relationship, context, learning, observation or error, if sure.
            valid_from: Since when it holds, as an ISO 8601 date; left out, from now on.
        """
        return _written(self._memory.remember(content, type=type, valid_from=valid_from, source=self._source))

    async def aremember(self, content: str, type: str | None = None, valid_from: str | None = None) -> str:
        """The same, awaited."""
        return _written(await self._memory.aio.remember(content, type=type, valid_from=valid_from, source=self._source))

    def recall(self, question: str, as_of: str | None = None, types: list[str] | None = None) -> str:
        """Find what is remembered of the user that matters to a question.

        Args:
            question: The question, in plain words.
            as_of: What held at a time in the past, as an ISO 8601 date; left out, what holds now.
            types: Only these types of memory, such as fact or preference.
        """
        return self._found(self._memory.recall(question, k=self._k, as_of=as_of, types=types))

    async def arecall(self, question: str, as_of: str | None = None, types: list[str] | None = None) -> str:
        """The same, awaited."""
        return self._found(await self._memory.aio.recall(question, k=self._k, as_of=as_of, types=types))

    def history(self, memory_id: str) -> str:
        """What one memory said over time: what held until when, and what holds now.

        Args:
            memory_id: The id of the memory, as remember and recall give it.
        """
        return self._held(self._memory.history(memory_id))

    async def ahistory(self, memory_id: str) -> str:
        """The same, awaited."""
        return self._held(await self._memory.aio.history(memory_id))

    def forget(self, memory_id: str) -> str:
        """Retract a memory that is wrong or that the user wants no longer used: it is not recalled any more. It stays in history, and is not erased.

        Args:
            memory_id: The id of the memory, as remember and recall give it.
        """
        return _written(self._memory.retract(memory_id))

    async def aforget(self, memory_id: str) -> str:
        """The same, awaited."""
        return _written(await self._memory.aio.retract(memory_id))

    def _found(self, recall: Recall) -> str:
        pack = recall.pack(budget_tokens=self._budget)
        if not pack.text:
            return "Nothing is remembered of that." if not recall.hits else "What is remembered of that does not fit into the budget."
        return "\n".join([pack.text, "Ids, in that order:", *(f"[{number}] {hit.memory_id}" for number, hit in enumerate(pack.hits, start=1))])

    def _held(self, versions: tuple[Version, ...]) -> str:
        believed = tuple(Hit(version=version, score=1.0) for version in versions if version.believed)
        if not believed:
            return "Nothing of that memory is asserted any more."
        return Recall(query="", as_of=AsOf(), hits=believed).pack(budget_tokens=self._budget).text or "That memory does not fit into the budget."


def _written(outcome: Outcome) -> str:
    return f"{outcome.action.value}: {outcome.reason} Id of the memory: {outcome.memory_id}"
