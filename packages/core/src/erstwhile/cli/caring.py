"""The commands that look after a whole store, or all that is kept of one user: compact, scopes, export, take-in."""

from pathlib import Path
from typing import Annotated

import typer

from erstwhile.cli.output import Entry, console, many, print_json, print_list
from erstwhile.cli.place import Place
from erstwhile.errors import InvalidInputError

__all__ = ["compact", "export", "scopes", "take_in"]


def compact(place: Place) -> None:
    """Rewrite the store's files, if memories were erased since that was last done, so that no byte of them is left there."""
    with place.engine() as engine:
        done = engine.compact()
    if place.json:
        print_json({"compacted": done})
    else:
        console().print("No byte of what was erased is left in the store's files." if done else "A server tidies up in its own time; nothing was done.")


def scopes(place: Place) -> None:
    """List every scope of the store that holds anything; with --user, those of this user."""
    with place.engine() as engine:
        found = engine.scopes(user=place.user)
        held = [engine.scope(scope).stats() for scope in found]
    if place.json:
        print_json([{"scope": scope, "versions": counts.versions, "turns": counts.turns} for scope, counts in zip(found, held, strict=True)])
        return
    entries = [Entry(text="", id=scope.key, columns=((f"{counts.versions:,}",),)) for scope, counts in zip(found, held, strict=True)]
    print_list(entries, ("scope", "versions"), empty="There is none.")


def export(
    place: Place,
    *,
    file: Annotated[Path, typer.Argument(help="Where to; a file that is there is replaced.")],
    everything: Annotated[bool, typer.Option("--everything", help="All scopes of --user, in place of one scope.")] = False,
    form: Annotated[str, typer.Option(help="jsonl, a version a line; or markdown, to read. `erstwhile take-in` puts back either exactly.")] = "jsonl",
) -> None:
    """Write all that is kept of a scope, or of one user in all scopes, to a file: every version, turns, conflicts, links, times and sources."""
    if everything and (place.user is None or any((place.tenant, place.agent, place.session, place.project))):
        raise InvalidInputError("--everything exports all scopes of one user: name them with --user, and no other part of a scope.")
    with place.engine() as engine:
        done = engine.export(file, user=place.user, form=form) if everything else engine.export(file, scope=place.scope(), form=form)
    if place.json:
        print_json({"file": str(file), **{name: getattr(done, name) for name in ("at", "user", "scopes", "memories", "turns", "versions")}})
    else:
        counts = f"{many(done.memories, 'memory', 'memories')} and {many(done.turns, 'turn')}, {many(done.versions, 'version')} in all"
        console().print(f"Exported {counts}, of {many(len(done.scopes), 'scope')}.", soft_wrap=True)


def take_in(place: Place, *, file: Annotated[Path, typer.Argument(help="What `erstwhile export` wrote.")]) -> None:
    """Put back what was exported, into the scopes that it came from. What is there already stays as it is."""
    with place.engine() as engine:
        written = engine.take_in(file)
    if place.json:
        print_json({"versions": written})
    else:
        console().print(f"Took in {many(written, 'version')}.")
