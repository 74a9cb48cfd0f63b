"""How a command tells what a write did."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from erstwhile.cli.entries import TIE_HEADINGS, VERSION_HEADINGS, of_tie, of_version
from erstwhile.cli.output import console, print_json, print_list
from erstwhile.cli.place import Place
from erstwhile.errors import NotFoundError
from erstwhile.relations import Relation, Tie
from erstwhile.results import Action, Outcome

if TYPE_CHECKING:
    from erstwhile.guard import Masked
    from erstwhile.scoped import ScopedMemory

__all__ = ["tell", "tell_masked"]

STYLES: Final = {Action.CONTESTED: "yellow", Action.UNCHANGED: "dim"}
SEVERAL: Final = frozenset({Action.SETTLED, Action.UNDONE})
"""Writes that are about more than one memory."""


def tell(place: Place, memory: "ScopedMemory", outcome: Outcome) -> None:
    """Tell what a write did: as JSON; in a pipe what now stands; on a terminal also why, and what it relates to."""
    if place.json:
        print_json(outcome)
        return
    tell_masked(outcome.masked)
    out = console()
    if out.is_terminal:
        out.print(f"{outcome.action.value.capitalize()}. {outcome.reason}", style=STYLES.get(outcome.action, "green"), soft_wrap=True)
    several = outcome.action in SEVERAL and outcome.written
    print_list([of_version(version) for version in (outcome.written if several else (outcome.version,))], VERSION_HEADINGS, empty="")
    # That two things are both true is no news.
    ties = [tie for tie in outcome.relations if tie.relation is not Relation.COEXISTS]
    if ties and out.is_terminal:
        contents = _contents(memory, outcome, ties)
        out.print()
        print_list([of_tie(tie, contents[tie.version_id], said=outcome.reason) for tie in ties], TIE_HEADINGS, empty="")
    if outcome.action is Action.CONTESTED and out.is_terminal:
        out.print("`erstwhile conflicts` shows both sides, and `erstwhile resolve` settles it.", style="dim", soft_wrap=True)


def tell_masked(masked: Sequence["Masked"]) -> None:
    """Say on stderr which secrets were left out, and where."""
    for each in masked:
        console(stderr=True).print(f"Kept without what looks like a secret ({each.kind}): {each.where}.", style="yellow", soft_wrap=True)


def _contents(memory: "ScopedMemory", outcome: Outcome, ties: Sequence[Tie]) -> dict[str, str]:
    """What the versions say that a write was found to relate to, by their ids."""
    found = {version.id: version.content for version in outcome.ended}
    for tie in ties:
        if tie.version_id not in found:
            try:
                found |= {version.id: version.content for version in memory.history(tie.memory_id)}
            except NotFoundError:
                # Erased by another process a moment ago.
                found[tie.version_id] = ""
    return found
