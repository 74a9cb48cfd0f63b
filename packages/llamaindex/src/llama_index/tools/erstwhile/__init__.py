"""Tools for LlamaIndex agents over erstwhile's memory."""

from llama_index.tools.erstwhile.tool_spec import ErstwhileToolSpec

__all__ = ["ErstwhileToolSpec"]
