"""The command `transfer`."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from erstwhile.cli.output import console, many, print_json
from erstwhile.cli.place import Place
from erstwhile.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from erstwhile.moving import TransferProgress

__all__ = ["transfer"]


def transfer(
    place: Place,
    source: Annotated[str, typer.Argument(help="Where the memories are: a folder, or the URL of a Qdrant server. It stays as it is.")],
    target: Annotated[str, typer.Argument(help="Where they shall be as well: the other, empty or not there yet.")],
    *,
    re_embed: Annotated[bool, typer.Option("--re-embed", help="Make the vectors anew with --model, where the source's are of another model.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check both ends and say what would be done; change nothing.")] = False,
) -> None:
    """Carry a whole store over, all scopes: from a folder to a Qdrant server or cluster, and back. Both are compared, version by version, before it is done.

    Vectors are carried over as they are. If it is interrupted, the same command goes on; until it is done, the target cannot be opened. The source may be in
    use: run the command again, once nobody writes to it any more, and what is new is carried over too. With --server, a new store is laid out as that says.
    """
    import erstwhile

    if place.store is not None or place.scope_given:
        raise InvalidInputError("A transfer takes all of the store that is named first; leave out --store and the parts of a scope.")
    with _shown(quiet=place.json) as progress:
        done = erstwhile.transfer_store(
            source, target, model=place.model, re_embed=re_embed, dry_run=dry_run, server=place.server_settings(), progress=progress
        )
    if place.json:
        print_json(done)
        return
    vectors = "their vectors made anew" if done.embedded else "their vectors as they are"
    how = f"of model {done.fingerprint}, {vectors}"
    if done.as_of is None:
        begun = "Gone on with" if done.resumed else "Begun"
        console().print(
            f"{begun}, it would carry {many(done.versions, 'version')} from {done.source} to {done.target}, {how}. Nothing was done.", soft_wrap=True
        )
        return
    changes = f"{many(done.copied, 'version')} written{f', {done.removed:,} removed' if done.removed else ''}"
    console().print(
        f"{done.target} holds the {many(done.versions, 'version')} of {done.source} as of {done.as_of:%Y-%m-%d %H:%M:%S} UTC, {how}; {changes}. "
        f"Both were compared (SHA-256 {done.sha256[:16]}…).",
        soft_wrap=True,
    )


@contextmanager
def _shown(*, quiet: bool) -> "Iterator[Callable[[TransferProgress], None] | None]":
    out = console(stderr=True)
    if quiet or not out.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=out, transient=True) as bar:
        steps = {}

        def show(progress: "TransferProgress") -> None:
            if progress.step not in steps:
                steps[progress.step] = bar.add_task(progress.step)
            bar.update(steps[progress.step], completed=progress.done, total=progress.versions)

        yield show
