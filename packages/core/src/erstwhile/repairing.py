"""Carrying out what an audit suggests, by the verbs that there are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from erstwhile.auditing import Finding, Repair, Repaired
from erstwhile.consolidating import carry_out, closing_step
from erstwhile.consolidation import Consolidation, Step, StepKind, mark_of
from erstwhile.erasure import Order, compacted, erase
from erstwhile.errors import InvalidInputError, NotFoundError
from erstwhile.model import Scope, Version
from erstwhile.relating import Resolver
from erstwhile.results import Outcome, Receipt, Settlement
from erstwhile.settling import settle
from erstwhile.store import Where
from erstwhile.writing import retract

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["mend"]

REASON = "An audit found it: {kind}."
GONE = "It is not there any more, or another by now; audit again."


def mend(ledger: "Ledger", scope: Scope, findings: Sequence[Finding], resolver: Resolver, *, compact: bool, by: str | None) -> tuple[Repaired, ...]:
    """See `ScopedMemory.repair`."""
    done = [_mend(ledger, scope, finding, resolver, by=by) for finding in findings]
    if compact and (receipts := [each.receipt for each in done if each.receipt is not None]):
        whole = iter(compacted(ledger.store, receipts))
        done = [each if each.receipt is None else Repaired(finding=each.finding, receipt=next(whole)) for each in done]
    return tuple(done)


def _mend(ledger: "Ledger", scope: Scope, finding: Finding, resolver: Resolver, *, by: str | None) -> Repaired:
    if finding.repair is Repair.LOOK:
        return Repaired(finding=finding, reason="A person has to look at it.")
    try:
        made = _made(ledger, scope, finding, resolver, by=by)
    except (NotFoundError, InvalidInputError):
        made = GONE
    if isinstance(made, Outcome):
        return Repaired(finding=finding, outcome=made)
    return Repaired(finding=finding, receipt=made) if isinstance(made, Receipt) else Repaired(finding=finding, reason=made)


def _made(ledger: "Ledger", scope: Scope, finding: Finding, resolver: Resolver, *, by: str | None) -> Outcome | Receipt | str:
    match finding.repair:
        case Repair.KEEP_NEW:
            return settle(ledger, scope, finding.of or "", Settlement.KEEP_NEW, text=None, policy=resolver.policy)
        case Repair.RETRACT:
            return retract(ledger, scope, finding.memory_ids[0])
        case Repair.ERASE:
            return erase(ledger, Order(scope=scope, refs=finding.memory_ids, by=by, reason=REASON.format(kind=finding.kind)))
        case _:
            return _step(ledger, scope, finding, resolver)


def _step(ledger: "Ledger", scope: Scope, finding: Finding, resolver: Resolver) -> Outcome | str:
    at = ledger.reading_time()
    where = Where(scopes=(scope,), memory_ids=finding.memory_ids, believed=True)
    held = [row.version for row in ledger.store.all(where)]
    if finding.repair is Repair.CLOSE:
        version = next((version for version in held if version.id == finding.of), None)
        step = None if version is None else closing_step(version)
    else:
        step = _merge(finding, [version for version in held if version.holds.contains(at)])
    if step is None:
        return GONE
    done = carry_out(ledger, scope, Consolidation(at=at, scope=scope, steps=(step,)), resolver)
    return done.outcomes[0] if done.outcomes else done.left[0].reason


def _merge(finding: Finding, held: Sequence[Version]) -> Step | None:
    by_memory = {version.memory_id: version for version in held}
    if not all(memory_id in by_memory for memory_id in finding.memory_ids):
        return None
    marks = tuple(mark_of(by_memory[memory_id]) for memory_id in finding.memory_ids)
    return Step(kind=StepKind.MERGE, memory_ids=finding.memory_ids, reason=finding.reason, marks=marks)
