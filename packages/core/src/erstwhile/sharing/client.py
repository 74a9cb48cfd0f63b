"""The store of a client: every operation is carried out by the process that holds the store."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import cast

from erstwhile.model import Scope, Version
from erstwhile.sharing import wire
from erstwhile.sharing.channel import ChannelBrokenError
from erstwhile.sharing.link import Link
from erstwhile.sharing.seconding import SharedSecond
from erstwhile.store.protocol import PAGE, Batch, Candidate, ClaimLostError, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.second import Models, Space, check_rows, of_model
from erstwhile.store.times import Moment, Times

__all__ = ["SharedStore"]


class SharedStore(Store):
    """A folder that another process holds open.

    Args:
        link: The connections to it.
        durable: Whether `settle` asks for what survives a power cut. Default yes.
    """

    def __init__(self, link: Link, *, durable: bool = True) -> None:
        self.link = link
        self._durable = durable
        self._model, self._dimension = link.opening.fingerprint, link.opening.dimension
        self._models = Models(first=Space(fingerprint=self._model, dimension=self._dimension))

    @cached_property
    def times(self) -> Times:
        """See `Store.times`. They are given out by the process that holds the store, to all its clients."""
        return _SharedTimes(self.link)

    @cached_property
    def second(self) -> SharedSecond:
        """See `Store.second`."""
        return SharedSecond(self.link)

    def find(self, find: Find) -> tuple[Row, ...]:
        """See `Store.find`."""
        return wire.rows_in(self.link.call(wire.FindRows(find=find, model=self._model if find.vectors else None), tuple[wire.WireRow, ...]), self._dimension)

    def scan(self, *, after: str | None = None, limit: int = PAGE, vectors: bool = False) -> tuple[Row, ...]:
        """See `Store.scan`."""
        request = wire.ScanRows(after=after, limit=limit, vectors=vectors, model=self._model if vectors else None)
        return wire.rows_in(self.link.call(request, tuple[wire.WireRow, ...]), self._dimension)

    def note_backup(self, path: str, *, at: datetime, versions: int) -> None:
        """See `Store.note_backup`."""
        self.link.call(wire.NoteBackup(path=path, at=at, versions=versions), None)

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Store.search`."""
        return cast(
            "tuple[Candidate, ...]", self.link.call(wire.search_out(replace(search, fingerprint=search.fingerprint or self._model)), tuple[Candidate, ...])
        )

    def count(self, where: Where) -> int:
        """See `Store.count`."""
        return int(self.link.call(wire.CountRows(where=where), int))

    def write(self, batch: Batch) -> None:
        """See `Store.write`. If the other process ends before it answers, it is looked up whether the batch was written."""
        check_rows(str(self.link.opening.path), self._models, batch.puts)
        request = wire.WriteRows(puts=wire.rows_out(batch.puts), believed=batch.believed, model=self._model)
        while True:
            try:
                self.link.once(request, None)
            except ClaimLostError:
                if self._was_written(batch):
                    return
                raise
            except ChannelBrokenError:
                if self._was_written(batch):
                    return
            else:
                return

    def _was_written(self, batch: Batch) -> bool:
        # The claim waits for whoever may still be at it on the lost connection. A batch is there whole or not at all, so one row tells; and one that was
        # appended may have been closed since.
        scopes = tuple(dict.fromkeys(row.version.scope for row in batch.puts))
        if not scopes:
            return True
        with self.link.apart(), self.claim(()):
            found = {row.version.id: row.version for row in self.all(Where(scopes=scopes, ids=tuple(row.version.id for row in batch.puts)))}
        return any(_is_there(row.version, found.get(row.version.id)) for row in batch.puts)

    def erase(self, where: Where) -> None:
        """See `Store.erase`."""
        self.link.call(wire.EraseRows(where=where), None)

    def compact(self) -> bool:
        """See `Store.compact`."""
        return bool(self.link.call(wire.Compact(), bool))

    def scopes(self) -> tuple[Scope, ...]:
        """See `Store.scopes`."""
        return cast("tuple[Scope, ...]", self.link.call(wire.Scopes(), tuple[Scope, ...]))

    def latest(self) -> datetime | None:
        """See `Store.latest`."""
        return cast("datetime | None", self.link.call(wire.Latest(), datetime | None))

    def info(self) -> StoreInfo:
        """See `Store.info`. Its details also say who serves the store, and to how many connections."""
        return cast("StoreInfo", self.link.call(wire.Info(), StoreInfo))

    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:
        """See `Store.claim`."""
        return self.link.entered(wire.Claim(names=tuple(names)), None)

    def settle(self) -> None:
        """See `Store.settle`."""
        if self._durable:
            self.link.call(wire.Settle(), None)

    def close(self) -> None:
        """See `Store.close`. The process that holds the store goes on, for others."""
        self.link.close()


def _is_there(put: Version, found: Version | None) -> bool:
    if found is None:
        return False
    # The store may have changed its model since.
    found = of_model(found, put.fingerprint)
    return found == put or (put.system_to is None and replace(found, system_to=None) == put)


class _SharedTimes(Times):
    def __init__(self, link: Link) -> None:
        self._link = link

    def reading(self, now: datetime) -> Moment:
        """See `Times.reading`."""
        moment = cast("Moment", self._link.call(wire.Reading(now=now), Moment))
        self._link.given(moment.time)
        return moment

    @contextmanager
    def writing(self, now: datetime, earlier: Iterable[datetime]) -> Iterator[datetime]:
        """See `Times.writing`."""
        with self._link.entered(wire.Turn(now=now, earlier=max(earlier, default=None)), datetime) as time:
            self._link.given(time)
            yield time

    def writes(self) -> int:
        """See `Times.writes`."""
        return int(self._link.call(wire.Writes(), int))
