"""The options that every command has: which store, which model, whose memory, and how to answer."""

import getpass
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

import erstwhile
from erstwhile.cli.output import complain
from erstwhile.config import Settings
from erstwhile.engine import Engine
from erstwhile.errors import ErstwhileError, InvalidInputError
from erstwhile.model import Scope
from erstwhile.scoped import ScopedMemory
from erstwhile.store.server_settings import ServerSettings

__all__ = ["Place", "placed"]

_PANEL = "Which store, whose memory"


def _option(help: str) -> Any:  # noqa: A002, ANN401 - as typer has it
    return typer.Option(help=help, rich_help_panel=_PANEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command works, and how it answers. Its fields are the options that every command has."""

    store: Annotated[str | None, _option("A folder, the URL of a Qdrant server, or :memory:. Default: ERSTWHILE_STORE, else a folder among your data.")] = None
    model: Annotated[str | None, _option("Embedding model: bge-small, fast, a folder, or hf:organisation/name. Default: ERSTWHILE_MODEL, else bge-small.")] = (
        None
    )
    server: Annotated[
        Path | None, _option("TOML file with the settings of a Qdrant server. Default: ERSTWHILE_SERVER, else server.toml in the home folder.")
    ] = None
    tenant: Annotated[str | None, _option("The customer or organisation.")] = None
    user: Annotated[str | None, _option("The person. Default, where no part of the scope is given: ERSTWHILE_USER, else your login name.")] = None
    agent: Annotated[str | None, _option("The agent.")] = None
    session: Annotated[str | None, _option("One conversation or run.")] = None
    project: Annotated[str | None, _option("The project or workspace.")] = None
    json: Annotated[bool, typer.Option("--json", help="Answer with one line of JSON.")] = False

    @property
    def scope_given(self) -> bool:
        """Whether any part of a scope is given."""
        return any(part is not None for part in (self.tenant, self.user, self.agent, self.session, self.project))

    def scope(self) -> Scope:
        """Exactly the parts given; without any, the user's own memory.

        Raises:
            InvalidInputError: There is no login name to go by.
        """
        if self.scope_given:
            return Scope(tenant=self.tenant, user=self.user, agent=self.agent, session=self.session, project=self.project)
        return Scope(user=Settings.load().user or _login())

    def engine(self) -> Engine:
        """The store, opened."""
        return erstwhile.open(self.store, model=self.model, server=self.server_settings())

    def server_settings(self) -> ServerSettings | None:
        """The settings of the Qdrant server that --server names; ``None`` where it is not given."""
        return None if self.server is None else Settings.server_file(self.server.expanduser())

    @contextmanager
    def memory(self) -> Iterator[ScopedMemory]:
        """The memory of the scope, for as long as the command needs it."""
        scope = self.scope()
        with self.engine() as engine:
            yield engine.scope(scope)


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise InvalidInputError("There is no login name to take as the user; name one with --user, or set ERSTWHILE_USER.") from None


def placed(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command, whose first parameter is its `Place`, the options that make one up; and turn our errors into one line and exit code 1."""

    @wraps(command)
    def run(**given: Any) -> None:  # noqa: ANN401 - each command has its own options
        place = Place(**{name: given.pop(name) for name in common})
        try:
            command(place, **given)
        except ErstwhileError as error:
            complain(error, json=place.json)
            raise typer.Exit(1) from None

    _, *own = inspect.signature(command).parameters.values()
    common = inspect.signature(Place).parameters
    run.__signature__ = inspect.Signature([*own, *common.values()])  # type: ignore[attr-defined]
    return run
