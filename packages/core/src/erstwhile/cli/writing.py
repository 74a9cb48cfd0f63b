"""The commands that write: remember, correct, retract."""

from typing import Annotated

import typer

from erstwhile.cli import inputs
from erstwhile.cli.outcomes import tell
from erstwhile.cli.place import Place
from erstwhile.model import Provenance, SourceKind
from erstwhile.versions import KEEP, Keep

__all__ = ["correct", "remember", "retract"]

NONE = "none"
"""What stands for "until changed" and "never" where leaving an option out means "as it was"."""

_Text = Annotated[str, typer.Argument(help="The text; - reads it from stdin.")]
_Tags = Annotated[list[str] | None, typer.Option("--tag", help="A label to filter by; may be repeated.")]
_Aliases = Annotated[list[str] | None, typer.Option("--alias", help="Another name to find it under; may be repeated.")]
_Metadata = Annotated[str | None, typer.Option(help="A JSON object.")]
_Source = Annotated[str | None, typer.Option(help="Where it comes from: a message id, a path, a URI.")]
_SourceKind = Annotated[str, typer.Option(help=f"How it came to be known: {', '.join(SourceKind)}.")]
_Actor = Annotated[str, typer.Option(help="Who said or did it.")]
_Session = Annotated[str | None, typer.Option("--source-session", help="The conversation it was said in.")]


def remember(
    place: Place,
    *,
    text: _Text,
    type: Annotated[str | None, typer.Option(help="Its type; see `erstwhile types`. Default: that of what it ends, else what its words tell.")] = None,
    valid_from: Annotated[str | None, typer.Option("--from", help="Since when it holds. Default: now.")] = None,
    valid_to: Annotated[str | None, typer.Option("--to", help="Until when. Default: until changed.")] = None,
    supersedes: Annotated[
        list[str] | None, typer.Option(help="Id of a memory that it ends; may be repeated. It is compared with no other then. Default: found out by itself.")
    ] = None,
    tag: _Tags = None,
    alias: _Aliases = None,
    source: _Source = None,
    source_kind: _SourceKind = SourceKind.STATED.value,
    source_session: _Session = None,
    actor: _Actor = "user",
    derived_from: Annotated[list[str] | None, typer.Option(help="Id of a turn or version that it was drawn from; may be repeated.")] = None,
    confidence: Annotated[float, typer.Option(help="How sure, 0 to 1.")] = 1.0,
    importance: Annotated[float, typer.Option(help="How much it matters, 0 to 1.")] = 0.5,
    pinned: Annotated[bool, typer.Option("--pinned", help="Make it part of the profile, always.")] = False,
    metadata: _Metadata = None,
    expires: Annotated[str | None, typer.Option(help="From when on it no longer holds, whatever --to says.")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency key: a second call with the same key changes nothing.")] = None,
    relate: Annotated[
        bool, typer.Option("--relate/--no-relate", help="Whether it is compared with what the scope holds; without, it is kept as it is and ends nothing.")
    ] = True,
) -> None:
    """Remember something, and tell what it did to other memories, and why. It is durable when the command ends.

    It may end an older memory, confirm it, stand beside it or clash with it; `erstwhile undo` takes that back.
    """
    with place.memory() as memory:
        outcome = memory.remember(
            inputs.text(text),
            type=type,
            valid_from=valid_from,
            valid_to=valid_to,
            supersedes=supersedes or (),
            source=Provenance(kind=SourceKind.of(source_kind), actor=actor, session=source_session, reference=source),
            derived_from=derived_from or (),
            confidence=confidence,
            importance=importance,
            pinned=pinned,
            tags=tag or (),
            aliases=alias or (),
            metadata=inputs.metadata(metadata),
            expires_at=expires,
            key=key,
            relate=relate,
        )
        tell(place, memory, outcome)


def correct(
    place: Place,
    *,
    id: Annotated[str, typer.Argument(help="Id of the memory, or of one version of it.")],
    text: Annotated[str | None, typer.Argument(help="What is believed instead; - reads it from stdin. Default: as it was.")] = None,
    type: Annotated[str | None, typer.Option(help="The right type.")] = None,
    valid_from: Annotated[str | None, typer.Option("--from", help="The right start.")] = None,
    valid_to: Annotated[str | None, typer.Option("--to", help='The right end; "none" for until changed.')] = None,
    expires: Annotated[str | None, typer.Option(help='The right expiry; "none" for never.')] = None,
    confidence: Annotated[float | None, typer.Option(help="The right confidence, 0 to 1.")] = None,
    importance: Annotated[float | None, typer.Option(help="The right importance, 0 to 1.")] = None,
    pinned: Annotated[bool | None, typer.Option("--pinned/--not-pinned", help="Whether it is part of the profile.")] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help='The right tags, in place of the old; may be repeated; "" for none.')] = None,
    alias: Annotated[list[str] | None, typer.Option("--alias", help='The right aliases, in place of the old; may be repeated; "" for none.')] = None,
    metadata: _Metadata = None,
    at: Annotated[str | None, typer.Option(help="Which version of the memory: the one that holds then. Default: now.")] = None,
) -> None:
    """Put a better belief in the place of one that was wrong, over the same time. What is not given stays as it is.

    To say that something was true and ended, give --to. To say that it never was, retract it.
    """
    better = inputs.metadata(metadata)
    with place.memory() as memory:
        outcome = memory.correct(
            id,
            KEEP if text is None else inputs.text(text),
            type=KEEP if type is None else type,
            valid_from=KEEP if valid_from is None else valid_from,
            valid_to=_or_none(valid_to),
            expires_at=_or_none(expires),
            confidence=KEEP if confidence is None else confidence,
            importance=KEEP if importance is None else importance,
            pinned=KEEP if pinned is None else pinned,
            tags=_or_empty(tag),
            aliases=_or_empty(alias),
            metadata=KEEP if better is None else better,
            at=at,
        )
        tell(place, memory, outcome)


def retract(place: Place, *, id: Annotated[str, typer.Argument(help="Id of the memory, or of one version of it.")]) -> None:
    """Stop asserting a memory, as if it had never been said. Its history stays."""
    with place.memory() as memory:
        outcome = memory.retract(id)
        tell(place, memory, outcome)


def _or_none(given: str | None) -> str | Keep | None:
    if given is None:
        return KEEP
    return None if given.strip().lower() == NONE else given


def _or_empty(given: list[str] | None) -> list[str] | Keep:
    return [text for text in given if text] if given else KEEP
