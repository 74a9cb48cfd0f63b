"""What concerns a whole store, or one user in all scopes: erasing, expiring, exporting, taking in."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from erstwhile.erasure import Order, compacted, doomed, erase
from erstwhile.errors import InvalidInputError, NotFoundError, shown
from erstwhile.expiry import expired
from erstwhile.model import MemoryType, Scope, Version, check_text
from erstwhile.results import Doomed, Receipt
from erstwhile.store import Batch, Row, Where
from erstwhile.store.portions import portions
from erstwhile.transfer.exporting import Export, read_export, write_jsonl
from erstwhile.transfer.markdown import write_markdown

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["FORMS", "erase_user", "expire", "export", "scopes_of", "take_in", "would_erase_user", "would_expire"]

FORMS: Final = {"jsonl": write_jsonl, "markdown": write_markdown}
"""In which forms memories can be exported."""
AT_ONCE: Final = 256
"""Versions that are taken in by one write."""
AT_ONCE_BYTES: Final = 8 * 2**20
"""Bytes that they take at most: a quarter of what a Qdrant server takes by default."""


def scopes_of(ledger: "Ledger", user: str | None) -> tuple[Scope, ...]:
    """See `Engine.scopes`."""
    found = ledger.store.scopes()
    return found if user is None else tuple(scope for scope in found if scope.user == check_text(user, name="user"))


def _all_of(ledger: "Ledger", user: str) -> tuple[Scope, ...]:
    if scopes := scopes_of(ledger, user):
        return scopes
    raise NotFoundError(f"There is no scope of the user {shown(user)} in this store; `Engine.scopes` lists all scopes.")


def would_erase_user(ledger: "Ledger", user: str) -> tuple[Doomed, ...]:
    """See `Engine.would_erase_user`."""
    return tuple(doomed(ledger.store, Order(scope=scope, everything=True)) for scope in _all_of(ledger, user))


def erase_user(ledger: "Ledger", user: str, *, compact: bool, by: str | None, reason: str | None) -> tuple[Receipt, ...]:
    """See `Engine.erase_user`."""
    orders = [Order(scope=scope, everything=True, by=by, reason=reason) for scope in _all_of(ledger, user)]
    receipts = tuple(erase(ledger, order) for order in orders)
    return compacted(ledger.store, receipts) if compact else receipts


def _expired(ledger: "Ledger", retention: Mapping[MemoryType, timedelta], *, evidence: bool) -> Iterator[Order]:
    # By the clock: what cannot be taken back must not follow from a time that a clock once ran ahead to.
    now = min(ledger.reading_time(), ledger.clock_time())
    for scope in ledger.store.scopes():
        if refs := expired(ledger.store, scope, now=now, retention=retention):
            yield Order(scope=scope, refs=refs, evidence=evidence)


def would_expire(ledger: "Ledger", retention: Mapping[MemoryType, timedelta], *, evidence: bool) -> tuple[Doomed, ...]:
    """See `Engine.would_expire`."""
    return tuple(doomed(ledger.store, order) for order in _expired(ledger, retention, evidence=evidence))


def expire(
    ledger: "Ledger", retention: Mapping[MemoryType, timedelta], *, evidence: bool, compact: bool, by: str | None, reason: str | None
) -> tuple[Receipt, ...]:
    """See `Engine.expire`."""
    orders = list(_expired(ledger, retention, evidence=evidence))
    receipts = tuple(erase(ledger, replace(order, by=by, reason="It had expired." if reason is None else reason)) for order in orders)
    return compacted(ledger.store, receipts) if compact and receipts else receipts


def export(ledger: "Ledger", path: str | Path, *, user: str | None, scope: Scope | None, form: str) -> Export:
    """See `Engine.export`."""
    if (user is None) == (scope is None):
        raise InvalidInputError("Say what to export: either a user, for all scopes of theirs, or one scope.")
    if form not in FORMS:
        raise InvalidInputError(f"{shown(str(form))} is no form to export in; choose one of {', '.join(FORMS)}.")
    scopes = (scope,) if scope is not None else _all_of(ledger, str(user))
    head = Export(at=ledger.reading_time(), user=user, scopes=scopes)
    target = Path(path).expanduser()
    fresh = target.with_name(f"{target.name}.new")
    memories, turns = set[str](), set[str]()

    def versions() -> Iterator[Version]:
        for each in scopes:
            for row in ledger.store.all(Where(scopes=(each,))):
                (turns if row.version.is_turn else memories).add(row.version.memory_id)
                yield row.version

    try:
        with open(fresh, "wb", opener=_private) as file:
            count = FORMS[form](file, head, versions())
        fresh.replace(target)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise InvalidInputError(f"{target} cannot be written: {error.strerror or error}. Choose another file.") from None
    return replace(head, memories=len(memories), turns=len(turns), versions=count)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def take_in(ledger: "Ledger", path: str | Path) -> int:
    """See `Engine.take_in`."""
    source = Path(path).expanduser()
    # All of it is read before any of it is written: an export that was cut off changes nothing.
    by_scope: dict[Scope, list[Version]] = {}
    for version in read_export(source):
        by_scope.setdefault(version.scope, []).append(version)
    written = 0
    for scope, versions in by_scope.items():
        with ledger.store.claim([scope.key]):
            for first in range(0, len(versions), AT_ONCE):
                written += _take_in(ledger, scope, versions[first : first + AT_ONCE])
    ledger.store.settle()
    return written


def _take_in(ledger: "Ledger", scope: Scope, versions: Sequence[Version]) -> int:
    here = Where(scopes=(scope,), ids=tuple(version.id for version in versions))
    known = {row.version.id for row in ledger.store.all(here)}
    fresh = [version for version in versions if version.id not in known]
    if fresh:
        vectors = ledger.embed([version.content for version in fresh], role="passage")
        model = ledger.embedder.fingerprint
        rows = (Row(version=replace(version, fingerprint=model), vector=vector) for version, vector in zip(fresh, vectors, strict=True))
        for portion in portions(rows, most=AT_ONCE, most_bytes=AT_ONCE_BYTES):
            ledger.store.write(Batch(puts=portion))
    return len(fresh)
