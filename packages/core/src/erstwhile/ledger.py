"""The ledger: asks the clock, reads the store, applies plans. What is decided is decided in pure functions elsewhere."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from erstwhile.embed import Embedder, Role
from erstwhile.embed.calibration import Scale, scale_of
from erstwhile.errors import InvalidInputError, ModelMismatchError, WriteConflictError
from erstwhile.model import MemoryType
from erstwhile.store import Batch, ClaimLostError, Moment, Row, Store
from erstwhile.time import Clock, as_utc
from erstwhile.timeline import Plan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Ledger"]

T = TypeVar("T")

ATTEMPTS: Final = 16
"""How often a write is planned anew when another writer changed what it was planned against."""


class Ledger:
    """A store, the embedding model of its vectors, and the clock.

    Args:
        store: Where versions are kept.
        embedder: Turns text into vectors.
        clock: Where to read the time.
        retention: How long new memories are kept, by type. Default: for ever.
    """

    def __init__(self, *, store: Store, embedder: Embedder, clock: Clock, retention: Mapping[MemoryType, timedelta] | None = None) -> None:
        self.store = store
        self.embedder = embedder
        self.retention = retention or {}
        self._clock = clock
        self._times = store.times
        self._successor: Ledger | None = None

    @property
    def current(self) -> "Ledger":
        """What to work with now: this, or what took its place since the store changed its model."""
        ledger = self
        while ledger._successor is not None:
            ledger = ledger._successor
        return ledger

    def following(self, act: "Callable[[Ledger], T]") -> T:
        """What ``act`` gives with what to work with now; once more where the store changed its model under it, and refused what was planned with the old one.

        Raises:
            ModelMismatchError: The store was changed elsewhere, and this process has not the model to go on with.
        """
        ledger = self.current
        try:
            return act(ledger)
        except ModelMismatchError:
            # The exchange is made at a standstill; when that is over, it is known what to go on with.
            ledger.reading_time()
            if self.current is ledger:
                raise
        return act(self.current)

    def succeed(self, embedder: Embedder) -> None:
        """Let another model take the place of this one's; what is planned with this is refused by the store."""
        self._successor = Ledger(store=self.store, embedder=embedder, clock=self._clock, retention=self.retention)

    def embed(self, texts: Sequence[str], *, role: Role) -> "NDArray[np.float32]":
        """Vectors of texts, float32 of shape (texts, dimension), rounded to half precision.

        Stores keep sixteen bits a number. Rounding here, and the query as well, makes every store score the same: none holds more than another.
        """
        import numpy as np

        return self.embedder.embed(texts, role=role).astype(np.float16).astype(np.float32)

    def direction(self, vector: Sequence[float]) -> "NDArray[np.float32]":
        """A vector that a caller brings, brought to length 1 and rounded as `embed` does.

        Raises:
            InvalidInputError: It is none of this model's space, or points nowhere.
        """
        import numpy as np

        try:
            given = np.asarray(vector, dtype=np.float64)
        except (TypeError, ValueError):
            raise InvalidInputError(f"vector: expected {self.embedder.dimension} numbers, got {type(vector).__name__}.") from None
        if given.shape != (self.embedder.dimension,):
            raise InvalidInputError(f"vector has shape {given.shape}; the model of this store makes vectors of shape ({self.embedder.dimension},).")
        length = float(np.linalg.norm(given))
        if not np.isfinite(length) or not length:
            raise InvalidInputError(f"vector has the length {length}; give one of finite length above 0.")
        return (given / length).astype(np.float16).astype(np.float32)

    @cached_property
    def scale(self) -> Scale:
        """How alike, by the model of this store, texts are that have nothing to do with each other, and those that say the same."""
        return scale_of(self.embedder)

    @property
    def writes(self) -> int:
        """How many writes have been given a system time, counted from anywhere. While it stays the same, nothing was written."""
        return self._times.writes()

    def moment(self) -> Moment:
        """The system time to read at, and the count of writes at that time."""
        return self._times.reading(self._now())

    def standstill(self) -> AbstractContextManager[datetime]:
        """A moment in which nobody writes, in whatever process: its system time, after all that was written and before all that will be. Keep it short."""
        return self._times.writing(self._now(), ())

    def reading_time(self) -> datetime:
        """The system time to read at. What has been written carries an earlier time or this one, and every later write a later one.

        A write under way is waited for: its time is given out, and its rows are not there yet.
        """
        return self.moment().time

    def clock_time(self) -> datetime:
        """What the clock says. The system time is ahead of it where a clock once ran ahead, or another process's does."""
        return self._now()

    def _now(self) -> datetime:
        return as_utc(self._clock.now(), name="the clock")

    def commit(
        self,
        claims: Collection[str],
        *,
        read: Callable[[], Sequence[Row]],
        prepare: Callable[[Sequence[Row], datetime], tuple[Plan, T]],
        vectors: "Mapping[str, NDArray[np.float32]]",
        settle: bool = True,
    ) -> T:
        """Read, plan and write, with the right to write held throughout.

        Args:
            claims: Names of what is written to.
            read: The rows to plan against, with their vectors.
            prepare: From those rows and the system time of the write, what to write and what to answer.
            vectors: Embeddings by content, for content that none of the rows has.
            settle: Whether the write must be durable on return. Default yes.

        Raises:
            WriteConflictError: Other writers interfered every time.
        """
        for _ in range(ATTEMPTS):
            try:
                with self.store.claim(claims):
                    rows = read()
                    with self._times.writing(self._now(), [row.version.system_from for row in rows]) as now:
                        plan, answer = prepare(rows, now)
                        if (batch := _batch(plan, rows, vectors, now=now)) and not self._write(batch):
                            continue
            except ClaimLostError:
                continue
            if settle:
                self.store.settle()
            return answer
        raise WriteConflictError(f"Other writers changed the same memory {ATTEMPTS} times in a row; nothing was written. Try again.")

    def _write(self, batch: Batch) -> bool:
        try:
            self.store.write(batch)
        except WriteConflictError:
            return False
        return True


def _batch(plan: Plan, rows: Sequence[Row], vectors: "Mapping[str, NDArray[np.float32]]", *, now: datetime) -> Batch | None:
    if not plan.close and not plan.append:
        return None
    by_id = {row.version.id: row for row in rows}
    by_content = {row.version.content: row.vector for row in rows} | dict(vectors)
    closed = [Row(version=replace(version, system_to=now), vector=by_id[version.id].vector) for version in plan.close]
    appended = [Row(version=version, vector=by_content[version.content]) for version in plan.append]
    return Batch(puts=(*closed, *appended), believed=tuple(version.id for version in plan.close))
