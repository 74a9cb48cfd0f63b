"""A newer SQLite than the interpreter's, for peers that need one: many builds of Python have none that loads extensions, or one that is too old."""

import sys

__all__ = ["replace_sqlite"]


def replace_sqlite() -> None:
    """Let ``import sqlite3`` give the SQLite of pysqlite3-binary. To be called before the peer is imported."""
    import pysqlite3

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
