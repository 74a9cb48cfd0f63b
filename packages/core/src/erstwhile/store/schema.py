"""How versions map to Qdrant points, the same embedded and on a server.

A point is one version: its id is the version's, its vectors are ``dense`` (the embedding, dot product of unit vectors) and ``words`` (BM25 weights), and its
payload holds the whole version as JSON under ``body`` beside the fields that filters need. Two of those are folded together so that the everyday question,
"what holds now?", costs three conditions: ``live`` names the scope of a version that is still believed, and ``vt`` is the earlier of its end and its expiry.

Times are whole microseconds since 1970. Qdrant compares ranges as float64, exact from 1684 to 2255 and to 32 microseconds until the year 9999.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from erstwhile.errors import StoreCorruptError
from erstwhile.model import Version
from erstwhile.store.protocol import TURN, Where
from erstwhile.time import Interval, to_micros

__all__ = ["BODY", "DENSE", "FIELDS", "WORDS", "AnyOf", "Clause", "Ids", "Match", "Span", "clauses", "payload_of", "version_of"]

DENSE: Final = "dense"
WORDS: Final = "words"
BODY: Final = "body"
FOREVER: Final = 2**62
"""Stands for an open end: after the year 9999, and exact as a float64."""

FieldKind = Literal["tenant", "keyword", "range"]
FIELDS: Final[Mapping[str, FieldKind]] = {
    "scope": "tenant",
    "live": "keyword",
    "memory": "keyword",
    "type": "keyword",
    "tags": "keyword",
    "keys": "keyword",
    "derived": "keyword",
    "session": "keyword",
    "turn": "range",
    "vf": "range",
    "vt": "range",
    "sf": "range",
    "st": "range",
}
"""Payload fields with an index, and the kind of index."""


def payload_of(version: Version) -> dict[str, Any]:
    """The payload that stands for ``version``."""
    holds = version.holds
    fields = {
        "scope": version.scope.key,
        "live": version.scope.key if version.believed else None,
        "memory": version.memory_id,
        "type": version.type or TURN,
        "tags": list(version.tags),
        "keys": list(version.keys),
        "derived": list(version.links.derived_from),
        "session": version.source.session,
        "turn": version.source.turn,
        "vf": to_micros(holds.start),
        "vt": _end(holds.end),
        "sf": to_micros(version.system_from),
        "st": _end(version.system_to),
        BODY: msgspec.json.encode(version).decode(),
    }
    return {name: value for name, value in fields.items() if value not in (None, [])}


def version_of(payload: Mapping[str, Any] | None) -> Version:
    """The version that a payload stands for.

    Raises:
        StoreCorruptError: The payload cannot be read back as a version.
    """
    try:
        return msgspec.json.decode((payload or {})[BODY], type=Version)
    except (KeyError, TypeError, msgspec.MsgspecError) as error:
        raise StoreCorruptError(
            f"A stored version cannot be read back ({type(error).__name__}); restore the store from a backup, or run `erstwhile doctor`."
        ) from None


def _end(instant: datetime | None) -> int:
    return FOREVER if instant is None else to_micros(instant)


@dataclass(frozen=True, slots=True)
class Match:
    """The field holds one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The field lies within these bounds."""

    field: str
    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None


@dataclass(frozen=True, slots=True)
class Ids:
    """The point is one of these."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds."""

    spans: tuple[Span, ...]


Clause = Match | Span | Ids | AnyOf


def clauses(where: Where) -> tuple[Clause, ...]:
    """The conditions, all of which must hold, that select the same versions as `Where.matches`."""
    return (*_scope_clauses(where), *_match_clauses(where), *_time_clauses(where))


def _scope_clauses(where: Where) -> tuple[Clause, ...]:
    keys = tuple(scope.key for scope in where.scopes)
    if where.believed is True:
        return (Match("live", keys),)
    if where.believed is False:
        return (Match("scope", keys), Span(field="st", lt=FOREVER))
    return (Match("scope", keys),)


def _match_clauses(where: Where) -> tuple[Clause, ...]:
    named = {
        "memory": where.memory_ids,
        "type": where.types,
        "tags": where.tags,
        "keys": where.keys,
        "derived": where.derived_from,
        "session": None if where.session is None else (where.session,),
    }
    matches: list[Clause] = [Match(field, tuple(values)) for field, values in named.items() if values is not None]
    if where.ids is not None:
        matches.append(Ids(where.ids))
    if where.turns is not None:
        matches.append(Span(field="turn", gte=where.turns[0], lt=where.turns[1]))
    return tuple(matches)


def _time_clauses(where: Where) -> tuple[Clause, ...]:
    spans: list[Clause] = []
    if isinstance(where.believed, datetime):
        at = to_micros(where.believed)
        spans += [Span(field="sf", lte=at), Span(field="st", gt=at)]
    if where.valid is not None:
        at = to_micros(where.valid)
        spans += [Span(field="vf", lte=at), Span(field="vt", gt=at)]
    if where.during is not None:
        spans += [Span(field="vf", lt=_end(where.during.end)), Span(field="vt", gt=to_micros(where.during.start))]
    if where.changed is not None:
        spans.append(AnyOf((_within("sf", where.changed), _within("st", where.changed))))
    return tuple(spans)


def _within(field: str, window: Interval) -> Span:
    return Span(field=field, gte=to_micros(window.start), lt=_end(window.end))
