"""Auditing a scope: one pass through what is stored, a search for each memory, and no more in memory than what is found."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from erstwhile import auditing
from erstwhile.auditing import Audit, Finding, FindingKind, Repair, of_conflict, of_cycle, of_pair, of_secrets, of_version, secrets_in
from erstwhile.consolidating import EVERY, Progress, merges, run_out
from erstwhile.expiry import expired
from erstwhile.merging import mergeable
from erstwhile.model import MemoryType, Scope
from erstwhile.nearness import Nearness, held_now
from erstwhile.relating import Resolver
from erstwhile.settling import open_conflicts
from erstwhile.store import Row, Where

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["audit"]

AT_ONCE: Final = 500
"""So many ids are looked up by one query."""
PAIRED: Final = frozenset((FindingKind.DUPLICATE, FindingKind.NEAR_DUPLICATE, FindingKind.ECHO))


def audit(
    ledger: "Ledger",
    scope: Scope,
    resolver: Resolver,
    *,
    kinds: Collection[FindingKind],
    limit: int,
    stale_after: timedelta,
    progress: Progress | None = None,
) -> Audit:
    """See `ScopedMemory.audit`."""
    now = ledger.reading_time()
    wanted = _Wanted(kinds=frozenset(kinds), now=now, stale_after=stale_after, progress=progress)
    pass_ = _Pass(ledger, scope, resolver, wanted)
    kept: dict[FindingKind, list[Finding]] = {kind: [] for kind in FindingKind}
    counts = Counter[str]()
    for finding in pass_.findings():
        if finding.kind in kinds:
            counts[finding.kind.value] += 1
            if len(kept[finding.kind]) < limit:
                kept[finding.kind].append(finding)
    found = tuple(finding for each in kept.values() for finding in each)
    return Audit(at=now, scope=scope, findings=found, counts=dict(counts), seen=pass_.seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is looked for, at which time, and whom to tell how far it is."""

    kinds: frozenset[FindingKind]
    now: datetime
    stale_after: timedelta
    progress: Progress | None


class _Pass:
    """The passes through a scope, one after the other; only those that the kinds asked for need."""

    def __init__(self, ledger: "Ledger", scope: Scope, resolver: Resolver, wanted: _Wanted) -> None:
        self._ledger, self._store, self._scope, self._resolver = ledger, ledger.store, scope, resolver
        self._kinds, self._now, self._stale_after, self._progress = wanted.kinds, wanted.now, wanted.stale_after, wanted.progress
        self._total = 0
        self._done = 0
        self.seen = 0

    def findings(self) -> Iterator[Finding]:
        """All of them, kind or not asked for."""
        every, held = Where(scopes=(self._scope,)), held_now(self._scope, self._now)
        pairs = not PAIRED.isdisjoint(self._kinds)
        self._total = self._store.count(every) + (self._store.count(held) if pairs else 0)
        yield from self._versions(every)
        if pairs:
            yield from self._pairs(held)
        if FindingKind.EXPIRED in self._kinds:
            yield from self._expired()
        if FindingKind.OVERDUE in self._kinds:
            yield from self._run_out()
        if not self._kinds.isdisjoint((FindingKind.CONTESTED, FindingKind.STALE)):
            for conflict in open_conflicts(self._ledger, (self._scope,)):
                yield from of_conflict(conflict, self._resolver.policy)
        self._tell(last=True)

    def _versions(self, where: Where) -> Iterator[Finding]:
        known = set[str]()
        drawn: dict[str, tuple[str, ...]] = {}
        edges: dict[str, set[str]] = {}
        for row in self._store.all(where):
            version = row.version
            self.seen += 1
            self._tell()
            if FindingKind.SECRET in self._kinds and version.memory_id not in known and (secrets := secrets_in(version)):
                known.add(version.memory_id)
                yield of_secrets(version, secrets)
            if version.believed:
                yield from of_version(version, now=self._now, stale_after=self._stale_after, policy=self._resolver.policy)
                if version.links.derived_from and not version.is_turn and FindingKind.ECHO in self._kinds:
                    drawn[version.memory_id] = (*drawn.get(version.memory_id, ()), *version.links.derived_from)
            if len(drawn) == AT_ONCE:
                self._note(edges, drawn)
                drawn = {}
        self._note(edges, drawn)
        yield from map(of_cycle, auditing.cycles(edges))

    def _note(self, edges: dict[str, set[str]], drawn: Mapping[str, Collection[str]]) -> None:
        """Note which memories these were drawn from. Turns are left out, which most are drawn from: they are drawn from nothing themselves."""
        ids = tuple(sorted({id for sources in drawn.values() for id in sources}))
        names: dict[str, str] = {}
        for first in range(0, len(ids), AT_ONCE):
            some, here = ids[first : first + AT_ONCE], Where(scopes=(self._scope,), types=tuple(MemoryType))
            for where in (replace(here, ids=some), replace(here, memory_ids=some)):
                for row in self._store.all(where):
                    names |= {row.version.id: row.version.memory_id, row.version.memory_id: row.version.memory_id}
        for memory_id, sources in drawn.items():
            if found := {names[id] for id in sources if id in names}:
                edges.setdefault(memory_id, set()).update(found)

    def _pairs(self, where: Where) -> Iterator[Finding]:
        nearness = Nearness(self._ledger, self._resolver, self._scope, self._now)
        for row in self._store.all(where, vectors=True):
            self._tell()
            if mergeable(row.version):
                # Each pair is told once, of its younger side.
                older = [other for other in nearness.of(row).rows if other.version.memory_id < row.version.memory_id]
                yield from self._of_row(nearness, row, older)

    def _of_row(self, nearness: Nearness, row: Row, older: Sequence[Row]) -> Iterator[Finding]:
        # Of several that say the same as one, the first is named: with 500 copies there are 499 findings.
        for other in sorted(older, key=lambda each: each.version.memory_id):
            judged = nearness.judged(other, row)
            if judged is None:
                continue
            one = merges(self._store, other.version, row.version, judged, at=self._now)
            if (finding := of_pair(other.version, row.version, judged, merges=one)) is not None:
                yield finding
                return

    def _expired(self) -> Iterator[Finding]:
        for memory_id in expired(self._store, self._scope, now=self._now, retention=self._resolver.policy.retention):
            yield Finding(kind=FindingKind.EXPIRED, memory_ids=(memory_id,), reason="It has expired, and is still kept in history.", repair=Repair.ERASE)

    def _run_out(self) -> Iterator[Finding]:
        for version in run_out(self._store, self._scope, self._now):
            reason = f"It was to be kept by {version.valid_to:%Y-%m-%d}, and nothing says how it came out."
            yield Finding(kind=FindingKind.OVERDUE, memory_ids=(version.memory_id,), reason=reason, repair=Repair.CLOSE, of=version.id)

    def _tell(self, *, last: bool = False) -> None:
        self._done += not last
        if self._progress is not None and (last or self._done % EVERY == 0):
            self._progress(min(self._done, self._total), self._total)
