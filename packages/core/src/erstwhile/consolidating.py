"""Consolidating a scope at rest: planning what to merge, close, fade and summarise, and carrying a plan out, a write for each step."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from erstwhile import timeline
from erstwhile.consolidation import Consolidated, Consolidation, Left, Step, StepKind, closing, closing_text, mark_of, ran_out
from erstwhile.errors import InvalidInputError
from erstwhile.fading import faded, reason_of
from erstwhile.llm import Chat
from erstwhile.merging import MOST_MERGED, apart, merge, mergeable
from erstwhile.model import MemoryType, Scope, Version
from erstwhile.nearness import Nearness, held_now
from erstwhile.policy import Verdict
from erstwhile.relating import Resolver
from erstwhile.relations import UPKEEP
from erstwhile.resolve import Judged
from erstwhile.results import Action, Outcome
from erstwhile.store import Row, Store, Where
from erstwhile.summarising import MAX_SOURCES, standing, summaries, summary_key, summary_version
from erstwhile.timeline import Plan
from erstwhile.versions import in_order, new_id

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["EVERY", "Progress", "carry_out", "closing_step", "consolidate", "merges", "planned", "run_out"]

Progress = Callable[[int, int], None]
"""Called now and then with how many memories were looked at, and how many there are."""
ROUNDS: Final = 8
"""So often it is looked again at what merging changed; each time less is left."""
EVERY: Final = 256
"""Progress is told after so many memories."""
OTHER: Final = "It is another by now; plan again."


def planned(
    ledger: "Ledger",
    scope: Scope,
    resolver: Resolver,
    *,
    kinds: Collection[StepKind],
    chat: Chat | None,
    limit: int,
    progress: Progress | None = None,
    only: Collection[str] | None = None,
) -> Consolidation:
    """See `ScopedMemory.consolidation`; ``only`` looks at some memories alone, and at no commitments and summaries."""
    at = ledger.reading_time()
    look = _Look(ledger, scope, resolver, kinds, at)
    where = held_now(scope, at)
    where = where if only is None else replace(where, memory_ids=tuple(sorted(only)))
    total, seen = ledger.store.count(where), 0
    for seen, row in enumerate(ledger.store.all(where, vectors=StepKind.MERGE in kinds), start=1):
        look.at(row)
        if progress is not None and seen % EVERY == 0:
            progress(seen, total)
        if look.number >= limit:
            break
    if progress is not None:
        progress(seen, total)
    steps: list[Step] = []
    notes: tuple[str, ...] = ()
    whole = True
    if only is None and StepKind.SUMMARISE in kinds and chat is not None:
        # First, for they are drawn from versions that the other steps close.
        written, notes, whole = summaries(ledger, scope, look.subjects(), chat, resolver.policy)
        steps += written
    steps += [*look.merges(), *look.fades()]
    if only is None and StepKind.CLOSE in kinds:
        steps += map(closing_step, run_out(ledger.store, scope, at))
    complete = whole and look.number < limit and len(steps) <= limit
    return Consolidation(at=at, scope=scope, steps=tuple(steps[:limit]), seen=seen, again=look.again(), notes=notes, complete=complete)


class _Look:
    """What is found on the way through the memories of a scope."""

    def __init__(self, ledger: "Ledger", scope: Scope, resolver: Resolver, kinds: Collection[StepKind], at: datetime) -> None:
        self._store, self._scope, self._kinds, self._at = ledger.store, scope, kinds, at
        self._nearness = Nearness(ledger, resolver, scope, at)
        self._into: dict[str, Row] = {}
        self._merged: dict[str, tuple[Row, list[tuple[Version, Judged]]]] = {}
        self._crowded: set[str] = set()
        self._fading: dict[str, Step] = {}
        self._subjects: dict[str, deque[tuple[str, str]]] = {}

    @property
    def number(self) -> int:
        return len(self._into) + len(self._fading)

    def at(self, row: Row) -> None:
        version = row.version
        if StepKind.MERGE in self._kinds and mergeable(version) and version.memory_id not in self._into:
            self._merge(row)
        if StepKind.FADE in self._kinds and (lesser := faded(version, at=self._at, now=self._at, new_id=new_id)) is not None:
            self._fading[version.memory_id] = Step(
                kind=StepKind.FADE,
                memory_ids=(version.memory_id,),
                reason=reason_of(version, self._at),
                importance=lesser.importance,
                marks=(mark_of(version),),
            )
        if StepKind.SUMMARISE in self._kinds and not any(tie.judge == UPKEEP and tie.version_id == version.id for tie in version.ties):
            for subject in {claim.subject for claim in version.claims}:
                self._subjects.setdefault(subject, deque(maxlen=MAX_SOURCES)).append((version.memory_id, version.id))

    def _merge(self, row: Row) -> None:
        near = self._nearness.of(row)
        if near.crowded:
            self._crowded.add(row.version.memory_id)
        others = {root.version.memory_id: root for other in near.rows for root in (self._into.get(other.version.memory_id, other),)}
        others.pop(row.version.memory_id, None)
        for other in others.values():
            known, incoming = sorted((row, other), key=lambda each: each.version.memory_id)
            judged = self._nearness.judged(known, incoming)
            if judged is None or not merges(self._store, known.version, incoming.version, judged, at=self._at):
                continue
            if incoming.version.memory_id in self._merged:
                # What others are merged into already is looked at again once that is done.
                self._crowded.add(incoming.version.memory_id)
                continue
            self._into[incoming.version.memory_id] = known
            self._merged.setdefault(known.version.memory_id, (known, []))[1].append((incoming.version, judged))
            if incoming is row:
                return

    def merges(self) -> Iterator[Step]:
        for known, repeated in self._merged.values():
            for first in range(0, len(repeated), MOST_MERGED):
                some = repeated[first : first + MOST_MERGED]
                versions = [known.version, *(version for version, _ in some)]
                yield Step(
                    kind=StepKind.MERGE,
                    memory_ids=tuple(version.memory_id for version in versions),
                    reason=f"{len(versions)} memories say the same: {some[0][1].judgement.reason}",
                    marks=tuple(mark_of(version) for version in versions),
                )

    def fades(self) -> Iterator[Step]:
        # What is merged is said more often by that, and looked at again.
        return (step for memory_id, step in self._fading.items() if memory_id not in self._into and memory_id not in self._merged)

    def subjects(self) -> dict[str, tuple[str, ...]]:
        """Ids of versions, by what they speak of, without those that are to be merged into others."""
        return {subject: tuple(id for memory_id, id in known if memory_id not in self._into) for subject, known in self._subjects.items()}

    def again(self) -> tuple[str, ...]:
        return tuple(sorted((*self._merged, *(self._crowded - self._into.keys() - self._merged.keys())))) if self._merged else ()


def merges(store: Store, known: Version, incoming: Version, found: Judged, *, at: datetime) -> bool:
    """Whether the younger of two memories can be merged into the older, by what was found of them."""
    if found.verdict is not Verdict.REINFORCE or apart(known, incoming):
        return False
    chain = _chain(store, known.scope, known.memory_id)
    _, taken = merge(known, [(incoming, found)], chain, now=at, new_id=new_id)
    return bool(taken)


def run_out(store: Store, scope: Scope, at: datetime) -> Iterator[Version]:
    """The commitments of a scope whose time is up, and nothing says how they came out."""
    for row in store.all(Where(scopes=(scope,), types=(MemoryType.COMMITMENT,), quarantined=False, believed=True)):
        version = row.version
        if ran_out(version, (), now=at) and ran_out(version, _chain(store, scope, version.memory_id), now=at):
            yield version


def closing_step(version: Version) -> Step:
    """The step that closes a commitment that ran out."""
    reason = f"It was to be kept by {version.valid_to:%Y-%m-%d}, and nothing says how it came out."
    return Step(kind=StepKind.CLOSE, memory_ids=(version.memory_id,), reason=reason, text=closing_text(version), marks=(mark_of(version),))


def _chain(store: Store, scope: Scope, memory_id: str) -> tuple[Version, ...]:
    return tuple(row.version for row in store.all(Where(scopes=(scope,), memory_ids=(memory_id,), believed=True)))


def carry_out(ledger: "Ledger", scope: Scope, plan: Consolidation, resolver: Resolver, *, model: str = "llm") -> Consolidated:
    """See `ScopedMemory.apply`; ``model`` is what the language model is called that wrote the summaries."""
    if not isinstance(plan, Consolidation):
        raise InvalidInputError(f"plan: expected what consolidation() gave, got {type(plan).__name__}.")
    if plan.scope != scope:
        raise InvalidInputError(f"The plan is for the scope {plan.scope.key} and this one is {scope.key}; nothing was written. Plan for this one.")
    texts = list(dict.fromkeys(step.text for step in plan.steps if step.text is not None))
    vectors = dict(zip(texts, ledger.embed(texts, role="passage"), strict=True)) if texts else {}
    work = _Work(ledger, scope, resolver, at=plan.at, vectors=vectors, model=model)
    outcomes: list[Outcome] = []
    left: list[Left] = []
    try:
        for step in plan.steps:
            done = work.do(step)
            if isinstance(done, Outcome):
                outcomes.append(done)
            else:
                left.append(Left(step=step, reason=done))
    finally:
        # Also where one failed: what was written before it stays.
        ledger.store.settle()
    return Consolidated(plan=plan, outcomes=tuple(outcomes), left=tuple(left))


class _Work:
    """Carries out one step after the other; what is not as it was planned for is left alone, and the reason given."""

    def __init__(self, ledger: "Ledger", scope: Scope, resolver: Resolver, *, at: datetime, vectors: Mapping[str, Any], model: str) -> None:
        self._ledger, self._scope, self._resolver, self._at, self._vectors, self._model = ledger, scope, resolver, at, vectors, model
        self._plans: Mapping[StepKind, Callable[[Step, Sequence[Row], datetime], tuple[Plan, Outcome | str]]] = {
            StepKind.MERGE: self._merge,
            StepKind.CLOSE: self._close,
            StepKind.FADE: self._fade,
            StepKind.SUMMARISE: self._summarise,
        }

    def do(self, step: Step) -> Outcome | str:
        """What the write did, or why there was none."""

        def read() -> tuple[Row, ...]:
            return self._read(step)

        def prepare(rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome | str]:
            return self._plans[step.kind](step, rows, now)

        return self._ledger.commit((self._scope.key,), read=read, prepare=prepare, vectors=self._vectors, settle=False)

    def _read(self, step: Step) -> tuple[Row, ...]:
        here = Where(scopes=(self._scope,), believed=True)
        asked = [replace(here, memory_ids=step.memory_ids)] if step.memory_ids else []
        if step.subject is not None:
            asked = [replace(here, keys=(summary_key(step.subject),)), replace(here, ids=step.sources)]
        return tuple({row.version.id: row for where in asked for row in self._ledger.store.all(where, vectors=True)}.values())

    def _marked(self, step: Step, rows: Sequence[Row]) -> list[Row] | None:
        """For each memory of a step the version that was planned for, in their order; ``None`` where one is gone or another by now."""
        found = []
        for memory_id, mark in zip(step.memory_ids, step.marks, strict=True):
            row = next((row for row in rows if row.version.memory_id == memory_id and mark_of(row.version) == mark), None)
            if row is None:
                return None
            found.append(row)
        return found

    def _merge(self, step: Step, rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome | str]:
        if (marked := self._marked(step, rows)) is None:
            return Plan(), OTHER
        known, *others = marked
        nearness = Nearness(self._ledger, self._resolver, self._scope, self._at)
        judged = [(row.version, found) for row in others if (found := nearness.judged(known, row)) is not None and not apart(known.version, row.version)]
        chain = [row.version for row in rows if row.version.memory_id == known.version.memory_id]
        plan, taken = merge(known.version, judged, chain, now=now, new_id=new_id)
        if len(taken) < len(others):
            return Plan(), OTHER
        ties = plan.append[0].ties
        return plan, _outcome(Action.REINFORCED, plan, f"{step.reason} Each stays in its own history.", ties=ties)

    def _close(self, step: Step, rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome | str]:
        marked = self._marked(step, rows)
        if marked is None or not ran_out(marked[0].version, tuple(row.version for row in rows), now=now):
            return Plan(), OTHER
        plan = Plan(append=(closing(marked[0].version, text=step.text or "", now=now, new_id=new_id),))
        return plan, _outcome(Action.ENDED, plan, step.reason)

    def _fade(self, step: Step, rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome | str]:
        marked = self._marked(step, rows)
        lesser = None if marked is None else faded(marked[0].version, at=self._at, now=now, new_id=new_id)
        if marked is None or lesser is None or lesser.importance != step.importance:
            return Plan(), OTHER
        plan = Plan(close=(marked[0].version,), append=(lesser,))
        return plan, _outcome(Action.CORRECTED, plan, step.reason)

    def _summarise(self, step: Step, rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome | str]:
        by_id = {row.version.id: row.version for row in rows}
        sources = [by_id[id] for id in step.sources if id in by_id]
        key = "" if step.subject is None else summary_key(step.subject)
        known = standing(by_id.values(), key)
        same = (known is None and not step.marks) or (known is not None and step.marks == (mark_of(known),))
        if not same or len(sources) < len(step.sources):
            return Plan(), "What it was drawn from, or the summary that is there, is another by now; plan again."
        version = summary_version(step, sources, known, chat=self._model, policy=self._resolver.policy, now=now, new_id=new_id)
        if version.quarantined:
            return Plan(), "What the model gave reads like orders to a model."
        if known is None:
            plan = timeline.remember(version)
            return plan, _outcome(Action.REMEMBERED, plan, step.reason)
        if version.valid_from > known.valid_from:
            # What went on since then is summed up from then on; until then the one before it held.
            plan = timeline.supersede(version, [known], now=now, new_id=new_id)
            return plan, _outcome(Action.SUPERSEDED, plan, step.reason)
        plan = timeline.correct(known, version, [known], now=now, new_id=new_id)
        return plan, _outcome(Action.CORRECTED, plan, step.reason)


def _outcome(action: Action, plan: Plan, reason: str, *, ties: tuple[Any, ...] = ()) -> Outcome:
    return Outcome(action=action, version=plan.append[0], ended=plan.close, written=in_order(plan.append), relations=ties, reason=reason)


def consolidate(
    ledger: "Ledger",
    scope: Scope,
    resolver: Resolver,
    *,
    kinds: Collection[StepKind],
    chat: Chat | None,
    limit: int,
    dry_run: bool,
    progress: Progress | None = None,
) -> Consolidated:
    """See `ScopedMemory.consolidate`."""
    plan = planned(ledger, scope, resolver, kinds=kinds, chat=chat, limit=limit, progress=progress)
    if dry_run:
        return Consolidated(plan=plan)
    done = carry_out(ledger, scope, plan, resolver, model="llm" if chat is None else chat.name)
    for _ in range(ROUNDS):
        if not plan.again or len(done.plan.steps) >= limit:
            break
        plan = planned(ledger, scope, resolver, kinds=kinds, chat=chat, limit=limit - len(done.plan.steps), only=plan.again)
        more = carry_out(ledger, scope, plan, resolver)
        whole = replace(done.plan, steps=(*done.plan.steps, *plan.steps), again=plan.again, complete=done.plan.complete and plan.complete)
        done = Consolidated(plan=whole, outcomes=(*done.outcomes, *more.outcomes), left=(*done.left, *more.left))
    return done
