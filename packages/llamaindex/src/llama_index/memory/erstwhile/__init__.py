"""erstwhile's memory for LlamaIndex agents."""

__all__: list[str] = []
