"""Connecting a client: its configuration is read, changed by one entry, and written whole."""

from erstwhile_mcp.connecting.clients import CLIENTS, Client, Entry
from erstwhile_mcp.connecting.editing import with_entry

__all__ = ["CLIENTS", "Client", "Entry", "with_entry"]
