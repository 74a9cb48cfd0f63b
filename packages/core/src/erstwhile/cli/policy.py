"""The command `policy`."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from erstwhile.cli.output import clean, console, print_json
from erstwhile.cli.place import Place
from erstwhile.config import Settings
from erstwhile.errors import InvalidInputError, shown
from erstwhile.model import MemoryType
from erstwhile.policy import Policy, Rule
from erstwhile.time import duration_text

__all__ = ["policy"]

EVER: Final = "ever"
THRESHOLDS: Final = {
    "retire_at": "How sure a judge must be before a memory is ended; below, a conflict is opened.",
    "open_at": "How sure, before a conflict is opened; below, both stay without a word.",
    "reinforce_at": "How sure, before a memory is taken for a repetition.",
    "least_confidence": "A memory of at least this confidence is not ended by one below it.",
}

INCOMING: Final = {
    "secrets": "What is done about secrets in what is remembered, corrected or merged: refuse, mask or keep.",
    "turn_secrets": "The same in the turns of conversations and what is drawn from them.",
    "quarantine": "Whether text that gives orders is kept apart, where its source may give none.",
}


def policy(
    place: Place,
    *,
    set: Annotated[  # noqa: A002 - it becomes the option's name
        list[str] | None, typer.Option("--set", help=f"A rule for a type, as type=rule, such as goal=close; may be repeated. Rules: {', '.join(Rule)}.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help='How long a type is kept, as type=time, such as observation="90 days"; or type=ever. May be repeated.'),
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Put the shipped policy in the place of yours, before anything is set.")] = False,
) -> None:
    """Show what a new memory may do to old ones, by its type and source, and how long it is kept. Or change it.

    It is read from the file that ERSTWHILE_POLICY names, else from policy.toml in the home folder, whenever a store is opened. With --set or --keep that
    file is written anew: what it says stays, comments in it do not. The rest of it is changed in an editor.
    """
    path = Settings.policy_path()
    # What is to be put in its place, or made, need not be readable.
    changes = bool(set or keep or reset)
    found = Policy() if reset or (changes and not path.exists()) else Settings.load().policy
    if changes:
        found = _kept(_changed(found, set or ()), keep or ())
        _write(path, found)
    _tell(place, found, path)


def _changed(policy: Policy, given: Sequence[str]) -> Policy:
    for each in given:
        kind, sign, rule = each.partition("=")
        if not sign:
            raise InvalidInputError(f"--set: {shown(each)} is not a rule for a type; write type=rule, such as goal=close.")
        policy = policy.with_rule(kind.strip(), rule)
    return policy


def _kept(policy: Policy, given: Sequence[str]) -> Policy:
    for each in given:
        kind, sign, length = each.partition("=")
        if not sign:
            raise InvalidInputError(f'--keep: {shown(each)} is no length of time for a type; write type=time, such as observation="90 days".')
        policy = policy.with_retention(kind.strip(), None if length.strip().lower() == EVER else length)
    return policy


def _write(path: Path, policy: Policy) -> None:
    from erstwhile.store.durable import write_file

    # A link stays one.
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_file(target, policy.toml().encode())
    except OSError as error:
        with suppress(OSError):
            target.with_name(f"{target.name}.new").unlink()
        raise InvalidInputError(f"The policy {path} cannot be written: {error.strerror or error}. Choose another file with ERSTWHILE_POLICY.") from None


def _tell(place: Place, found: Policy, file: Path) -> None:
    there = file.exists()
    if place.json:
        print_json({"file": str(file), "exists": there, "policy": found, "meanings": {rule.value: rule.meaning for rule in Rule}})
        return
    out = console()
    out.print(f"From {clean(str(file))}" if there else f"As shipped; your own would be in {clean(str(file))}", style="dim", soft_wrap=True)
    shipped = Policy()
    out.print("\nWhat may end a memory, by its type", style="bold")
    for kind in MemoryType:
        rule, usual = found.rules[kind], shipped.rules[kind]
        out.print(f"{kind:<18}{rule:<12}{rule.meaning}{_instead(rule, usual)}", soft_wrap=True)
    out.print("\nHow long a memory is kept", style="bold")
    for kind, length in found.retention.items():
        out.print(f"{kind:<18}{duration_text(length)}", soft_wrap=True)
    out.print("The others for ever." if found.retention else "All of them for ever.", soft_wrap=True)
    out.print("\nHow far a source is trusted", style="bold")
    for source, trust in found.trust.items():
        out.print(f"{source:<18}{trust}{_instead(trust, shipped.trust[source])}", soft_wrap=True)
    out.print("\nHow sure it must be, 0 to 1", style="bold")
    for name, meaning in THRESHOLDS.items():
        share, usual_share = getattr(found, name), getattr(shipped, name)
        out.print(f"{name:<18}{share:<12}{meaning}{_instead(share, usual_share)}", soft_wrap=True)
    out.print("\nWhat comes in", style="bold")
    for name, meaning in INCOMING.items():
        now, usual_now = getattr(found, name), getattr(shipped, name)
        out.print(f"{name:<18}{_plainly(now):<12}{meaning}{_instead(now, usual_now)}", soft_wrap=True)


def _plainly(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _instead(now: object, shipped: object) -> str:
    return "" if now == shipped else f" (Shipped: {shipped}.)"
