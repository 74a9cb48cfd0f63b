"""Keeping the turns of conversations, and drawing memories from them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from erstwhile.draft import Draft
from erstwhile.extract import Drawn, Extractor
from erstwhile.guard import without_secrets
from erstwhile.model import Scope, Version
from erstwhile.policy import Policy
from erstwhile.relating import Resolver
from erstwhile.results import Observed
from erstwhile.store import TURN, Find, Row, Store, Where
from erstwhile.timeline import Plan
from erstwhile.turns import Message, Turn, read_turns
from erstwhile.versions import said_by, session_claim, turn_version
from erstwhile.writing import remember

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["observe"]

FAR: Final = 2**53
"""Beyond any place in a session."""


def observe(
    ledger: "Ledger", scope: Scope, messages: Iterable[Message | Mapping[str, Any]], *, session: str | None, extractor: Extractor | None, resolver: Resolver
) -> Observed:
    """See `ScopedMemory.observe`; without an extractor nothing is drawn."""
    policy = resolver.policy
    clean = [without_secrets(turn, policy.turn_secrets, place=f"message {turn.place}") for turn in read_turns(messages, session=session)]
    if not clean:
        return Observed(turns=())
    turns = [turn for turn, _ in clean]
    kept = ledger.following(lambda ledger: _keep_all(ledger, scope, turns, policy))
    # What gives orders is not even shown to who draws memories.
    heard = [turn for turn in kept if not turn.quarantined]
    drafts = _drafts(heard, extractor.draw(heard)) if extractor is not None and heard else []
    outcomes = ledger.following(lambda ledger: remember(ledger, scope, drafts, resolver=resolver, secrets=policy.turn_secrets))
    return Observed(turns=kept, outcomes=outcomes, masked=tuple(each for _, masked in clean for each in masked))


def _drafts(turns: Sequence[Version], drawn: Iterable[Drawn]) -> list[Draft]:
    count = Counter[int]()
    drafts = []
    for each in drawn:
        turn = turns[each.turn]
        # The key makes that observing the same turns again draws nothing twice.
        key = f"drawn from {turn.id}, {count[each.turn]}"
        count[each.turn] += 1
        drafts.append(
            Draft(
                content=each.content,
                type=each.type,
                type_confidence=each.type_confidence,
                confidence=each.confidence,
                source=replace(turn.source, kind=said_by(turn), quote=each.quote),
                valid_from=turn.valid_from,
                derived_from=(turn.id,),
                key=key,
            )
        )
    return drafts


def _keep_all(ledger: "Ledger", scope: Scope, turns: Sequence[Turn], policy: Policy) -> tuple[Version, ...]:
    vectors = dict(zip((turn.content for turn in turns), ledger.embed([turn.content for turn in turns], role="passage"), strict=True))
    kept: dict[int, Version] = {}
    for session_id in dict.fromkeys(turn.session for turn in turns):
        places = [place for place, turn in enumerate(turns) if turn.session == session_id]
        kept |= zip(places, _keep(ledger, scope, session_id, [turns[place] for place in places], vectors, policy=policy), strict=True)
    ledger.store.settle()
    return tuple(kept[place] for place in sorted(kept))


def _keep(ledger: "Ledger", scope: Scope, session: str, turns: Sequence[Turn], vectors: Mapping[str, Any], *, policy: Policy) -> tuple[Version, ...]:
    def prepare(_: Sequence[Row], now: datetime) -> tuple[Plan, tuple[Version, ...]]:
        keys = tuple(dict.fromkeys(turn.key for turn in turns if turn.key is not None))
        known = ledger.store.all(Where(scopes=(scope,), keys=keys, types=(TURN,))) if keys else ()
        by_key = {key: row.version for row in known for key in row.version.keys}
        place = _next_place(ledger.store, Where(scopes=(scope,), session=session, types=(TURN,)))
        said = _last_said(ledger.store, Where(scopes=(scope,), session=session, types=(TURN,), believed=True), place)
        fresh: list[Version] = []
        answer: list[Version] = []
        for turn in turns:
            version = by_key.get(turn.key) if turn.key else None
            if version is None:
                version = turn_version(turn, scope, place=place + len(fresh), answers=said, fingerprint=ledger.embedder.fingerprint, now=now)
                version = policy.admitted(version, said_by(version))[0]
                by_key |= dict.fromkeys(version.keys, version)
                fresh.append(version)
                said = _heard(version)
            answer.append(version)
        return Plan(append=tuple(fresh)), tuple(answer)

    return ledger.commit((session_claim(scope, session),), read=tuple, prepare=prepare, vectors=vectors, settle=False)


def _last_said(store: Store, turns: Where, place: int) -> str:
    rows = store.find(Find(where=replace(turns, turns=(place - 1, place)), limit=1)) if place else ()
    return _heard(rows[0].version) if rows else ""


def _heard(turn: Version) -> str:
    # What is kept apart finds nothing else.
    return "" if turn.quarantined else turn.content


def _next_place(store: Store, turns: Where) -> int:
    # The place after the last turn, found by halving: how many there are does not tell, for some may have been erased.
    low, high = 0, 1
    while store.count(replace(turns, turns=(high, FAR))):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if store.count(replace(turns, turns=(middle, FAR))) else (low, middle)
    return low + bool(store.count(replace(turns, turns=(low, FAR))))
