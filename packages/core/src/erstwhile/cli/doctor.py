"""The command `doctor`."""

from typing import Final

import typer

from erstwhile.cli.output import console, one_line, print_json
from erstwhile.cli.place import Place

__all__ = ["doctor"]

STYLES: Final = {"ok": "green", "note": "yellow", "wrong": "bold red"}


def doctor(place: Place) -> None:
    """Look at the installation, the model, the store and the disk. Exits with 1 if something is wrong, and says what to do.

    It works when the store is open in another process, or broken, and changes nothing. A store that is not there yet is not made.
    """
    from erstwhile.cli.findings import State, examine

    out = None if place.json else console()
    found = []
    for finding in examine(place):
        found.append(finding)
        if out is not None:
            out.print(f"{finding.state:<6}", style=STYLES[finding.state], end="")
            out.print(f"{finding.name:<9} {one_line(finding.summary)}", soft_wrap=True)
    wrong = sum(finding.state is State.WRONG for finding in found)
    if out is None:
        print_json({"ok": not wrong, "findings": found})
    elif wrong:
        out.print(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
    if wrong:
        raise typer.Exit(1)
