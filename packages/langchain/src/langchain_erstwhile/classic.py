"""The drop-in for ``memory=`` of LangChain's classic chains."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import ConfigDict, Field, InstanceOf

from erstwhile import Engine, InvalidInputError, MissingDependencyError, Scope, ScopedMemory, Version
from langchain_erstwhile.conversations import DEFAULT_SESSION, erase_conversation, said_in
from langchain_erstwhile.messages import turns_of
from langchain_erstwhile.scoping import memory_of
from langchain_erstwhile.texts import keepable

try:
    from langchain_classic.base_memory import BaseMemory
except ImportError:
    raise MissingDependencyError("ErstwhileMemory is for LangChain's classic chains; install them: pip install 'langchain-erstwhile[classic]'") from None

__all__ = ["ErstwhileMemory"]


class ErstwhileMemory(BaseMemory):
    """A `BaseMemory`, for ``ConversationChain(memory=…)`` and the like: the last turns of this conversation, and what is known from all others.

    New applications are better served by `MemoryMiddleware`.

    Args:
        memory: An engine, from `erstwhile.open`, or the memory of one scope.
        scope: Whose memory, where ``memory`` is an engine: a `Scope`, or its parts as a mapping.
        session: The conversation. Default: "default".
        memory_key: The variable of the prompt. Default "history".
        input_key: Which input is what the person says. Default: the only one.
        output_key: Which output is the answer. Default: the only one.
        k: At most so many memories.
        budget_tokens: What they may take of the prompt, in tokens.
        recent: So many of the last messages of this conversation come word for word.
        draw: Whether memories are drawn from what is said. Default yes.
        return_messages: Whether the variable is a list of messages, the memories as a system message, and not one text. Default no.
        human_prefix: What the person is called in that text.
        ai_prefix: What the model is called in it.

    Raises:
        InvalidInputError: In use: nobody's memory was named, or it cannot be told which input or output is meant.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: InstanceOf[Engine] | InstanceOf[ScopedMemory] = Field(repr=False, exclude=True)
    scope: InstanceOf[Scope] | dict[str, str] | None = None
    session: str = DEFAULT_SESSION
    memory_key: str = "history"
    input_key: str | None = None
    output_key: str | None = None
    k: int = 10
    budget_tokens: int = 1_000
    recent: int = 6
    draw: bool = True
    return_messages: bool = False
    human_prefix: str = "Human"
    ai_prefix: str = "AI"

    @property
    def memory_variables(self) -> list[str]:
        """The variable of the prompt."""
        return [self.memory_key]

    def load_memory_variables(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """What is known of what the person says, fenced as data, and the last turns."""
        memory, asked = self._memory(), self._only(inputs, self.input_key, "input_key")
        turns = said_in(memory, self.session)[-self.recent :] if self.recent > 0 else ()
        known = self._known(memory, asked, turns)
        if self.return_messages:
            said: Sequence[BaseMessage] = [_message(turn) for turn in turns]
            return {self.memory_key: [*([SystemMessage(known)] if known else []), *said]}
        lines = [f"{self.ai_prefix if _by_model(turn) else self.human_prefix}: {turn.content}" for turn in turns]
        return {self.memory_key: "\n".join([*([known] if known else []), *lines])}

    def save_context(self, inputs: dict[str, Any], outputs: dict[str, str]) -> None:
        """Keep what was said and answered, and draw memories from it."""
        said, answered = self._only(inputs, self.input_key, "input_key"), self._only(outputs, self.output_key, "output_key")
        self._memory().observe(turns_of([HumanMessage(said), AIMessage(answered)]), session=self.session, draw=self.draw)

    def clear(self) -> None:
        """Erase this conversation for good: its turns, and what was drawn from them. What other conversations said stays."""
        erase_conversation(self._memory(), self.session)

    def _memory(self) -> ScopedMemory:
        return memory_of(self.memory, self.scope, how="give the memory scope=erstwhile.Scope(user=…)")

    def _known(self, memory: ScopedMemory, asked: str, turns: Sequence[Version]) -> str:
        question = keepable(asked).strip()
        if not question:
            return ""
        recalled, shown = memory.recall(question, k=self.k), {turn.id for turn in turns}
        return replace(recalled, hits=tuple(hit for hit in recalled if hit.version.id not in shown)).pack(budget_tokens=self.budget_tokens).text

    def _only(self, given: Mapping[str, Any], key: str | None, name: str) -> str:
        keys = [each for each in given if each not in {self.memory_key, "stop"}] if key is None else [key]
        if len(keys) != 1 or keys[0] not in given:
            raise InvalidInputError(f"It cannot be told which of {', '.join(map(str, given))[:80] or 'nothing'} is meant; give {name}.")
        return str(given[keys[0]])


def _by_model(turn: Version) -> bool:
    return bool(turn.metadata.get("role") == "assistant")


def _message(turn: Version) -> BaseMessage:
    return AIMessage(turn.content) if _by_model(turn) else HumanMessage(turn.content)
