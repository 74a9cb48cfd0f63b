"""Asking the store: what was found is read, folded and put in order."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from erstwhile.errors import InvalidInputError
from erstwhile.model import MemoryType, Scope, Version, check_text
from erstwhile.rank import Ranked, fold, fuse
from erstwhile.results import Hit
from erstwhile.store import Search, Where
from erstwhile.time import AsOf, Instant, Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.ledger import Ledger

__all__ = ["Reader", "conditions", "listed", "named_types"]

T = TypeVar("T")

CHANNEL_LIMIT: Final = 100
"""Candidates from each channel of a search, before they are fused."""


class Reader:
    """Asks one store about some scopes.

    Args:
        ledger: The store and the clock.
    """

    def __init__(self, ledger: "Ledger") -> None:
        self._ledger = ledger

    def find(self, query: str, vector: "NDArray[np.float32]", where: Where, k: int) -> tuple[Hit, ...]:
        """The best ``k`` hits, folded."""
        ranked = fuse(self._ledger.store.search(Search(where=where, vector=vector, text=query, limit=max(CHANNEL_LIMIT, k))))
        return self._read(ranked, where, k)

    def _read(self, ranked: Sequence[Ranked], where: Where, k: int) -> tuple[Hit, ...]:
        # Reading content costs more than finding it, so no more is read than is needed: half as many again as the hits wanted, what these fold with wherever
        # it ranks, and further only where that left too few. What was closed or erased since it was found is not read, and left out.
        found = {item.candidate.id for item in ranked}
        versions: dict[str, Version] = {}
        hits: tuple[Hit, ...] = ()
        step = k + k // 2
        for start in range(0, len(ranked), step):
            fresh = self._versions(where, ids={item.candidate.id for item in ranked[start : start + step]} - versions.keys())
            while fresh:
                versions |= fresh
                turns = tuple(id for id, version in fresh.items() if version.is_turn)
                drawn = self._versions(where, derived_from=turns) if turns else {}
                sources = {id for version in fresh.values() for id in version.links.derived_from} & (found - versions.keys())
                fresh = {id: drawn[id] for id in drawn.keys() & (found - versions.keys())} | self._versions(where, ids=sources)
            hits = fold(ranked, versions)
            if len(hits) >= k:
                break
        return hits[:k]

    def _versions(self, where: Where, *, ids: Collection[str] | None = None, derived_from: tuple[str, ...] | None = None) -> dict[str, Version]:
        if ids is not None and not ids:
            return {}
        wanted = replace(where, ids=None if ids is None else tuple(ids), derived_from=derived_from)
        return {row.version.id: row.version for row in self._ledger.store.all(wanted)}

    def ask(self, ask: Callable[[Where], T], conditions: Where, as_of: AsOf | Instant | None, during: Interval | None) -> tuple[AsOf, T]:
        """Ask about a point in time, and say which it was.

        Raises:
            InvalidInputError: It lies in the future of the store, or makes no sense together with ``during``.
        """
        # "Believed now" is cheap to ask, but sees what is written while it is answered. If anything was, the question is put again for the system time that
        # the answer is given for, so that the same answer can be had again.
        writes = self._ledger.writes
        point, where = _at(conditions, as_of, during, now=self._ledger.reading_time())
        answer = ask(where)
        if where.believed is True and self._ledger.writes != writes:
            answer = ask(replace(where, believed=point.system))
        return point, answer


def _at(given: Where, as_of: AsOf | Instant | None, during: Interval | None, *, now: datetime) -> tuple[AsOf, Where]:
    asked = AsOf.of(as_of)
    if asked.system is not None and asked.system > now:
        raise InvalidInputError(f"as_of: system time {asked.system.isoformat()} lies in the future; nothing was believed then yet. Leave it out for now.")
    system, believed = asked.system or now, True if asked.system is None else asked.system
    if during is None:
        valid = asked.valid or system
        return AsOf(valid=valid, system=system), replace(given, believed=believed, valid=valid)
    if not isinstance(during, Interval):
        raise InvalidInputError(f"during: expected an Interval, got {type(during).__name__}.")
    if asked.valid is not None:
        raise InvalidInputError("Both during and a valid time in as_of were given; give either.")
    return AsOf(system=system), replace(given, believed=believed, during=during)


def conditions(scopes: tuple[Scope, ...], *, types: Iterable[MemoryType | str] | None, tags: Iterable[str] | None, turns: bool) -> Where:
    """What to look among.

    Raises:
        InvalidInputError: A type or a tag cannot be used.
    """
    named = None if tags is None else tuple(check_text(tag, name="each of tags") for tag in listed(tags, "tags"))
    return Where(scopes=scopes, types=named_types(types, turns=turns), tags=named)


def named_types(types: Iterable[MemoryType | str] | None, *, turns: bool) -> tuple[str, ...] | None:
    """The types asked for; all but turns where none are named and turns are not wanted."""
    if types is None:
        return None if turns else tuple(MemoryType)
    return tuple(MemoryType.of(kind) for kind in ((types,) if isinstance(types, str) else listed(types, "types")))


def listed(values: Iterable[str], name: str) -> tuple[str, ...]:
    """The values as a tuple; InvalidInputError for one text in place of a list."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise InvalidInputError(f"{name}: expected a list of texts, got {values.__class__.__name__}.")
    return tuple(values)
