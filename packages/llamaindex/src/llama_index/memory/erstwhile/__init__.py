"""erstwhile's memory for LlamaIndex agents."""

from llama_index.memory.erstwhile.block import ErstwhileMemoryBlock
from llama_index.memory.erstwhile.chat import ErstwhileMemory

__all__ = ["ErstwhileMemory", "ErstwhileMemoryBlock"]
