"""What an audit finds, and the part of it that is decided without looking anything up; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from erstwhile.guard import Masked, OnSecret, without_secrets
from erstwhile.model import Explained, MemoryType, Scope, SourceKind, Version, one_of
from erstwhile.policy import Policy, Rule
from erstwhile.relations import UPKEEP, Relation
from erstwhile.resolve import Judged
from erstwhile.results import Conflict, Outcome, Receipt

__all__ = ["Audit", "Finding", "FindingKind", "Repair", "Repaired", "cycles", "of_conflict", "of_cycle", "of_pair", "of_secrets", "of_version", "secrets_in"]

SHOWN: Final = 4
"""So many memories of a cycle, and so many places of secrets, are named in a reason."""


class FindingKind(Explained):
    """What is wrong with a memory, or may be."""

    DUPLICATE = "duplicate", "Several memories say the same in the same words."
    NEAR_DUPLICATE = "near-duplicate", "Two memories say the same in other words."
    STALE = "stale", "It holds, but something newer speaks against it, or it was not said again for long."
    OVERDUE = "overdue", "A commitment whose time is up, and nothing says how it came out."
    EXPIRED = "expired", "It has expired and is still kept."
    CONTESTED = "contested", "It clashes with another memory, and nobody has settled it."
    ECHO = "echo", "All that supports it is what a model said, who had it from another memory; or it rests on itself."
    SECRET = "secret", "Something that is kept of it looks like a secret."
    QUARANTINED = "quarantined", "It gives orders to a model and comes from a source that may not: it is kept apart."

    @classmethod
    def of(cls, value: object) -> "FindingKind":
        """Read it from its name, whatever its case.

        Raises:
            InvalidInputError: There is no such kind; the message lists them.
        """
        return one_of(cls, value, "a kind of finding")


class Repair(StrEnum):
    """What would mend a finding."""

    MERGE = "merge"
    """Merge it into the one said first, as consolidating does. Can be undone."""
    CLOSE = "close"
    """Write that it ran out, as consolidating does. Can be undone."""
    KEEP_NEW = "keep-new"
    """Settle the conflict: the newer one holds, and the older one ends where it begins. Can be undone."""
    RETRACT = "retract"
    """Stop asserting it; its history stays. Can be undone."""
    ERASE = "erase"
    """Remove it for good, and whatever was derived from it, with a receipt. Cannot be undone."""
    LOOK = "look"
    """A person has to look at it; nothing is done."""

    @property
    def asks(self) -> bool:
        """Whether it is carried out only where its kind of finding is named: it takes something away, or for good."""
        return self not in (Repair.MERGE, Repair.CLOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that an audit found.

    Attributes:
        kind: What is wrong.
        memory_ids: The memories, the one that a repair would leave standing, or is about, first.
        reason: Why, in one line. It may quote what memories say, and never holds a secret.
        repair: What would mend it.
        of: What it was found of: the conflict's id for what clashes, the id of the version that is to be closed for a commitment.
    """

    kind: FindingKind
    memory_ids: tuple[str, ...]
    reason: str
    repair: Repair
    of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit of one scope found.

    Attributes:
        at: The time that it reckons at.
        scope: Whose memory.
        findings: What was found, by kind, then in order of writing; of each kind at most as many as were asked for.
        counts: How many there are of each kind, those left out of ``findings`` included.
        seen: How many versions were looked at.
    """

    at: datetime
    scope: Scope
    findings: tuple[Finding, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    seen: int = 0

    @property
    def complete(self) -> bool:
        """Whether all that was found is listed."""
        return sum(self.counts.values()) == len(self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What became of a finding.

    Attributes:
        finding: The finding.
        outcome: What the write did; `ScopedMemory.undo` takes it back. ``None`` where nothing was written, or it was an erasure.
        receipt: The receipt of an erasure.
        reason: Why nothing was done, in one line; empty where something was.
    """

    finding: Finding
    outcome: Outcome | None = None
    receipt: Receipt | None = None
    reason: str = ""


def of_version(version: Version, *, now: datetime, stale_after: timedelta, policy: Policy) -> Iterator[Finding]:
    """What a believed version tells by itself: that it is kept apart, was not said again for long, or rests on models alone."""
    if version.quarantined:
        reason = f"It gives orders to a model ({', '.join(version.quarantine)}) and comes by {version.source.kind}."
        yield Finding(kind=FindingKind.QUARANTINED, memory_ids=(version.memory_id,), reason=reason, repair=Repair.ERASE)
    if version.type is None or version.quarantined or not version.holds.contains(now):
        return
    changes = policy.rules[version.type] is not Rule.ACCUMULATE and not version.ends
    if changes and now - version.confirmed_at >= stale_after:
        days = (now - version.confirmed_at).days
        reason = f"A {version.type} that was last said {days:,} days ago: it may have changed since."
        yield Finding(kind=FindingKind.STALE, memory_ids=(version.memory_id,), reason=reason, repair=Repair.LOOK)
    times = len(version.confirmations)
    if times and by_model(version) and all(said.source.kind is SourceKind.INFERRED for said in version.confirmations):
        reason = f"A model said it, and all that confirms it since, {times} of {times} times, is a model as well."
        yield Finding(kind=FindingKind.ECHO, memory_ids=(version.memory_id,), reason=reason, repair=Repair.RETRACT)
    due = max((stretch.end for stretch in version.times if stretch.end is not None and stretch.start > version.valid_from), default=None)
    if version.type is MemoryType.COMMITMENT and not version.ends and version.valid_to is None and due is not None and due <= now:
        reason = f"It has no end, but speaks of a time that was over on {due:%Y-%m-%d}: it may have been kept, or not."
        yield Finding(kind=FindingKind.OVERDUE, memory_ids=(version.memory_id,), reason=reason, repair=Repair.LOOK)


