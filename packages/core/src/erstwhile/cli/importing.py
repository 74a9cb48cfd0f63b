"""The command `import`."""

from pathlib import Path
from typing import Annotated

import typer

from erstwhile.cli.output import console, many, print_json
from erstwhile.cli.place import Place
from erstwhile.results import Action

__all__ = ["import_"]


def import_(
    place: Place,
    *,
    file: Annotated[Path, typer.Argument(help="The file that the other system wrote.")],
    relate: Annotated[bool, typer.Option("--relate/--no-relate", help="Whether each memory is compared with what is known by then.")] = True,
    draw: Annotated[bool, typer.Option("--draw/--no-draw", help="Whether memories are drawn from the turns of conversations.")] = True,
) -> None:
    """Bring over what another system remembers: the store of the official server-memory, an export of mcp-memory-service, mem0 or Memanto (memory.md), or the
    conversations.json of ChatGPT or Claude. Which it is shows from the file.

    Memories hold from when the file says, and count as imported: they never end what you said yourself. Conversations are kept word for word, as by `observe`.
    What was brought over before is not written again.
    """
    from erstwhile.transfer import read_export

    brought = read_export(file)
    with place.memory() as memory:
        outcomes = memory.remember_many(brought.drafts, relate=relate) if brought.drafts else ()
        sessions = [session for conversation in brought.conversations for session in conversation.sessions]
        kept = [memory.observe((turn.message for turn in session.turns), session=session.id, draw=draw) for session in sessions]
    drawn = (*outcomes, *(outcome for part in kept for outcome in part.outcomes))
    written = sum(outcome.action is not Action.UNCHANGED for outcome in drawn)
    turns = sum(map(len, kept))
    contested = sum(outcome.action is Action.CONTESTED for outcome in drawn)
    if place.json:
        print_json({"system": brought.system, "memories": written, "unchanged": len(drawn) - written, "contested": contested, "turns": turns})
        return
    said = f"; {many(turns, 'turn')} of {many(len(kept), 'conversation')} kept word for word" if kept else ""
    clashes = f"; {many(contested, 'conflict')} opened, which `erstwhile conflicts` lists" if contested else ""
    console().print(
        f"From {brought.system}: {many(written, 'memory', 'memories')} written, {len(drawn) - written} there already{said}{clashes}.", soft_wrap=True
    )
