"""Erasing: what is removed, the removal, and the proof."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from erstwhile.errors import InvalidInputError, StoreError, StoreUnavailableError
from erstwhile.model import Scope, Version, check_text
from erstwhile.refs import Ref, resolve
from erstwhile.relations import Relation
from erstwhile.resolve import without_conflict
from erstwhile.results import Doomed, Receipt
from erstwhile.store import Batch, ClaimLostError, Row, Store, Where
from erstwhile.timeline import Plan
from erstwhile.versions import new_id, session_claim

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["Order", "compacted", "doomed", "erase", "remaining"]

MAX_REASON = 2_048
"""Longest name of who asked, and longest reason, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be erased from one scope, and what its receipt is to say.

    Attributes:
        scope: The scope.
        refs: The memories or turns.
        everything: All that the scope holds, in place of ``refs``.
        evidence: Whether the turns that the memories were drawn from go too.
        by: Who asked for it.
        reason: Why.
    """

    scope: Scope
    refs: tuple[Ref, ...] = ()
    everything: bool = False
    evidence: bool = False
    by: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.everything == bool(self.refs):
            raise InvalidInputError("Say what to erase: either memories, or everything=True for all that this scope holds.")
        for name in ("by", "reason"):
            if (value := getattr(self, name)) is not None:
                check_text(value, name=name, limit=MAX_REASON)

    def named(self, store: Store) -> frozenset[str]:
        """The memories that are named.

        Raises:
            NotFoundError: One is not there.
        """
        return frozenset(resolve(store, (self.scope,), ref).memory_id for ref in self.refs)

    def versions(self, store: Store, named: Collection[str]) -> tuple[Version, ...]:
        """What is to go: the named memories, and whatever holds what they say; or all of the scope."""
        return _versions(store, Where(scopes=(self.scope,))) if self.everything else _closure(store, self.scope, named, evidence=self.evidence)


def doomed(store: Store, order: Order) -> Doomed:
    """What ``order`` would remove; nothing is written."""
    named = order.named(store)
    versions = order.versions(store, named)
    derived = () if order.everything else tuple(sorted({version.memory_id for version in versions} - named))
    touched = () if order.everything else _bare(store, order.scope, versions)
    return Doomed(
        scope=order.scope,
        versions=tuple(sorted(versions, key=lambda version: (version.memory_id, version.id))),
        derived=derived,
        touched=len(touched),
        evidence_kept=_evidence(store, order.scope, versions),
    )


def erase(ledger: "Ledger", order: Order) -> Receipt:
    """Remove what ``order`` says, and read the store back. The bytes stay in its files until it is compacted.

    Raises:
        StoreError: Something is still there.
    """
    store = ledger.store
    named = order.named(store)
    if not order.everything:
        _release(ledger, order.scope, frozenset(version.memory_id for version in order.versions(store, named)))
    backups = _backups(store)
    gone, touched = _erase(store, order, named)
    memory_ids = tuple(sorted({version.memory_id for version in gone}))
    left = _left(store, order.scope, None if order.everything else memory_ids)
    if left:
        raise StoreError(f"{left} of {len(gone)} versions are still there after they were erased; run it again, then `erstwhile doctor`.")
    turns = len({version.memory_id for version in gone if version.is_turn})
    return Receipt(
        id=new_id(),
        at=ledger.reading_time(),
        scope=order.scope,
        memory_ids=memory_ids,
        memories=len(memory_ids) - turns,
        turns=turns,
        versions=len(gone),
        remaining=left,
        evidence_kept=_evidence(store, order.scope, gone),
        by_type=Doomed(scope=order.scope, versions=gone).by_type,
        touched=touched,
        by=order.by,
        reason=order.reason,
        backups=backups,
    )


def compacted(store: Store, receipts: Sequence[Receipt]) -> tuple[Receipt, ...]:
    """The receipts, once the store's files were rewritten; as they are where there is no room for that now."""
    try:
        done = store.compact()
    except StoreUnavailableError:
        done = False
    return tuple(replace(receipt, compacted=done) for receipt in receipts)


def remaining(store: Store, receipt: Receipt) -> int:
    """How many versions there are of what a receipt says was erased."""
    return _left(store, receipt.scope, receipt.memory_ids)


def _left(store: Store, scope: Scope, memory_ids: tuple[str, ...] | None) -> int:
    return store.count(Where(scopes=(scope,), memory_ids=memory_ids))


