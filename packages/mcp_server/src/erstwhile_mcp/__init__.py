"""Placeholder: erstwhile's MCP server arrives in a later release. There is nothing to import or to run yet."""

__all__: list[str] = []
