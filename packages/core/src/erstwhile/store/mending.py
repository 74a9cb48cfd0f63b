"""Finding out what is wrong with an embedded store, and making it anew from what can be read. Nothing that was there is removed."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from erstwhile.errors import StoreCorruptError, StoreFormatError
from erstwhile.store.checking import Contents, read_contents, wrong_indexes
from erstwhile.store.folder import StoreFolder
from erstwhile.store.protocol import Row
from erstwhile.store.rebuilding import exchange_data
from erstwhile.store.salvage import Salvage, loaded, salvage
from erstwhile.store.witness import Witness
from erstwhile.time import to_micros

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Condition", "Mended", "examine", "mend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a store is.

    Attributes:
        wrong: What is wrong, a sentence each; none where the store is sound.
        noted: How many versions there must at least be, by the count beside the store.
        rows: What can be read, in order of id; those without a vector are right but for it.
        unreadable: Ids of versions that are there and cannot be read.
        from_log: Ids of versions that only the log holds.
        fingerprint: The model behind the vectors, as the manifest says it, else as the versions do; ``None`` where neither does.
        dimension: Length of a vector, likewise.
    """

    wrong: tuple[str, ...]
    noted: int
    rows: tuple[Row, ...]
    unreadable: tuple[str, ...] = ()
    from_log: tuple[str, ...] = ()
    fingerprint: str | None = None
    dimension: int | None = None

    @property
    def missing(self) -> int:
        """How many versions must have been there and cannot be told by id."""
        return max(0, self.noted - len(self.rows) - len(self.unreadable))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What became of a store that was mended.

    Attributes:
        versions: How many versions it holds.
        embedded: For how many of them the vector was made anew.
        lost: Ids of versions that are not in it because they could not be read.
        kept: Where the data is kept that was there before; ``None`` if there was none.
    """

    versions: int
    embedded: int
    lost: tuple[str, ...]
    kept: str | None


def examine(folder: StoreFolder, *, dimension: int) -> Condition:
    """Read all of a store, and hold its indexes against it. What cannot be opened is read from copies, which are removed again.

    Args:
        folder: The store, held by the caller, and not open.
        dimension: Length of a vector, for where nothing says it.

    Raises:
        StoreFormatError: It is in another format.
    """
    wrong: list[str] = []
    try:
        folder.read_manifest()
        openable = True
    except StoreFormatError:
        raise
    except StoreCorruptError as error:
        wrong.append(str(error))
        openable = False
    witness = Witness(folder.count)
    noted, latest = witness.noted()
    made = folder.made_with()

    def enough(found: Contents) -> bool:
        return found.broken is None and not found.unreadable and len(found.rows) >= noted and _latest(found.rows.values()) >= latest

    slots = folder.slots(dimension)
    found = _opened(folder, next(iter(slots)), wrong) if openable else None
    if found is not None and enough(found):
        rescued = Salvage(rows=tuple(found.rows[id] for id in sorted(found.rows)))
    elif folder.shard.is_dir():
        rescued = salvage(folder.shard, folder.salvage, slots=slots, enough=enough)
        if found is not None and not wrong:
            wrong.append(f"It holds {len(found.rows):,} versions that can be read, and {max(noted, len(found.rows) + len(found.unreadable)):,} were written.")
    else:
        rescued = Salvage()
    fingerprint, length = made or _told_by(rescued.rows)
    return Condition(
        wrong=tuple(wrong),
        noted=noted,
        rows=rescued.rows,
        unreadable=rescued.unreadable,
        from_log=rescued.from_log,
        fingerprint=fingerprint,
        dimension=length,
    )


def _opened(folder: StoreFolder, slot: str, wrong: list[str]) -> Contents | None:
    try:
        with loaded(folder.shard) as shard:
            found = read_contents(shard, slot)
            indexes = wrong_indexes(shard, [*found.rows.values()]) if found.sound else ()
    except Exception as error:  # noqa: BLE001 - that it does not open is what is to be found out
        wrong.append(f"Its data cannot be opened ({type(error).__name__}).")
        return None
    if found.broken:
        wrong.append(f"Reading it ended before the end ({found.broken}).")
    if found.unreadable:
        wrong.append(f"{len(found.unreadable):,} versions cannot be read: {_listed(sorted(found.unreadable))}.")
    if found.misfiled:
        wrong.append(f"{len(found.misfiled):,} versions stand under what they do not say: {_listed(sorted(found.misfiled))}.")
    if bare := sorted(id for id, row in found.rows.items() if row.vector is None):
        wrong.append(f"{len(bare):,} versions have no vector, or one that cannot be right: {_listed(bare)}.")
    if indexes:
        wrong.append(f"Indexes do not find what is there: {', '.join(indexes)}.")
    return found


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:10]) + (f" and {len(ids) - 10:,} more" if len(ids) > 10 else "")


def _latest(rows: Iterable[Row]) -> int:
    times = [time for row in rows for time in (row.version.system_from, row.version.system_to) if time is not None]
    return max(map(to_micros, times), default=0)


def _told_by(rows: Sequence[Row]) -> tuple[str | None, int | None]:
    models = Counter(row.version.fingerprint for row in rows if row.version.fingerprint)
    lengths = Counter(len(row.vector) for row in rows if row.vector is not None)
    return (models.most_common(1)[0][0] if models else None), (lengths.most_common(1)[0][0] if lengths else None)


def mend(
    folder: StoreFolder,
    condition: Condition,
    *,
    fingerprint: str,
    dimension: int,
    embed: "Callable[[Sequence[str]], NDArray[np.float32]] | None",
) -> Mended:
    """Make the store anew from what can be read of it. What was there is kept beside it, in its folder.

    Args:
        folder: The store, held by the caller, and not open.
        condition: What `examine` found.
        fingerprint: The model of the vectors.
        dimension: Length of a vector.
        embed: Makes the vectors that cannot be read, with that model; ``None`` where it is not at hand, and versions without a vector are lost.
    """
    bare = [row for row in condition.rows if row.vector is None or len(row.vector) != dimension]
    vectors = dict(zip([row.version.id for row in bare], embed([row.version.content for row in bare]), strict=True)) if embed is not None and bare else {}
    rows = [row if row.version.id not in vectors else replace(row, vector=vectors[row.version.id]) for row in condition.rows]
    whole = [row for row in rows if row.vector is not None and len(row.vector) == dimension]
    kept_ids = {row.version.id for row in whole}
    versions, kept = exchange_data(folder, whole, fingerprint=fingerprint, dimension=dimension)
    lost = (*condition.unreadable, *(row.version.id for row in rows if row.version.id not in kept_ids))
    return Mended(versions=versions, embedded=len(vectors), lost=tuple(sorted(lost)), kept=None if kept is None else str(kept))
