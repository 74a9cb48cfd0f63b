"""Public names, imported when they are first asked for."""

from importlib import import_module
from typing import Final

__all__ = ["__dir__", "__getattr__"]

MODULES: Final = {
    "ErstwhileChatMessageHistory": "chat_history",
    "ErstwhileEmbeddings": "embeddings",
    "ErstwhileMemory": "classic",
    "ErstwhileRetriever": "retriever",
    "ErstwhileStore": "store",
    "MemoryMiddleware": "middleware",
    "chat_call": "calls",
    "memory_tools": "tools",
}


def __getattr__(name: str) -> object:
    """The public name of ``langchain_erstwhile``, imported with what it needs.

    Raises:
        AttributeError: There is no such name.
    """
    if name not in MODULES:
        raise AttributeError(f"module 'langchain_erstwhile' has no attribute {name!r}")
    return getattr(import_module(f"langchain_erstwhile.{MODULES[name]}"), name)


def __dir__() -> list[str]:
    """The public names of ``langchain_erstwhile``."""
    return sorted(MODULES)
