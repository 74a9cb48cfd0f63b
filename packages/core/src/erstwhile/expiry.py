"""Which memories have expired, and are to be erased for good."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from erstwhile.model import MemoryType, Scope, Version
from erstwhile.store import Store, Where
from erstwhile.time import Interval

__all__ = ["expired", "lapsed"]

_EVER: Final = datetime.min.replace(tzinfo=UTC)


def lapsed(versions: Iterable[Version], *, now: datetime, retention: Mapping[MemoryType, timedelta]) -> bool:
    """Whether one memory has expired as a whole: every version that is believed has, or, where none is, every version.

    A version expires at its ``expires_at``. Without one, where there is a rule for its type now, it expires that long after it was written; a pinned one does
    not.

    Args:
        versions: All versions of the memory.
        now: The time.
        retention: How long memories are kept, by type.
    """
    known = list(versions)
    standing = [version for version in known if version.believed] or known
    return bool(standing) and all(_has_expired(version, now, retention) for version in standing)


def _has_expired(version: Version, now: datetime, retention: Mapping[MemoryType, timedelta]) -> bool:
    if version.expires_at is not None:
        return version.expires_at <= now
    kept = None if version.type is None or version.pinned else retention.get(version.type)
    return kept is not None and now - version.system_from >= kept


def expired(store: Store, scope: Scope, *, now: datetime, retention: Mapping[MemoryType, timedelta]) -> tuple[str, ...]:
    """The memories of a scope that have expired as a whole."""
    asked = [Where(scopes=(scope,), expired=now)]
    for kind, kept in retention.items():
        if (end := now - kept) > _EVER:
            # What was written at that very time has expired as well.
            window = Interval(start=_EVER, end=end + timedelta(microseconds=1))
            asked.append(Where(scopes=(scope,), types=(kind,), believed=True, changed=window))
    near = sorted({row.version.memory_id for where in asked for row in store.all(where)})
    return tuple(memory_id for memory_id, chain in _chains(store, scope, near) if lapsed(chain, now=now, retention=retention))


def _chains(store: Store, scope: Scope, memory_ids: Sequence[str]) -> Iterable[tuple[str, list[Version]]]:
    for first in range(0, len(memory_ids), 500):
        rows = store.all(Where(scopes=(scope,), memory_ids=tuple(memory_ids[first : first + 500])))
        versions = sorted((row.version for row in rows), key=lambda version: version.memory_id)
        for memory_id, chain in groupby(versions, key=lambda version: version.memory_id):
            yield memory_id, list(chain)
