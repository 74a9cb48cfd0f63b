"""The program: its commands, and what holds for all of them."""

import sys
from typing import Annotated

import typer

from erstwhile.cli import (
    asking,
    caring,
    connecting,
    demo,
    doctor,
    erasing,
    importing,
    keeping,
    moving,
    observing,
    policy,
    reembedding,
    settling,
    tending,
    writing,
)
from erstwhile.cli.place import placed

__all__ = ["app", "main"]

app = typer.Typer(
    name="erstwhile",
    help="Typed, bi-temporal memory for AI agents: what is true now, what was true then, who said so.",
    epilog="Times are ISO 8601: a date (its first instant in UTC), or a time with its zone, such as 2024-06-01T10:00:00Z. "
    "With --json, a command prints one line of JSON on stdout and nothing else there; if it fails, one line on stderr, "
    '{"error": {"type": …, "message": …}}. In a pipe, a list is lines of tab-separated fields, the id first and the text last. '
    "The exit code is 0, or 1 when a command fails, or 2 when it was called wrongly.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # A traceback with the values of variables would print memories.
    pretty_exceptions_enable=False,
)

for panel, commands in {
    "Begin": (demo.demo, asking.types),
    "Write": (writing.remember, observing.observe, importing.import_, writing.correct, writing.retract, erasing.erase),
    "Settle": (settling.conflicts, settling.resolve, settling.undo, policy.policy),
    "Ask": (asking.recall, asking.profile, asking.around, asking.history, asking.changes, asking.stats),
    "Look after": (
        doctor.doctor,
        keeping.backup,
        keeping.restore,
        moving.transfer,
        tending.audit,
        tending.consolidate,
        reembedding.reembed,
        erasing.expire,
        erasing.verify,
        caring.compact,
        caring.scopes,
        caring.export,
        caring.take_in,
    ),
}.items():
    for command in commands:
        # `import` is a word of Python.
        app.command(command.__name__.rstrip("_").replace("_", "-"), rich_help_panel=panel)(placed(command))

for handed_on in (connecting.connect, connecting.disconnect):
    app.command(handed_on.__name__, rich_help_panel="Connect", context_settings=connecting.PASSED_ON)(handed_on)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's way to call back
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"erstwhile {version('erstwhile')}")
        except PackageNotFoundError:
            typer.echo("erstwhile, from its source")
        raise typer.Exit


@app.callback()
def _program(*, version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False) -> None:
    pass


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that lacks a letter shows a question mark instead of ending the program.
            stream.reconfigure(errors="replace")
    app()
