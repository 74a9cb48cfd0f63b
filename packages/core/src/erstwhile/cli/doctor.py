"""The command `doctor`."""

from typing import Annotated, Final

import typer

from erstwhile.cli.output import console, one_line, print_json
from erstwhile.cli.place import Place

__all__ = ["doctor"]

STYLES: Final = {"ok": "green", "note": "yellow", "wrong": "bold red", "mended": "bold yellow"}


def doctor(
    place: Place,
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Make a damaged store anew from what can be read. What was there is kept in its folder.")] = False,
) -> None:
    """Look at the installation, the model, the store, all that it holds, and the disk. Exits with 1 if something is or was wrong, and says what to do.

    It works when the store is open in another process, or broken, and mends nothing without --repair. A store that is not there yet is not made.
    """
    from erstwhile.cli.finding import State
    from erstwhile.cli.findings import examine

    out = None if place.json else console()
    found = []
    for finding in examine(place, repair=repair):
        found.append(finding)
        if out is not None:
            out.print(f"{finding.state:<7}", style=STYLES[finding.state], end="")
            out.print(f"{finding.name:<9} {one_line(finding.summary)}", soft_wrap=True)
    wrong = sum(finding.state is State.WRONG for finding in found)
    mended = sum(finding.state is State.MENDED for finding in found)
    if out is None:
        print_json({"ok": not wrong + mended, "findings": found})
    elif wrong:
        out.print(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
    if out is not None and mended:
        out.print("The store was mended: run `erstwhile doctor` again to see that all is well.")
    if wrong or mended:
        raise typer.Exit(1)
