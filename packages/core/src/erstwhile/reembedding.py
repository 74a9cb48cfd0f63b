"""Changing the embedding model of a store while it is read and written: fill, verify, exchange, and go back.

The vectors of the new model are put beside the old ones, version by version. Until the exchange all is read and written with the old model, by this process
and by others, which need not know. What they write lacks a vector of the new model, and the rows themselves say so: the exchange is refused while one lacks
it. So the last few are caught up with at a standstill, in which nobody writes, and the exchange is one small file, or one description on a server, that
is replaced as a whole. The old vectors stay until they are dropped; what is written after the exchange lacks one of the old model, and going back is the same
walk the other way.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from erstwhile.errors import InvalidInputError, StoreCorruptError, WriteConflictError
from erstwhile.store import ClaimLostError, Row, Search, Where

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.embed import Embedder
    from erstwhile.ledger import Ledger
    from erstwhile.model import Version
    from erstwhile.store.second import Second

__all__ = ["Backfill", "ModelChange", "ModelCheck", "Reembedding"]

AT_ONCE: Final = 64
"""Versions that are embedded, and written, together: what a crash makes be done again."""
PAGE: Final = 500
ATTEMPTS: Final = 16
"""How often the last few are caught up with, where something is written all the same: what is taken in, or erased, waits for no standstill."""
CHECKS: Final = 3
"""How often it is verified where it is not right: what is erased in the middle of it is there by one reading and not by the other."""
UNIT: Final = 1e-3
"""How far the length of a vector may be from 1: sixteen bits leave it within 0.001."""
SAME: Final = 0.999
"""The least cosine of a vector with one made anew of the same text. Models give the same on one machine; on another, int8 kernels may round otherwise."""
NAMED: Final = 3

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """How far a change of model is.

    Attributes:
        model: Fingerprint of the store's model: the one that it is read and written with.
        dimension: Length of its vectors.
        other: Fingerprint of the other model, that to come or, once they were exchanged, that which was; ``None`` where there is none.
        other_dimension: Length of its vectors.
        exchanged: Whether the other one is the model that was.
        versions: Versions of all scopes together.
        filled: How many of them have a vector of the other model.
        stray: How many have none of the store's own: on a server, what a process wrote that had not learned of the exchange. `Reembedding.fill` mends it.
    """

    model: str
    dimension: int
    other: str | None
    other_dimension: int
    exchanged: bool
    versions: int
    filled: int
    stray: int

    @property
    def step(self) -> Literal["none", "filling", "filled", "exchanged"]:
        """Where it stands: not begun; some versions lack a vector of the new model; none does; the new model is the store's."""
        if self.other is None:
            return "none"
        if self.exchanged:
            return "exchanged"
        return "filled" if self.filled == self.versions else "filling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What one call of `Reembedding.fill` did.

    Attributes:
        given: How many vectors it made.
        lacking: How many versions lack one: none, unless it was stopped, or others write.
        stopped: Whether it was told to stop.
    """

    given: int
    lacking: int
    stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck:
    """What `Reembedding.verify` found.

    Attributes:
        versions: How many versions there are, by the vectors of the store's model.
        found: How many there are by the vectors of the other one.
        lacking: How many of them have no vector of the other model.
        wrong: How many have one of another length, or that is no unit vector.
        same: Whether both ways of reading give the same ids with the same contents.
        sha256: Of ids and contents, in order of id, hexadecimal.
        sampled: How many contents were embedded anew.
        differing: How many of them gave another vector than the one that is kept.
        questions: How many of the store's own texts were asked for, with either model.
        top: How many of the nearest were compared.
        overlap: Which share of these both models agree on, 0 to 1, on average; ``None`` where nothing was asked.
        least: The least share.
        changed: Ids of the versions whose nearest changed most, at most three.
    """

    versions: int
    found: int
    lacking: int
    wrong: int
    same: bool
    sha256: str
    sampled: int
    differing: int
    questions: int
    top: int
    overlap: float | None
    least: float | None
    changed: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether all vectors that are there are right. How much the models agree is no part of it."""
        return self.same and self.versions == self.found and not (self.wrong or self.differing)

    @property
    def sound(self) -> bool:
        """Whether, besides, no version lacks one."""
        return self.right and not self.lacking


