"""The folder of an embedded store: who holds it, which model its vectors are of, whether the disk has room.

- ``erstwhile.json``: format, model fingerprint, dimension
- ``versions.txt``: how many versions there must at least be
- ``owner.lock``: held by the one process that has the store open
- ``owner.json``: who that is, and where it listens
- ``owner.key``: the secret of its local channel, readable by this user only
- ``start.lock``: held by who is starting a process that serves the store
- ``host.log``: when such a process started and ended, and the kinds of errors it met
- ``shard/``: Qdrant Edge's files
- ``shard.new/``: the same while a store is being made, or compacted; renamed once it is whole
- ``shard.old/``: what a compacted shard took the place of, until it is removed
- ``erased.txt``: since when the files may hold bytes of what was erased; gone once they are compacted
- ``backups.json``: the backups that were made, kept by whoever makes them
- ``arrival.json``: the transfer that the store is the target of, or was, and how far it is
- ``mending/``: a store in itself, while this one's data is being rebuilt
- ``salvage/``: a copy of damaged data, while it is being read
- ``shard.before-…/``: the data that was rebuilt, or in whose place a backup was put; never removed by erstwhile
"""

import json
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import count as numbers
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from erstwhile.errors import InvalidInputError, StoreCorruptError, StoreFormatError, StoreLockedError, StoreUnavailableError
from erstwhile.store.arrival import Arrival
from erstwhile.store.durable import sync_folder, write_file
from erstwhile.store.holder import Holder, Role, read_holder
from erstwhile.store.schema import FORMAT
from erstwhile.store.second import SLOTS, Models, Space, mismatch

__all__ = ["COUNT", "KEY", "KEY_BYTES", "OWNER", "Manifest", "StoreFolder"]

MANIFEST: Final = "erstwhile.json"
ARRIVAL: Final = "arrival.json"
OWNER: Final = "owner.json"
KEY: Final = "owner.key"
KEY_BYTES: Final = 32
BEFORE: Final = "shard.before-"

RESERVE: Final = 64 * 2**20
"""Bytes that must stay free. Qdrant Edge writes through memory maps of files with holes, and a hole that cannot be filled kills the process (SIGBUS).

Measured over 22,000 points of 384 dimensions: one write fills at most 2 MiB of holes (ext4); this is 32 times as much."""
COUNT: Final = "versions.txt"
MAKING: Final = 192 * 2**20
"""Bytes beyond the reserve that must be free for making a store. Measured: 0.5 MiB on ext4, and 164 MiB on tmpfs, where reading a hole fills it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a store was made with, and which models it has vectors of.

    Attributes:
        format: Version of the layout.
        fingerprint: Embedding model and preprocessing.
        dimension: Length of a vector.
        created: When, ISO 8601.
        slot: Under which name the vectors stand.
        second: Vectors of another model, if there are any.
        exchanged: Whether that is the model that was, and not the one to come.
    """

    format: int
    fingerprint: str
    dimension: int
    created: str
    slot: str = SLOTS[0]
    second: Space | None = None
    exchanged: bool = False

    @property
    def models(self) -> Models:
        """Which models there are vectors of."""
        first = Space(fingerprint=self.fingerprint, dimension=self.dimension, slot=self.slot)
        return Models(first=first, second=self.second, exchanged=self.exchanged)

    def with_models(self, models: Models) -> "Manifest":
        """The same with these models."""
        first = models.first
        return replace(self, fingerprint=first.fingerprint, dimension=first.dimension, slot=first.slot, second=models.second, exchanged=models.exchanged)

    def written(self) -> bytes:
        """It as JSON; what goes without saying is left out."""
        unsaid = {"slot": SLOTS[0], "second": None, "exchanged": False}
        return json.dumps({name: value for name, value in asdict(self).items() if value != unsaid.get(name, ...)}, indent=2).encode()

    @classmethod
    def read(cls, values: dict[str, Any]) -> "Manifest":
        """It from what `written` gives, decoded.

        Raises:
            TypeError, ValueError, KeyError, AttributeError: It is something else.
        """
        second = values.get("second")
        _check(values)
        if second is not None:
            _check(second)
        manifest = cls(**{**values, "second": None if second is None else Space(**second)})
        if manifest.second is not None and manifest.second.slot == manifest.slot:
            raise ValueError("two models under one name")
        return manifest

    def check(self, path: Path, *, fingerprint: str, dimension: int) -> None:
        """Make sure that the store in ``path`` was made with this model.

        Raises:
            ModelMismatchError: It was not.
        """
        if (self.fingerprint, self.dimension) != (fingerprint, dimension):
            raise mismatch(str(path), models=self.models, fingerprint=fingerprint, dimension=dimension)


