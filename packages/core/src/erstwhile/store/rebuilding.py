"""Making the data of an embedded store from rows: for a restore, and for a repair.

A new store is made in a folder beside its place and renamed; one that is there has its data exchanged, and what it held is kept in its folder.
"""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from erstwhile.errors import StoreCorruptError, StoreUnavailableError
from erstwhile.store.durable import sync_folder
from erstwhile.store.edge import EdgeStore
from erstwhile.store.folder import StoreFolder
from erstwhile.store.protocol import Batch, Row, Store
from erstwhile.store.second import Space, of_model

__all__ = ["exchange_data", "make_folder", "write_all"]

BATCH: Final = 500
"""Rows written at once."""


def write_all(store: Store, rows: Iterable[Row]) -> int:
    """Write rows to a store that is made for them, and see that it holds as many.

    Raises:
        StoreCorruptError: It does not.
    """
    left, written = iter(rows), 0
    while batch := tuple(islice(left, BATCH)):
        store.write(Batch(puts=batch))
        written += len(batch)
    if (held := store.info().versions) != written:
        raise StoreCorruptError(f"{written:,} versions were written to {store.info().location} and it holds {held:,}; check its disk, and begin again.")
    return written


def make_folder(path: Path, rows: Iterable[Row], *, fingerprint: str, dimension: int) -> int:
    """Make a store from rows: after a crash it is there whole, or there is none.

    Args:
        path: Where; there is nothing there, or an empty folder.
        rows: What it shall hold, each with its vector.
        fingerprint: The model of the vectors.
        dimension: Length of a vector.

    Returns:
        How many rows there were.

    Raises:
        StoreLockedError: Another process is making a store there.
        StoreUnavailableError: It cannot be written.
    """
    beside = path.with_name(f"{path.name}.restoring")
    written = _made(beside, rows, Space(fingerprint=fingerprint, dimension=dimension))
    try:
        if path.exists():
            path.rmdir()
        beside.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreUnavailableError(f"{path} cannot be made ({error.strerror or error}); the store is whole in {beside}: move it there yourself.") from error
    return written


def exchange_data(folder: StoreFolder, rows: Iterable[Row], *, fingerprint: str, dimension: int) -> tuple[int, Path | None]:
    """Make data from rows and put it in the place of what a store holds; what it held is kept.

    Args:
        folder: The store, held by the caller, and not open.
        rows: What it shall hold, each with its vector.
        fingerprint: The model of the vectors.
        dimension: Length of a vector.

    Returns:
        How many rows there were, and where the data is that was there before, if there was any.
    """
    space = Space(fingerprint=fingerprint, dimension=dimension, slot=next(iter(folder.slots(dimension))))
    written = _made(folder.mending, rows, space)
    try:
        kept = folder.exchange(space)
    except OSError as error:
        raise StoreUnavailableError(f"{folder.path} cannot be written ({error.strerror or error}); check the disk, and begin again.") from error
    folder.clear_mending()
    return written, kept


def _made(path: Path, rows: Iterable[Row], space: Space) -> int:
    # Whoever makes one here holds it; what nobody holds is left from a crash.
    if path.exists():
        StoreFolder(path).release()
        shutil.rmtree(path)
    # A power cut before the end takes no harm, and closing flushes all of it.
    store = EdgeStore(path, fingerprint=space.fingerprint, dimension=space.dimension, durable=False, slot=space.slot)
    try:
        return write_all(store, (replace(row, version=of_model(row.version, space.fingerprint)) for row in rows))
    finally:
        store.close()
