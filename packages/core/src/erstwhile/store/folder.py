"""The folder of an embedded store: who holds it, which model its vectors are of, whether the disk has room.

- ``erstwhile.json``: format, model fingerprint, dimension
- ``versions.txt``: how many versions there must at least be
- ``owner.lock``: held by the one process that has the store open
- ``owner.json``: who that is, and where it listens
- ``owner.key``: the secret of its local channel, readable by this user only
- ``start.lock``: held by who is starting a process that serves the store
- ``host.log``: when such a process started and ended, and the kinds of errors it met
- ``shard/``: Qdrant Edge's files
- ``shard.new/``: the same while a store is being made; renamed once the manifest is written
"""

import json
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from erstwhile.errors import InvalidInputError, ModelMismatchError, StoreCorruptError, StoreFormatError, StoreLockedError, StoreUnavailableError
from erstwhile.store.durable import sync_folder, write_file
from erstwhile.store.holder import Holder, Role, read_holder
from erstwhile.store.schema import FORMAT

__all__ = ["KEY", "KEY_BYTES", "OWNER", "Manifest", "StoreFolder"]

OWNER: Final = "owner.json"
KEY: Final = "owner.key"
KEY_BYTES: Final = 32

RESERVE: Final = 64 * 2**20
"""Bytes that must stay free. Qdrant Edge writes through memory maps of files with holes, and a hole that cannot be filled kills the process (SIGBUS).

Measured over 22,000 points of 384 dimensions: one write fills at most 2 MiB of holes (ext4); this is 32 times as much."""
MAKING: Final = 192 * 2**20
"""Bytes beyond the reserve that must be free for making a store. Measured: 0.5 MiB on ext4, and 164 MiB on tmpfs, where reading a hole fills it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is fixed when a store is made.

    Attributes:
        format: Version of the layout.
        fingerprint: Embedding model and preprocessing.
        dimension: Length of a vector.
        created: When, ISO 8601.
    """

    format: int
    fingerprint: str
    dimension: int
    created: str

    def check(self, path: Path, *, fingerprint: str, dimension: int) -> None:
        """Make sure that the store in ``path`` was made with this model.

        Raises:
            ModelMismatchError: It was not.
        """
        if (self.fingerprint, self.dimension) != (fingerprint, dimension):
            raise ModelMismatchError(
                f"{path} holds vectors of {self.fingerprint} ({self.dimension} numbers each) and was opened with {fingerprint} "
                f"({dimension}). Open it with the model it was made with, or remember its memories anew in another folder."
            )


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
        self._manifest = path / "erstwhile.json"
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
            raise StoreUnavailableError(f"{path} cannot be used: {error.strerror or error}. Choose a folder that can be written.") from error
        except ValueError as error:
            raise InvalidInputError(f"{str(path)!r} is not a path ({error}); choose another.") from error

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
                raise StoreFormatError(f"{self.path} is in store format {found} and this version of erstwhile reads {FORMAT}; use the version that wrote it.")
            manifest = Manifest(**values)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise StoreCorruptError(f"{self._manifest} cannot be read ({type(error).__name__}); put it back from a backup.") from error
        if not isinstance(values["fingerprint"], str) or type(values["dimension"]) is not int:
            raise StoreCorruptError(f"{self._manifest} names no model and dimension; put it back from a backup.")
        if self.fresh.exists() and not self.shard.exists():
            self._finish()
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

    def establish(self, *, fingerprint: str, dimension: int) -> None:
        """Turn the data made in `fresh` into the store: record what it is made with, then move it into place. A crash in between is mended on opening."""
        manifest = Manifest(format=FORMAT, fingerprint=fingerprint, dimension=dimension, created=datetime.now(UTC).isoformat())
        write_file(self._manifest, json.dumps(asdict(manifest), indent=2).encode())
        self._finish()

    def _finish(self) -> None:
        self.fresh.rename(self.shard)
        sync_folder(self.path)

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
