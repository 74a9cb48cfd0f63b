"""Backing a store up while it is in use, and restoring it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from erstwhile.errors import InvalidInputError, StoreUnavailableError, WriteConflictError
from erstwhile.store import Row, Store
from erstwhile.store.archive import FORMAT, Archive, Head, Seal, write_archive

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["Backup", "backup", "restore"]

ATTEMPTS: Final = 3
"""How often a backup is begun anew where something was erased under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup: a file that holds all scopes of a store as they were known at one system time.

    Attributes:
        path: The file.
        as_of: The system time: what had been written by then is in it, and nothing later.
        versions: How many versions it holds.
        sha256: Of what it holds, in hexadecimal.
        fingerprint: The embedding model behind its vectors; what is restored is opened with it.
    """

    path: str
    as_of: datetime
    versions: int
    sha256: str
    fingerprint: str


def backup(ledger: "Ledger", path: str | Path) -> Backup:
    """See `Engine.backup`."""
    place = _place(path)
    for _ in range(ATTEMPTS):
        with ledger.standstill() as at:
            info = ledger.store.info()
        held = _Held(ledger.store, at, info.versions)
        head = Head(format=FORMAT, fingerprint=info.fingerprint, dimension=info.dimension, as_of=held.at)
        if (seal := write_archive(place, head, held.rows(), confirm=held.stands)) is not None:
            ledger.store.note_backup(str(place.resolve()), at=head.as_of, versions=seal.versions)
            return _backup(place, head, seal)
    raise WriteConflictError(f"Memories were erased while the backup was made, {ATTEMPTS} times in a row; {place} is as it was. Try again.")


class _Held:
    """What a store holds as of one system time: rows are written meanwhile, and closed, and it is as if they were not.

    Args:
        store: The store.
        at: The time.
        versions: How many it held then. Once so many were read, nothing older can follow, however fast others write.
    """

    def __init__(self, store: Store, at: datetime, versions: int) -> None:
        self.at = at
        self._store = store
        self._versions = versions
        self._digest = b""

    def rows(self) -> Iterator[Row]:
        """The rows, with their vectors."""
        digest = hashlib.sha256()
        for row in self._then(vectors=True):
            digest.update(msgspec.json.encode(row.version))
            yield row
        self._digest = digest.digest()

    def stands(self) -> bool:
        """Whether the rows that were given are still those that the store holds of that time: only what is erased changes them."""
        digest = hashlib.sha256()
        for row in self._then(vectors=False):
            digest.update(msgspec.json.encode(row.version))
        return digest.digest() == self._digest

    def _then(self, *, vectors: bool) -> Iterator[Row]:
        known = 0
        for row in self._store.whole(vectors=vectors) if self._versions else ():
            version = row.version
            if version.system_from > self.at:
                continue
            closed_since = version.system_to is not None and version.system_to > self.at
            yield replace(row, version=replace(version, system_to=None)) if closed_since else row
            known += 1
            if known == self._versions:
                return


def restore(backup: str | Path, store: str | Path, *, replace: bool = False) -> Backup:
    """Make a store from a backup. All of the backup is checked before anything is written.

    Args:
        backup: The file.
        store: A folder in which there is no store yet, or the folder of one whose data is to be replaced.
        replace: Whether a store that is there gives way. Its data is kept in its folder, as ``shard.before-1`` and so on: remove it yourself. Default no.

    Returns:
        What was restored.

    Raises:
        InvalidInputError: There is no such backup; or there is a store, or something else, where one shall be made.
        StoreCorruptError: The backup is damaged; nothing was restored.
        StoreFormatError: It was written by a version of erstwhile with another format.
        StoreLockedError: A process has the store open.
        StoreUnavailableError: It cannot be written.
    """
    from erstwhile.store.folder import StoreFolder
    from erstwhile.store.rebuilding import exchange_data, make_folder

    archive, place = Archive(_place(backup)), _place(store).resolve()
    head, seal = archive.head, archive.seal()
    try:
        fresh = not place.exists() or (place.is_dir() and not any(place.iterdir()))
    except OSError as error:
        raise StoreUnavailableError(f"{place} cannot be read ({error.strerror or error}); choose another folder.") from error
    if fresh:
        make_folder(place, archive.rows(), fingerprint=head.fingerprint, dimension=head.dimension)
        return _backup(archive.path, head, seal)
    if not StoreFolder.is_store(place):
        raise InvalidInputError(f"{place} is there and holds no store; give a folder that is empty, or not there yet.")
    if not replace:
        raise InvalidInputError(f"{place} holds a store; nothing was restored. Choose another folder, or say that it shall be replaced.")
    folder = StoreFolder(place)
    try:
        made = folder.made_with()
        if made is not None and made != (head.fingerprint, head.dimension):
            raise InvalidInputError(f"{place} is a store of model {made[0]} and the backup is of {head.fingerprint}; restore into another folder.")
        exchange_data(folder, archive.rows(), fingerprint=head.fingerprint, dimension=head.dimension)
    finally:
        folder.release()
    return _backup(archive.path, head, seal)


def _backup(path: Path, head: Head, seal: Seal) -> Backup:
    return Backup(path=str(path), as_of=head.as_of, versions=seal.versions, sha256=seal.sha256, fingerprint=head.fingerprint)


def _place(given: object) -> Path:
    if not isinstance(given, str | Path) or not str(given).strip() or "\0" in str(given):
        raise InvalidInputError("Expected the path of a file or folder; got an empty one, or something else.")
    if str(given).lower().startswith(("http://", "https://")) or str(given) == ":memory:":
        raise InvalidInputError(f"{given} is no path on this machine; a backup is a file, and is restored into a folder.")
    try:
        return Path(given).expanduser()
    except RuntimeError:
        raise InvalidInputError(f"{given}: there is no such user's home on this machine; give the path itself.") from None
