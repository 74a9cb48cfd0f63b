"""Keeping the turns of conversations."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from erstwhile.model import Scope, Version
from erstwhile.store import TURN, Row, Where
from erstwhile.timeline import Plan
from erstwhile.turns import Message, Turn, read_turns
from erstwhile.versions import turn_version

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["observe"]


def observe(ledger: "Ledger", scope: Scope, messages: Iterable[Message | Mapping[str, Any]], *, session: str | None) -> tuple[Version, ...]:
    """See `ScopedMemory.observe`."""
    turns = read_turns(messages, session=session)
    if not turns:
        return ()
    vectors = dict(zip((turn.content for turn in turns), ledger.embed([turn.content for turn in turns], role="passage"), strict=True))
    kept: list[Version] = []
    for spoken_in, group in groupby(turns, key=lambda turn: turn.session):
        kept += _keep(ledger, scope, spoken_in, tuple(group), vectors)
    ledger.store.settle()
    return tuple(kept)


def _keep(ledger: "Ledger", scope: Scope, session: str, turns: Sequence[Turn], vectors: Mapping[str, Any]) -> tuple[Version, ...]:
    def prepare(_: Sequence[Row], now: datetime) -> tuple[Plan, tuple[Version, ...]]:
        known = [row.version for row in ledger.store.all(Where(scopes=(scope,), session=session, types=(TURN,)))]
        by_key = {key: version for version in known for key in version.keys}
        place = max((version.source.turn for version in known if version.source.turn is not None), default=-1) + 1
        fresh: list[Version] = []
        answer: list[Version] = []
        for turn in turns:
            version = by_key.get(turn.key) if turn.key else None
            if version is None:
                version = turn_version(turn, scope, place=place + len(fresh), fingerprint=ledger.embedder.fingerprint, now=now)
                by_key |= dict.fromkeys(version.keys, version)
                fresh.append(version)
            answer.append(version)
        return Plan(append=tuple(fresh)), tuple(answer)

    return ledger.commit((f"session {session}",), read=tuple, prepare=prepare, vectors=vectors, settle=False)
