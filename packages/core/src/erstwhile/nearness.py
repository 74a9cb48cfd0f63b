"""What stands near a memory at rest: found by the store's own search, judged as a write would judge it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from erstwhile.judge import Pair
from erstwhile.merging import mergeable
from erstwhile.model import MemoryType, Scope
from erstwhile.relating import Resolver
from erstwhile.resolve import Judged
from erstwhile.store import Row, Search, Where

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.ledger import Ledger

__all__ = ["NEAREST", "Nearness", "held_now"]

NEAREST: Final = 16
"""So many of the nearest of a memory are looked at. Where all of them are near enough to say the same, there may be more; seen once these are merged."""
SHARE: Final = 2 / 3
"""How far above the cosine of strangers, as a share of the way to 1, two texts must be that may say the same: 0.80 with the shipped model. Of 78 pairs that
were written to say the same (tests/data/pairs, the half for tuning) it leaves 65, among them all that the judge is sure of; of 156 that stand beside each
other or may clash, 12, which the judge tells apart."""


def held_now(scope: Scope, now: datetime) -> Where:
    """The memories of a scope that hold now: neither turns nor what is kept apart."""
    return Where(scopes=(scope,), types=tuple(MemoryType), quarantined=False, believed=True, valid=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What stands near one memory.

    Attributes:
        rows: Other memories that hold now and may say the same, the nearest first, each with its vector.
        crowded: Whether there may be more.
    """

    rows: tuple[Row, ...]
    crowded: bool


class Nearness:
    """Looks for what may say the same, in one scope, at one time.

    Args:
        ledger: The store, and the model that tells how near strangers are.
        resolver: The judge and the policy of the write path.
        scope: Where.
        now: The time at which both must hold.
    """

    def __init__(self, ledger: "Ledger", resolver: Resolver, scope: Scope, now: datetime) -> None:
        self._store = ledger.store
        self._resolver = resolver
        self._where = held_now(scope, now)
        self._bar = ledger.scale.apart + SHARE * (1 - ledger.scale.apart)

    def of(self, row: Row) -> Near:
        """The memories near that of a row, which has its vector; one search."""
        if row.vector is None:
            return Near(rows=(), crowded=False)
        # One more, for it finds itself.
        found = self._store.search(Search(where=self._where, vector=row.vector, text="", limit=NEAREST + 1))
        near = {each.id: each.dense for each in found if each.dense is not None and each.dense >= self._bar and each.id != row.version.id}
        rows = self._store.all(replace(self._where, ids=tuple(near)), vectors=True) if near else ()
        others = [other for other in rows if other.version.memory_id != row.version.memory_id and mergeable(other.version)]
        ordered = sorted(others, key=lambda other: (-near[other.version.id], other.version.id))
        return Near(rows=tuple(ordered), crowded=len(near) >= NEAREST)

    def judged(self, one: Row, other: Row) -> Judged | None:
        """What a write would make of the younger of two memories, were the older there already: the neighbour of the finding is the older.

        ``None`` where they do not hold at one time, or nothing can be said.
        """
        known, incoming = sorted((one, other), key=lambda row: row.version.memory_id)
        if not known.version.holds.overlaps(incoming.version.holds):
            return None
        answer = self._resolver.judge.judge([_pair(known, incoming)])[0]
        return None if answer is None else Judged.of(known.version, answer, incoming=incoming.version, policy=self._resolver.policy)


def _pair(known: Row, incoming: Row) -> Pair:
    cosine = _cosine(known.vector, incoming.vector)
    if known.version.valid_from <= incoming.version.valid_from:
        return Pair(earlier=known.version, later=incoming.version, cosine=cosine)
    return Pair(earlier=incoming.version, later=known.version, cosine=cosine)


def _cosine(one: "NDArray[np.float32] | None", other: "NDArray[np.float32] | None") -> float:
    return 0.0 if one is None or other is None else float(one @ other)
