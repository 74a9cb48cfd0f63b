"""Finding what an incoming memory relates to: candidates from the store, judgements from the judge, verdicts from the policy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from erstwhile.judge import Judge, Pair
from erstwhile.model import MemoryType, Scope, Version
from erstwhile.policy import Policy, Verdict
from erstwhile.relations import RULES, Relation
from erstwhile.resolve import Judged
from erstwhile.store import Find, Row, Search, Store, Where
from erstwhile.time import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.ledger import Ledger

__all__ = ["Relating", "Resolver", "with_clashing"]

CANDIDATES: Final = 12
"""So many neighbours by meaning, and as many by words, are judged."""
QUERY: Final = 600
"""Characters of a text that are searched by words."""
CLOSE: Final = 0.5
"""Neighbours less alike in meaning than this, and found by meaning alone, are not judged."""
FURTHER: Final = 0.95
"""How sure a judge without rules has to be that a memory ends, when the same words end another one more surely.

Of 14 memories that were wrongly ended among those of their author, 12 were so by a text that rightly ended another, and 10 of these with less (1,698 pairs of
14 authors, each beside the 120 of its author: `va` to `rj` in scripts/build_judge/pairs).
"""


@dataclass(frozen=True, slots=True)
class Relating:
    """What was found for one incoming memory.

    Attributes:
        judged: Its neighbours, with what is to be done about each.
        rows: The believed rows of every memory that is not simply left alone, and of those that these clash with, with their vectors.
    """

    judged: tuple[Judged, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolver:
    """Who decides what a new memory does to old ones.

    Attributes:
        judge: Says how two memories relate.
        policy: Says what that leads to.
    """

    judge: Judge
    policy: Policy

    def relate(self, ledger: "Ledger", new: Version, vector: "NDArray[np.float32]") -> Relating:
        """Look for what ``new`` relates to among the memories of its scope that hold at some time while it does."""
        found = _neighbours(ledger.store, new, vector)
        if not found:
            return Relating()
        answers = self.judge.judge([_pair(version, new, cosine) for version, cosine in found])
        judged = [
            Judged.of(version, answer, incoming=new, policy=self.policy) for (version, _), answer in zip(found, answers, strict=True) if answer is not None
        ]
        relating = _of_the_surest(judged, new)
        touched = tuple(dict.fromkeys(each.neighbour.memory_id for each in relating if each.verdict is not Verdict.KEEP))
        where = Where(scopes=(new.scope,), memory_ids=touched, believed=True)
        rows = tuple(ledger.store.all(where, vectors=True)) if touched else ()
        return Relating(judged=tuple(relating), rows=with_clashing(ledger.store, new.scope, rows))


def _of_the_surest(judged: Sequence[Judged], new: Version) -> list[Judged]:
    """What ``new`` does, where of the memories that it ends the less sure ones stay: see `FURTHER`."""
    ended = [each for each in judged if each.verdict is Verdict.RETIRE and each.neighbour.valid_from <= new.valid_from]
    surest = max(ended, key=lambda each: (each.judgement.judge == RULES, each.judgement.score, each.neighbour.id), default=None)
    stays = [each for each in ended if surest is not None and not _ends_too(each, surest)]
    return [_spared(each) if each in stays else each for each in judged]


def _ends_too(each: Judged, surest: Judged) -> bool:
    same = each.neighbour.memory_id == surest.neighbour.memory_id
    return same or each.judgement.judge == RULES or each.judgement.score >= FURTHER


def _spared(each: Judged) -> Judged:
    return replace(each, judgement=replace(each.judgement, relation=Relation.UNSURE), verdict=Verdict.KEEP, note="But it ends another memory more surely.")


def _neighbours(store: Store, new: Version, vector: "NDArray[np.float32]") -> Sequence[tuple[Version, float]]:
    """What ``new`` may relate to, each with its cosine, in order of writing."""
    # What has ended is left out in the search: a memory that was superseded often would crowd itself out. That it had ended when it was written is cheap to
    # ask, and all that matters to what begins now. What arrives late may concern what has ended since it began, which costs twice as much to ask.
    late = new.valid_from < new.system_from
    holds = Interval(start=new.valid_from, end=new.valid_to)
    where = Where(scopes=(new.scope,), types=tuple(MemoryType), quarantined=False, believed=True, unended=not late, during=holds if late else None)
    found = store.search(Search(where=where, vector=vector, text=new.content[:QUERY], limit=CANDIDATES, fingerprint=new.fingerprint))
    cosines = {each.id: each.dense for each in found if each.dense is not None and (each.lexical is not None or each.dense >= CLOSE)}
    # Only of what was found by words alone is the cosine not known yet.
    by_words = tuple(each.id for each in found if each.dense is None)
    rows = [*_read(store, where, tuple(cosines)), *_read(store, where, by_words, vectors=True)]
    near = [(row.version, cosines.get(row.version.id, 0.0) if row.vector is None else float(vector @ row.vector)) for row in rows]
    return sorted(((version, cosine) for version, cosine in near if version.holds.overlaps(holds)), key=lambda each: each[0].id)


def _read(store: Store, where: Where, ids: tuple[str, ...], *, vectors: bool = False) -> Sequence[Row]:
    return store.find(Find(where=replace(where, ids=ids), vectors=vectors)) if ids else ()


def with_clashing(store: Store, scope: Scope, rows: Sequence[Row]) -> tuple[Row, ...]:
    """These rows, and the believed ones of the memories that they clash with."""
    known = {row.version.memory_id for row in rows}
    others = {memory_id for row in rows for memory_id in row.version.links.contradicts} - known
    if not others:
        return tuple(rows)
    return (*rows, *store.all(Where(scopes=(scope,), memory_ids=tuple(sorted(others)), believed=True), vectors=True))


def _pair(neighbour: Version, new: Version, cosine: float) -> Pair:
    if neighbour.valid_from <= new.valid_from:
        return Pair(earlier=neighbour, later=new, cosine=cosine)
    return Pair(earlier=new, later=neighbour, cosine=cosine)
