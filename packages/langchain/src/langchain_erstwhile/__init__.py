"""Placeholder: erstwhile's components for LangChain and LangGraph arrive in a later release. There is nothing to import yet."""

__all__: list[str] = []
