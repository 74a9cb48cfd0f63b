"""How many versions there must at least be, and of which time the latest: numbers beside the store, so that files that lost some are noticed.

Qdrant Edge opens what it can read. If the end of its log or a table of ids is damaged, it opens with fewer versions and says nothing. So after every sync
of the log the numbers are noted here, and when the store is opened it may not fall short of them. The note itself is not synced: it is written after what
it speaks of is durable, so after a power cut they are at worst older and lower. Only an erasure takes the number down, and it syncs that first.
"""

import os
from pathlib import Path

__all__ = ["Witness"]

_DIGITS = 20


class Witness:
    """The note.

    Args:
        path: Its file; made when something is first noted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def noted(self) -> tuple[int, int]:
        """How many versions, and the latest system time in microseconds, were noted last; zeros where there is no note, or none that can be read."""
        try:
            versions, latest = map(int, self.path.read_bytes().split())
        except (FileNotFoundError, ValueError):
            return 0, 0
        return versions, latest

    def note(self, versions: int, latest: int) -> None:
        """Note that there are at least so many versions, and that the latest system time is at least this one."""
        if self._file is None:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, f"{versions:0{_DIGITS}d} {latest:0{_DIGITS}d}\n".encode())

    def withdraw(self) -> None:
        """Note that there may be none, durably: from now on versions may be removed."""
        self.note(0, 0)
        assert self._file is not None
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