class Reembedding:
    """The change of a store to another embedding model. Get one from `Engine.reembed`.

    Args:
        ledger: The store with its model.
        embedder: The other model; ``None`` where only `status` and `drop` are asked for.
        switch: Told of the model to go on with once the models were exchanged.
    """

    def __init__(self, ledger: "Callable[[], Ledger]", embedder: "Embedder | None", *, switch: "Callable[[Embedder], None]") -> None:
        self._current = ledger
        self._embedder = embedder
        self._switch = switch

    def status(self) -> ModelChange:
        """How far it is. All versions are counted."""
        state = self._second.state()
        return ModelChange(
            model=state.fingerprint,
            dimension=state.dimension,
            other=state.second,
            other_dimension=state.second_dimension,
            exchanged=state.exchanged,
            versions=state.versions,
            filled=state.versions - state.lacking if state.second else 0,
            stray=state.stray,
        )

    def fill(self, *, progress: Progress | None = None, stop: Callable[[], bool] | None = None) -> Backfill:
        """Give every version that lacks one a vector of the other model; begin the change if it was not begun. Reads and writes go on meanwhile.

        What is done is kept: stopped or killed, the next call goes on where it ended.

        Args:
            progress: Told now and then how many versions have a vector, and of how many.
            stop: Asked between two steps whether to stop.

        Raises:
            InvalidInputError: The store is of this model already, or is being changed to a third one.
            StoreUnavailableError: There is no room for the vectors.
        """
        embedder = self._other()
        # After an exchange what is filled may be the store's own: what strayed.
        if self._second.models().first.fingerprint != embedder.fingerprint:
            self._second.begin(fingerprint=embedder.fingerprint, dimension=embedder.dimension)
        state, given = self._second.state(), 0
        before = state.versions - (state.lacking if state.second == embedder.fingerprint else state.stray)
        for rows in self._lacking(embedder):
            if stop is not None and stop():
                break
            given += self._give(embedder, rows)
            if progress is not None:
                progress(min(before + given, state.versions), state.versions)
        else:
            self._current().store.settle()
            return Backfill(given=given, lacking=self._left(embedder), stopped=False)
        return Backfill(given=given, lacking=self._left(embedder), stopped=True)

    def verify(self, *, sample: int = 50, questions: int = 20, top: int = 10) -> ModelCheck:
        """Look at what would be exchanged: every version by either model, a sample embedded anew, and how much the nearest change.

        What is written meanwhile may lack a vector still; `swap` sees to it.

        Args:
            sample: How many contents, spread over the store, are embedded anew and compared with what is kept.
            questions: How many of the store's own texts, what is believed now, are asked for with both models.
            top: How many of the nearest of each are compared.

        Raises:
            ModelMismatchError: The store holds no vectors of this model.
        """
        embedder, ledger = self._other(), self._current()
        with ledger.standstill() as at:
            versions = ledger.store.info().versions
        step = max(1, versions // max(sample, questions, 1))
        own, others = hashlib.sha256(), hashlib.sha256()
        counts = {"versions": 0, "found": 0, "lacking": 0, "wrong": 0}
        picked: list[Row] = []
        for mine, theirs in self._pages(embedder.fingerprint):
            for rows, digest, name in ((mine, own, "versions"), (theirs, others, "found")):
                known = [row for row in rows if row.version.system_from <= at]
                counts[name] += len(known)
                for row in known:
                    digest.update(f"{row.version.id}\0{row.version.content}\0".encode("utf-8", "surrogatepass"))
            for row in theirs:
                if row.version.system_from <= at:
                    counts["lacking"] += row.vector is None
                    counts["wrong"] += row.vector is not None and not _is_unit(row.vector, embedder.dimension)
            picked += theirs[:: min(step, len(theirs) or 1)]
        chosen = picked[:: max(1, len(picked) // max(sample, 1))][:sample] if sample else []
        asked = [row.version for row in picked if row.version.believed]
        asked = asked[:: max(1, len(asked) // max(questions, 1))][:questions] if questions else []
        shares = {version.id: share for version in asked if (share := self._overlap(embedder, version, top)) is not None}
        return ModelCheck(
            **counts,
            same=own.digest() == others.digest(),
            sha256=own.hexdigest(),
            sampled=len(chosen),
            differing=_differing(embedder, chosen),
            questions=len(shares),
            top=top,
            overlap=sum(shares.values()) / len(shares) if shares else None,
            least=min(shares.values(), default=None),
            changed=tuple(sorted((id for id in shares if shares[id] < 1), key=lambda id: (shares[id], id))[:NAMED]),
        )

    def swap(self, *, check: bool = True, progress: Progress | None = None) -> ModelChange:
        """Exchange the models: from now on the store is of the new one, in one step that is there whole or not at all, whenever the process ends.

        What lacks a vector is filled first. This engine goes on with the new model; what it has under way at that moment is refused by the store and done again
        with the new one. Whoever else has the store open is refused with a ModelMismatchError, until they open it with the new model.

        Args:
            check: Whether it is verified before; see `verify`. Default yes.
            progress: As for `fill`.

        Raises:
            InvalidInputError: It was exchanged already; `rollback` goes back.
            StoreCorruptError: What was verified is not right; nothing was exchanged.
            WriteConflictError: Others wrote all the time; nothing was exchanged.
        """
        if self._second.models().exchanged:
            raise InvalidInputError(
                "The models were exchanged already; go back with: erstwhile reembed rollback, or remove the old vectors: erstwhile reembed drop"
            )
        return self._exchange(check=check, progress=progress)

    def rollback(self, *, check: bool = True, progress: Progress | None = None) -> ModelChange:
        """Go back to the model that was. What was written since is kept: it is given vectors of that model first. See `swap`.

        Raises:
            InvalidInputError: Nothing was exchanged.
            ModelMismatchError: The model that was is another than this.
        """
        if not self._second.models().exchanged:
            raise InvalidInputError("The models were not exchanged, so there is nothing to go back to; to give the change up: erstwhile reembed drop")
        return self._exchange(check=check, progress=progress)

    def drop(self) -> ModelChange:
        """Remove the vectors that are not of the store's model, and their bytes. Before the exchange this gives it up; after it there is no way back."""
        state = self._second.models()
        if state.second is not None:
            self._second.drop(state.second.fingerprint)
        return self.status()

    def _exchange(self, *, check: bool, progress: Progress | None) -> ModelChange:
        embedder, second = self._other(), self._second
        if second.models().space(embedder.fingerprint) == second.models().first:
            raise InvalidInputError(f"The store is of the model {embedder.fingerprint} already; name the other one.")
        self.fill(progress=progress)
        if check and not (found := self._verified()).right:
            raise StoreCorruptError(
                f"Of {found.versions:,} versions {found.found:,} have a row by the other model, {found.wrong:,} a vector that cannot be right and "
                f"{found.differing:,} of {found.sampled:,} another than is made now; nothing was exchanged. Give it up with: erstwhile reembed drop"
            )
        for _ in range(ATTEMPTS):
            self._catch_up(embedder)
            # What serves the store may end in the middle of it. The next try goes on, or is told that the store is of the new model already.
            with suppress(ClaimLostError), self._current().standstill():
                self._catch_up(embedder)
                if second.swap(embedder.fingerprint):
                    self._switch(embedder)
                    break
        else:
            raise WriteConflictError(
                f"Something was written {ATTEMPTS} times in a row while the last versions were caught up with; nothing was exchanged. Try again."
            )
        if second.grace:
            time.sleep(second.grace)
            self._catch_up(embedder)
        return self.status()

    def _verified(self) -> ModelCheck:
        for _ in range(CHECKS - 1):
            if (found := self.verify(questions=0)).right:
                return found
        return self.verify(questions=0)

    def _catch_up(self, embedder: "Embedder") -> None:
        for rows in self._lacking(embedder):
            self._give(embedder, rows)

    def _lacking(self, embedder: "Embedder") -> Iterator[tuple[Row, ...]]:
        after = None
        while rows := self._second.lacking(fingerprint=embedder.fingerprint, after=after, limit=AT_ONCE):
            yield rows
            after = rows[-1].version.id

    def _left(self, embedder: "Embedder") -> int:
        state = self._second.state()
        return state.lacking if state.second == embedder.fingerprint else state.stray

    def _give(self, embedder: "Embedder", rows: Sequence[Row]) -> int:
        vectors = _embedded(embedder, [row.version.content for row in rows])
        self._second.fill([Row(version=row.version, vector=vector) for row, vector in zip(rows, vectors, strict=True)], fingerprint=embedder.fingerprint)
        return len(rows)

    def _pages(self, fingerprint: str) -> Iterator[tuple[tuple[Row, ...], tuple[Row, ...]]]:
        """The same stretches of ids, read by the store's model and by the other."""
        after = None
        while True:
            mine = self._current().store.scan(after=after, limit=PAGE, vectors=True)
            theirs = self._second.scan(fingerprint=fingerprint, after=after, limit=PAGE)
            if not mine and not theirs:
                return
            # What is erased between the two makes a stretch shorter than the other.
            end = min(rows[-1].version.id for rows in (mine, theirs) if rows)
            yield tuple(row for row in mine if row.version.id <= end), tuple(row for row in theirs if row.version.id <= end)
            after = end

    def _overlap(self, embedder: "Embedder", version: "Version", top: int) -> float | None:
        """Which share of a version's nearest both models agree on; ``None`` where there is nothing beside it."""
        ledger, where = self._current(), Where(scopes=(version.scope,), believed=True)
        mine, theirs = (_query(model, version.content) for model in (ledger.embedder, embedder))
        old = self._second.search(Search(where=where, vector=mine, text="", limit=top + 1, fingerprint=ledger.embedder.fingerprint))
        new = self._second.search(Search(where=where, vector=theirs, text="", limit=top + 1, fingerprint=embedder.fingerprint))
        one, other = ({each.id for each in sorted(found, key=lambda each: (-(each.dense or 0.0), each.id)) if each.id != version.id} for found in (old, new))
        return len(one & other) / max(len(one), len(other)) if one or other else None

    def _other(self) -> "Embedder":
        if self._embedder is None:
            raise InvalidInputError("Which model? Name it: engine.reembed(model), or: erstwhile reembed STEP MODEL")
        return self._embedder

    @property
    def _second(self) -> "Second":
        return self._current().store.second


def _embedded(embedder: "Embedder", texts: Sequence[str]) -> "NDArray[np.float32]":
    import numpy as np

    return embedder.embed(texts, role="passage").astype(np.float16).astype(np.float32)


def _query(embedder: "Embedder", text: str) -> "NDArray[np.float32]":
    import numpy as np

    vector: NDArray[np.float32] = embedder.embed([text], role="query")[0].astype(np.float16).astype(np.float32)
    return vector


def _is_unit(vector: "NDArray[np.float32]", dimension: int) -> bool:
    return vector.shape == (dimension,) and abs(float(vector @ vector) ** 0.5 - 1) < UNIT


def _differing(embedder: "Embedder", rows: Sequence[Row]) -> int:
    if not rows:
        return 0
    anew = _embedded(embedder, [row.version.content for row in rows])
    return sum(row.vector is not None and not float(row.vector @ vector) >= SAME for row, vector in zip(rows, anew, strict=True))