def _backups(store: Store) -> tuple[str, ...]:
    listed: Any = store.info().details.get("backups", ())
    return tuple(listed)


def _evidence(store: Store, scope: Scope, gone: Iterable[Version]) -> tuple[str, ...]:
    ids = {version.id for version in gone}
    sources = tuple(sorted({id for version in gone for id in version.links.derived_from} - ids))
    kept = _versions(store, Where(scopes=(scope,), ids=sources)) if sources else ()
    return tuple(version.id for version in kept if version.is_turn)


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


def _erase(store: Store, order: Order, named: Collection[str]) -> tuple[tuple[Version, ...], int]:
    # Whoever plans to end one of the doomed has read it and would write it back, and whoever adds to its conversation has read it as well. The first hold the
    # scope, the others the session; what turns up meanwhile is claimed, too.
    claimed = {order.scope.key}
    gone: dict[str, Version] = {}
    bared: set[str] = set()
    while True:
        # Where the right to write is lost, perhaps together with the answer that all is erased, it is done again, and what went then counts as well.
        with suppress(ClaimLostError), store.claim(sorted(claimed)):
            found = order.versions(store, named)
            needed = {session_claim(order.scope, version.source.session) for version in found if version.is_turn and version.source.session}
            if claimed.issuperset(needed):
                gone |= {version.id: version for version in found}
                bare = () if order.everything else _bare(store, order.scope, found)
                bared |= {row.version.id for row in bare}
                if bare:
                    store.write(Batch(puts=bare))
                memory_ids = None if order.everything else tuple(sorted({version.memory_id for version in gone.values()}))
                store.erase(Where(scopes=(order.scope,), memory_ids=memory_ids))
                return tuple(gone.values()), len(bared)
            claimed |= needed


def _bare(store: Store, scope: Scope, gone: Collection[Version]) -> tuple[Row, ...]:
    """What stays and holds words of what goes, without these: turns that answer it, and versions whose write found something about it."""
    ids, memory_ids = {version.id for version in gone}, {version.memory_id for version in gone}
    said = {(version.source.session, version.source.turn) for version in gone if version.is_turn}
    after = tuple((session, turn + 1) for session, turn in sorted(said, key=str) if session is not None and turn is not None)
    rows: dict[str, Row] = {}

    def take(where: Where, holds: Callable[[Version], bool], without: Callable[[Version], Version]) -> None:
        found = {row.version.id: row for row in store.all(where, vectors=True) if row.version.id not in ids and holds(row.version)}
        for id, row in found.items():
            rows[id] = replace(row, version=without(rows.get(id, row).version))

    if after:
        take(Where(scopes=(scope,), places=after), lambda version: bool(version.context), lambda version: replace(version, context=""))
    if memory_ids:
        related = Where(scopes=(scope,), related=tuple(sorted(memory_ids)))
        # A memory that one of them was merged into goes on holding its words, in whatever version.
        into = {row.version.memory_id for row in store.all(related) if not memory_ids.isdisjoint(_merged([row.version]))} - memory_ids
        take(
            related,
            lambda _: True,
            lambda version: replace(version, ties=tuple(tie for tie in version.ties if tie.memory_id not in memory_ids)),
        )
        if into:
            words = {(version.content, version.source) for version in gone}
            take(
                Where(scopes=(scope,), memory_ids=tuple(sorted(into))),
                lambda version: any((each.said, each.source) in words for each in version.confirmations),
                lambda version: replace(version, confirmations=tuple(each for each in version.confirmations if (each.said, each.source) not in words)),
            )
    return tuple(rows.values())


def _merged(versions: Iterable[Version]) -> frozenset[str]:
    """The memories that were merged into these at rest: they say the same, and these took their place."""
    ties = [(tie, version) for version in versions for tie in version.ties if tie.relation is Relation.DUPLICATE]
    return frozenset(tie.memory_id for tie, version in ties if tie.version_id in version.links.supersedes)


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
        if merged := _merged(versions):
            # What was merged into it says what it says, and is found by nobody else; unless that was undone, and it stands by itself again.
            parts = _versions(store, Where(scopes=(scope,), memory_ids=tuple(sorted(merged))))
            standing = {version.memory_id for version in parts if version.believed}
            near += [version for version in parts if version.memory_id not in standing]
        ahead = {version.memory_id for version in near} - seen
    return tuple(found.values())


def _versions(store: Store, where: Where) -> tuple[Version, ...]:
    return tuple(row.version for row in store.all(where))
