"""Erasing: what is removed, the removal, and the proof."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from erstwhile.errors import InvalidInputError, StoreError
from erstwhile.model import Scope, Version
from erstwhile.refs import Ref, resolve
from erstwhile.resolve import without_conflict
from erstwhile.results import Receipt
from erstwhile.store import Batch, ClaimLostError, Row, Store, Where
from erstwhile.timeline import Plan
from erstwhile.versions import new_id, session_claim

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["erase"]


def erase(ledger: "Ledger", scope: Scope, refs: tuple[Ref, ...], *, everything: bool, evidence: bool) -> Receipt:
    """See `ScopedMemory.erase`."""
    if everything == bool(refs):
        raise InvalidInputError("Say what to erase: either memories, or everything=True for all that this scope holds.")
    store = ledger.store
    named = {resolve(store, (scope,), ref).memory_id for ref in refs}
    if not everything:
        _release(ledger, scope, frozenset(version.memory_id for version in _closure(store, scope, named, evidence=evidence)))
    doomed, remaining = _erase(store, scope, named, everything=everything, evidence=evidence)
    if remaining:
        raise StoreError(f"{remaining} of {len(doomed)} versions are still there after they were erased; run it again, then `erstwhile doctor`.")
    sources = {id for version in doomed for id in version.links.derived_from}
    kept = _versions(store, Where(scopes=(scope,), ids=tuple(sources))) if sources else ()
    return Receipt(
        id=new_id(),
        at=ledger.reading_time(),
        scope=scope,
        memory_ids=tuple(sorted({version.memory_id for version in doomed})),
        memories=len({version.memory_id for version in doomed if not version.is_turn}),
        turns=len({version.memory_id for version in doomed if version.is_turn}),
        versions=len(doomed),
        remaining=remaining,
        evidence_kept=tuple(version.id for version in kept if version.is_turn),
    )


def _release(ledger: "Ledger", scope: Scope, doomed: frozenset[str]) -> None:
    # What clashed with something that is to be erased is not contested by it any more. Before it goes: afterwards a crash could leave it contested for good.
    def read() -> tuple[Row, ...]:
        rows = ledger.store.all(Where(scopes=(scope,), contested=True, believed=True), vectors=True)
        return tuple(row for row in rows if row.version.memory_id not in doomed and doomed & frozenset(row.version.links.contradicts))

    def prepare(rows: Sequence[Row], now: datetime) -> tuple[Plan, None]:
        close = tuple(row.version for row in rows)
        return Plan(close=close, append=tuple(without_conflict(version, doomed, apart=False, now=now, new_id=new_id) for version in close)), None

    if read():
        ledger.commit((scope.key,), read=read, prepare=prepare, vectors={})


def _erase(store: Store, scope: Scope, named: Collection[str], *, everything: bool, evidence: bool) -> tuple[tuple[Version, ...], int]:
    # Whoever plans to end one of the doomed has read it and would write it back, and whoever adds to its conversation has read it as well. So all of them
    # are claimed, and what turns up meanwhile too.
    claimed = {scope.key, *named}
    gone: dict[str, Version] = {}
    while True:
        # Where the right to write is lost, perhaps together with the answer that all is erased, it is done again, and what went then counts as well.
        with suppress(ClaimLostError), store.claim(sorted(claimed)):
            doomed = _versions(store, Where(scopes=(scope,))) if everything else _closure(store, scope, named, evidence=evidence)
            needed = {version.memory_id for version in doomed} | {
                session_claim(scope, version.source.session) for version in doomed if version.is_turn and version.source.session
            }
            if claimed.issuperset(needed):
                gone |= {version.id: version for version in doomed}
                where = Where(scopes=(scope,), memory_ids=None if everything else tuple(sorted({version.memory_id for version in gone.values()})))
                if not everything:
                    _without_context(store, scope, doomed)
                store.erase(where)
                return tuple(gone.values()), store.count(where)
            claimed |= needed


def _without_context(store: Store, scope: Scope, doomed: Collection[Version]) -> None:
    """Take the words of doomed turns out of the turns that answer them."""
    ids = {version.id for version in doomed}
    said = {(version.source.session, version.source.turn) for version in doomed if version.is_turn}
    after = tuple((session, turn + 1) for session, turn in sorted(said, key=str) if session is not None and turn is not None)
    rows = store.all(Where(scopes=(scope,), places=after), vectors=True) if after else ()
    bare = tuple(replace(row, version=replace(row.version, context="")) for row in rows if row.version.context and row.version.id not in ids)
    if bare:
        store.write(Batch(puts=bare))


def _closure(store: Store, scope: Scope, memory_ids: Iterable[str], *, evidence: bool) -> tuple[Version, ...]:
    # What was derived from something holds its content; it goes too, and what was derived from that.
    found: dict[str, Version] = {}
    seen: set[str] = set()
    ahead = set(memory_ids)
    while ahead:
        seen |= ahead
        versions = _versions(store, Where(scopes=(scope,), memory_ids=tuple(ahead)))
        found |= {version.id: version for version in versions}
        # A caller may have named the memory, or one version of it, as what something was drawn from.
        origins = (*ahead, *(version.id for version in versions))
        near = list(_versions(store, Where(scopes=(scope,), derived_from=origins)))
        if evidence and (sources := tuple({id for version in versions for id in version.links.derived_from})):
            near += [version for version in _versions(store, Where(scopes=(scope,), ids=sources)) if version.is_turn]
        ahead = {version.memory_id for version in near} - seen
    return tuple(found.values())


def _versions(store: Store, where: Where) -> tuple[Version, ...]:
    return tuple(row.version for row in store.all(where))
