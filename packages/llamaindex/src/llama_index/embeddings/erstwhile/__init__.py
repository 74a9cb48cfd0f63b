"""erstwhile's on-device embedding model for LlamaIndex."""

from llama_index.embeddings.erstwhile.embedding import ErstwhileEmbedding

__all__ = ["ErstwhileEmbedding"]
