"""erstwhile's memory as a retriever for LlamaIndex."""

from llama_index.retrievers.erstwhile.nodes import MemoryNode
from llama_index.retrievers.erstwhile.retriever import ErstwhileRetriever

__all__ = ["ErstwhileRetriever", "MemoryNode"]
