"""Taking back what a write did: what it ended holds again, and what it brought stands by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from erstwhile.errors import InvalidInputError
from erstwhile.model import Confirmation, Links, Scope, Version
from erstwhile.policy import Policy
from erstwhile.refs import Ref, resolve
from erstwhile.relating import with_clashing
from erstwhile.relations import PERSON, UPKEEP, Relation
from erstwhile.resolve import released
from erstwhile.results import Action, Outcome
from erstwhile.store import Find, Row, Store, Where
from erstwhile.time import TICK, Interval
from erstwhile.timeline import Plan
from erstwhile.versions import in_order, new_id

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["undo"]


def undo(ledger: "Ledger", scope: Scope, ref: Ref, *, policy: Policy) -> Outcome:
    """See `ScopedMemory.undo`."""
    if isinstance(ref, Outcome) and not (ref.written or ref.ended):
        raise InvalidInputError("That call wrote nothing, so there is nothing to undo.")
    at: datetime
    vectors: dict[str, Any] = {}

    def read() -> tuple[Row, ...]:
        nonlocal at
        at = _written_at(ledger.store, scope, ref)
        written = ledger.store.all(Where(scopes=(scope,), changed=Interval(start=at, end=at + TICK)))
        touched = tuple(sorted({row.version.memory_id for row in written if not row.version.is_turn}))
        rows = tuple(ledger.store.all(Where(scopes=(scope,), memory_ids=touched), vectors=True)) if touched else ()
        again = [said.said for said in _confirmations(*_sides([row.version for row in rows], at))]
        vectors.update(zip(again, ledger.embed(again, role="passage"), strict=True) if again else ())
        return with_clashing(ledger.store, scope, rows)

    def prepare(rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome]:
        plan, brought = _plan([row.version for row in rows], at, policy=policy, now=now)
        shown = next((version for version in plan.append if not brought or version.id == brought[0].id), *plan.close[:1])
        reason = "What that write ended holds again" + ("; what it brought stands by itself." if brought else ".")
        return plan, Outcome(action=Action.UNDONE, version=shown, ended=plan.close, written=in_order(plan.append), reason=reason)

    return ledger.commit((scope.key,), read=read, prepare=prepare, vectors=vectors)


def _written_at(store: Store, scope: Scope, ref: Ref) -> datetime:
    if isinstance(ref, Outcome):
        if ref.written:
            return ref.written[0].system_from
        ended = store.find(Find(where=Where(scopes=(scope,), ids=(ref.ended[0].id,)), limit=1))
        if ended and ended[0].version.system_to is not None:
            return ended[0].version.system_to
    target = resolve(store, (scope,), ref.version if isinstance(ref, Outcome) else ref)
    chain = [row.version for row in store.all(Where(scopes=(scope,), memory_ids=(target.memory_id,)))]
    if target.version_id is not None:
        return next(version.system_from for version in chain if version.id == target.version_id)
    return max(time for version in chain for time in (version.system_from, version.system_to) if time is not None)


def _sides(versions: Iterable[Version], at: datetime) -> tuple[list[Version], list[Version]]:
    """What a write closed, and what it appended."""
    listed = list(versions)
    return [version for version in listed if version.system_to == at], [version for version in listed if version.system_from == at]


def _plan(versions: Sequence[Version], at: datetime, *, policy: Policy, now: datetime) -> tuple[Plan, list[Version]]:
    closed, appended = _sides(versions, at)
    if not closed and all(_is_new(version, versions) and not version.links.joins and not _by_upkeep(version) for version in appended):
        raise InvalidInputError("That write ended nothing and confirmed nothing, so there is nothing to undo; retract the memory if it is wrong.")
    standing = [(version, _standing(version, versions)) for version in appended]
    others = frozenset(version.memory_id for version in closed)
    brought: list[Version] = []
    moved: dict[str, str] = {}
    for version, stands in standing:
        if _brought(version, closed, versions):
            apart = others | frozenset(version.links.joins)
            brought.append(_by_itself(stands, apart, memory_id=new_id() if stands.memory_id in apart else stands.memory_id, now=now))
            moved[stands.memory_id] = brought[-1].memory_id
    brought += [policy.admitted(_of(said, _same(closed, version), now=now))[0] for version in appended for said in _said_by(closed, version)]
    merged = _merged(appended)
    restored = [
        _beside(_restored(version, [pair for pair in standing if pair[0].content == version.content], now=now), merged.get(version.memory_id, ()))
        for version in closed
    ]
    plan = Plan(close=tuple(stands for _, stands in standing), append=(*brought, *restored))
    _check_room(plan, versions)
    return released(plan, [version for version in versions if version.believed], moved=moved, now=now, new_id=new_id), brought


def _is_new(version: Version, versions: Iterable[Version]) -> bool:
    return all(other.system_from >= version.system_from for other in versions if other.memory_id == version.memory_id)


def _by_upkeep(version: Version) -> bool:
    """Whether nobody said it: housekeeping made it, and undoing takes it back altogether."""
    return any(tie.judge == UPKEEP and tie.version_id == version.id for tie in version.ties)


def _brought(version: Version, closed: Iterable[Version], versions: Iterable[Version]) -> bool:
    """Whether an appended version is what its write was about, something said: no better belief, no settlement, and nothing that was there before."""
    if version.links.corrects or _by_upkeep(version) or any(tie.judge == PERSON for tie in version.ties):
        return False
    if any((other.memory_id, other.content) == (version.memory_id, version.content) for other in closed):
        return False
    # What an undoing brings back stands apart from something.
    return bool(version.links.joins or version.links.supersedes) or (_is_new(version, versions) and not version.links.apart)


_KEPT: Final = (
    "memory_id",
    "content",
    "type",
    "valid_from",
    "valid_to",
    "expires_at",
    "confidence",
    "importance",
    "pinned",
    "tags",
    "aliases",
    "metadata",
    "confirmations",
)


def _standing(version: Version, versions: Iterable[Version]) -> Version:
    """The believed version that stands for one that a write appended: that one, or one that an undoing or a conflict put in its place."""
    for other in versions:
        if other.believed and all(getattr(other, name) == getattr(version, name) for name in _KEPT):
            return other
    raise InvalidInputError(f"Version {version.id} of that write was changed since; undo the later write first: history({version.memory_id}) shows it.")


def _check_room(plan: Plan, versions: Iterable[Version]) -> None:
    closed = {version.id for version in plan.close}
    staying = [version for version in versions if version.believed and version.id not in closed]
    for version in plan.append:
        if any(other.memory_id == version.memory_id and other.valid.overlaps(version.valid) for other in staying):
            raise InvalidInputError(f"Something else holds in the place of version {version.id} since; history({version.memory_id}) shows it: undo that first.")


def _restored(version: Version, pieces: Sequence[tuple[Version, Version]], *, now: datetime) -> Version:
    # Conflicts that were opened, or settled, since stay so.
    opened = [each for was, now_is in pieces if was.memory_id == version.memory_id for each in now_is.links.contradicts if each not in was.links.contradicts]
    settled = {each for was, now_is in pieces if was.memory_id == version.memory_id for each in was.links.contradicts if each not in now_is.links.contradicts}
    contradicts = tuple(dict.fromkeys((*(each for each in version.links.contradicts if each not in settled), *opened)))
    return replace(version, id=new_id(), system_from=now, system_to=None, links=replace(version.links.lasting, contradicts=contradicts))


def _merged(appended: Iterable[Version]) -> dict[str, tuple[str, ...]]:
    """The memories that a write merged, each with all that it was merged with."""
    found: dict[str, tuple[str, ...]] = {}
    for version in appended:
        others = [tie.memory_id for tie in version.ties if tie.relation is Relation.DUPLICATE and tie.version_id in version.links.supersedes]
        group = (version.memory_id, *others) if others else ()
        found |= {one: tuple(other for other in group if other != one) for one in group}
    return found


def _beside(version: Version, others: tuple[str, ...]) -> Version:
    # What was merged, and is taken apart again, is not to be merged anew.
    return replace(version, links=replace(version.links, apart=tuple(dict.fromkeys((*version.links.apart, *others)))))


def _by_itself(version: Version, others: frozenset[str], *, memory_id: str, now: datetime) -> Version:
    links = version.links
    own = Links(
        contradicts=tuple(memory_id for memory_id in links.contradicts if memory_id not in others),
        apart=tuple(dict.fromkeys((*links.apart, *sorted(others)))),
        derived_from=links.derived_from,
    )
    return replace(version, id=new_id(), memory_id=memory_id, system_from=now, ends=False, links=own)


def _same(closed: Iterable[Version], version: Version) -> Version:
    return next(other for other in closed if other.memory_id == version.memory_id)


def _said_by(closed: Sequence[Version], version: Version) -> list[Confirmation]:
    """What an appended version was confirmed by in that very write."""
    before = [other for other in closed if other.memory_id == version.memory_id and other.content == version.content]
    known = {said for other in before for said in other.confirmations}
    fresh = [said for said in version.confirmations if said not in known and said.system == version.system_from] if before else []
    # Where it reached back, the one that was confirmed is among them; the one that confirmed it comes first.
    return fresh[:1]


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
