"""``erstwhile-mcp connect`` and ``disconnect``."""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from erstwhile import InvalidInputError
from erstwhile_mcp.connecting.clients import CLIENTS, Client, Entry
from erstwhile_mcp.connecting.editing import NAME, with_entry
from erstwhile_mcp.settings import from_root, passed_on

__all__ = ["entry", "parser", "run", "write"]

VALUES: Final = ("user", "tenant", "agent", "project", "workspace", "store", "model")
"""Options of the server that take a value."""
SWITCHES: Final = ("read-only", "admin")


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    top = argparse.ArgumentParser(prog="erstwhile-mcp", description="Connect a client to the memory, or disconnect it.")
    commands = top.add_subparsers(dest="command", required=True)
    connect = commands.add_parser("connect", help="Put the server into a client's configuration.")
    disconnect = commands.add_parser("disconnect", help="Take it out again.")
    connect.add_argument("client", nargs="?", choices=CLIENTS, help="Which client.")
    connect.add_argument("--print", action="store_true", help="Only print the entry, for a client that is not listed.")
    for name in VALUES:
        connect.add_argument(f"--{name}", help="As for erstwhile-mcp itself.")
    for name in SWITCHES:
        connect.add_argument(f"--{name}", action="store_true", help="As for erstwhile-mcp itself.")
    disconnect.add_argument("client", choices=CLIENTS, help="Which client.")
    for command in (connect, disconnect):
        command.add_argument("--yes", action="store_true", help="Do not ask before the file is written.")
        command.add_argument("--dry-run", action="store_true", help="Show the change, and write nothing.")
    return top


def run(arguments: Sequence[str]) -> int:
    """Run either command.

    Returns:
        The exit code: 0, also where nothing was to be done; 1 where the user said no.

    Raises:
        InvalidInputError: The configuration cannot be changed; it is as it was.
    """
    top = parser()
    options = top.parse_args(arguments)
    wanted = entry(options) if options.command == "connect" else None
    if wanted is not None and options.print:
        _say(json.dumps({"mcpServers": {NAME: wanted.plain(kind=None)}}, indent=2, ensure_ascii=False))
        return 0
    if options.client is None:
        top.error(f"name a client: {', '.join(CLIENTS)}; or print the entry with --print")
    client = CLIENTS[options.client]
    path = client.path().resolve()
    before = _read(path)
    try:
        after = with_entry(before, client, wanted)
    except InvalidInputError as error:
        by_hand = "" if wanted is None else f" The entry for {client.section!r} is: {json.dumps({NAME: wanted.plain(kind=client.kind)})}"
        raise InvalidInputError(f"{path} cannot be changed. {error}{by_hand}") from None
    if after == before:
        _say(f"{client.name} is {'connected' if wanted else 'not connected'} already; nothing to do in {path}.")
        return 0
    _say(_change(client, path, wanted))
    if options.dry_run:
        return 0
    if not options.yes and not _agreed():
        _say("Nothing was written.")
        return 1
    backup = write(path, before=before, after=after)
    _say(f"Written.{'' if backup is None else f' As it was before: {backup}'}\n{client.after}")
    return 0


def entry(options: argparse.Namespace) -> Entry:
    """How a client is to start the server, with the options given to it."""
    given = [word for name in VALUES if (value := getattr(options, name)) for word in (f"--{name}", _whole(name, value))]
    given += [f"--{name}" for name in SWITCHES if getattr(options, name.replace("-", "_"))]
    command, *first = _command()
    made = Entry(command=command, arguments=(*first, *given), environment=passed_on())
    try:
        json.dumps(made.plain(kind=None), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidInputError("A path or a name in the entry holds bytes that are no UTF-8, which no configuration can hold; use another.") from None
    return made


def _whole(name: str, value: str) -> str:
    return from_root(f"ERSTWHILE_{name.upper()}", value)


def _command() -> tuple[str, ...]:
    # uvx runs a program in an environment that it may throw away any time; its own command is what lasts.
    uvx = shutil.which("uvx")
    if uvx is not None and "archive-v" in sys.prefix:
        return (uvx, "erstwhile-mcp")
    return (sys.executable, "-m", "erstwhile_mcp")


def _change(client: Client, path: Path, wanted: Entry | None) -> str:
    # The rest of the file is not shown: it may hold the keys of other servers.
    if wanted is None:
        return f"In {path}, out of {client.section!r}: {NAME!r}"
    return f"In {path}, into {client.section!r}:\n{json.dumps({NAME: wanted.plain(kind=client.kind)}, indent=2, ensure_ascii=False)}"


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise InvalidInputError("There is nobody to ask; give --yes to write it, or --dry-run to only see it.")
    sys.stdout.write("Write it? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not UTF-8'}.") from None


def write(path: Path, *, before: str, after: str) -> Path | None:
    """Write a file whole, or not at all; its rights stay.

    Args:
        path: The file.
        before: What it holds, ``""`` where it does not exist.
        after: What it is to hold.

    Returns:
        The copy of what it held, beside it; ``None`` where it did not exist.

    Raises:
        InvalidInputError: It was changed in the meantime, or cannot be written; it is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        fresh = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(after.encode())
                file.flush()
                os.fsync(file.fileno())
            backup = None
            if path.exists():
                if not os.access(path, os.W_OK):
                    raise InvalidInputError(f"{path} is read-only; make it writable, or change what it is made from.")
                shutil.copymode(path, fresh)
                backup = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}.bak")
                shutil.copy2(path, backup)
            if _read(path) != before:
                raise InvalidInputError(f"{path} was changed in the meantime; look at it, and try again.")
            fresh.replace(path)
        finally:
            with suppress(FileNotFoundError):
                fresh.unlink()
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror or type(error).__name__}.") from None
    return backup


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
