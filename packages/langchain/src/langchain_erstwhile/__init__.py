"""erstwhile's memory for LangChain and LangGraph.

Nothing is imported before it is asked for: a retriever does not load the agents, and what is deprecated in LangChain is loaded by nobody who does not use it.
"""

from typing import TYPE_CHECKING

from langchain_erstwhile.lazily import __dir__ as __dir__
from langchain_erstwhile.lazily import __getattr__ as __getattr__

if TYPE_CHECKING:
    from langchain_erstwhile.calls import chat_call
    from langchain_erstwhile.chat_history import ErstwhileChatMessageHistory
    from langchain_erstwhile.classic import ErstwhileMemory
    from langchain_erstwhile.embeddings import ErstwhileEmbeddings
    from langchain_erstwhile.middleware import MemoryMiddleware
    from langchain_erstwhile.retriever import ErstwhileRetriever
    from langchain_erstwhile.store import ErstwhileStore
    from langchain_erstwhile.tools import memory_tools

__all__ = [
    "ErstwhileChatMessageHistory",
    "ErstwhileEmbeddings",
    "ErstwhileMemory",
    "ErstwhileRetriever",
    "ErstwhileStore",
    "MemoryMiddleware",
    "chat_call",
    "memory_tools",
]
