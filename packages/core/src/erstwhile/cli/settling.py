"""The commands that settle what clashes: conflicts, resolve, undo."""

from typing import Annotated, Final

import typer

from erstwhile.cli import inputs
from erstwhile.cli.entries import CONFLICT_HEADINGS, day, of_conflict, of_conflict_in_full
from erstwhile.cli.outcomes import tell
from erstwhile.cli.output import clean, console, print_json, print_list
from erstwhile.cli.place import Place
from erstwhile.results import Settlement

__all__ = ["conflicts", "resolve", "undo"]

EMPTY: Final = "Nothing clashes."


def conflicts(place: Place) -> None:
    """List what clashes and nobody has settled, oldest first: both sides, where each comes from, and why they clash.

    In a pipe each side is a line: the id of the conflict, newer or older, the id of the memory, its type, since when and until when it holds, its source, when
    the conflict was opened, why, and the text.
    """
    with place.memory() as memory:
        found = memory.conflicts()
    out = console()
    if place.json:
        print_json({"conflicts": found})
    elif not found or not out.is_terminal:
        print_list([side for conflict in found for side in of_conflict_in_full(conflict)], (), empty=EMPTY)
    else:
        for conflict in found:
            out.print(clean(conflict.reason), style="yellow", soft_wrap=True)
            out.print(
                f"opened {day(conflict.opened)}, judged by {clean(conflict.judge) or 'nobody'}, sure to {conflict.score:.2f}", style="dim", soft_wrap=True
            )
            print_list(of_conflict(conflict), CONFLICT_HEADINGS, empty="")
            out.print(f"erstwhile resolve {conflict.id} {'|'.join(Settlement)}\n", style="dim cyan", soft_wrap=True)


def resolve(
    place: Place,
    *,
    conflict: Annotated[str, typer.Argument(help="Id of the conflict, or of the newer memory of the two.")],
    how: Annotated[str, typer.Argument(help=f"How to settle it: {', '.join(Settlement)}.")],
    text: Annotated[str | None, typer.Option(help="To merge: what takes the place of both; - reads it from stdin.")] = None,
) -> None:
    """Settle a conflict. `erstwhile undo` opens it again.

    keep-new: the newer one holds from its start on, and the older one ends there. keep-old: the older one holds, and the newer one is retracted.
    keep-both: both are true. merge: a text takes the place of both.
    """
    with place.memory() as memory:
        outcome = memory.resolve(conflict, how, text=None if text is None else inputs.text(text))
        tell(place, memory, outcome)


def undo(
    place: Place, *, id: Annotated[str, typer.Argument(help="Id of a version, for the write that brought it; or of a memory, for the last one to it.")]
) -> None:
    """Take back what a write did to other memories: what it ended holds again, what it confirmed, opened or settled is as it was before.

    What the write brought stands by itself from then on; retract it, if it is wrong. Undoing an undoing does it again.
    """
    with place.memory() as memory:
        outcome = memory.undo(id)
        tell(place, memory, outcome)
