"""How versions map to Qdrant points, the same embedded and on a server.

A point is one version: its id is the version's, its vectors are ``dense`` (the embedding, dot product of unit vectors; `second` says when it has another name),
``words`` (BM25 weights) and ``seat`` (see `seats`; nothing is compared with it), and its payload holds the whole version as JSON under ``body``, with its
CRC-32 under ``check``, beside the fields that filters need.

Some fields exist to make the everyday questions cheap, for every condition on a time is a look-up per version. ``live`` names the scope of a version that
is still believed; ``asserted`` that of one that is also no turn and not quarantined; ``held`` that of one that, besides, had not ended when it was written;
``vt`` is the earlier of its end and its expiry. What is believed and not quarantined is either ``open``, that is, it holds from before it was written and until
changed, or ``bounded``. Of what holds now, the open part needs no condition on time at all; only the bounded part, mostly small, does.

An index takes some 5 MB of memory however little is in it, so what is asked rarely, or of few versions at a time, shares one: `SHARED` names such fields, and
their values begin with the name of what they are of: "memory:…".

Times are whole microseconds since 1970, ``confidence`` whole millionths. Qdrant compares ranges as float64, which holds times exactly from 1685 to 2255 and to
32 microseconds until the year 9999.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import numpy as np

from erstwhile.errors import ErstwhileError, StoreCorruptError
from erstwhile.model import MemoryType, Scope, SourceKind, Version
from erstwhile.store.lexical import version_terms
from erstwhile.store.protocol import TURN, Row, Where, millionths
from erstwhile.store.seats import Seat, names_of
from erstwhile.store.second import SLOTS, Space, of_model
from erstwhile.time import Interval, to_micros

__all__ = [
    "DENSE",
    "FIELDS",
    "FORMAT",
    "READ",
    "SEAT",
    "SHARED",
    "WORDS",
    "AnyOf",
    "Clause",
    "Ids",
    "Match",
    "NoneOf",
    "Span",
    "clauses",
    "ids_of",
    "kind_in_shared",
    "payload_of",
    "row_in",
    "row_of",
    "scopes_of",
    "seat_of",
    "settled_clauses",
    "vectors_of",
    "version_of",
]

DENSE: Final = SLOTS[0]
WORDS: Final = "words"
BODY: Final = "body"
CHECK: Final = "check"
SEAT: Final = "seat"
READ: Final = (BODY, CHECK)
"""What is read back of a payload."""
FORMAT: Final = 8
"""Version of this mapping, and of what stands beside it: a store of another is refused."""
SEPARATOR: Final = "\x1f"
"""Stands between the parts of a place."""
FOREVER: Final = 2**62
"""Stands for an open end: after the year 9999, and exact as a float64."""

FieldKind = Literal["tenant", "keyword", "range"]
FIELDS: Final[Mapping[str, FieldKind]] = {
    "scope": "tenant",
    "live": "keyword",
    "open": "keyword",
    "bounded": "keyword",
    "held": "keyword",
    "standing": "keyword",
    "marks": "keyword",
    "ties": "keyword",
    "speaker": "keyword",
    "type": "keyword",
    "tags": "keyword",
    "kind": "keyword",
    "turn": "range",
    "confidence": "range",
    "vf": "range",
    "vt": "range",
    "sf": "range",
    "st": "range",
    "expires": "range",
}
"""Payload fields with an index, and the kind of index."""
SHARED: Final[Mapping[str, tuple[str, ...]]] = {
    "standing": ("asserted", "unended"),
    "marks": ("contested", "pinned", "quarantined"),
    "ties": ("memory", "keys", "derived", "related", "session", "place"),
    "speaker": ("actor", "names"),
}
"""Fields that several things share, with what these are called. Those of one field are asked alike: ``marks`` are rare, and the only ones that are asked not to
be there; of ``ties`` and ``speaker`` mostly few versions have a value, and ``standing`` is asked for a whole scope."""
_FIELD_OF: Final[Mapping[str, str]] = {name: field for field, names in SHARED.items() for name in names}


def payload_of(version: Version) -> dict[str, Any]:
    """The payload that stands for ``version``."""
    holds, scope, source = version.holds, version.scope.key, version.source
    body = msgspec.json.encode(version)
    settled = holds.end is None and holds.start <= version.system_from
    unended = holds.end is None or holds.end > version.system_from
    trusted = version.believed and not version.quarantined
    asserted = trusted and not version.is_turn
    fields = {
        "scope": scope,
        "live": scope if version.believed else None,
        "open": scope if trusted and settled else None,
        "bounded": scope if trusted and not settled else None,
        "held": scope if asserted and unended else None,
        "type": version.type or TURN,
        "tags": list(version.tags),
        "kind": source.kind,
        "turn": source.turn,
        "confidence": millionths(version.confidence),
        "vf": to_micros(holds.start),
        "vt": _end(holds.end),
        "sf": to_micros(version.system_from),
        "st": _end(version.system_to),
        "expires": None if version.expires_at is None else to_micros(version.expires_at),
        BODY: body.decode(),
        CHECK: zlib.crc32(body),
    }
    in_shared: dict[str, Iterable[str]] = {
        "asserted": (scope,) if asserted else (),
        "unended": (scope,) if unended else (),
        "contested": (scope,) if version.contested else (),
        "pinned": (scope,) if version.pinned else (),
        "quarantined": (scope,) if version.quarantined else (),
        "memory": (version.memory_id,),
        "keys": version.keys,
        "derived": version.links.derived_from,
        "related": sorted({tie.memory_id for tie in version.ties}),
        "session": () if source.session is None else (source.session,),
        "place": (_place(source.session, source.turn),) if source.session is not None and source.turn is not None and version.is_turn else (),
        "actor": (source.actor,),
        "names": sorted(names_of(source.actor)),
    }
    shared = {field: [_shared(name, value) for name in names for value in in_shared[name]] for field, names in SHARED.items()}
    return {name: value for name, value in (fields | shared).items() if value not in (None, [])}


def _shared(name: str, value: str) -> str:
    """What stands in a shared field for a value of this."""
    return f"{name}:{value}"


def kind_in_shared(value: str) -> str:
    """What a value in a shared field is of, as `SHARED` names it."""
    return value.partition(":")[0]


def _place(session: str, turn: int) -> str:
    return f"{turn}{SEPARATOR}{session}"


def seat_of(vectors: object) -> Seat | None:
    """The seat among the vectors of a point, if it was read.

    Raises:
        StoreCorruptError: It is not what was written.
    """
    if not isinstance(vectors, Mapping) or (numbers := vectors.get(SEAT)) is None:
        return None
    try:
        return Seat.read(numbers)
    except (TypeError, ValueError, OverflowError):
        raise StoreCorruptError("The place of a stored version cannot be read: the store's files are damaged. Restore the store from a backup.") from None


def scopes_of(keys: Iterable[object]) -> tuple[Scope, ...]:
    """The scopes that the values of the field ``scope`` stand for, in order."""
    return tuple(msgspec.json.decode(key, type=Scope) for key in sorted(str(key) for key in keys))


def version_of(payload: Mapping[str, Any] | None) -> Version:
    """The version that a payload stands for.

    Raises:
        StoreCorruptError: The payload is not what was written.
    """
    stored = payload or {}
    try:
        body = stored[BODY].encode()
        if zlib.crc32(body) == stored[CHECK]:
            return msgspec.json.decode(body, type=Version)
        fault = "its checksum is another"
    except (KeyError, AttributeError, UnicodeEncodeError, RecursionError, ErstwhileError, msgspec.MsgspecError) as error:
        fault = type(error).__name__
    raise StoreCorruptError(f"A stored version cannot be read back ({fault}): the store's files are damaged. Restore the store from a backup.")


def row_of(payload: Mapping[str, Any] | None, vectors: object, *, slot: str = DENSE) -> Row:
    """The row that a point stands for; without its vector where ``vectors`` has none by the name ``slot``.

    Raises:
        StoreCorruptError: The payload is not what was written.
    """
    dense = vectors.get(slot) if isinstance(vectors, Mapping) else None
    return Row(version=version_of(payload), vector=None if dense is None else np.asarray(dense, dtype=np.float32))


def row_in(space: Space, payload: Mapping[str, Any] | None, vectors: object) -> Row:
    """The row that a point stands for in a store of this model: with its vector, where it was read, and as a version of this model.

    Raises:
        StoreCorruptError: The payload is not what was written.
    """
    row = row_of(payload, vectors, slot=space.slot)
    return row if row.version.fingerprint == space.fingerprint else replace(row, version=of_model(row.version, space.fingerprint))


def vectors_of(row: Row, slot: str = DENSE) -> tuple[dict[str, list[float]], dict[int, float]]:
    """The vectors of the point that stands for a row: the dense ones by name, and the weight of each term, none where the text has no words."""
    if row.vector is None:
        raise ValueError("A row is written with its vector.")
    return {slot: row.vector.tolist(), SEAT: Seat.of(row.version).written()}, version_terms(row.version)


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


@dataclass(frozen=True, slots=True)
class NoneOf:
    """None of these holds."""

    matches: tuple[Match, ...]


Clause = Match | Span | Ids | AnyOf | NoneOf


def clauses(where: Where) -> tuple[Clause, ...]:
    """The conditions, all of which must hold, that select the same versions as `Where.matches`."""
    return (*_scope_clauses(where), *_match_clauses(where), *_time_clauses(where))


def settled_clauses(where: Where) -> tuple[tuple[Clause, ...], ...]:
    """Conditions that select, between them, the same versions as `clauses`, each version once, and cost less.

    Only for a valid time that is not before any system time in the store: by then, every open version has begun to hold.
    """
    if where.believed is not True or where.valid is None or where.during is not None or where.quarantined is not False:
        return (clauses(where),)
    keys = tuple(scope.key for scope in where.scopes)
    # What is open or bounded is not quarantined.
    others = (*_match_clauses(replace(where, quarantined=None)), *_changed_clauses(where))
    return (Match("open", keys), *others), (Match("bounded", keys), *others, *_time_clauses(replace(where, changed=None)))


def _scope_clauses(where: Where) -> tuple[Clause, ...]:
    keys = tuple(scope.key for scope in where.scopes)
    if where.believed is True:
        return (_match(_standing(where), keys),)
    if where.believed is False:
        return (Match("scope", keys), Span(field="st", lt=FOREVER))
    return (Match("scope", keys),)


def _standing(where: Where) -> Literal["live", "asserted", "held"]:
    # One look-up in place of fourteen or more, for the question that every write asks.
    if where.quarantined is not False or where.types is None or set(where.types) != set(MemoryType):
        return "live"
    return "held" if where.unended else "asserted"


def _match_clauses(where: Where) -> tuple[Clause, ...]:
    # The scope's clause says part of it already, unless an open or a bounded one stands in its place.
    standing = _standing(where) if where.believed is True and where.valid is None else "live"
    scopes = tuple(scope.key for scope in where.scopes)
    named = {
        "memory": where.memory_ids,
        "type": where.types if standing == "live" else None,
        "unended": scopes if where.unended and standing != "held" else None,
        "contested": scopes if where.contested else None,
        "pinned": scopes if where.pinned else None,
        "quarantined": scopes if where.quarantined else None,
        "tags": where.tags,
        "keys": where.keys,
        "derived": where.derived_from,
        "related": where.related,
        "actor": where.actors,
        "names": where.names,
        "session": None if where.session is None else (where.session,),
        "place": None if where.places is None else tuple(_place(*place) for place in where.places),
    }
    matches: list[Clause] = [_match(name, values) for name, values in named.items() if values is not None]
    if where.ids is not None:
        matches.append(Ids(tuple(ids_of(where))))
    if where.turns is not None:
        matches.append(Span(field="turn", gte=where.turns[0], lt=where.turns[1]))
    if where.expired is not None:
        matches.append(Span(field="expires", lte=to_micros(where.expired)))
    if where.kinds is not None:
        matches += _kind_clauses(where.kinds)
    if where.confidence is not None:
        matches.append(Span(field="confidence", gte=millionths(where.confidence)))
    if where.pinned is False:
        matches.append(NoneOf((_match("pinned", scopes),)))
    if where.quarantined is False and standing == "live":
        matches.append(NoneOf((_match("quarantined", scopes),)))
    return tuple(matches)


def _match(name: str, values: Iterable[str]) -> Match:
    """That what is called so is one of these, in a field of its own or in a shared one."""
    field = _FIELD_OF.get(name)
    return Match(name, tuple(values)) if field is None else Match(field, tuple(_shared(name, value) for value in values))


def _kind_clauses(kinds: tuple[str, ...]) -> tuple[Clause, ...]:
    # Every version is of one kind, and to leave out one costs less than to look for the six others.
    rest = tuple(kind for kind in SourceKind if kind not in kinds)
    if len(rest) > len(kinds):
        return (Match("kind", kinds),)
    return (NoneOf((Match("kind", rest),)),) if rest else ()


def ids_of(where: Where) -> list[str]:
    """The ids asked for that can be a version's.

    A version may say that it was drawn from something of the caller's own; Qdrant would refuse such an id, and no version has it.
    """
    return [id for id in dict.fromkeys(where.ids or ()) if _is_id(id)]


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _time_clauses(where: Where) -> tuple[Clause, ...]:
    spans: list[Clause] = []
    if isinstance(where.believed, datetime):
        at = to_micros(where.believed)
        spans += [Span(field="sf", lte=at), Span(field="st", gt=at)]
    if where.valid is not None:
        at = to_micros(where.valid)
        spans += [Span(field="vf", lte=at), Span(field="vt", gt=at)]
    if where.during is not None:
        # Whatever began, began before for ever.
        spans += [] if where.during.end is None else [Span(field="vf", lt=to_micros(where.during.end))]
        spans += [Span(field="vt", gt=to_micros(where.during.start))]
    return (*spans, *_changed_clauses(where))


def _changed_clauses(where: Where) -> tuple[Clause, ...]:
    return () if where.changed is None else (AnyOf((_within("sf", where.changed), _within("st", where.changed))),)


def _within(field: str, window: Interval) -> Span:
    return Span(field=field, gte=to_micros(window.start), lt=_end(window.end))
