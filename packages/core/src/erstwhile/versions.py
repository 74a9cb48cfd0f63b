"""From what a caller gives to versions; pure but for the ids."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

import uuid_utils

from erstwhile.claims.attributes import lasting
from erstwhile.claims.reading import read
from erstwhile.draft import Draft
from erstwhile.errors import InvalidInputError
from erstwhile.extract import kind_of
from erstwhile.mentions import mentions_of
from erstwhile.model import Links, MemoryType, Provenance, Scope, SourceKind, Version
from erstwhile.relations import Claim
from erstwhile.time import Interval
from erstwhile.turns import ASSISTANTS, Turn, role_name, text_key

__all__ = ["KEEP", "Keep", "changed", "first_version", "in_order", "kept_for", "key_of", "new_id", "said_by", "session_claim", "turn_version"]


class Keep(Enum):
    """Stands for an argument that was not given, where ``None`` means something."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
LONGEST_TIME: Final = timedelta(days=366)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
MARKS: Final = frozenset(("pinned", "importance", "tags", "aliases"))
"""Parts of a memory that say how it is kept and not what it says."""
MAX_CONTEXT: Final = 600
"""Characters kept of what a turn answers."""
GIVEN: Final = "given:"
"""What the idempotency keys begin with that callers gave."""


def said_by(version: Version) -> SourceKind:
    """How it came to be known, as far as trust goes: what an assistant says, by whatever name, is what a model concluded."""
    spoken = version.is_turn and version.source.kind is SourceKind.STATED and role_name(str(version.metadata.get("role"))) in ASSISTANTS
    return SourceKind.INFERRED if spoken else version.source.kind


def new_id() -> str:
    """A time-ordered UUID, version 7."""
    return str(uuid_utils.uuid7())


def first_version(draft: Draft, scope: Scope, *, kind: MemoryType | None, fingerprint: str, key: str, now: datetime) -> Version:
    """The version that a draft becomes, as a memory of its own; its type is told by its words where ``kind`` is None."""
    claims = read(draft.content, draft.source.actor).claims
    told, sure = (kind, draft.type_confidence) if kind is not None else _told(draft.content, claims)
    return Version(
        id=new_id(),
        memory_id=new_id(),
        content=draft.content,
        type=told,
        scope=scope,
        source=draft.source,
        valid_from=draft.valid_from or now,
        valid_to=draft.valid_to,
        system_from=now,
        expires_at=draft.expires_at,
        confidence=draft.confidence,
        importance=draft.importance,
        pinned=draft.pinned,
        tags=draft.tags,
        aliases=draft.aliases,
        metadata=dict(draft.metadata),
        links=Links(derived_from=draft.derived_from),
        claims=claims,
        times=_times(draft.content, draft.valid_from or now),
        type_confidence=sure,
        fingerprint=fingerprint,
        keys=(key,),
    )


def kept_for(version: Version, retention: Mapping[MemoryType, timedelta], *, now: datetime) -> Version:
    """The version with the expiry that the rule for its type gives it, if there is one; a pinned one, or one with an expiry of its own, as it is."""
    kept = None if version.type is None or version.pinned or version.expires_at is not None else retention.get(version.type)
    start = max(now, version.valid_from)
    if kept is None or start > _LAST - kept:
        return version
    return replace(version, expires_at=start + kept)


def _times(content: str, said_at: datetime) -> tuple[Interval, ...]:
    spoken_of = dict.fromkeys(mention.interval for mention in mentions_of(content, said_at=said_at))
    # "Since then" and "in the nineties" are about no time that a question could be after.
    return tuple(stretch for stretch in spoken_of if stretch.end is not None and stretch.end - stretch.start <= LONGEST_TIME)


def _told(content: str, claims: tuple[Claim, ...]) -> tuple[MemoryType, float]:
    kind, sure = kind_of(content)
    if kind is MemoryType.EVENT and claims and all(lasting(claim) for claim in claims):
        return MemoryType.FACT, sure
    return kind, sure


