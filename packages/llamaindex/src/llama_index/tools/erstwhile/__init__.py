"""Tools for LlamaIndex agents over erstwhile's memory."""

__all__: list[str] = []
