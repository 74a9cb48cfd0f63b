"""Remembering, correcting and retracting: reading what is there, planning against it, writing."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from erstwhile import timeline
from erstwhile.draft import Draft
from erstwhile.errors import InvalidInputError, NotFoundError
from erstwhile.guard import Masked, OnSecret, without_secrets
from erstwhile.model import MAX_CONTENT, Provenance, Scope, SourceKind, Version, check_metadata, check_text
from erstwhile.policy import Policy, Verdict
from erstwhile.refs import Ref
from erstwhile.refs import resolve as find_target
from erstwhile.relating import Relating, Resolver, with_clashing
from erstwhile.resolve import ends, released, resolve, spares
from erstwhile.results import Action, Outcome
from erstwhile.store import Find, Row, Where
from erstwhile.time import TICK
from erstwhile.timeline import Plan
from erstwhile.versions import KEEP, changed, first_version, in_order, kept_for, key_of, new_id

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.ledger import Ledger

__all__ = ["correct", "remember", "remember_one", "retract"]

_DRAFT_FIELDS: Final = frozenset(field.name for field in fields(Draft))


def remember(
    ledger: "Ledger",
    scope: Scope,
    given: Iterable[Draft | str | Mapping[str, Any]],
    *,
    resolver: Resolver,
    relate: bool = True,
    secrets: OnSecret | None = None,
) -> tuple[Outcome, ...]:
    """See `ScopedMemory.remember_many`; ``secrets`` says what is done about them in place of the policy."""
    policy = resolver.policy
    clean = [without_secrets(_draft(draft, place), secrets or policy.secrets, place=f"Draft {place}") for place, draft in enumerate(given)]
    ended = [_check(ledger, scope, draft, f"Draft {place}: ", policy) for place, (draft, _) in enumerate(clean)]
    return _remember_all(ledger, scope, clean, ended, resolver, relate=relate) if clean else ()


def remember_one(ledger: "Ledger", scope: Scope, draft: Draft, *, resolver: Resolver, relate: bool = True) -> Outcome:
    """See `ScopedMemory.remember`."""
    clean = without_secrets(draft, resolver.policy.secrets)
    return _remember_all(ledger, scope, [clean], [_check(ledger, scope, clean[0], "", resolver.policy)], resolver, relate=relate)[0]


def _remember_all(
    ledger: "Ledger",
    scope: Scope,
    clean: Sequence[tuple[Draft, tuple[Masked, ...]]],
    ended: Sequence[tuple[str, ...]],
    resolver: Resolver,
    *,
    relate: bool,
) -> tuple[Outcome, ...]:
    vectors = ledger.embed([draft.content for draft, _ in clean], role="passage")
    try:
        return tuple(
            replace(_remember(ledger, scope, draft, memory_ids, vector=vector, resolver=resolver, relate=relate), masked=masked)
            for (draft, masked), memory_ids, vector in zip(clean, ended, vectors, strict=True)
        )
    finally:
        # Also where a later one failed: what was written before it stays.
        ledger.store.settle()


def _check(ledger: "Ledger", scope: Scope, draft: Draft, which: str, policy: Policy) -> tuple[str, ...]:
    # All that can be told before the first is written: times that default to now, and what is superseded. A retry needs no check: it changes nothing.
    now = ledger.reading_time()
    if draft.key is not None and _written(ledger, scope, draft, key_of(draft), now) is not None:
        return ()
    try:
        draft.check_times(draft.valid_from or now)
        memory_ids = tuple(dict.fromkeys(find_target(ledger.store, (scope,), ref).memory_id for ref in draft.supersedes))
        believed = _own([row.version for row in _reader(ledger, scope, memory_ids)()], memory_ids)
        _check_supersedable(believed, memory_ids)
        _check_trust(policy, draft.source.kind, believed)
    except (InvalidInputError, NotFoundError) as error:
        raise type(error)(f"{which}{error}") from None
    return memory_ids


def _draft(given: Draft | str | Mapping[str, Any], place: int) -> Draft:
    if isinstance(given, Draft):
        return given
    try:
        return Draft(**_parts(given))
    except InvalidInputError as error:
        raise InvalidInputError(f"Draft {place}: {error}") from None


def _parts(given: object) -> dict[str, Any]:
    if isinstance(given, str):
        return {"content": given}
    if not isinstance(given, Mapping):
        raise InvalidInputError(f"Expected a Draft, a mapping or a text, got {type(given).__name__}.")
    if unknown := sorted(str(name) for name in given if name not in _DRAFT_FIELDS):
        raise InvalidInputError(f"{', '.join(unknown)[:80]} is no part of a memory; the parts are {', '.join(sorted(_DRAFT_FIELDS))}.")
    return {"content": "", **given}


def _remember(
    ledger: "Ledger", scope: Scope, draft: Draft, memory_ids: tuple[str, ...], *, vector: "NDArray[np.float32]", resolver: Resolver, relate: bool
) -> Outcome:
    key, policy = key_of(draft, memory_ids), resolver.policy
    new: Version
    written: Version | None = None
    related = Relating()
    note = ""

    def read() -> tuple[Row, ...]:
        nonlocal new, written, related, note
        time = ledger.reading_time()
        if (written := _written(ledger, scope, draft, key, time)) is not None:
            return ()
        # Not before it is known to be no retry: what was said has perhaps expired since. What is said now is newer than all that is written, however coarse the
        # clock: its write will be given a later time.
        new = first_version(draft, scope, kind=draft.type, fingerprint=ledger.embedder.fingerprint, key=key, now=time + TICK)
        new, note = policy.admitted(new)
        if memory_ids or not relate or new.quarantined:
            related = Relating()
            return _reader(ledger, scope, memory_ids)()
        related = resolver.relate(ledger, new, vector)
        return related.rows

    def prepare(rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome]:
        if written is not None:
            return Plan(), Outcome(action=Action.UNCHANGED, version=written, reason="It was remembered before; nothing was written. Correct it to change it.")
        around = tuple(row.version for row in rows)
        incoming = replace(new, system_from=now, valid_from=draft.valid_from or now)
        if memory_ids:
            believed = _own(around, memory_ids)
            _check_supersedable(believed, memory_ids)
            _check_trust(policy, draft.source.kind, believed)
            typed = kept_for(policy.admitted(_typed(incoming, draft, believed))[0], ledger.retention, now=now)
            plan = timeline.supersede(typed, believed, now=now, new_id=new_id)
            return _released(plan, _noted(_placed(plan), note), around, now)
        retired = [each for each in related.judged if each.verdict is Verdict.RETIRE]
        # That a promise was kept is no promise.
        replaced = [] if ends(incoming, retired) else [each.neighbour for each in retired]
        typed = kept_for(policy.admitted(_typed(incoming, draft, replaced))[0], ledger.retention, now=now)
        plan, outcome = resolve(typed, related.judged, around, now=now, new_id=new_id)
        if not spares(plan, typed, policy):
            plan, outcome = resolve(typed, [each.mild for each in related.judged], around, now=now, new_id=new_id)
        return _released(plan, _noted(outcome, note), around, now)

    return ledger.commit((scope.key,), read=read, prepare=prepare, vectors={draft.content: vector}, settle=False)


def _noted(outcome: Outcome, note: str) -> Outcome:
    return replace(outcome, reason=f"{outcome.reason} {note}".strip())


def _own(versions: Sequence[Version], memory_ids: Collection[str]) -> tuple[Version, ...]:
    return tuple(version for version in versions if version.memory_id in memory_ids)


def _released(plan: Plan, outcome: Outcome, around: Sequence[Version], now: datetime) -> tuple[Plan, Outcome]:
    whole = released(plan, around, now=now, new_id=new_id)
    version = next((version for version in whole.append if version.id == outcome.version.id), outcome.version)
    return whole, replace(outcome, version=version, ended=whole.close, written=in_order(whole.append))


def _typed(new: Version, draft: Draft, ended: Sequence[Version]) -> Version:
    # What takes the place of another is of its type, unless it was given another.
    first = min(ended, key=lambda version: version.memory_id, default=None)
    given = draft.type is not None and draft.type_confidence == 1
    if given or first is None or first.type is None:
        return new
    return replace(new, type=first.type, type_confidence=first.type_confidence)


def _written(ledger: "Ledger", scope: Scope, draft: Draft, key: str, now: datetime) -> Version | None:
    # A key of the caller's, or a place that it was said in, answers a retry however late. Content alone answers while it stands: what was retracted, or
    # has ended, can be said again.
    where = Where(scopes=(scope,), keys=(key,))
    if draft.key is None and draft.source.turn is None and draft.source.reference is None:
        where = replace(where, believed=True, valid=draft.valid_from or now)
    rows = ledger.store.find(Find(where=where, limit=1))
    return rows[0].version if rows else None


def _check_supersedable(believed: Sequence[Version], memory_ids: Sequence[str]) -> None:
    if any(version.is_turn for version in believed):
        raise InvalidInputError("A turn cannot be superseded; turns are evidence. Name the memory drawn from it.")
    if gone := set(memory_ids) - {version.memory_id for version in believed}:
        raise NotFoundError(f"Nothing of memory {min(gone)} is believed any more, so there is nothing to supersede; remember this as a memory of its own.")


def _check_trust(policy: Policy, kind: SourceKind, touched: Sequence[Version]) -> None:
    if any(not policy.may_end(kind, version) for version in touched):
        raise InvalidInputError(
            f"What comes by {kind} may not end or correct what a more trusted source said. Remember it by itself: where it clashes, a conflict is opened that "
            "a person can settle. If a person says so, let the source say that."
        )


def _placed(plan: Plan) -> Outcome:
    new, *_ = plan.append
    until = "" if new.valid_to is None else f" until {new.valid_to:%Y-%m-%d}"
    span = f"from {new.valid_from:%Y-%m-%d}{until}"
    if plan.close:
        action, reason = Action.SUPERSEDED, f"Takes the place of what held {span}; that stays in history."
    else:
        action, reason = Action.PLACED, f"Holds {span}, when nothing of that memory held; it ends nothing."
    return Outcome(action=action, version=new, ended=plan.close, written=in_order(plan.append), reason=reason)


def correct(
    ledger: "Ledger",
    scope: Scope,
    ref: Ref,
    given: Mapping[str, Any],
    *,
    source: Provenance | None,
    drawn_from: tuple[str, ...],
    at: datetime | None,
    policy: Policy,
) -> Outcome:
    """See `ScopedMemory.correct`; ``given`` has a value, or `KEEP`, for each part."""
    if given["metadata"] is not KEEP:
        given = {**given, "metadata": check_metadata(given["metadata"])}
    given, masked = without_secrets(given, policy.secrets)
    source, also = (None, ()) if source is None else without_secrets(source, policy.secrets, place="source")
    target = find_target(ledger.store, (scope,), ref)
    vectors = {}
    if (content := given["content"]) is not KEEP:
        vectors[content] = ledger.embed([check_text(content, name="content", limit=MAX_CONTENT)], role="passage")[0]

    def prepare(rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome]:
        around = tuple(row.version for row in rows)
        believed = _own(around, (target.memory_id,))
        old = target.pick(believed, at=at or now)
        better = changed(
            old,
            given,
            source=source,
            drawn_from=drawn_from,
            fingerprint=ledger.embedder.fingerprint,
            trusted=policy.trusts(old.source.kind),
            now=now,
        )
        better, note = policy.admitted(better)
        plan = timeline.correct(old, better, believed, now=now, new_id=new_id)
        if source is not None or not policy.trusts(old.source.kind):
            _check_trust(policy, better.source.kind, plan.close)
        reason = f"A better belief from {plan.append[0].valid_from:%Y-%m-%d} on; what was believed before stays in history."
        outcome = Outcome(action=Action.CORRECTED, version=plan.append[0], reason=reason, masked=(*masked, *also))
        return _released(plan, _noted(outcome, note), around, now)

    return ledger.commit((scope.key,), read=_reader(ledger, scope, (target.memory_id,)), prepare=prepare, vectors=vectors)


def retract(ledger: "Ledger", scope: Scope, ref: Ref) -> Outcome:
    """See `ScopedMemory.retract`."""
    target = find_target(ledger.store, (scope,), ref)

    def prepare(rows: Sequence[Row], now: datetime) -> tuple[Plan, Outcome]:
        around = tuple(row.version for row in rows)
        believed = _own(around, (target.memory_id,))
        last = target.pick(believed, at=now)
        plan = timeline.retract(believed if target.version_id is None else (last,))
        return _released(plan, Outcome(action=Action.RETRACTED, version=last, reason="No longer asserted; it stays in history."), around, now)

    return ledger.commit((scope.key,), read=_reader(ledger, scope, (target.memory_id,)), prepare=prepare, vectors={})


def _reader(ledger: "Ledger", scope: Scope, memory_ids: tuple[str, ...]) -> Callable[[], tuple[Row, ...]]:
    def read() -> tuple[Row, ...]:
        if not memory_ids:
            return ()
        rows = tuple(ledger.store.all(Where(scopes=(scope,), memory_ids=memory_ids, believed=True), vectors=True))
        return with_clashing(ledger.store, scope, rows)

    return read
