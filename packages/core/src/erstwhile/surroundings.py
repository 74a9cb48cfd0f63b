"""What was said around something: the turns before and after it, in the order in which they were said."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from erstwhile.model import Scope, Version
from erstwhile.refs import Ref, resolve
from erstwhile.results import Hit
from erstwhile.store import TURN, Find, Store, Where

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["around", "with_neighbours"]

_Place = tuple[Scope, str, int]
"""Where something was said: a session is one of its scope, and turns have their places in it."""


def around(ledger: "Ledger", scopes: tuple[Scope, ...], ref: Ref, *, before: int, after: int) -> tuple[Version, ...]:
    """See `ScopedMemory.around`."""
    store, target = ledger.store, resolve(ledger.store, scopes, ref)
    if target.version_id is None:
        rows = store.find(Find(where=Where(scopes=scopes, memory_ids=(target.memory_id,), believed=True)))
    else:
        # A version that is not believed any more was said somewhere, too.
        rows = store.find(Find(where=Where(scopes=scopes, ids=(target.version_id,))))
    meant = target.pick([row.version for row in rows], at=ledger.reading_time())
    turns = Where(scopes=scopes, types=(TURN,), believed=True)
    places = _places(store, turns, [meant])[meant.id]
    return _within(_said(store, turns, places, before, after), places, before, after)


def with_neighbours(store: Store, hits: tuple[Hit, ...], where: Where, reach: int) -> tuple[Hit, ...]:
    """The hits, each with what was said around it; read in one query for all of them, and one more where a memory is among them.

    Args:
        store: What was asked.
        hits: What it found.
        where: What it was asked: the same belief, time and quarantine count for the turns around a hit, and nothing else of it.
        reach: How many places before and after.
    """
    if not reach or not hits:
        return hits
    turns = Where(scopes=where.scopes, types=(TURN,), quarantined=where.quarantined, believed=where.believed, valid=where.valid, during=where.during)
    places = _places(store, turns, [hit.version for hit in hits])
    said = _said(store, turns, {place for found in places.values() for place in found}, reach, reach)
    return tuple(
        replace(hit, neighbours=tuple(turn for turn in _within(said, places[hit.version.id], reach, reach) if turn.id != hit.version.id)) for hit in hits
    )


def _places(store: Store, turns: Where, versions: Collection[Version]) -> Mapping[str, tuple[_Place, ...]]:
    """Where each of the versions was said, by its id: a turn at its own place, a memory where the turns were that it was drawn from, else where it says."""
    origins = {id for version in versions if not version.is_turn for id in version.links.derived_from}
    evidence = {row.version.id: row.version for row in store.all(replace(turns, ids=tuple(sorted(origins))))} if origins else {}
    return {version.id: tuple(dict.fromkeys(_of([evidence[id] for id in version.links.derived_from if id in evidence] or [version]))) for version in versions}


def _of(versions: Iterable[Version]) -> Iterator[_Place]:
    for version in versions:
        if version.source.session is not None and version.source.turn is not None:
            yield version.scope, version.source.session, version.source.turn


def _said(store: Store, turns: Where, places: Iterable[_Place], before: int, after: int) -> Mapping[_Place, Version]:
    """The turns around the places, by theirs."""
    near = {(session, place) for _, session, turn in places for place in range(max(0, turn - before), turn + after + 1)}
    found = [row.version for row in store.all(replace(turns, places=tuple(sorted(near))))] if near else []
    return {place: version for version in found for place in _of([version])}


def _within(said: Mapping[_Place, Version], places: Iterable[_Place], before: int, after: int) -> tuple[Version, ...]:
    """The turns around some places, each once: by their places, the session first whose first turn here was said first."""
    sessions: dict[tuple[Scope, str], dict[int, Version]] = {}
    for scope, session, turn in places:
        for place in range(turn - before, turn + after + 1):
            if (version := said.get((scope, session, place))) is not None:
                sessions.setdefault((scope, session), {})[place] = version
    talks = [[turns[place] for place in sorted(turns)] for turns in sessions.values()]
    return tuple(turn for talk in sorted(talks, key=lambda talk: (talk[0].valid_from, talk[0].id)) for turn in talk)
