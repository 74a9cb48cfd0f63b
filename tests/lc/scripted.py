"""A chat model that says what it was told to say, and notes what reached it."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from pydantic import Field, PrivateAttr


class Scripted(GenericFakeChatModel):
    """Gives its answers in turn; ``seen`` holds the messages of each call."""

    seen: list[list[BaseMessage]] = Field(default_factory=list)
    _one_at_a_time: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:  # noqa: ANN401
        # What it was told to say is a generator, which two threads cannot ask at once.
        with self._one_at_a_time:
            self.seen.append(messages)
            return super()._generate(messages, *args, **kwargs)

    def bind_tools(self, tools: Sequence[dict[str, Any] | type | Callable[..., Any]], **kwargs: Any) -> "Scripted":  # noqa: ANN401
        """Itself: its calls are scripted."""
        return self

    def system(self, call: int = -1) -> str:
        """The system message of a call, "" for none."""
        return "\n".join(str(message.text) for message in self.seen[call] if message.type == "system")


def scripted(*answers: str | AIMessage) -> Scripted:
    """A model that gives these answers, and "I see." after them."""

    def said() -> Any:  # noqa: ANN401
        for answer in answers:
            yield answer if isinstance(answer, AIMessage) else AIMessage(answer)
        while True:
            yield AIMessage("I see.")

    return Scripted(messages=said())