def session_claim(scope: Scope, session: str) -> str:
    """What whoever adds to a conversation holds."""
    return f"{scope.key} session {session}"


def turn_version(turn: Turn, scope: Scope, *, place: int, answers: str, fingerprint: str, now: datetime) -> Version:
    """The version that a turn becomes, at its place in the session, after the text that it answers."""
    return Version(
        id=new_id(),
        memory_id=new_id(),
        content=turn.content,
        type=None,
        scope=scope,
        source=replace(turn.source, turn=place),
        valid_from=turn.at or now,
        system_from=now,
        metadata={"role": turn.role},
        times=_times(turn.content, turn.at or now),
        context=answers[:MAX_CONTEXT].strip(),
        fingerprint=fingerprint,
        keys=() if turn.key is None else (turn.key,),
    )


def changed(
    old: Version,
    given: Mapping[str, Any],
    *,
    source: Provenance | None,
    drawn_from: tuple[str, ...],
    fingerprint: str,
    now: datetime,
    trusted: bool = True,
) -> Version:
    """The better belief: ``old`` with what was given in its place, drawn from what ``old`` was drawn from and from ``drawn_from``.

    Without a source it was corrected by its own, if that is ``trusted``: otherwise a mended text of a tool would count as a person's word.

    Raises:
        InvalidInputError: ``old`` is a turn, nothing was given, or something given cannot be used.
    """
    if old.type is None:
        raise InvalidInputError(f"{old.id} is a turn; turns are evidence and stay as they were said. Retract it or erase it.")
    wanted = {name: value for name, value in given.items() if value is not KEEP}
    if missing := [name for name in ("type", "valid_from") if wanted.get(name, KEEP) is None]:
        raise InvalidInputError(f"{missing[0]}: there is no memory without one; leave it out to keep it as it is.")
    if not wanted and source is None:
        raise InvalidInputError("Nothing to correct was given; give the new content, or what else was wrong.")
    kept = {name: getattr(old, name) for name in given}
    # Who pins or labels a memory says nothing else than whoever said it.
    kind = SourceKind.CORRECTED if trusted else old.source.kind
    told = old.source if wanted.keys() <= MARKS else replace(old.source, kind=kind, quote=None)
    draft = Draft(**{**kept, **wanted}, source=source or told)
    better = first_version(draft, old.scope, kind=draft.type or old.type, fingerprint=fingerprint, key="", now=now)
    same = better.content == old.content
    # The caller's own keys go on answering retries. A key made of the content answers for that content only.
    keys = old.keys if same else (*(key for key in old.keys if key.startswith(GIVEN)), key_of(Draft(content=better.content)))
    return replace(
        better,
        memory_id=old.memory_id,
        type_confidence=1.0 if "type" in wanted else old.type_confidence,
        ends=old.ends and same,
        confirmations=tuple(said for said in old.confirmations if same and better.valid.contains(said.at)),
        links=Links(derived_from=tuple(dict.fromkeys(old.links.derived_from + drawn_from)), contradicts=old.links.contradicts, apart=old.links.apart),
        keys=keys,
    )


def key_of(draft: Draft, ended: tuple[str, ...] = ()) -> str:
    """The idempotency key of a draft that supersedes the memories ``ended``: a hash of the caller's own key, else of what is said, by whom and where."""
    if draft.key is not None:
        return GIVEN + text_key(draft.key)
    source = draft.source
    return "said:" + text_key(
        draft.content,
        source.kind,
        source.actor,
        source.session,
        source.turn,
        source.reference,
        draft.valid_from,
        draft.valid_to,
        draft.expires_at,
        ended,
    )


def in_order(versions: Sequence[Version]) -> tuple[Version, ...]:
    """Versions in order of valid time."""
    return tuple(sorted(versions, key=lambda version: (version.valid_from, version.id)))
