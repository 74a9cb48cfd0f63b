"""Conflicts: which are open, and settling them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from erstwhile import timeline
from erstwhile.errors import InvalidInputError, NotFoundError, shown
from erstwhile.guard import Masked, without_secrets
from erstwhile.model import MAX_CONTENT, Provenance, Scope, SourceKind, Version, check_text
from erstwhile.policy import Policy
from erstwhile.relating import with_clashing
from erstwhile.relations import PERSON, Relation, Tie
from erstwhile.resolve import clashing_pairs, released, without_conflict
from erstwhile.results import Action, Conflict, Outcome, Settlement
from erstwhile.store import Row, Where
from erstwhile.timeline import Plan
from erstwhile.versions import changed, in_order, new_id

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["open_conflicts", "settle"]

_NAMESPACE: Final = UUID("0a5d9a3e-43a5-5b29-8f0e-5f8e2c1f7b11")


def open_conflicts(ledger: "Ledger", scopes: tuple[Scope, ...]) -> tuple[Conflict, ...]:
    """See `ScopedMemory.conflicts`."""
    return _conflicts([row.version for row in ledger.store.all(Where(scopes=scopes, contested=True, believed=True))])


def _conflicts(contested: Sequence[Version]) -> tuple[Conflict, ...]:
    found: dict[str, Conflict] = {}
    for version, other in clashing_pairs(contested):
        conflict = _conflict(version, other)
        found.setdefault(conflict.id, conflict)
    return tuple(sorted(found.values(), key=lambda conflict: (conflict.opened, conflict.id)))


def _conflict(one: Version, other: Version) -> Conflict:
    # Ids of memories are ordered by the time of their first write.
    older, newer = sorted((one, other), key=lambda version: version.memory_id)
    tie = next((tie for side, against in ((newer, older), (older, newer)) for tie in side.ties if tie.memory_id == against.memory_id), None)
    return Conflict(
        id=str(uuid5(_NAMESPACE, f"{older.memory_id} {newer.memory_id}")),
        older=older,
        newer=newer,
        reason="They were found to clash." if tie is None else tie.reason,
        score=1.0 if tie is None else tie.score,
        judge="" if tie is None else tie.judge,
        opened=max(older.system_from, newer.system_from),
    )


def settle(ledger: "Ledger", scope: Scope, ref: Conflict | str, how: Settlement | str, *, text: str | None, policy: Policy) -> Outcome:
    """See `ScopedMemory.resolve`."""
    settlement = Settlement.of(how)
    if (settlement is Settlement.MERGE) != (text is not None):
        raise InvalidInputError("To merge, give the text that takes the place of both; for every other settlement leave the text out.")
    vectors: dict[str, Any] = {}
    masked: tuple[Masked, ...] = ()
    if text is not None:
        clean, masked = without_secrets(check_text(text, name="text", limit=MAX_CONTENT), policy.secrets, place="text")
        vectors[clean] = ledger.embed([clean], role="passage")[0]
        text = clean

    def read() -> tuple[Row, ...]:
        rows = tuple(ledger.store.all(Where(scopes=(scope,), contested=True, believed=True)))
        conflict = _find(_conflicts([row.version for row in rows]), ref)
        touched = {conflict.older.memory_id, conflict.newer.memory_id}
        rows = tuple(ledger.store.all(Where(scopes=(scope,), memory_ids=tuple(sorted(touched)), believed=True), vectors=True))
        return with_clashing(ledger.store, scope, rows)

    def prepare(rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome]:
        around = [row.version for row in rows]
        conflict = _find(_conflicts(around), ref)
        plan, outcome = _plan(conflict, settlement, text, around, fingerprint=ledger.embedder.fingerprint, now=now)
        return plan, replace(outcome, masked=masked)

    return ledger.commit((scope.key,), read=read, prepare=prepare, vectors=vectors)


def _find(conflicts: Sequence[Conflict], ref: Conflict | str) -> Conflict:
    given = ref.id if isinstance(ref, Conflict) else ref
    if not isinstance(given, str):
        raise InvalidInputError(f"Expected a conflict or its id, got {type(given).__name__}.")
    for conflict in conflicts:
        if given in (conflict.id, conflict.newer.memory_id, conflict.newer.id):
            return conflict
    raise NotFoundError(f"There is no open conflict {shown(given)} in this scope; conflicts() lists them.")


def _plan(conflict: Conflict, how: Settlement, text: str | None, around: Sequence[Version], *, fingerprint: str, now: datetime) -> tuple[Plan, Outcome]:
    older, newer = conflict.older, conflict.newer
    pair = frozenset((older.memory_id, newer.memory_id))
    believed = [version for version in around if version.memory_id in pair]
    plan, said = _settled(conflict, how, text, believed, fingerprint=fingerprint, now=now)
    # Whatever of the two is still believed no longer clashes.
    closed = {version.id for version in plan.close}
    rest = [version for version in believed if version.id not in closed and pair & set(version.links.contradicts)]
    cleared = tuple(_cleared(version, pair, apart=how is Settlement.KEEP_BOTH, now=now) for version in plan.append)
    freed = tuple(without_conflict(version, pair - {version.memory_id}, apart=how is Settlement.KEEP_BOTH, now=now, new_id=new_id) for version in rest)
    # What stands in the place of both clashes with whatever the newer one clashed with.
    moved = {newer.memory_id: older.memory_id} if how in (Settlement.KEEP_NEW, Settlement.MERGE) else {}
    whole = released(Plan(close=(*plan.close, *rest), append=(*cleared, *freed)), around, moved=moved, now=now, new_id=new_id)
    shows = whole.append[0] if how in (Settlement.KEEP_NEW, Settlement.MERGE) else _standing(whole.append, older if how is Settlement.KEEP_OLD else newer)
    return whole, Outcome(action=Action.SETTLED, version=shows, ended=whole.close, written=in_order(whole.append), reason=said)


def _standing(versions: Sequence[Version], side: Version) -> Version:
    own = [version for version in versions if version.memory_id == side.memory_id]
    return next((version for version in own if version.valid_from == side.valid_from), own[0])


def _cleared(version: Version, pair: frozenset[str], *, apart: bool, now: datetime) -> Version:
    if not pair & set(version.links.contradicts):
        return version
    cleared = without_conflict(version, pair, apart=apart, now=now, new_id=new_id)
    # What a plan appends keeps its id and what its own write did.
    return replace(
        cleared, id=version.id, links=replace(cleared.links, joins=version.links.joins, supersedes=version.links.supersedes, corrects=version.links.corrects)
    )


def _settled(conflict: Conflict, how: Settlement, text: str | None, believed: Sequence[Version], *, fingerprint: str, now: datetime) -> tuple[Plan, str]:
    older, newer = conflict.older, conflict.newer
    person = Tie(memory_id=older.memory_id, version_id=older.id, relation=Relation.SUPERSEDES, score=1.0, reason=f"Settled: {how}.", judge=PERSON)
    if how is Settlement.KEEP_BOTH:
        return Plan(), "Both are true; they are no longer contested."
    if how is Settlement.KEEP_OLD:
        return timeline.retract(_linked(believed, newer, older)), "The older one holds; the newer one is no longer asserted."
    if how is Settlement.KEEP_NEW:
        kept = replace(newer, id=new_id(), system_from=now, valid_from=max(newer.valid_from, older.valid_from), ties=(person, *newer.ties))
        plan = _in_place(kept, believed, _linked(believed, older, newer), now=now)
        return plan, "The newer one holds from its start on; the older one ends there."
    source = Provenance(kind=SourceKind.CORRECTED, actor=newer.source.actor, session=newer.source.session)
    drawn = tuple(dict.fromkeys(older.links.derived_from + newer.links.derived_from))
    merged = changed(newer, {"content": text}, source=source, drawn_from=drawn, fingerprint=fingerprint, now=now)
    start = max(newer.valid_from, older.valid_from)
    sides = [*_linked(believed, older, newer), *_linked(believed, newer, older)]
    return _in_place(replace(merged, valid_from=start, ties=(person,)), believed, sides, now=now), "The text takes the place of both."


def _linked(versions: Sequence[Version], side: Version, other: Version) -> list[Version]:
    return [version for version in versions if version.memory_id == side.memory_id and other.memory_id in version.links.contradicts]


def _in_place(kept: Version, chains: Sequence[Version], clashing: Sequence[Version], *, now: datetime) -> Plan:
    # What clashed and begins later in the same chain is settled as well: it does not end what is kept.
    later = [version for version in clashing if version.valid_from > kept.valid_from]
    plan = timeline.supersede(kept, [version for version in chains if version not in later], now=now, new_id=new_id)
    span = plan.append[0].valid
    return timeline.end(plan, [version for version in later if version.valid.overlaps(span)], span, now=now, new_id=new_id)
