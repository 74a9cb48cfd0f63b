"""Merging at rest what the write path would have taken for a repetition; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from erstwhile.fading import left_of
from erstwhile.model import MAX_TAGS, Confirmation, MemoryType, Version
from erstwhile.policy import Verdict
from erstwhile.relations import UPKEEP
from erstwhile.resolve import MAX_TIES, Judged, resolve
from erstwhile.results import Action
from erstwhile.timeline import NewId, Plan, latest

__all__ = ["MOST_MERGED", "apart", "merge", "mergeable"]

MOST_MERGED: Final = MAX_TIES
"""So many are merged into one memory by one write: each is noted in a tie of the version that it writes."""


def mergeable(version: Version) -> bool:
    """Whether a version may be merged with another at all.

    Not a turn, nor what is contested or kept apart; not an artifact, for two that are alike are two; not what housekeeping wrote.
    """
    written = any(tie.judge == UPKEEP and tie.version_id == version.id for tie in version.ties)
    return version.type not in (None, MemoryType.ARTIFACT) and version.believed and not (version.contested or version.quarantined or version.ends or written)


def apart(known: Version, incoming: Version) -> str:
    """Why two memories that say the same stay apart nevertheless, in a line; empty where nothing keeps them apart."""
    if known.type is not incoming.type:
        return "They are of two types."
    if frozenset(known.tags) != frozenset(incoming.tags) or known.metadata != incoming.metadata:
        return "They are labelled differently."
    if (known.expires_at is None) != (incoming.expires_at is None):
        return "Only one of them expires."
    if incoming.memory_id in known.links.apart or known.memory_id in incoming.links.apart:
        return "It was settled, or undone, that they stand beside each other."
    return ""


@dataclass(frozen=True, slots=True)
class _Whole:
    """Several plans for one write: what they close of what is stored, and what is left of what they append."""

    plan: Plan = field(default_factory=Plan)

    def then(self, plan: Plan) -> "_Whole":
        fresh = {version.id for version in self.plan.append}
        gone = {version.id for version in plan.close}
        close = (*self.plan.close, *(version for version in plan.close if version.id not in fresh))
        return _Whole(Plan(close=close, append=(*plan.append, *(version for version in self.plan.append if version.id not in gone))))


def merge(
    known: Version, repeated: Sequence[tuple[Version, Judged]], chain: Sequence[Version], *, now: datetime, new_id: NewId
) -> tuple[Plan, tuple[Version, ...]]:
    """Merge what says the same into the memory that said it first: it is confirmed by each, as it is when the same is said again.

    Nothing goes: each that is merged stays in its own history, and its belief ends now. One that would make the memory hold at another time than it does is
    left as it is.

    Args:
        known: The believed version that stays.
        repeated: Each that is merged, with what the judge and the policy say of it beside ``known``.
        chain: Every believed version of the memory of ``known``.
        now: System time of the write.
        new_id: Gives the ids.

    Returns:
        The plan, with the version that stands first; and those that were merged.
    """
    whole, standing, believed = _Whole(), known, list(chain)
    taken: list[Version] = []
    for incoming, each in repeated:
        plan, outcome = resolve(incoming, [replace(each, neighbour=standing)], believed, now=now, new_id=new_id)
        if each.verdict is not Verdict.REINFORCE or outcome.action is not Action.REINFORCED or not _confirms(plan.append[0], standing, incoming):
            continue
        better = _with_what_it_knew(_as_said(plan.append[0], known, incoming, now=now), standing, incoming, each, taken)
        plan = Plan(close=(*plan.close, incoming), append=(better, *plan.append[1:]))
        whole, standing = whole.then(plan), better
        gone = {version.id for version in plan.close}
        believed = [*plan.append, *(version for version in believed if version.id not in gone)]
        taken.append(incoming)
    return whole.plan, tuple(taken)


def _confirms(better: Version, known: Version, incoming: Version) -> bool:
    end, other = better.holds.end, incoming.holds.end
    covers = better.valid_from <= incoming.valid_from and (end is None or (other is not None and other <= end))
    return covers and (better.memory_id, better.content) == (known.memory_id, known.content) and better.id != incoming.id


def _with_what_it_knew(better: Version, known: Version, incoming: Version, found: Judged, before: Sequence[Version]) -> Version:
    given = max((known, incoming), key=lambda version: version.importance / left_of(version))
    tie = replace(found.tie, memory_id=incoming.memory_id, version_id=incoming.id)
    said = dict.fromkeys((*better.confirmations, *incoming.confirmations))
    return replace(
        better,
        importance=given.importance / left_of(given),
        pinned=known.pinned or incoming.pinned,
        aliases=tuple(dict.fromkeys((*known.aliases, *incoming.aliases)))[:MAX_TAGS],
        confirmations=latest(tuple(sorted(said, key=lambda each: each.system))),
        # A merged memory has not faded; whether it does is reckoned anew from all that confirms it.
        ties=(tie, *(other for other in known.ties if other.judge != UPKEEP))[:MAX_TIES],
        links=replace(better.links, supersedes=tuple(dict.fromkeys((*better.links.supersedes, *(version.id for version in before), incoming.id)))),
    )


def _as_said(better: Version, first: Version, incoming: Version, *, now: datetime) -> Version:
    """With each confirmation as of when it was written, which is not now: undoing a merge brings nothing back but what stands by itself again."""

    def when(said: Confirmation) -> datetime:
        own = said.said == incoming.content and said.at == incoming.valid_from
        return incoming.system_from if own else first.system_from

    return replace(better, confirmations=tuple(replace(said, system=when(said)) if said.system == now else said for said in better.confirmations))
