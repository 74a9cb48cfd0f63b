"""The commands that read: recall, profile, around, history, changes, types, stats."""

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from erstwhile.cli import inputs
from erstwhile.cli.entries import (
    CHANGE_HEADINGS,
    HISTORY_HEADINGS,
    TURN_HEADINGS,
    VERSION_HEADINGS,
    of_change,
    of_history,
    of_hit,
    of_turn,
    of_version,
)
from erstwhile.cli.output import console, print_json, print_list
from erstwhile.cli.place import Place
from erstwhile.model import MemoryType, SourceKind
from erstwhile.time import as_utc

if TYPE_CHECKING:
    from erstwhile.results import Hit, Stats

__all__ = ["around", "changes", "history", "profile", "recall", "stats", "types"]

VALID: Final = "What held at this time in the world. Default: now."
SYSTEM: Final = "What the store believed at this time. Default: now."


def recall(
    place: Place,
    *,
    query: Annotated[str, typer.Argument(help="The question, in plain words; - reads it from stdin.")],
    k: Annotated[int, typer.Option("-k", help="At most so many hits, 1 to 1,000.")] = 10,
    as_of: Annotated[str | None, typer.Option(help=VALID)] = None,
    system_as_of: Annotated[str | None, typer.Option(help=SYSTEM)] = None,
    during_from: Annotated[str | None, typer.Option(help="What held at some time from here on, in place of --as-of.")] = None,
    during_to: Annotated[str | None, typer.Option(help="… up to here.")] = None,
    type: Annotated[list[str] | None, typer.Option(help="Only this type of memory; may be repeated.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only what carries one of these tags; may be repeated.")] = None,
    actor: Annotated[list[str] | None, typer.Option(help="Only what this one said or did; may be repeated.")] = None,
    source_kind: Annotated[list[str] | None, typer.Option(help=f"Only what came to be known like this; may be repeated: {', '.join(SourceKind)}.")] = None,
    source_session: Annotated[str | None, typer.Option(help="Only what was said in this session.")] = None,
    min_confidence: Annotated[float, typer.Option(help="Only what is at least so sure, 0 to 1.")] = 0.0,
    pinned: Annotated[bool | None, typer.Option("--pinned/--not-pinned", help="Only the profile, or only what does not belong to it. Default: both.")] = None,
    turns: Annotated[bool, typer.Option("--turns/--no-turns", help="Whether verbatim turns of conversations are found too.")] = True,
    quarantined: Annotated[bool, typer.Option("--quarantined", help="Only what is kept apart, for it gives orders and may not. Default: none of it.")] = False,
    neighbours: Annotated[int, typer.Option(help="Bring the turns along that were said up to so many places before and after a hit, 0 to 20.")] = 0,
    min_relevance: Annotated[
        float | None, typer.Option(help="Only what is at least so relevant, 0 to 1; 0 for whatever comes nearest. Default: nothing where nothing is known.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say for each hit how it was found and how its score came about.")] = False,
) -> None:
    """Find what matters to a question, by meaning and by words. What clashes with another memory, and nobody has settled, is marked "contested"."""
    with place.memory() as memory:
        found = memory.recall(
            inputs.text(query),
            k=k,
            as_of=inputs.as_of(as_of, system_as_of),
            during=inputs.during(during_from, during_to),
            types=type or None,
            tags=tag or None,
            actors=actor or None,
            source_kinds=source_kind or None,
            session=source_session,
            min_confidence=min_confidence,
            pinned=pinned,
            turns=turns,
            quarantined=quarantined,
            neighbours=neighbours,
            min_relevance=min_relevance,
        )
    if place.json:
        print_json({"query": found.query, "as_of": found.as_of, "hits": [{"contested": hit.contested, "why": hit.why, **_parts(hit)} for hit in found]})
        return
    print_list([of_hit(hit, explained=explain) for hit in found], VERSION_HEADINGS, empty="Nothing was found.")


def profile(
    place: Place,
    *,
    as_of: Annotated[str | None, typer.Option(help=VALID)] = None,
    system_as_of: Annotated[str | None, typer.Option(help=SYSTEM)] = None,
) -> None:
    """Show what is pinned and holds, the most important first. `erstwhile correct ID --pinned` pins a memory, and --not-pinned takes it out again."""
    with place.memory() as memory:
        versions = memory.profile(as_of=inputs.as_of(as_of, system_as_of))
    if place.json:
        print_json({"versions": versions})
    else:
        print_list([of_version(version) for version in versions], VERSION_HEADINGS, empty="Nothing is pinned.")


def around(
    place: Place,
    *,
    id: Annotated[str, typer.Argument(help="Id of a turn or a memory, or of one of its versions.")],
    before: Annotated[int, typer.Option(help="Up to how many places before, 0 to 1,000.")] = 1,
    after: Annotated[int, typer.Option(help="Up to how many places after, 0 to 1,000.")] = 1,
) -> None:
    """Show the turns around a turn, itself included, in the order in which they were said; or those around the turns that a memory was drawn from."""
    with place.memory() as memory:
        turns = memory.around(id, before=before, after=after)
    if place.json:
        print_json({"turns": turns})
    else:
        print_list([of_turn(turn) for turn in turns], TURN_HEADINGS, empty="It was drawn from no turn.")


def history(place: Place, *, id: Annotated[str, typer.Argument(help="Id of a memory, or of one of its versions.")]) -> None:
    """Show every version of one memory, in the order in which they were believed. The ids are those of the versions."""
    with place.memory() as memory:
        versions = memory.history(id)
    if place.json:
        print_json({"memory_id": versions[0].memory_id, "versions": versions})
    else:
        print_list([of_history(version) for version in versions], HISTORY_HEADINGS, empty="")


def changes(
    place: Place,
    *,
    since: Annotated[str, typer.Option(help="From this time on, by the store's own clock.")],
    until: Annotated[str | None, typer.Option(help="Until this time. Default: up to now.")] = None,
    turns: Annotated[bool, typer.Option("--turns", help="Show turns that were kept, too.")] = False,
) -> None:
    """Show what was written between two times, oldest first."""
    with place.memory() as memory:
        found = memory.changes(since, until, turns=turns)
    if place.json:
        print_json({"since": as_utc(since), "until": None if until is None else as_utc(until), "changes": found})
    else:
        said = {version.memory_id: version.content for change in found for version in (*change.before, *change.after)}
        print_list([of_change(change, said) for change in found], CHANGE_HEADINGS, empty="Nothing was written in that time.")


def types(place: Place) -> None:
    """List the thirteen types of memory."""
    if place.json:
        print_json({"types": [{"type": kind, "meaning": kind.meaning} for kind in MemoryType]})
        return
    out = console()
    for kind in MemoryType:
        out.print(f"{kind:<13} {kind.meaning}", soft_wrap=True)


def stats(place: Place) -> None:
    """Count what the scope holds."""
    with place.memory() as memory:
        found = memory.stats()
    if place.json:
        print_json(found)
        return
    out = console()
    for name, number in _counts(found):
        out.print(f"{name:<22} {number:>9,}", soft_wrap=True)


def _parts(hit: "Hit") -> dict[str, Any]:
    return {field.name: getattr(hit, field.name) for field in fields(hit)}


def _counts(found: "Stats") -> list[tuple[str, int]]:
    return [
        ("memories that hold now", found.holding),
        *((f"  {kind}", number) for kind, number in found.by_type.items()),
        ("believed, past included", found.believed),
        ("turns of conversations", found.turns),
        ("kept apart", found.quarantined),
        ("versions in all", found.versions),
    ]