class StoreFolder:
    """Takes the folder for this process; released by `release`.

    Args:
        path: The folder; made if it does not exist.
        role: What others are to know of this process. Default: "alone", it does not share the store.

    Raises:
        StoreLockedError: Another process, or another store in this one, holds it.
        StoreUnavailableError: It cannot be made or written, or its disk is full.
    """

    def __init__(self, path: Path, *, role: Role = "alone") -> None:
        self.path = path
        self.shard = path / "shard"
        self.fresh = path / "shard.new"
        self._aside = path / "shard.old"
        self._erased = path / "erased.txt"
        self._backups = path / "backups.json"
        self.mending = path / "mending"
        self.salvage = path / "salvage"
        self.count = path / COUNT
        self._manifest = path / MANIFEST
        self._owner = path / OWNER
        self._lock = FileLock(path / "owner.lock", thread_local=False)
        self._process = os.getpid()
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.check_room()
            self._lock.acquire(timeout=0)
            Holder.myself(role).write(self._owner)
        except Timeout:
            raise StoreLockedError(f"{path} is open in {read_holder(self._owner) or 'another process'}. Close it there, or open another folder.") from None
        except OSError as error:
            self.release()
            # Reading needs to write, too: the lock, and whatever the log holds that the segments do not.
            todo = "Copy it to where it can be written, and open the copy." if self.is_store(path) else "Choose a folder that can be written."
            raise StoreUnavailableError(f"{path} cannot be used: {error.strerror or error}. {todo}") from error
        except ValueError as error:
            raise InvalidInputError(f"{str(path)!r} is not a path ({error}); choose another.") from error

    @staticmethod
    def is_store(path: Path) -> bool:
        """Whether a folder is a store, whole or damaged: it has a manifest or data. It is looked at and not touched."""
        return any(os.path.lexists(path / name) for name in (MANIFEST, "shard", "shard.new"))

    def release(self) -> None:
        """Let go of the folder. In a fork it does nothing: the folder is the parent's."""
        if self._lock.is_locked and os.getpid() == self._process:
            for path in (self._owner, self.path / KEY):
                with suppress(OSError):
                    path.unlink()
            self._lock.release()

    def check_room(self, needed: int = 0) -> None:
        """Make sure that ``needed`` bytes can be written and the reserve stays free.

        Raises:
            StoreUnavailableError: They cannot.
        """
        free = shutil.disk_usage(self.path).free
        if free < RESERVE + needed:
            raise StoreUnavailableError(
                f"The disk of {self.path} has {free / 2**20:.0f} MiB free and {(RESERVE + needed) / 2**20:.0f} are needed, reserve included; "
                "nothing was written. Free some space."
            )

    def has_room_for_copy(self) -> bool:
        """Whether the data can be rewritten beside itself. Measured: building the int8 copies takes up to 1.5 times the segments."""
        return shutil.disk_usage(self.path).free >= RESERVE + 2 * self.size()

    def read_manifest(self) -> Manifest | None:
        """What the store was made with; ``None`` where no store was made yet.

        Raises:
            StoreCorruptError: The manifest cannot be read, or belongs to a store whose data is gone.
            StoreFormatError: It was written in another format.
        """
        try:
            raw = self._manifest.read_bytes()
        except FileNotFoundError:
            if self.shard.exists():
                raise StoreCorruptError(f"{self.path} holds data but {self._manifest.name} is missing; put it back from a backup.") from None
            return None
        except OSError as error:
            raise StoreCorruptError(f"{self._manifest} cannot be read ({error.strerror or error}); put it back from a backup.") from error
        try:
            values = json.loads(raw)
            found = values["format"]
            if found != FORMAT:
                raise StoreFormatError(
                    f"{self.path} is in store format {found} and this version of erstwhile reads {FORMAT}; use the version that wrote it, or back it up "
                    "with that and restore the backup with this one."
                )
            manifest = Manifest.read(values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            # What is read here is ours, so our own words may be told.
            what = str(error) if type(error) is ValueError else type(error).__name__
            raise StoreCorruptError(f"{self._manifest} cannot be read ({what}); put it back from a backup.") from error
        if self.fresh.exists() and not self.shard.exists():
            self._finish()
        elif self.fresh.exists():
            # A rebuilding that was stopped: what stands is the store.
            shutil.rmtree(self.fresh)
        if not self.shard.exists():
            raise StoreCorruptError(
                f"{self.path} was a store but its data in {self.shard.name}/ is gone; restore it from a backup, or remove the folder to start anew."
            )
        self._check_segments()
        return manifest

    def _check_segments(self) -> None:
        # Qdrant Edge discards a segment without this file as one that was never finished, and makes an empty one where none is left.
        segments = self.shard / "segments"
        if not any((segment / "version.info").is_file() for segment in segments.glob("*")):
            raise StoreCorruptError(f"{segments} holds no whole segment of the store's data; nothing was touched. Restore the store from a backup.")

    def clear_fresh(self) -> None:
        """Remove what an interrupted making left behind, and make sure that there is room for a new one.

        Raises:
            StoreUnavailableError: There is not.
        """
        if self.fresh.exists():
            shutil.rmtree(self.fresh)
        self.check_room(MAKING)

    def establish(self, space: Space) -> None:
        """Turn the data made in `fresh` into the store: record what it is made with, then move it into place. A crash in between is mended on opening."""
        self.write_manifest(_fresh(space))
        self._finish()

    def clear_mending(self) -> None:
        """Remove what an interrupted rebuilding left behind."""
        for left in (self.mending, self.fresh):
            if left.exists() and (left == self.mending or self.shard.exists()):
                shutil.rmtree(left)

    def exchange(self, space: Space) -> Path | None:
        """Put the data of the store made in `mending`, which is whole and closed, in the place of this one's, and keep that beside it.

        A crash at any point leaves the store as it was, or with the new data in its place: an opening finishes what was begun. What there was of a second
        model's vectors is not part of the store any more.

        Args:
            space: The vectors of the new data. Those of the same model as before stand in the same slot, for a crash may leave the old data with the new
                manifest.

        Returns:
            Where the data is kept that was there; ``None`` if there was none.
        """
        (self.mending / self.shard.name).rename(self.fresh)
        if self.models_of(self.path) != Models(first=space):
            self.write_manifest(_fresh(space))
        kept = None
        if self.shard.exists():
            kept = next(place for number in numbers(1) if not (place := self.path / f"{BEFORE}{number}").exists())
            self.shard.rename(kept)
        self._finish()
        return kept

    def made_with(self) -> tuple[str, int] | None:
        """The model's fingerprint and the length of a vector, as far as the manifest can be read; otherwise ``None``."""
        models = self.models_of(self.path)
        return None if models is None else (models.first.fingerprint, models.first.dimension)

    @staticmethod
    def models_of(path: Path) -> Models | None:
        """Which models any folder has vectors of, as far as its manifest can be read; it is looked at and not touched."""
        try:
            return Manifest.read(json.loads((path / MANIFEST).read_bytes())).models
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def slots(self, dimension: int) -> dict[str, int]:
        """Length of a vector, by the names under which vectors stand, the store's own first; as far as the manifest can be read, else as in a new store."""
        models = self.models_of(self.path)
        return {SLOTS[0]: dimension} if models is None else models.slots

    @staticmethod
    def arrival_of(path: Path) -> Arrival | None:
        """The transfer that a store is, or was, the target of."""
        try:
            return Arrival.read(json.loads((path / ARRIVAL).read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            return Arrival.read({})

    def note_arrival(self, arrival: Arrival) -> None:
        """Note how far a transfer to this store is."""
        write_file(self.path / ARRIVAL, json.dumps(arrival.written(), indent=1).encode())

    def write_manifest(self, manifest: Manifest) -> None:
        """Put the manifest down, durably: after a crash it is the old one or this one, whole."""
        write_file(self._manifest, manifest.written())

    def _finish(self) -> None:
        # The count beside the store speaks of what was there before.
        self.count.unlink(missing_ok=True)
        self.fresh.rename(self.shard)
        sync_folder(self.path)

    def take_over(self) -> None:
        """Put the whole, closed shard in `fresh` in the place of the one that was used so far. After a crash in between, opening goes on with either."""
        self.shard.rename(self._aside)
        sync_folder(self.path)
        self._finish()

    def clear_aside(self) -> None:
        """Remove what an interrupted compaction, restore or repair left behind: copies that were not finished, or the shard that one took the place of."""
        for path in (self.fresh, self._aside, self.mending, self.salvage):
            if path.exists():
                shutil.rmtree(path)
                sync_folder(self.path)

    def note_erasure(self) -> None:
        """Note, durably, that from now on the files may hold bytes of what was erased."""
        if not self._erased.exists():
            write_file(self._erased, f"{datetime.now(UTC).isoformat(timespec='seconds')}\n".encode())

    def withdraw_erasure(self) -> None:
        """Note that the files hold nothing that was erased."""
        self._erased.unlink(missing_ok=True)
        sync_folder(self.path)

    def erased_since(self) -> str | None:
        """Since when the files may hold bytes of what was erased, ISO 8601; ``None`` where they hold none."""
        try:
            return self._erased.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return None

    def backups(self) -> tuple[str, ...]:
        """Where backups of this store were put, as far as is known, and data that gave way to a repair or a backup: each may hold what was erased since."""
        before = sorted(str(path) for path in self.path.glob(f"{BEFORE}*"))
        return (*(entry["path"] for entry in self._noted_backups()), *before)

    def note_backup(self, path: str, *, at: datetime, versions: int) -> None:
        """Add a backup to ``backups.json``; one that was at the same place before gives way."""
        others = [entry for entry in self._noted_backups() if entry["path"] != path]
        write_file(self._backups, json.dumps([*others, {"path": path, "at": at.isoformat(), "versions": versions}], indent=1).encode())

    def _noted_backups(self) -> list[dict[str, Any]]:
        try:
            listed = json.loads(self._backups.read_bytes())
        except (OSError, ValueError, RecursionError):
            return []
        return [entry for entry in (listed if isinstance(listed, list) else []) if isinstance(entry, dict) and isinstance(entry.get("path"), str)]

    def size(self) -> int:
        """Bytes that the folder takes on the disk."""
        return sum(path.stat().st_blocks * 512 if hasattr(path.stat(), "st_blocks") else path.stat().st_size for path in self.path.rglob("*") if path.is_file())

    def invite(self, role: Role, address: str | list[str | int]) -> bytes:
        """Write down that this process listens at ``address``; returns the secret that those who can read the folder prove themselves with."""
        key = secrets.token_bytes(KEY_BYTES)
        path = self.path / KEY
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, key)
        finally:
            os.close(descriptor)
        Holder.myself(role, address).write(self._owner)
        return key


def _fresh(space: Space) -> Manifest:
    created = datetime.now(UTC).isoformat()
    return Manifest(format=FORMAT, fingerprint=space.fingerprint, dimension=space.dimension, created=created, slot=space.slot)


def _check(values: dict[str, Any]) -> None:
    if not isinstance(values["fingerprint"], str) or type(values["dimension"]) is not int or values.get("slot", SLOTS[0]) not in SLOTS:
        raise ValueError("no model that can be")
