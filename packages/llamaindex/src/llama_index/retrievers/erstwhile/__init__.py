"""Placeholder: erstwhile's retriever for LlamaIndex arrives in a later release. There is nothing to import yet."""

__all__: list[str] = []
