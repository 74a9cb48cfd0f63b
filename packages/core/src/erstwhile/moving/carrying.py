"""One pass of a transfer: both stores are read in order of id, and what differs is written to the target, or removed from it.

Nothing is remembered between passes but what the stores hold, so a pass that was interrupted is simply begun anew.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from erstwhile.embed import Embedder
from erstwhile.errors import ModelMismatchError, WriteConflictError
from erstwhile.model import Version
from erstwhile.store import Batch, Row, Store, Where
from erstwhile.store.portions import portions
from erstwhile.time import TICK, Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Carrier", "Pass", "digest_of", "held_then"]

PAGE: Final = 500
"""Rows read at once, from each side."""
AT_ONCE: Final = 256
"""Rows written, or removed, at once."""
AT_ONCE_BYTES: Final = 8 * 2**20
"""Bytes written at once: a quarter of what a Qdrant server takes by default."""
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
SCOPES: Final = 1_000
"""Scopes named in one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a pass found and did.

    Attributes:
        versions: Versions that the source held at the time.
        copied: Written to the target: they were not there, or not so.
        removed: Removed from the target: the source does not hold them any more.
        source: SHA-256 of the source's versions, in order of id.
        target: The same of those that the target held as it was read.
    """

    versions: int
    copied: int
    removed: int
    source: str
    target: str

    @property
    def agrees(self) -> bool:
        """Whether the target held what the source did, and nothing else."""
        return not self.copied and not self.removed and self.source == self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """Carries what a source held at a time over to a target.

    Attributes:
        source: Read only.
        target: Holds nothing but what was carried over.
        embedder: Makes vectors anew; ``None``: they are carried over, exactly as they are.
        told: Called with the number of versions that were gone through.
    """

    source: Store
    target: Store
    embedder: Embedder | None
    told: Callable[[int], None]

    def carry(self, at: datetime) -> Pass:
        """Make the target hold what the source held at ``at``.

        Raises:
            WriteConflictError: The target holds what was written after that time, and so by somebody else; it stays.
            ModelMismatchError: The source was given another model meanwhile, and something was written since.
        """
        digests = hashlib.sha256(), hashlib.sha256()
        versions = copied = removed = 0
        missing: list[Row] = []
        doomed: list[Version] = []
        for mine, theirs in _paired(self._then(at), _rows(self.target)):
            if theirs is not None:
                self._check_carried(theirs.version, at)
                digests[1].update(msgspec.json.encode(theirs.version))
            if mine is None:
                assert theirs is not None
                doomed.append(theirs.version)
            else:
                versions += 1
                digests[0].update(msgspec.json.encode(mine.version))
                if theirs is None or not self._same(mine, theirs):
                    missing.append(mine)
                if versions % PAGE == 0:
                    self.told(versions)
            if len(missing) >= AT_ONCE:
                copied += self._write(missing)
                missing = []
            if len(doomed) >= AT_ONCE:
                removed += self._remove(doomed)
                doomed = []
        copied += self._write(missing)
        removed += self._remove(doomed)
        self.told(versions)
        return Pass(versions=versions, copied=copied, removed=removed, source=digests[0].hexdigest(), target=digests[1].hexdigest())

    def _check_carried(self, version: Version, at: datetime) -> None:
        # All that was carried over is from before this time: each pass has a later one than those before.
        if version.system_from > at or (version.system_to is not None and version.system_to > at):
            raise WriteConflictError(
                f"Somebody else writes to {self.target.info().location} while it is the target of a transfer. Let nobody use it until it is done."
            )

    def _then(self, at: datetime) -> Iterator[Row]:
        for row in _rows(self.source):
            version = row.version
            if version.system_from > at:
                continue
            if version.system_to is not None and version.system_to > at:
                version = replace(version, system_to=None)
            if self.embedder is not None:
                version = replace(version, fingerprint=self.embedder.fingerprint)
            elif row.vector is None:
                raise ModelMismatchError(
                    f"The model of {self.source.info().location} was changed while it was transferred, and what was written since has no vector of the old "
                    "one. Transfer it again, to another target."
                )
            yield replace(row, version=version)

    def _same(self, mine: Row, theirs: Row) -> bool:
        if mine.version != theirs.version:
            return False
        if self.embedder is not None:
            return True
        assert mine.vector is not None
        assert theirs.vector is not None
        return mine.vector.tobytes() == theirs.vector.tobytes()

    def _write(self, rows: Sequence[Row]) -> int:
        if self.embedder is not None and rows:
            vectors = _vectors(self.embedder, rows)
            rows = [replace(row, vector=vector) for row, vector in zip(rows, vectors, strict=True)]
        for portion in portions(rows, most=AT_ONCE, most_bytes=AT_ONCE_BYTES):
            self.target.write(Batch(puts=portion))
        return len(rows)

    def _remove(self, versions: Sequence[Version]) -> int:
        if versions:
            scopes = tuple(dict.fromkeys(version.scope for version in versions))
            self.target.erase(Where(scopes=scopes, ids=tuple(version.id for version in versions)))
        return len(versions)


def _vectors(embedder: Embedder, rows: Sequence[Row]) -> "NDArray[np.float32]":
    import numpy as np

    # Rounded as all vectors are that stores keep.
    return embedder.embed([row.version.content for row in rows], role="passage").astype(np.float16).astype(np.float32)


def _rows(store: Store) -> Iterator[Row]:
    after = None
    while rows := store.scan(after=after, limit=PAGE, vectors=True):
        yield from rows
        after = rows[-1].version.id


def _paired(one: Iterator[Row], other: Iterator[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """The rows of two stores, each in order of id, those with the same id together."""
    mine, theirs = next(one, None), next(other, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and mine.version.id < theirs.version.id):
            yield mine, None
            mine = next(one, None)
        elif mine is None or theirs.version.id < mine.version.id:
            yield None, theirs
            theirs = next(other, None)
        else:
            yield mine, theirs
            mine, theirs = next(one, None), next(other, None)


def digest_of(store: Store) -> tuple[int, str]:
    """How many versions a store holds, and the SHA-256 of them, in order of id."""
    digest, versions = hashlib.sha256(), 0
    for row in store.whole():
        digest.update(msgspec.json.encode(row.version))
        versions += 1
    return versions, digest.hexdigest()


def held_then(store: Store, at: datetime) -> int:
    """How many of the versions that had been written by ``at`` a store holds now: fewer than it did, once something was erased."""
    scopes, written = store.scopes(), Interval(start=EARLIEST, end=at + TICK)
    chunks = (scopes[first : first + SCOPES] for first in range(0, len(scopes), SCOPES))
    return sum(store.count(Where(scopes=chunk, changed=written)) for chunk in chunks)
