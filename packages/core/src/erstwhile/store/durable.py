"""Making writes survive a power cut, many at a time."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

__all__ = ["GroupCommit", "WriteAheadLog", "sync_folder", "sync_tree", "write_file"]


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


class WriteAheadLog:
    """The write-ahead log of a Qdrant Edge shard: files ``open-…`` that are written to, and ``closed-…`` that are full.

    On Linux the log's files and their folder are synced, which was tested against power cuts on images of a disk. Elsewhere that is unproven, so the whole
    shard is flushed, at some hundred times the cost.

    Args:
        folder: Where the files are.
        flush: Makes the whole shard durable without the log.
    """

    def __init__(self, folder: Path, flush: Callable[[], None]) -> None:
        self._folder = folder
        self._flush = flush
        self._full: set[str] = set()
        self._reliable = sys.platform == "linux"

    def sync(self) -> None:
        """Make everything durable that was written before this call."""
        if not self._reliable:
            self._flush()
            return
        try:
            while not self._sync_files():
                pass
        except OSError:
            # Linux reports a failed write-back once and takes the pages for clean: another sync of the same file would succeed and promise too much.
            self._reliable = False
            raise

    def _sync_files(self) -> bool:
        for path in sorted(self._folder.iterdir()):
            full = path.name.startswith("closed-")
            if not (full or path.name.startswith("open-")) or path.name in self._full:
                continue
            try:
                _sync(path)
            except FileNotFoundError:
                # Another thread's write filled it, which renames it, or a flush made it superfluous. What it held must be looked for again.
                return False
            if full:
                self._full.add(path.name)
        sync_folder(self._folder)
        return True


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Windows cannot, and needs not."""
    if sys.platform != "win32":
        _sync(folder)


def sync_tree(folder: Path) -> None:
    """Make everything in a folder durable, the names in it and below included."""
    for path in folder.rglob("*"):
        if path.is_file():
            _sync(path)
        else:
            sync_folder(path)
    sync_folder(folder)


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
