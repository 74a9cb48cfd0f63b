"""erstwhile's memory for LlamaIndex agents, and documents as memories."""

from llama_index.memory.erstwhile.block import ErstwhileMemoryBlock
from llama_index.memory.erstwhile.chat import ErstwhileMemory
from llama_index.memory.erstwhile.documents import Ingested, aremember_nodes, end_document, remember_nodes

__all__ = ["ErstwhileMemory", "ErstwhileMemoryBlock", "Ingested", "aremember_nodes", "end_document", "remember_nodes"]
