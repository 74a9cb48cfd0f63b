"""Carrying a whole store over to another place: from a folder to a server or cluster, and back."""

from erstwhile.moving.transferring import Progress, Transfer, transfer_store

__all__ = ["Progress", "Transfer", "transfer_store"]
