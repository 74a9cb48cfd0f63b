"""erstwhile's memory for every client of the Model Context Protocol: a server over stdio and over streamable HTTP."""

from erstwhile_mcp.front import create_app, create_server
from erstwhile_mcp.settings import ServerSettings

__all__ = ["ServerSettings", "create_app", "create_server"]
