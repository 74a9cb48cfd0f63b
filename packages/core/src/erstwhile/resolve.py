"""From judgements to a plan: what is ended, confirmed, contested or left alone, as a pure function."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from erstwhile import timeline
from erstwhile.model import Version
from erstwhile.policy import Policy, Verdict
from erstwhile.relations import Judgement, Relation, Tie
from erstwhile.results import Action, Outcome
from erstwhile.time import Interval
from erstwhile.timeline import NewId, Plan
from erstwhile.versions import in_order

__all__ = ["Judged", "clashing_pairs", "contest", "ends", "released", "resolve", "spares", "without_conflict"]

MAX_TIES: Final = 8
"""So many findings are kept with a version, the surest first."""
_EVER: Final = datetime.max.replace(tzinfo=UTC)


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
        if verdict is Verdict.REINFORCE and not policy.repeats(known=neighbour, incoming=incoming):
            verdict, note = Verdict.KEEP, "But what a person says is kept in its own words."
        return cls(neighbour=neighbour, judgement=judgement, verdict=verdict, note=note)

    @property
    def mild(self) -> "Judged":
        """The same without any effect on the neighbour but an open conflict."""
        if self.verdict is Verdict.RETIRE:
            return replace(self, verdict=Verdict.OPEN, note="But it would change what a more trusted source said: both stay until somebody settles it.")
        return replace(self, verdict=Verdict.KEEP) if self.verdict is Verdict.REINFORCE else self

    @property
    def tie(self) -> Tie:
        """The finding, as it is kept."""
        found = self.judgement
        relation = Relation.CONTRADICTS if self.verdict is Verdict.OPEN and found.relation is Relation.SUPERSEDES else found.relation
        reason = f"{found.reason} {self.note}".strip()
        return Tie(memory_id=self.neighbour.memory_id, version_id=self.neighbour.id, relation=relation, score=found.score, reason=reason, judge=found.judge)


def spares(plan: Plan, new: Version, policy: Policy) -> bool:
    """Whether a plan leaves all as it is that ``new`` may not end, as far as trust goes: its words, its type and when it holds.

    Verdicts are about pairs. What two of them lead to together, or with the rest of a chain, is looked at here as a whole.
    """
    left = {(version.content, version.type, version.valid, version.expires_at) for version in plan.append}
    return all(policy.may_end(new.source.kind, old) or (old.content, old.type, old.valid, old.expires_at) in left for old in plan.close)


def resolve(new: Version, judged: Sequence[Judged], believed: Sequence[Version], *, now: datetime, new_id: NewId) -> tuple[Plan, Outcome]:
    """What to write for an incoming memory, and what to say of it.

    Args:
        new: What comes in, as a memory of its own.
        judged: Its neighbours.
        believed: Every believed version of the memories that are not simply left alone.
        now: System time of the write.
        new_id: Gives ids to what is appended beside ``new``.
    """
    ties = tuple(each.tie for each in sorted(judged, key=lambda each: (each.verdict is Verdict.KEEP, -each.judgement.score, each.neighbour.id)))[:MAX_TIES]
    repeated = [each for each in judged if each.verdict is Verdict.REINFORCE]
    active = [each for each in judged if each.verdict in (Verdict.RETIRE, Verdict.OPEN) and not _settled_apart(each.neighbour, repeated)]
    retired, opened = ([each for each in active if each.verdict is verdict] for verdict in (Verdict.RETIRE, Verdict.OPEN))
    if (best := _repeated(new, repeated, active, believed)) is not None:
        return _reinforce(new, best, believed, retired=retired, opened=opened, ties=ties, now=now, new_id=new_id)
    new = replace(new, ties=tuple(tie for tie in ties if tie.relation is not Relation.COEXISTS), ends=ends(new, retired))
    plan = _placed(new, judged, retired, believed, now=now, new_id=new_id)
    holds = plan.append[0].holds
    opened = [each for each in opened if each.neighbour.holds.overlaps(holds)]
    if opened:
        plan = contest(plan, [each.neighbour for each in opened], now=now, new_id=new_id)
    return plan, _outcome(plan, ties, retired, opened)


def _placed(new: Version, judged: Sequence[Judged], retired: Sequence[Judged], believed: Sequence[Version], *, now: datetime, new_id: NewId) -> Plan:
    again = [each.neighbour for each in judged if each.verdict is Verdict.REINFORCE and each.neighbour.valid_from > new.valid_from]
    if not retired:
        # What is said again of a later time holds from then on in its own right.
        ends = [*(version.valid_from for version in again), *([] if new.valid_to is None else [new.valid_to])]
        return timeline.remember(replace(new, valid_to=min(ends, default=None)))
    ended = {each.neighbour.memory_id for each in retired}
    # A part of the same chain that was judged, and may stay, neither ends nor is ended; what was not judged goes the way of the chain.
    stay = {each.neighbour.id for each in judged} - {each.neighbour.id for each in retired} - {version.id for version in again}
    chains = [version for version in believed if version.memory_id in ended]
    acting = [version for version in chains if version.id not in stay] + [version for version in again if version.memory_id not in ended]
    known, joined = {version.id for version in acting}, {version.memory_id for version in acting}
    beside = [version for version in believed if version.memory_id in joined and version.id not in known]
    return timeline.supersede(new, acting, beside=beside, now=now, new_id=new_id)


def _settled_apart(version: Version, repeated: Sequence[Judged]) -> bool:
    """Whether it was settled that it stands beside what is only said again."""
    return any(each.neighbour.memory_id in version.links.apart or version.memory_id in each.neighbour.links.apart for each in repeated)


def _repeated(new: Version, repeated: Sequence[Judged], active: Sequence[Judged], believed: Sequence[Version]) -> Judged | None:
    """What an incoming memory says again: what holds at the time it speaks of, else the next to hold, if nothing else did in between."""
    if holding := [each for each in repeated if each.neighbour.valid.contains(new.valid_from)]:
        return max(holding, key=lambda each: (each.judgement.score, each.neighbour.id))
    if any(each.verdict is Verdict.OPEN or each.neighbour.valid_from <= new.valid_from for each in active):
        return None
    first = min(repeated, key=lambda each: (each.neighbour.valid_from, each.neighbour.id), default=None)
    if first is None or any(each.neighbour.valid_from < first.neighbour.valid_from for each in active):
        return None
    between = Interval(start=new.valid_from, end=first.neighbour.valid_from)
    chain = [version for version in believed if version.memory_id == first.neighbour.memory_id]
    return None if any(version.valid.overlaps(between) for version in chain) else first


def ends(new: Version, retired: Sequence[Judged]) -> bool:
    """Whether an incoming memory only says that those it retires ended, and puts nothing in their place."""
    earlier = [each for each in retired if each.neighbour.valid_from <= new.valid_from]
    return bool(earlier) and all(each.judgement.ends for each in earlier)


def _reinforce(
    new: Version,
    best: Judged,
    believed: Sequence[Version],
    *,
    retired: Sequence[Judged],
    opened: Sequence[Judged],
    ties: tuple[Tie, ...],
    now: datetime,
    new_id: NewId,
) -> tuple[Plan, Outcome]:
    old = best.neighbour
    confidence = _confirmed(old, new)
    chain = [version for version in believed if version.memory_id == old.memory_id]
    plan = timeline.confirm(old, new, chain, confidence=confidence, now=now, new_id=new_id)
    # What it ends or clashes with, it does in the name of the one that it confirms.
    ended = [each for each in retired if each.neighbour.valid_from <= new.valid_from]
    clashing = [each for each in opened if old.memory_id not in each.neighbour.links.contradicts]
    plan = timeline.end(plan, [each.neighbour for each in ended], new.valid, now=now, new_id=new_id)
    if clashing:
        plan = contest(plan, [each.neighbour for each in clashing], now=now, new_id=new_id)
    reasons = dict.fromkeys(each.tie.reason for each in (*ended, *clashing))
    return plan, Outcome(
        action=Action.SUPERSEDED if ended else Action.CONTESTED if clashing else Action.REINFORCED,
        version=plan.append[0],
        ended=plan.close,
        written=in_order(plan.append),
        relations=ties,
        reason=" ".join([f"{best.tie.reason} It is confirmed.", *reasons]),
    )


def _confirmed(old: Version, new: Version) -> float:
    """How sure a memory is once another says the same; however often one source says it, it counts once."""
    sources = {(source.kind, source.actor) for source in (old.source, *(said.source for said in old.confirmations))}
    if (new.source.kind, new.source.actor) in sources:
        return max(old.confidence, new.confidence) if new.source.actor == old.source.actor and new.source.kind is old.source.kind else old.confidence
    # Two sources that err independently: both are wrong with the product of their doubts. Half of the second one's weight, for they seldom are independent.
    return round(1 - (1 - old.confidence) * (1 - new.confidence / 2), 6)


def contest(plan: Plan, others: Sequence[Version], *, now: datetime, new_id: NewId) -> Plan:
    """Open conflicts between the version that a plan is about and some believed ones: each names the other's memory."""
    new, *rest = plan.append
    closed = {version.id for version in plan.close}
    linked = [
        replace(
            other,
            id=new_id(),
            system_from=now,
            links=replace(other.links.lasting, contradicts=_with(other.links.contradicts, new.memory_id)),
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
    return replace(version, id=new_id(), system_from=now, links=replace(links.lasting, contradicts=left, apart=beside))


def released(plan: Plan, believed: Sequence[Version], *, moved: Mapping[str, str] | None = None, now: datetime, new_id: NewId) -> Plan:
    """The plan, and with it the end of every conflict of which it leaves one side only: no memory stays contested by what does not hold any more.

    Args:
        plan: The plan.
        believed: What is believed before it of the memories that it writes to, and of all that these clash with.
        moved: Memories of which something goes on as another: old ids to new ones.
        now: System time of the write.
        new_id: Gives the ids.
    """
    names = moved or {}
    closed = {version.id for version in plan.close}
    appended = [_renamed(version, names) for version in plan.append]
    rest = {version.id: version for version in believed if version.id not in closed}
    others = [_renamed(version, names) for version in rest.values()]
    before = _open(believed)
    after = _open([*others, *appended])
    # One that a later fact cut short lives on in the past; that is over too.
    cut = {pair for pair, end in after.items() if pair in before and end < before[pair] and end <= now}
    gone = {pair for pair in before if pair not in after} | cut
    sides = {(one, other) for pair in after.keys() - cut for one in pair for other in pair - {one}}
    moving = frozenset((*names, *names.values()))
    freed = [(old, _without(new, gone, moving, sides)) for old, new in zip(rest.values(), others, strict=True)]
    changed = [(old, replace(new, id=new_id(), system_from=now, links=new.links.lasting)) for old, new in freed if old.links != new.links]
    kept = tuple(replace(version, links=replace(version.links, contradicts=_mutual(version, sides))) for version in appended)
    return Plan(close=(*plan.close, *(old for old, _ in changed)), append=(*kept, *(new for _, new in changed)))


def _open(versions: Iterable[Version]) -> dict[frozenset[str], datetime]:
    """The pairs of memories that clash, and until when both hold."""
    found: dict[frozenset[str], datetime] = {}
    for version, other in clashing_pairs(versions):
        pair = frozenset((version.memory_id, other.memory_id))
        end = min(side.holds.end or _EVER for side in (version, other))
        found[pair] = max(end, found.get(pair, end))
    return found


def clashing_pairs(versions: Iterable[Version]) -> Iterator[tuple[Version, Version]]:
    """The versions of which each names the other's memory and which hold at one time, in their order; each pair from both its sides."""
    contested = [version for version in versions if version.contested]
    by_memory: dict[str, list[Version]] = {}
    for version in contested:
        by_memory.setdefault(version.memory_id, []).append(version)
    for version in contested:
        for other in (other for memory_id in version.links.contradicts for other in by_memory.get(memory_id, ())):
            if version.memory_id in other.links.contradicts and version.holds.overlaps(other.holds):
                yield version, other


def _renamed(version: Version, names: Mapping[str, str]) -> Version:
    if not any(memory_id in names for memory_id in version.links.contradicts):
        return version
    also = (names[memory_id] for memory_id in version.links.contradicts if memory_id in names)
    contradicts = tuple(dict.fromkeys((*version.links.contradicts, *also)))
    return replace(version, links=replace(version.links, contradicts=contradicts))


def _without(version: Version, gone: Collection[frozenset[str]], moving: Collection[str], sides: Collection[tuple[str, str]]) -> Version:
    me = version.memory_id
    left = tuple(
        memory_id for memory_id in version.links.contradicts if frozenset((me, memory_id)) not in gone and (memory_id not in moving or (me, memory_id) in sides)
    )
    return version if left == version.links.contradicts else replace(version, links=replace(version.links, contradicts=left))


def _mutual(version: Version, sides: Collection[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(memory_id for memory_id in version.links.contradicts if (version.memory_id, memory_id) in sides)


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
