"""The command `observe`."""

from pathlib import Path
from typing import Annotated

import typer

from erstwhile.cli import inputs
from erstwhile.cli.entries import OUTCOME_HEADINGS, of_outcome
from erstwhile.cli.outcomes import tell_masked
from erstwhile.cli.output import console, many, print_json, print_list
from erstwhile.cli.place import Place
from erstwhile.results import Action, Observed

__all__ = ["observe"]


def observe(
    place: Place,
    *,
    file: Annotated[Path, typer.Argument(help="A conversation: JSON lines in erstwhile's format, or a file of LoCoMo or LongMemEval.")],
    conversation: Annotated[int, typer.Option(help="Which conversation of the file, from 1.")] = 1,
    draw: Annotated[bool, typer.Option("--draw/--no-draw", help="Whether memories are drawn from the turns.")] = True,
) -> None:
    """Keep the turns of a conversation, word for word, and tell which memories were drawn from them, and what those did to others.

    A turn with an id or a time is kept once, however often the file is read, and nothing is drawn from it twice. What the file marks as a memory is passed
    over; `erstwhile demo` carries out marks.
    """
    chosen, _ = inputs.conversation(file, conversation)
    with place.memory() as memory:
        parts = [memory.observe((turn.message for turn in session.turns), session=session.id, draw=draw) for session in chosen.sessions]
    found = Observed(
        turns=tuple(turn for part in parts for turn in part),
        outcomes=tuple(outcome for part in parts for outcome in part.outcomes),
        masked=tuple(each for part in parts for each in part.masked),
    )
    if place.json:
        print_json(found)
        return
    tell_masked(found.masked)
    sessions = len({session.id for session in chosen.sessions})
    kept = f"{many(len(found), 'turn')} of {many(sessions, 'session')} kept word for word"
    drawn = sum(outcome.action is not Action.UNCHANGED for outcome in found.outcomes)
    err = console(stderr=True)
    err.print(f"{kept}; {many(drawn, 'memory', 'memories')} drawn." if draw else f"{kept}.", soft_wrap=True)
    if found.outcomes:
        print_list([of_outcome(outcome) for outcome in found.outcomes], OUTCOME_HEADINGS, empty="")
