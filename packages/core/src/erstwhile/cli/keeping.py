"""The commands that keep a store safe: `backup` and `restore`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from erstwhile.cli.output import console, many, print_json
from erstwhile.cli.place import Place

if TYPE_CHECKING:
    from erstwhile.backup import Backup

__all__ = ["backup", "restore"]


def backup(place: Place, path: Annotated[Path, typer.Argument(help="The file. A backup that is there is replaced once the new one is whole.")]) -> None:
    """Back up the whole store, all scopes, as it is at this moment. A process that has it open with `erstwhile.open` can do so itself, with `Engine.backup`."""
    with place.engine() as engine:
        made = engine.backup(path)
    _tell(place, made, f"{made.path} holds")


def restore(
    place: Place,
    path: Annotated[Path, typer.Argument(help="The backup.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of the store that is there, whose data is kept in its folder.")] = False,
) -> None:
    """Make a store from a backup, in the folder of --store. The backup is checked first; a store that is there stays, unless --replace is given."""
    import erstwhile
    from erstwhile.config import Settings

    store = place.store or Settings.load().store
    made = erstwhile.restore(path, store, replace=replace)
    _tell(place, made, f"{store} now holds")


def _tell(place: Place, made: "Backup", what: str) -> None:
    if place.json:
        print_json(made)
        return
    console().print(f"{what} {many(made.versions, 'version')}, as of {made.as_of:%Y-%m-%d %H:%M:%S} UTC, of model {made.fingerprint}.", soft_wrap=True)
