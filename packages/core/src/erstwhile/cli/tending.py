"""The commands that keep a scope in order: audit, consolidate."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from erstwhile.auditing import Finding, FindingKind, Repair, Repaired
from erstwhile.cli.output import Entry, console, many, one_line, print_json, print_list
from erstwhile.cli.place import Place
from erstwhile.consolidation import Consolidated, Step, StepKind
from erstwhile.errors import InvalidInputError, NotFoundError
from erstwhile.guard import OnSecret, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from erstwhile.auditing import Audit
    from erstwhile.scoped import ScopedMemory

__all__ = ["audit", "consolidate"]

KINDS: Final = ", ".join(FindingKind)
STEPS: Final = ", ".join(kind for kind in StepKind if kind is not StepKind.SUMMARISE)
FINDING_HEADINGS: Final = ("what", "found", "repair")
STEP_HEADINGS: Final = ("what", "step")


def audit(
    place: Place,
    *,
    kind: Annotated[list[str] | None, typer.Option(help=f"What to look for, as often as you like: {KINDS}. Default: all.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many findings of each kind.")] = 1_000,
    stale_after: Annotated[str, typer.Option(help="For how long something must not have been said again to count as stale.")] = "365 days",
    repair: Annotated[bool, typer.Option("--repair", help="List what would be done about it. Nothing is changed without --apply.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="With --repair: do it.")] = False,
    by: Annotated[str | None, typer.Option(help="Who asks for it; the receipts of erasures say so.")] = None,
) -> None:
    """Look through a scope for duplicates, what is stale, overdue, expired or contested, echoes of models, secrets, and what is kept apart.

    --repair lists what would be done about it, and --apply does it: merging and closing, which take nothing away, for all that was found; retracting, settling
    and erasing only for the kinds that --kind names. Erasing alone cannot be undone; keep its receipts (--json).
    """
    if apply and not repair:
        raise InvalidInputError("--apply carries repairs out: say --repair --apply. Without --apply, --repair only lists them.")
    with place.memory() as memory:
        with _progress(place) as progress:
            found = memory.audit(kinds=kind, limit=limit, stale_after=stale_after, progress=progress)
        chosen = [finding for finding in found.findings if finding.repair is not Repair.LOOK and (kind or not finding.repair.asks)] if repair else []
        done = memory.repair(chosen, by=by) if apply else ()
        if place.json:
            print_json({"at": found.at, "scope": found.scope, "counts": found.counts, "findings": found.findings} | _repairs(chosen, done, repair=repair))
            return
        shown = chosen if repair else found.findings
        entries = [Entry(text=_told(memory, each.reason, each.memory_ids), id=each.memory_ids[0], columns=_columns(each)) for each in shown]
    print_list(entries, FINDING_HEADINGS, empty="Nothing to repair." if repair else "Nothing was found.")
    _summary(found)
    if apply:
        _tell_repaired(done)
    elif repair and chosen:
        console(stderr=True).print("Nothing was changed; --repair --apply does it.", style="dim")


def consolidate(
    place: Place,
    *,
    step: Annotated[list[str] | None, typer.Option(help=f"Which steps, as often as you like: {STEPS}. Default: all of these.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many steps.")] = 10_000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")] = False,
) -> None:
    """Put a scope in order: merge what says the same, close commitments that ran out, let observations that nobody said again count for less.

    Nothing is removed: what was merged or has faded stays in history. Each step is a write of its own, and `erstwhile undo` takes it back: it is shown with the
    id for that. Summaries need a language model, so they are made from Python: ScopedMemory.consolidate(llm=…).
    """
    with place.memory() as memory:
        with _progress(place) as progress:
            done = memory.consolidate(steps=step, limit=limit, dry_run=dry_run, progress=progress)
        if place.json:
            print_json({"dry_run": dry_run, "at": done.plan.at, "seen": done.plan.seen, "steps": done.plan.steps, "outcomes": done.outcomes, "left": done.left})
            return
        entries = list(_planned(memory, done.plan.steps) if dry_run else _carried_out(memory, done))
    print_list(entries, STEP_HEADINGS, empty="There is nothing to do.")
    err = console(stderr=True)
    for each in done.left:
        err.print(f"Left alone: {one_line(each.step.reason)} {each.reason}", style="yellow", soft_wrap=True)
    if not done.plan.complete:
        err.print("There is more to do than --limit allows; run it again.", style="yellow", soft_wrap=True)
    if dry_run and entries:
        err.print("Nothing was changed; without --dry-run it is done.", style="dim")


def _planned(memory: "ScopedMemory", steps: Sequence[Step]) -> Iterator[Entry]:
    for step in steps:
        yield Entry(text=_told(memory, step.reason, step.memory_ids), id=step.memory_ids[0], columns=((step.kind.value,),))


def _carried_out(memory: "ScopedMemory", done: Consolidated) -> Iterator[Entry]:
    left = [each.step for each in done.left]
    steps = [step for step in done.plan.steps if step not in left]
    for step, outcome in zip(steps, done.outcomes, strict=True):
        yield Entry(text=_told(memory, step.reason, step.memory_ids), id=outcome.version.id, columns=((step.kind.value,),))


def _columns(finding: Finding) -> tuple[tuple[str, ...], ...]:
    return (finding.kind.value,), (finding.repair.value,)


def _told(memory: "ScopedMemory", reason: str, memory_ids: Iterable[str]) -> str:
    """The reason, and what each memory says, the first few of them, without anything that looks like a secret."""
    ids = list(memory_ids)
    lines = [reason, *(f"- {_content(memory, id)}" for id in ids[:4])]
    return "\n".join(lines + ([f"- and {len(ids) - 4} more"] if len(ids) > 4 else []))


def _content(memory: "ScopedMemory", memory_id: str) -> str:
    try:
        latest = memory.history(memory_id)[-1]
    except NotFoundError:
        return "(erased)"
    return without_secrets(latest.content, OnSecret.MASK)[0]


def _repairs(chosen: Sequence[Finding], done: Sequence[Repaired], *, repair: bool) -> dict[str, Any]:
    if not repair:
        return {}
    if not done:
        return {"repairs": [{"finding": each, "applied": False} for each in chosen]}
    # Of an outcome only what undoing takes: it holds what memories say, a secret perhaps.
    return {
        "repairs": [
            {
                "finding": each.finding,
                "applied": not each.reason,
                "version": None if each.outcome is None else each.outcome.version.id,
                "receipt": each.receipt,
                "reason": each.reason,
            }
            for each in done
        ]
    }


def _tell_repaired(done: Sequence[Repaired]) -> None:
    out, err = console(), console(stderr=True)
    for each in done:
        if each.receipt is not None:
            out.print(f"Erased {many(each.receipt.versions, 'version')}; receipt {each.receipt.id}", soft_wrap=True)
        elif each.outcome is not None:
            out.print(f"{each.finding.repair.value}: done; `erstwhile undo {each.outcome.version.id}` takes it back.", soft_wrap=True)
        else:
            err.print(f"Left alone: {each.reason}", style="yellow", soft_wrap=True)


def _summary(found: "Audit") -> None:
    err = console(stderr=True)
    counted = ", ".join(f"{number:,} {kind}" for kind, number in found.counts.items())
    err.print(f"{many(found.seen, 'version')} looked at{': ' + counted if counted else ''}.", style="dim", soft_wrap=True)
    if not found.complete:
        err.print("Not all of it is listed; --limit lists more.", style="yellow", soft_wrap=True)


@contextmanager
def _progress(place: Place) -> "Iterator[Callable[[int, int], None] | None]":
    """A line on stderr that says how far it is; none where nobody looks on."""
    err = console(stderr=True)
    if place.json or not err.is_terminal:
        yield None
        return
    with err.status("Looking…") as status:
        yield lambda done, total: status.update(f"Looking… {done:,} of {total:,}")
