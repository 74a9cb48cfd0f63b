"""The command `demo`: a conversation is played into a store, and the store is asked about it."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from erstwhile.cli import inputs
from erstwhile.cli.output import console, print_json
from erstwhile.cli.place import Place
from erstwhile.demo import play, shipped, take_tour
from erstwhile.time import as_utc
from erstwhile.transfer import Conversation, Session

__all__ = ["demo"]


def demo(
    place: Place,
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Your own conversation: JSON lines in erstwhile's format, or a file of LoCoMo or LongMemEval. Default: one that comes with erstwhile."
        ),
    ] = None,
    conversation: Annotated[int, typer.Option(help="Which conversation of the file, from 1.")] = 1,
    ask: Annotated[list[str] | None, typer.Option(help="A question to ask, in place of the file's own; may be repeated.")] = None,
    as_of: Annotated[str | None, typer.Option(help="The earlier time to ask about. Default: what the file says, else half way through.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary store, and say where it is.")] = False,
) -> None:
    """Play a conversation over a year and a half into a store, and ask what holds now, what held then, and what changed.

    Every turn is kept word for word; typed memories are remembered as the conversation's file marks them, and from a file without marks they are drawn. What
    ends what is found out by itself; a mark names it only where the words do not tell.

    It works in a temporary folder, or where --store says, in the scope of the user "ana" (with --file: of the conversation's name) unless you name another.
    Playing the same conversation there again changes nothing.
    """
    from erstwhile.cli.tour import show_header, show_next, show_tour

    earlier = None if as_of is None else as_utc(as_of, name="--as-of")
    chosen, others = (shipped(), False) if file is None else inputs.conversation(file, conversation)
    with ExitStack() as stack:
        folder = place.store or stack.enter_context(_folder(keep=keep))
        where = _scoped(replace(place, store=folder), chosen)
        started = perf_counter()
        memory = stack.enter_context(where.memory())
        with _progress(chosen, quiet=place.json) as done:
            played = play(memory, chosen, done=done)
        seconds = perf_counter() - started
        tour = take_tour(memory, chosen, played, ask=ask or (), as_of=earlier)
    kept_in = folder if keep or place.store else None
    if place.json:
        about = {"name": chosen.name, "format": chosen.format, "sessions": len({session.id for session in chosen.sessions})}
        print_json({"conversation": about, "scope": where.scope(), "store": kept_in, "seconds": round(seconds, 3), "played": played, "tour": tour})
        return
    out = console()
    show_header(out, chosen, played, seconds=seconds, others=others)
    show_tour(out, tour)
    show_next(out, store=kept_in, scope=where.scope())


def _scoped(place: Place, conversation: Conversation) -> Place:
    named = any((place.tenant, place.user, place.agent, place.session, place.project))
    return place if named else replace(place, user=conversation.name)


@contextmanager
def _folder(*, keep: bool) -> Iterator[str]:
    if keep:
        yield str(Path(tempfile.mkdtemp(prefix="erstwhile-demo-")) / "store")
        return
    with tempfile.TemporaryDirectory(prefix="erstwhile-demo-", ignore_cleanup_errors=True) as folder:
        yield str(Path(folder) / "store")


@contextmanager
def _progress(conversation: Conversation, *, quiet: bool) -> Iterator[Callable[[Session], object]]:
    err = console(stderr=True)
    if quiet or not err.is_terminal:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("turns"), console=err, transient=True) as progress:
        task = progress.add_task("Listening to the conversation", total=sum(len(session.turns) for session in conversation.sessions))
        yield lambda session: progress.advance(task, len(session.turns))
