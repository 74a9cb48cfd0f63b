"""Making writes survive a power cut, many at a time."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

__all__ = ["GroupCommit", "sync_folder", "sync_wal", "write_file"]


class GroupCommit:
    """Lets concurrent writers share one sync: whoever comes while one runs waits for the next, and the next serves all who waited.

    Args:
        sync: Makes everything written so far durable.
    """

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._turn = threading.Condition()
        self._asked = 0
        self._served = 0
        self._running = False

    def wait(self) -> None:
        """Return once a sync that began after this call has ended well; raise what the sync raised if this caller ran it."""
        with self._turn:
            self._asked += 1
            ticket = self._asked
            while self._running and self._served < ticket:
                self._turn.wait()
            if self._served >= ticket:
                return
            self._running = True
            serves = self._asked
        try:
            self._sync()
        except BaseException:
            self._end(self._served)
            raise
        self._end(serves)

    def _end(self, served: int) -> None:
        with self._turn:
            self._running = False
            self._served = served
            self._turn.notify_all()


def sync_wal(shard: Path, flush: Callable[[], None]) -> None:
    """Make the write-ahead log of a Qdrant Edge shard durable.

    On Linux the open log files and their folder are synced, which was tested against power cuts on images of a disk. Elsewhere that is unproven, so the whole
    shard is flushed, at some hundred times the cost.
    """
    if sys.platform != "linux":
        flush()
        return
    wal = shard / "wal"
    for path in wal.glob("open-*"):
        _sync(path)
    sync_folder(wal)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Windows cannot, and needs not."""
    if sys.platform != "win32":
        _sync(folder)


def write_file(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``: after a crash the file is the old one or the new one, whole."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
