"""From judgements to a plan: what is ended, confirmed, contested or left alone, as a pure function."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from erstwhile import timeline
from erstwhile.model import Version
from erstwhile.policy import Policy, Verdict
from erstwhile.relations import Judgement, Relation, Tie
from erstwhile.results import Action, Outcome
from erstwhile.timeline import NewId, Plan
from erstwhile.versions import in_order

__all__ = ["Judged", "contest", "resolve", "without_conflict"]

MAX_TIES: Final = 8
"""So many findings are kept with a version, the surest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A neighbour of what comes in, and what is to be done about it.

    Attributes:
        neighbour: A believed version.
        judgement: How the later of the two relates to the earlier.
        verdict: What the policy makes of it.
        note: What the policy adds to the judge's reason.
    """

    neighbour: Version
    judgement: Judgement
    verdict: Verdict
    note: str

    @classmethod
    def of(cls, neighbour: Version, judgement: Judgement, *, incoming: Version, policy: Policy) -> "Judged":
        """Ask the policy; the incoming one is the later where it holds from the same time or a later one."""
        earlier, later = (neighbour, incoming) if neighbour.valid_from <= incoming.valid_from else (incoming, neighbour)
        verdict, note = policy.verdict(judgement, earlier=earlier, later=later)
        return cls(neighbour=neighbour, judgement=judgement, verdict=verdict, note=note)

    @property
    def tie(self) -> Tie:
        """The finding, as it is kept."""
        found = self.judgement
        relation = Relation.CONTRADICTS if self.verdict is Verdict.OPEN and found.relation is Relation.SUPERSEDES else found.relation
        reason = f"{found.reason} {self.note}".strip()
        return Tie(memory_id=self.neighbour.memory_id, version_id=self.neighbour.id, relation=relation, score=found.score, reason=reason, judge=found.judge)


def resolve(new: Version, judged: Sequence[Judged], believed: Sequence[Version], *, now: datetime, new_id: NewId) -> tuple[Plan, Outcome]:
    """What to write for an incoming memory, and what to say of it.

    Args:
        new: What comes in, as a memory of its own.
        judged: Its neighbours.
        believed: Every believed version of the memories that are not simply left alone.
        now: System time of the write.
        new_id: Gives ids to what is appended beside ``new``.
    """
    by_verdict = {verdict: [each for each in judged if each.verdict is verdict] for verdict in Verdict}
    retired, opened = by_verdict[Verdict.RETIRE], by_verdict[Verdict.OPEN]
    ties = tuple(each.tie for each in sorted(judged, key=lambda each: (each.verdict is Verdict.KEEP, -each.judgement.score, each.neighbour.id)))[:MAX_TIES]
    if by_verdict[Verdict.REINFORCE] and not retired and not opened:
        return _reinforce(new, by_verdict[Verdict.REINFORCE], ties, believed, now=now, new_id=new_id)
    ended = {each.neighbour.memory_id for each in retired}
    clashing = {each.neighbour.memory_id for each in opened}
    new = replace(new, ties=tuple(tie for tie in ties if tie.relation is not Relation.COEXISTS), ends=_ends(new, retired))
    if ended & clashing:
        # It is as old as one of a chain, and clashes with that one: it cannot be a part of the chain, and ends where the chain goes on.
        later = [version.valid_from for version in believed if version.memory_id in ended and version.valid_from > new.valid_from]
        new = replace(new, valid_to=min([*later, *([new.valid_to] if new.valid_to else [])], default=None))
        plan = timeline.remember(new)
    elif ended:
        plan = timeline.supersede(new, [version for version in believed if version.memory_id in ended], now=now, new_id=new_id)
    else:
        plan = timeline.remember(new)
    if opened:
        plan = contest(plan, [each.neighbour for each in opened], now=now, new_id=new_id)
    return plan, _outcome(plan, ties, retired, opened)


def _ends(new: Version, retired: Sequence[Judged]) -> bool:
    later = [each for each in retired if each.neighbour.valid_from <= new.valid_from]
    return bool(later) and all(each.judgement.ends for each in later)


def _reinforce(
    new: Version, repeated: Sequence[Judged], ties: tuple[Tie, ...], believed: Sequence[Version], *, now: datetime, new_id: NewId
) -> tuple[Plan, Outcome]:
    best = max(repeated, key=lambda each: (each.judgement.score, each.neighbour.id))
    old = best.neighbour
    # Two sources that err independently: both are wrong with the product of their doubts. Half of the second one's weight, for they seldom are independent.
    confidence = round(1 - (1 - old.confidence) * (1 - new.confidence / 2), 6)
    chain = [version for version in believed if version.memory_id == old.memory_id]
    plan = timeline.confirm(old, new, chain, confidence=confidence, now=now, new_id=new_id)
    confirmed = plan.append[0]
    return plan, Outcome(
        action=Action.REINFORCED,
        version=confirmed,
        ended=plan.close,
        written=in_order(plan.append),
        relations=ties,
        reason=f"{best.tie.reason} It is confirmed.",
    )


def contest(plan: Plan, others: Sequence[Version], *, now: datetime, new_id: NewId) -> Plan:
    """Open conflicts between the version that a plan is about and some believed ones: each names the other's memory."""
    new, *rest = plan.append
    closed = {version.id for version in plan.close}
    linked = [
        replace(
            other,
            id=new_id(),
            system_from=now,
            links=replace(other.links, joins=(), supersedes=(), corrects=(), contradicts=_with(other.links.contradicts, new.memory_id)),
        )
        for other in others
        if other.id not in closed
    ]
    clashing = new.links.contradicts
    for other in others:
        clashing = _with(clashing, other.memory_id)
    marked = replace(new, links=replace(new.links, contradicts=clashing))
    return Plan(close=(*plan.close, *(other for other in others if other.id not in closed)), append=(marked, *rest, *linked))


def without_conflict(version: Version, others: frozenset[str], *, apart: bool, now: datetime, new_id: NewId) -> Version:
    """A version as it is appended again once its conflicts with some memories are settled.

    Args:
        version: The version.
        others: The memories that it clashed with.
        apart: Whether it was settled that they stand beside one another.
        now: System time of the write.
        new_id: Gives the id.
    """
    links = version.links
    left = tuple(memory_id for memory_id in links.contradicts if memory_id not in others)
    beside = tuple(dict.fromkeys((*links.apart, *sorted(others)))) if apart else links.apart
    return replace(version, id=new_id(), system_from=now, links=replace(links, joins=(), supersedes=(), corrects=(), contradicts=left, apart=beside))


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*names, name)))


def _outcome(plan: Plan, ties: tuple[Tie, ...], retired: Sequence[Judged], opened: Sequence[Judged]) -> Outcome:
    new = plan.append[0]
    reasons = dict.fromkeys(each.tie.reason for each in (*retired, *opened))
    if not reasons:
        action = Action.REMEMBERED
    elif retired and new.links.supersedes:
        action = Action.ENDED if new.ends else Action.SUPERSEDED
    else:
        action = Action.PLACED if retired else Action.CONTESTED
    reason = " ".join(reasons) or "A new memory; it ends no other."
    return Outcome(action=action, version=new, ended=plan.close, written=in_order(plan.append), relations=ties, reason=reason)
