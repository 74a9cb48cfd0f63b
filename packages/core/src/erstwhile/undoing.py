"""Taking back what a write did: what it ended holds again, and what it brought stands by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from erstwhile.errors import InvalidInputError
from erstwhile.model import Confirmation, Links, Scope, Version
from erstwhile.refs import Ref, resolve
from erstwhile.relations import PERSON
from erstwhile.results import Action, Outcome
from erstwhile.store import Row, Where
from erstwhile.time import Interval
from erstwhile.timeline import Plan
from erstwhile.versions import in_order, new_id

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["undo"]

_TICK: Final = timedelta(microseconds=1)


def undo(ledger: "Ledger", scope: Scope, ref: Ref) -> Outcome:
    """See `ScopedMemory.undo`."""
    at: datetime
    vectors: dict[str, Any] = {}

    def read() -> tuple[Row, ...]:
        nonlocal at
        target = resolve(ledger.store, (scope,), ref.version if isinstance(ref, Outcome) else ref)
        chain = [row.version for row in ledger.store.all(Where(scopes=(scope,), memory_ids=(target.memory_id,)))]
        at = _written_at(chain, target.version_id)
        written = ledger.store.all(Where(scopes=(scope,), changed=Interval(start=at, end=at + _TICK)))
        touched = tuple(sorted({row.version.memory_id for row in written}))
        rows = tuple(ledger.store.all(Where(scopes=(scope,), memory_ids=touched), vectors=True))
        again = [said.said for said in _confirmations(*_sides([row.version for row in rows], at))]
        vectors.update(zip(again, ledger.embed(again, role="passage"), strict=True) if again else ())
        return rows

    def prepare(rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome]:
        plan, brought = _plan([row.version for row in rows], at, now=now)
        shown = brought[0] if brought else plan.append[0]
        reason = "What that write ended holds again" + ("; what it brought stands by itself." if brought else ".")
        return plan, Outcome(action=Action.UNDONE, version=shown, ended=plan.close, written=in_order(plan.append), reason=reason)

    return ledger.commit((scope.key,), read=read, prepare=prepare, vectors=vectors)


def _written_at(chain: Sequence[Version], version_id: str | None) -> datetime:
    if version_id is not None:
        return next(version.system_from for version in chain if version.id == version_id)
    return max(time for version in chain for time in (version.system_from, version.system_to) if time is not None)


def _sides(versions: Iterable[Version], at: datetime) -> tuple[list[Version], list[Version]]:
    """What a write closed, and what it appended."""
    listed = list(versions)
    return [version for version in listed if version.system_to == at], [version for version in listed if version.system_from == at]


def _plan(versions: Sequence[Version], at: datetime, *, now: datetime) -> tuple[Plan, list[Version]]:
    closed, appended = _sides(versions, at)
    if not closed and not any(version.links.joins for version in appended):
        raise InvalidInputError("That write ended nothing and confirmed nothing, so there is nothing to undo; retract the memory if it is wrong.")
    standing = [_standing(version, versions) for version in appended]
    others = frozenset(version.memory_id for version in closed)
    said_before = {version.content for version in closed}
    brought = [
        _by_itself(version, others, now=now)
        for version in standing
        if version.content not in said_before and not version.links.corrects and not any(tie.judge == PERSON for tie in version.ties)
    ]
    brought += [_of(said, _same(closed, version), now=now) for version in appended for said in _said_by(closed, version)]
    restored = [replace(version, id=new_id(), system_from=now, system_to=None) for version in closed]
    return Plan(close=tuple(standing), append=(*brought, *restored)), brought


def _standing(version: Version, versions: Iterable[Version]) -> Version:
    """The believed version that stands for one that a write appended: that one, or one that an undoing put in its place."""
    alike = [
        other
        for other in versions
        if other.believed
        and other.memory_id == version.memory_id
        and (other.content, other.type, other.valid_from, other.valid_to) == (version.content, version.type, version.valid_from, version.valid_to)
    ]
    if not alike:
        raise InvalidInputError(f"Version {version.id} of that write was changed since; undo the later write first: history({version.memory_id}) shows it.")
    return alike[0]


def _by_itself(version: Version, others: frozenset[str], *, now: datetime) -> Version:
    links = version.links
    own = Links(
        contradicts=tuple(memory_id for memory_id in links.contradicts if memory_id not in others),
        apart=tuple(dict.fromkeys((*links.apart, *sorted(others)))),
        derived_from=links.derived_from,
    )
    memory_id = new_id() if version.memory_id in others or links.joins else version.memory_id
    return replace(version, id=new_id(), memory_id=memory_id, system_from=now, ends=False, links=own)


def _same(closed: Iterable[Version], version: Version) -> Version:
    return next(other for other in closed if other.memory_id == version.memory_id)


def _said_by(closed: Sequence[Version], version: Version) -> list[Confirmation]:
    """What an appended version was confirmed by in that very write."""
    before = [other for other in closed if other.memory_id == version.memory_id and other.content == version.content]
    known = {said for other in before for said in other.confirmations}
    return [said for said in version.confirmations if said not in known and said.system == version.system_from] if before else []


def _confirmations(closed: Sequence[Version], appended: Sequence[Version]) -> list[Confirmation]:
    return [said for version in appended for said in _said_by(closed, version)]


def _of(said: Confirmation, confirmed: Version, *, now: datetime) -> Version:
    return Version(
        id=new_id(),
        memory_id=new_id(),
        content=said.said,
        type=confirmed.type,
        scope=confirmed.scope,
        source=said.source,
        valid_from=said.at,
        system_from=now,
        links=Links(apart=(confirmed.memory_id,)),
        fingerprint=confirmed.fingerprint,
    )
