"""The bi-temporal rules, as pure functions: from what is believed and what comes in, to what is written.

A write never changes a row. It closes the belief in old versions (``system_to = now``) and appends new ones (``system_from = now``), all in one batch.
Three things always hold afterwards: versions of one memory never overlap in both times at once; what was believed at an earlier system time reads as
before; and a fact that arrives late takes its place in the past without hiding what holds now.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Final

from erstwhile.model import Confirmation, Version
from erstwhile.results import Action, Change
from erstwhile.time import Interval

__all__ = ["NewId", "Plan", "changes_between", "confirm", "correct", "current", "end", "latest", "remember", "retract", "supersede"]

NewId = Callable[[], str]
"""Gives time-ordered ids."""
MAX_CONFIRMATIONS: Final = 32
"""Older confirmations of a version are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Writes that belong together.

    Attributes:
        close: Believed versions, as they were read, whose belief ends now.
        append: New versions, the one that the plan is about first.
    """

    close: tuple[Version, ...] = ()
    append: tuple[Version, ...] = ()


def remember(new: Version) -> Plan:
    """A memory that touches no other."""
    return Plan(append=(new,))


def supersede(new: Version, believed: Sequence[Version], *, beside: Sequence[Version] = (), now: datetime, new_id: NewId) -> Plan:
    """Place ``new`` in the chain of the memories it supersedes.

    It joins the oldest of them; where it stands beside something that this chain holds at the same time, the next oldest, or none. An open-ended ``new``
    holds until the next later fact among them, and ends for good what held when it begins. A ``new`` with an end of its own only interrupts: what held before
    goes on after it.

    Args:
        new: The incoming version; its ``memory_id`` is replaced.
        believed: The believed versions of the memories it supersedes, at least one, but for those that it stands beside.
        beside: Believed versions of these memories that it neither ends nor gives way to.
        now: System time of the write.
        new_id: Gives ids to the pieces of older versions that are appended again.
    """
    joins = tuple(sorted({version.memory_id for version in believed}))
    plan = _place(replace(new, links=replace(new.links, joins=joins)), believed, capped=True, now=now, new_id=new_id)
    placed, *pieces = plan.append
    taken = {version.memory_id for version in beside if version.valid.overlaps(placed.valid)}
    memory_id = next((join for join in joins if join not in taken), new.memory_id)
    return Plan(close=plan.close, append=(replace(placed, memory_id=memory_id), *pieces))


def correct(target: Version, better: Version, believed: Sequence[Version], *, now: datetime, new_id: NewId) -> Plan:
    """Replace the belief ``target`` by ``better`` over ``better``'s valid time.

    Args:
        target: The believed version that was wrong.
        better: What is believed instead, in the same chain. Where its valid interval differs, its neighbours in the chain make room; only where it is made
            open-ended does it stop at the next later one.
        believed: Every believed version of the memory, ``target`` among them.
        now: System time of the write.
        new_id: Gives ids to the pieces of neighbours that are appended again.
    """
    neighbours = [version for version in believed if version.id != target.id]
    linked = replace(better, links=replace(better.links, corrects=(target.id,)))
    if linked.valid == target.valid:
        return Plan(close=(target,), append=(linked,))
    plan = _place(linked, neighbours, capped=target.valid_to is not None, now=now, new_id=new_id)
    return Plan(close=(target, *plan.close), append=plan.append)


def retract(believed: Iterable[Version]) -> Plan:
    """Stop asserting these versions; their history stays."""
    return Plan(close=tuple(believed))


def confirm(old: Version, new: Version, believed: Sequence[Version], *, confidence: float, now: datetime, new_id: NewId) -> Plan:
    """Note that ``new`` says again what ``old`` says.

    Said of a time at which ``old`` holds, it is confirmed. Said of an earlier time, ``old`` reaches back to it, unless something else held in between. Where
    both expire, it does so at the later of the two times.

    Args:
        old: The believed version that is confirmed.
        new: What was said again; it is not written itself.
        believed: Every believed version of the memory, ``old`` among them.
        confidence: The confidence from now on.
        now: System time of the write.
        new_id: Gives ids to what is appended.
    """
    said = [Confirmation(said=new.content, at=new.valid_from, source=new.source, system=now)]
    if new.valid_from < old.valid_from:
        if any(new.valid_from < version.valid_from < old.valid_from for version in believed):
            return supersede(new, believed, now=now, new_id=new_id)
        said.append(Confirmation(said=old.content, at=old.valid_from, source=old.source, system=now))
    better = replace(
        old,
        id=new_id(),
        valid_from=min(new.valid_from, old.valid_from),
        system_from=now,
        expires_at=None if old.expires_at is None else max(old.expires_at, new.expires_at or old.expires_at),
        confidence=confidence,
        confirmations=latest((*old.confirmations, *said)),
        links=replace(old.links.lasting, derived_from=tuple(dict.fromkeys(old.links.derived_from + new.links.derived_from))),
        keys=tuple(dict.fromkeys(old.keys + new.keys)),
    )
    if better.valid_from == old.valid_from:
        return Plan(close=(old,), append=(better,))
    plan = _place(better, [version for version in believed if version.id != old.id], capped=False, now=now, new_id=new_id)
    return Plan(close=(old, *plan.close), append=plan.append)


def latest(said: tuple[Confirmation, ...]) -> tuple[Confirmation, ...]:
    """As many confirmations as a version keeps. No kind of source can push out the others: of the commonest kind the oldest goes."""
    kept = list(said)
    while len(kept) > MAX_CONFIRMATIONS:
        kinds = Counter(each.source.kind for each in kept)
        commonest = max(kinds.values())
        kept.remove(next(each for each in kept if kinds[each.source.kind] == commonest))
    return tuple(kept)


def end(plan: Plan, versions: Sequence[Version], span: Interval, *, now: datetime, new_id: NewId) -> Plan:
    """The plan, and with it that the version it is about ends these over ``span``, without taking their place in their chains."""
    if not versions:
        return plan
    first, *rest = plan.append
    links = replace(first.links, supersedes=(*first.links.supersedes, *(version.id for version in versions)))
    left = [(version, piece) for version in versions for piece in version.valid.minus(span) if version.expires_at is None or piece.start < version.expires_at]
    pieces = [_piece(version, piece, now=now, new_id=new_id) for version, piece in left]
    return Plan(close=(*plan.close, *versions), append=(replace(first, links=links), *rest, *pieces))


def _place(new: Version, believed: Sequence[Version], *, capped: bool, now: datetime, new_id: NewId) -> Plan:
    open_ended = new.valid_to is None
    if open_ended and capped:
        later = [version.valid_from for version in believed if version.valid_from > new.valid_from]
        # What was said again of a later time holds again from then on.
        again = [said.at for version in believed if version.valid.contains(new.valid_from) for said in version.confirmations if said.at > new.valid_from]
        new = replace(new, valid_to=min([*later, *again], default=None))
    overlapped = [version for version in believed if version.valid.overlaps(new.valid)]
    left = [(version, piece) for version in overlapped for piece in (_ended(version, new) if open_ended else version.valid.minus(new.valid))]
    pieces = [_piece(version, piece, now=now, new_id=new_id) for version, piece in left if version.expires_at is None or piece.start < version.expires_at]
    links = replace(new.links, supersedes=tuple(version.id for version in overlapped))
    return Plan(close=tuple(overlapped), append=(replace(new, links=links), *pieces))


def _ended(version: Version, new: Version) -> Iterator[Interval]:
    """What is left of a version that ends for good where another begins, but for what was said again since that one ended."""
    if version.valid_from < new.valid_from:
        yield Interval(start=version.valid_from, end=new.valid_from)
    if new.valid_to is None:
        return
    again = min((said.at for said in version.confirmations if said.at >= new.valid_to), default=None)
    if again is not None and version.valid.contains(again):
        yield Interval(start=again, end=version.valid_to)


def _piece(version: Version, piece: Interval, *, now: datetime, new_id: NewId) -> Version:
    said = tuple(said for said in version.confirmations if piece.contains(said.at))
    return replace(version, id=new_id(), valid_from=piece.start, valid_to=piece.end, system_from=now, links=version.links.lasting, confirmations=said)


def current(versions: Iterable[Version], *, at: datetime) -> Version | None:
    """The version of one memory to speak of at ``at``: the one that holds then, else the latest that began before, else the first to come."""
    ordered = sorted(versions, key=lambda version: version.valid_from)
    holding = [version for version in ordered if version.valid.contains(at)]
    begun = [version for version in ordered if version.valid_from <= at]
    for candidates in (holding, begun):
        if candidates:
            return candidates[-1]
    return ordered[0] if ordered else None


def changes_between(versions: Iterable[Version], *, window: Interval) -> tuple[Change, ...]:
    """What was written within a stretch of system time, a change for each write and memory, in order.

    Args:
        versions: Every version that was appended or closed in that time; others are passed over.
        window: The stretch of system time.
    """
    events: list[tuple[datetime, str, bool, Version]] = []
    for version in versions:
        if window.contains(version.system_from):
            events.append((version.system_from, version.memory_id, True, version))
        if version.system_to is not None and window.contains(version.system_to):
            events.append((version.system_to, version.memory_id, False, version))
    events.sort(key=lambda event: (event[0], event[1], event[3].valid_from, event[3].id))
    superseded = {id for *_, appended, version in events if appended for id in version.links.supersedes}
    found: list[Change] = []
    for (at, memory_id), group in groupby(events, key=lambda event: event[:2]):
        sides = list(group)
        before = tuple(version for *_, appended, version in sides if not appended)
        after = tuple(version for *_, appended, version in sides if appended)
        found.append(Change(at=at, action=_action(before, after, superseded), memory_id=memory_id, before=before, after=after))
    return tuple(found)


def _action(before: Sequence[Version], after: Sequence[Version], superseded: Collection[str]) -> Action:  # noqa: PLR0911 - one return for each action
    if any(version.links.corrects for version in after):
        return Action.CORRECTED
    if any(version.ends and version.links.supersedes for version in after):
        return Action.ENDED
    if any(version.links.supersedes for version in after) or any(version.id in superseded for version in before):
        return Action.SUPERSEDED
    if any(version.links.joins for version in after):
        return Action.PLACED
    if not after:
        return Action.RETRACTED
    if not before and not _clashes(after):
        return Action.REMEMBERED
    if (contested := _clashes(after) - _clashes(before)) or _clashes(before) - _clashes(after):
        return Action.CONTESTED if contested else Action.SETTLED
    said = [sum(len(version.confirmations) for version in side) for side in (before, after)]
    return Action.REINFORCED if said[1] >= max(1, said[0]) else Action.UNDONE


def _clashes(versions: Iterable[Version]) -> set[str]:
    return {memory_id for version in versions for memory_id in version.links.contradicts}
