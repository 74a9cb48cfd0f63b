"""A chat model of LangChain's, as what an extractor or a judge of erstwhile's asks."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from erstwhile import ChatCall

__all__ = ["chat_call"]


def chat_call(model: "BaseChatModel") -> "ChatCall":
    """A function from a prompt to the model's answer, for ``erstwhile.open(extractor=…, judge=…)``: memories are then drawn, or judged, by that model.

    Its tokens stay out of what an agent streams to its user. Tracing and callbacks of the run see the call, under the name "erstwhile".

    Args:
        model: The model; the agent's own, or a cheaper one.
    """

    def call(prompt: str, /) -> object:
        return str(model.invoke(prompt, {"tags": ["nostream"], "run_name": "erstwhile"}).text)

    return call
