"""The commands that remove memories for good, and those that prove it: erase, expire, verify."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from erstwhile.cli.entries import VERSION_HEADINGS, of_version
from erstwhile.cli.output import console, many, one_line, print_json, print_list
from erstwhile.cli.place import Place
from erstwhile.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from erstwhile.results import Doomed, Receipt

__all__ = ["erase", "expire", "verify"]

_Evidence = Annotated[bool, typer.Option("--evidence", help="The turns that the memories were drawn from, too.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_Compact = Annotated[
    bool, typer.Option("--compact/--no-compact", help="Whether the files are rewritten, so that no byte is left in them; `erstwhile compact` does it later.")
]
_By = Annotated[str | None, typer.Option(help="Who asks for it; the receipt says so.")]
_Reason = Annotated[str | None, typer.Option(help="Why; the receipt says so.")]


def erase(
    place: Place,
    *,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of memories or turns.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All that the scope holds, in place of ids.")] = False,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="All that any scope of --user holds, in place of ids.")] = False,
    evidence: _Evidence = False,
    dry_run: _DryRun = False,
    yes: _Yes = False,
    compact: _Compact = True,
    by: _By = None,
    reason: _Reason = None,
) -> None:
    """Remove memories for good: every version, and whatever was derived from it. This cannot be undone.

    Shows what will go and asks first. Without a terminal to ask on, --yes is needed. Keep the receipt (--json): `erstwhile verify` takes it.
    """
    if (bool(ids), everything, everywhere).count(True) != 1:
        raise InvalidInputError("Say what to erase: either ids, or --everything for all that the scope holds, or --everywhere for all scopes of a user.")
    user = _only_user(place) if everywhere else None
    with place.engine() as engine:
        memory = engine.scope(place.scope())
        if dry_run or not yes:
            found = (memory.would_erase(*(ids or ()), everything=everything, evidence=evidence),) if user is None else engine.would_erase_user(user)
            _show(place, found, dry_run=dry_run, listed=dry_run or bool(ids))
            if dry_run:
                return
            _ask()
        if user is not None:
            receipts = engine.erase_user(user, compact=compact, by=by, reason=reason)
        else:
            receipts = (memory.erase(*(ids or ()), everything=everything, evidence=evidence, compact=compact, by=by, reason=reason),)
    _tell(place, receipts, one=user is None)


def expire(
    place: Place, *, evidence: _Evidence = False, dry_run: _DryRun = False, yes: _Yes = False, compact: _Compact = True, by: _By = None, reason: _Reason = None
) -> None:
    """Remove for good what has expired, in all scopes of the store: by its own expiry, or by how long the policy keeps its type. This cannot be undone.

    Shows what will go and asks first, as `erstwhile erase` does.
    """
    with place.engine() as engine:
        if dry_run or not yes:
            found = engine.would_expire(evidence=evidence)
            _show(place, found, dry_run=dry_run, listed=True)
            if dry_run or not found:
                return
            _ask()
        receipts = engine.expire(evidence=evidence, compact=compact, by=by, reason=reason)
    _tell(place, receipts, one=False)


def verify(place: Place, *, receipt: Annotated[Path, typer.Argument(help="A file with what `erstwhile erase --json` printed; - reads it from stdin.")]) -> None:
    """Look whether what a receipt says was erased is still gone. Exits with 1 if something of it is there."""
    receipts = _read(receipt)
    with place.engine() as engine:
        left = sum(engine.verify(each) for each in receipts)
    memories = sum(len(each.memory_ids) for each in receipts)
    if place.json:
        print_json({"gone": not left, "memories": memories, "versions_left": left})
    elif left:
        console().print(f"{many(left, 'version')} of what was erased {'is' if left == 1 else 'are'} there again; erase {'it' if left == 1 else 'them'} anew.")
    else:
        console().print(f"Nothing is there of {many(memories, 'memory or turn', 'memories and turns')}.")
    if left:
        raise typer.Exit(1)


def _only_user(place: Place) -> str:
    if place.user is None or any((place.tenant, place.agent, place.session, place.project)):
        raise InvalidInputError("--everywhere erases all scopes of one user: name them with --user, and no other part of a scope.")
    return place.user


def _read(file: Path) -> "tuple[Receipt, ...]":
    import msgspec

    from erstwhile.results import Receipt

    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        found = msgspec.json.decode(raw, type=Receipt | list[Receipt])
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror or error}.") from None
    except (msgspec.MsgspecError, ValueError):
        raise InvalidInputError(f"{file} holds no receipt; give a file with what `erstwhile erase --json` printed.") from None
    return (found,) if isinstance(found, Receipt) else tuple(found)


def _show(place: Place, found: "Sequence[Doomed]", *, dry_run: bool, listed: bool) -> None:
    """Tell what would go: on stdout where that is all that was asked for, else on stderr."""
    if dry_run and place.json:
        print_json([{"scope": each.scope, "memory_ids": each.memory_ids, "by_type": each.by_type, **_counts(each)} for each in found])
        return
    if not dry_run and not _can_ask():
        raise InvalidInputError("There is no terminal to ask on; add --yes if these memories shall be erased for good.")
    err = console(stderr=True)
    for each in found:
        latest = {version.memory_id: version for version in each.versions}
        if listed and latest:
            print_list([of_version(version) for version in latest.values()], VERSION_HEADINGS, empty="", on=console(stderr=not dry_run))
        err.print(f"{one_line(each.scope.key)}: {many(len(each.versions), 'version')} of {_kinds(each.by_type)} would go.", soft_wrap=True)
        _about(err, each)
    if not found:
        err.print("Nothing would go.", style="dim")


def _counts(each: "Doomed") -> dict[str, object]:
    return {"versions": len(each.versions), "derived": each.derived, "touched": each.touched, "evidence_kept": each.evidence_kept}


def _about(err: "Console", each: "Doomed") -> None:
    if each.derived:
        err.print("Not named, but derived from these:", *each.derived, sep="\n", style="dim", soft_wrap=True)
    if each.touched:
        err.print(f"{many(each.touched, 'other version')} would lose words of theirs.", style="dim", soft_wrap=True)


def _kinds(by_type: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in by_type.items()) or "nothing"


def _can_ask() -> bool:
    return sys.stdin.isatty()


def _ask() -> None:
    err = console(stderr=True)
    # Not by typer.confirm, which writes to stdout too.
    err.print("Erase for good? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        err.print("Nothing was erased.")
        raise typer.Exit(1)


def _tell(place: Place, receipts: "Sequence[Receipt]", *, one: bool) -> None:
    if place.json:
        print_json(receipts[0] if one else receipts)
        return
    out, err = console(), console(stderr=True)
    if not receipts:
        err.print("Nothing has expired.", style="dim")
    for receipt in receipts:
        counts = f"{many(receipt.memories, 'memory', 'memories')} and {many(receipt.turns, 'turn')}, {many(receipt.versions, 'version')} in all"
        out.print(f"Erased {counts}; the store was read back and nothing is left. Receipt {receipt.id}", soft_wrap=True)
        if receipt.evidence_kept:
            told = "What they were drawn from is still there; erase it by its ids, or use --evidence:"
            err.print(told, *receipt.evidence_kept, sep="\n", style="dim", soft_wrap=True)
    if receipts and not receipts[0].compacted:
        err.print("Its bytes may still be in the store's files; `erstwhile compact` takes them out.", style="yellow", soft_wrap=True)
    if backups := sorted({path for receipt in receipts for path in receipt.backups}):
        err.print("These backups were made before and may still hold it:", *map(one_line, backups), sep="\n", style="yellow", soft_wrap=True)
