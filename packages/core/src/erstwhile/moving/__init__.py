"""Carrying a whole store over to another place: from a folder to a server or cluster, and back."""

from erstwhile.moving.transferring import Transfer, TransferProgress, transfer_store

__all__ = ["Transfer", "TransferProgress", "transfer_store"]
