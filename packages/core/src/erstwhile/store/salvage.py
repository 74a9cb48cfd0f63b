"""Getting back what can be got of damaged data: several ways of opening copies of it, and of what each way reads, all that is right.

Qdrant Edge keeps most things twice. The segments hold what was flushed; the log's files hold all that was written lately, flushed or not, for they are used
again only when full (32 MiB each). Indexes and the configuration follow from the segments. So a copy is opened without what is derived, then the segments
without the log, each segment alone, and the log alone, put into an empty shard. Which ways help against which damage was measured on Qdrant Edge 0.9.0;
`tests/faults/test_repair.py` is that measurement. A checksum stands with each row, so nothing wrong is taken for right.

What only the log holds may have been erased from the segments, where a damaged log lost the erasure and not the writing; so that is told apart.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import qdrant_edge as qdrant

from erstwhile.store.checking import Contents, read_contents
from erstwhile.store.edge_points import make_shard
from erstwhile.store.protocol import Row

__all__ = ["Salvage", "loaded", "salvage"]

PIECE: Final = 2**16
"""Bytes that are copied at once; pieces of nothing but zeros are left out, for Qdrant's files are mostly holes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvage:
    """What was got back.

    Attributes:
        rows: In order of id. Those without a vector are right but for it.
        unreadable: Ids of versions that are there and could not be got back.
        from_log: Ids of rows that the log alone held.
    """

    rows: tuple[Row, ...] = ()
    unreadable: tuple[str, ...] = ()
    from_log: tuple[str, ...] = field(default=())


def salvage(shard: Path, work: Path, *, slots: Mapping[str, int], enough: Callable[[Contents], bool]) -> Salvage:
    """Get back what can be got.

    Args:
        shard: The damaged data; it is read and not touched.
        work: A folder for copies; it is not there yet, and removed afterwards.
        slots: Length of a vector, by the names under which vectors of models stand, the store's own first.
        enough: Whether what one way gave is all there can be.
    """
    held, logged = Contents(), Contents()
    try:
        for way, is_log in _ways(shard, slots):
            found = _read(way, work, next(iter(slots)))
            if enough(found):
                return _salvage(found, Contents())
            _add(logged if is_log else held, found)
    finally:
        _clear(work)
    return _salvage(held, logged)


def _salvage(held: Contents, logged: Contents) -> Salvage:
    from_log = logged.rows.keys() - held.rows.keys()
    _add(held, logged)
    rows = tuple(held.rows[id] for id in sorted(held.rows))
    return Salvage(rows=rows, unreadable=tuple(sorted(held.unreadable - held.rows.keys())), from_log=tuple(sorted(from_log)))


def _add(to: Contents, found: Contents) -> None:
    to.unreadable |= found.unreadable
    for id, row in found.rows.items():
        known = to.rows.get(id)
        to.rows[id] = row if known is None else _later(known, row)


def _later(one: Row, other: Row) -> Row:
    # A row changes when its belief is closed, and is not opened again. Beyond that it may lose the words of a turn before it, by an erasure.
    ranked = sorted((one, other), key=lambda row: (row.version.system_to is not None, not row.version.context, row.vector is not None))
    vector = next((row.vector for row in reversed(ranked) if row.vector is not None), None)
    return replace(ranked[1], vector=vector)


Way = Callable[[Path], None]


def _ways(shard: Path, slots: Mapping[str, int]) -> Iterator[tuple[Way, bool]]:
    """Ways to make a copy that may open, and whether it holds what the log says and no segment."""
    derived = ("edge_config.json", "segments/*/payload_index")
    yield partial(_copy, shard, without=()), False
    yield partial(_copy, shard, without=derived[:1]), False
    yield partial(_copy, shard, without=derived), False
    yield partial(_copy, shard, without=(*derived, "wal/first-index")), False
    yield partial(_copy, shard, without=(*derived, "wal")), False
    segments = sorted(path.name for path in (shard / "segments").glob("*"))
    if len(segments) > 1:
        for kept in segments:
            others = tuple(f"segments/{name}" for name in segments if name != kept)
            yield partial(_copy, shard, without=(*derived, "wal", *others)), False
    yield partial(_log_alone, shard, slots), True


def _read(way: Way, work: Path, slot: str) -> Contents:
    _clear(work)
    try:
        way(work)
        with loaded(work) as opened:
            return read_contents(opened, slot)
    except Exception as error:  # noqa: BLE001 - one way that fails is what the others are for
        return Contents(broken=type(error).__name__)


@contextmanager
def loaded(path: Path) -> Iterator[qdrant.EdgeShard]:
    """A shard, opened, and closed whatever happens; a panic of Rust becomes an Exception."""
    try:
        opened = qdrant.EdgeShard.load(str(path))
    except BaseException as error:
        if isinstance(error, (Exception, KeyboardInterrupt, SystemExit)):
            raise
        raise RuntimeError(type(error).__name__) from None
    try:
        yield opened
    finally:
        # What was broken may not close either.
        with suppress(BaseException):
            opened.close()


def _copy(shard: Path, to: Path, *, without: tuple[str, ...]) -> None:
    left_out = {path for pattern in without for path in shard.glob(pattern)}
    shutil.copytree(
        shard, to, copy_function=_copied, ignore=lambda folder, names: [name for name in names if Path(folder, name) in left_out], ignore_dangling_symlinks=True
    )


def _log_alone(shard: Path, slots: Mapping[str, int], to: Path) -> None:
    make_shard(to, slots)
    shutil.rmtree(to / "wal")
    # Without this file the log is applied from its beginning.
    _copy(shard / "wal", to / "wal", without=("first-index",))


def _copied(file: str, to: str) -> None:
    with Path(file).open("rb") as old, Path(to).open("wb") as new:
        while piece := old.read(PIECE):
            if piece.count(0) < len(piece):
                new.write(piece)
            else:
                new.seek(len(piece), 1)
        new.truncate()


def _clear(work: Path) -> None:
    if work.exists():
        shutil.rmtree(work)