def by_model(version: Version) -> bool:
    """Whether a model said or concluded it; what housekeeping writes is told by its own tie."""
    return version.source.kind is SourceKind.INFERRED and not any(tie.judge == UPKEEP and tie.version_id == version.id for tie in version.ties)


def of_pair(known: Version, incoming: Version, found: Judged, *, merges: bool) -> Finding | None:
    """What is wrong with two memories that stand near each other; ``None`` for nothing.

    Args:
        known: The one that was there first.
        incoming: The other one.
        found: What a write would make of them.
        merges: Whether consolidating would merge them.
    """
    if found.judgement.relation is not Relation.DUPLICATE:
        return None
    ids = (known.memory_id, incoming.memory_id)
    if by_model(incoming) and not any(said.source.kind is not SourceKind.INFERRED for said in incoming.confirmations):
        reason = "A model said it, and it repeats what was known before: it supports nothing by itself."
        return Finding(kind=FindingKind.ECHO, memory_ids=(incoming.memory_id, known.memory_id), reason=reason, repair=Repair.RETRACT)
    same = _words(known.content) == _words(incoming.content)
    kind = FindingKind.DUPLICATE if same else FindingKind.NEAR_DUPLICATE
    why = found.tie.reason if same else f"It says the same in other words: {found.tie.reason}"
    reason = _without(why if merges else f"{why} They are not merged: a person has to look.")
    return Finding(kind=kind, memory_ids=ids, reason=reason, repair=Repair.MERGE if merges else Repair.LOOK)


def of_conflict(conflict: Conflict, policy: Policy) -> Iterator[Finding]:
    """An open conflict; and the older side as stale, where the newer one begins later and may end it."""
    older, newer = sorted((conflict.older, conflict.newer), key=lambda version: (version.valid_from, version.memory_id))
    ids = (newer.memory_id, older.memory_id)
    yield Finding(kind=FindingKind.CONTESTED, memory_ids=ids, reason=_without(conflict.reason), repair=Repair.LOOK, of=conflict.id)
    # To settle it so keeps the one that was written later; it must be the one that holds from later on, too.
    if newer is conflict.newer and newer.valid_from > older.valid_from and policy.may_end(newer.source.kind, older):
        reason = f"It holds since {older.valid_from:%Y-%m-%d}; what speaks against it, since {newer.valid_from:%Y-%m-%d}."
        yield Finding(kind=FindingKind.STALE, memory_ids=(older.memory_id, newer.memory_id), reason=reason, repair=Repair.KEEP_NEW, of=conflict.id)


def secrets_in(version: Version) -> tuple[Masked, ...]:
    """What looks like a secret in any part of a version: what it is and where, never its text."""
    parts = {
        "content": version.content,
        "tags": version.tags,
        "aliases": version.aliases,
        "metadata": version.metadata,
        "source": version.source,
        "context": version.context,
        "confirmations": tuple(said.said for said in version.confirmations),
    }
    return without_secrets(parts, OnSecret.MASK)[1]


def of_secrets(version: Version, found: Sequence[Masked]) -> Finding:
    """That there are secrets in what is kept of a memory."""
    where = ", ".join(dict.fromkeys(f"{each.kind} in {each.where}" for each in found[:SHOWN]))
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    past = "" if version.believed else " It is not believed any more, and is kept in history."
    return Finding(kind=FindingKind.SECRET, memory_ids=(version.memory_id,), reason=f"It holds {where}{more}.{past}", repair=Repair.ERASE)


def cycles(edges: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """The groups of memories that were drawn from each other in a circle, each in order, by Tarjan's algorithm (1972) without recursion.

    Args:
        edges: For each memory, those that it was drawn from.
    """
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: dict[str, None] = {}
    found: list[tuple[str, ...]] = []
    for start in sorted(edges):
        if start in order:
            continue
        path: list[tuple[str, Iterator[str]]] = [(start, iter(sorted(set(edges[start]))))]
        order[start] = low[start] = len(order)
        open_[start] = None
        while path:
            node, ahead = path[-1]
            if (target := next(ahead, None)) is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == order[node]:
                    found += _closed(node, open_, edges)
            elif target not in order:
                order[target] = low[target] = len(order)
                open_[target] = None
                path.append((target, iter(sorted(set(edges.get(target, ()))))))
            elif target in open_:
                low[node] = min(low[node], order[target])
    return tuple(sorted(found))


def _closed(node: str, open_: dict[str, None], edges: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    group: list[str] = []
    while not group or group[-1] != node:
        group.append(open_.popitem()[0])
    return [tuple(sorted(group))] if len(group) > 1 or node in set(edges.get(node, ())) else []


def of_cycle(group: Sequence[str]) -> Finding:
    """That memories rest on each other."""
    reason = f"{len(group)} memories were drawn from each other in a circle: none of them rests on anything else that is named."
    if len(group) == 1:
        reason = "It was drawn from itself."
    return Finding(kind=FindingKind.ECHO, memory_ids=tuple(group), reason=reason, repair=Repair.LOOK)


def _words(text: str) -> list[str]:
    return [word for word in ("".join(letter for letter in part.casefold() if letter.isalnum()) for part in text.split()) if word]


def _without(text: str) -> str:
    # What a judge says may quote the memories.
    return without_secrets(text, OnSecret.MASK)[0]
