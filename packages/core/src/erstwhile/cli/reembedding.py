"""The command `reembed`: change the embedding model of a store while it is in use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from erstwhile.cli.output import console, many, print_json
from erstwhile.cli.place import Place
from erstwhile.errors import InvalidInputError

if TYPE_CHECKING:
    from erstwhile.reembedding import ModelChange, ModelCheck, Reembedding

__all__ = ["reembed"]


class Step(StrEnum):
    """What to do."""

    STATUS = "status"
    START = "start"
    VERIFY = "verify"
    SWAP = "swap"
    ROLLBACK = "rollback"
    DROP = "drop"


def reembed(
    place: Place,
    step: Annotated[
        Step,
        typer.Argument(
            help="status: how far it is. start: give versions vectors of the new model, or go on with it. verify: look at them, and at what changes. "
            "swap: exchange the models. rollback: go back. drop: remove the vectors of the other model."
        ),
    ],
    other: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="The model to change to, or to go back to: bge-small, fast, a folder, or hf:organisation/name.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before vectors are dropped.")] = False,
) -> None:
    """Change the embedding model of the store while it is in use. --model names the one that it has. Exits with 1 if verify finds something wrong.

    Reads and writes go on with the old model until swap, and what is written meanwhile is taken along. start can be stopped with Ctrl-C and called again.
    """
    if other is None and step not in (Step.STATUS, Step.DROP):
        raise InvalidInputError(f"Which model? Name it: erstwhile reembed {step} MODEL")
    with place.engine() as engine:
        change = engine.reembed(other)
        match step:
            case Step.STATUS:
                _tell(place, change.status())
            case Step.START:
                _fill(place, change)
            case Step.VERIFY:
                _tell_check(place, change.verify())
            case Step.SWAP | Step.ROLLBACK:
                with _progress(place) as progress:
                    done = (change.swap if step is Step.SWAP else change.rollback)(progress=progress)
                _tell(place, done)
            case Step.DROP:
                _tell(place, _dropped(change, yes=yes))


def _fill(place: Place, change: "Reembedding") -> None:
    try:
        with _progress(place) as progress:
            change.fill(progress=progress)
    except KeyboardInterrupt:
        console(stderr=True).print("Stopped. What is done is kept; the same command goes on.")
        raise typer.Exit(1) from None
    _tell(place, change.status())


@contextmanager
def _progress(place: Place) -> Iterator[Callable[[int, int], object] | None]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    err = console(stderr=True)
    if place.json or not err.is_terminal:
        yield None
        return
    with Progress(TextColumn("versions"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err, transient=True) as bar:
        task = bar.add_task("versions", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _dropped(change: "Reembedding", *, yes: bool) -> "ModelChange":
    found = change.status()
    if found.other is None:
        return found
    if not yes:
        what = "there is no way back to that model then" if found.exchanged else "the change is given up then"
        if not typer.get_text_stream("stdin").isatty():
            raise InvalidInputError(f"There is no terminal to ask on; add --yes if the vectors of {found.other} shall be removed: {what}.")
        typer.confirm(f"Remove {many(found.filled, 'vector')} of {found.other}? {what[0].upper()}{what[1:]}.", abort=True, err=True)
    return change.drop()


def _tell(place: Place, found: "ModelChange") -> None:
    if place.json:
        print_json({"step": found.step, **_fields(found)})
        return
    own = f"The store is of {found.model} ({found.dimension} numbers)"
    filled = f"{found.filled:,} of {many(found.versions, 'version')} {'has' if found.filled == 1 else 'have'} a vector of {found.other} as well"
    said = {
        "none": f"{own}, and of no other model.",
        "filling": f"{own}. {filled}; go on with: erstwhile reembed start MODEL",
        "filled": f"{own}. {filled}. Next: erstwhile reembed verify MODEL, then: erstwhile reembed swap MODEL",
        "exchanged": f"{own}; give this model wherever it is opened. {filled}, the model that was. "
        "Back: erstwhile reembed rollback MODEL. For good: erstwhile reembed drop",
    }
    console().print(said[found.step], soft_wrap=True)
    if found.stray:
        console().print(f"{many(found.stray, 'version')} came without a vector of it; mend that with: erstwhile reembed start, and its name.", soft_wrap=True)


def _tell_check(place: Place, found: "ModelCheck") -> None:
    if place.json:
        print_json({"sound": found.sound, **_fields(found)})
    else:
        out = console()
        out.print(
            f"{many(found.versions, 'version')} by the store's model, {found.found:,} by the other; {found.lacking:,} without a vector of it.", soft_wrap=True
        )
        out.print(f"Ids and contents are {'the same' if found.same else 'NOT the same'} by both; {found.wrong:,} vectors cannot be right.", soft_wrap=True)
        out.print(f"Of {many(found.sampled, 'text')} embedded anew, {found.differing:,} gave another vector.", soft_wrap=True)
        if found.overlap is not None:
            asked = many(found.questions, "text of the store's own", "texts of the store's own")
            shares = f"{found.overlap:.0%} of the {found.top} nearest on average, {found.least:.0%} at least"
            out.print(f"Asked for {asked}, the models agree on {shares}. Most changes for: {', '.join(found.changed) or 'none'}.", soft_wrap=True)
        out.print("All is right." if found.sound else "Not all is right yet.")
    if not found.sound:
        raise typer.Exit(1)


def _fields(found: object) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(found)
    return fields
