"""A configuration with one entry more or less: text to text; pure. What cannot be changed without harm is refused."""

import json
import re
import tomllib
from typing import Any, Final

from erstwhile import InvalidInputError
from erstwhile_mcp.connecting.clients import Client, Entry

__all__ = ["NAME", "with_entry"]

NAME: Final = "erstwhile"
"""What the server is called in a configuration."""


def with_entry(text: str, client: Client, entry: Entry | None) -> str:
    """The configuration with the entry in the place of any of its name, or without one.

    Args:
        text: The file as it is; ``""`` where there is none.
        client: Whose it is.
        entry: The entry; ``None`` for none.

    Returns:
        The file as it is to be; the very text that was given where nothing changes.

    Raises:
        InvalidInputError: The file is not what it should be, or holds comments that would be lost.
    """
    return _toml(text, client, entry) if client.toml else _json(text, client, entry)


def _json(text: str, client: Client, entry: Entry | None) -> str:
    whole: Any = {}
    if text.strip():
        try:
            whole = json.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            raise InvalidInputError(
                "It is not plain JSON: it may hold comments or a comma too many, and would lose them. Change it by hand, or in the client's own settings."
            ) from None
    servers = whole.get(client.section, {}) if isinstance(whole, dict) else None
    if not isinstance(servers, dict):
        raise InvalidInputError(f"It should be an object with an object {client.section!r}, and is not. Mend it first.")
    wanted = None if entry is None else entry.plain(kind=client.kind)
    if servers.get(NAME) == wanted:
        return text
    changed = {name: value for name, value in servers.items() if name != NAME or wanted is not None} | ({} if wanted is None else {NAME: wanted})
    return json.dumps({**whole, client.section: changed}, indent=_indent(text), ensure_ascii=False) + "\n"


def _indent(text: str) -> int | str:
    found = re.search(r"^\s*[{\[]\s*\n([ \t]+)", text)
    return 2 if found is None else found[1]


def _toml(text: str, client: Client, entry: Entry | None) -> str:
    there = _servers(text, client).get(NAME)
    wanted = None if entry is None else entry.plain(kind=client.kind)
    if there == wanted:
        return text
    # The entry's own tables, from their heads up to the next head, comments in between included.
    own = re.compile(rf"^\[{client.section}\.{NAME}(?:\.[^\]\n]+)?\][^\n]*\n(?:(?!\[)[^\n]*(?:\n|\Z))*", re.MULTILINE)
    rest = own.sub("", text if text.endswith("\n") or not text else text + "\n").rstrip("\n")
    changed = "\n\n".join(filter(None, (rest, "" if wanted is None else _table(client.section, wanted)))).rstrip("\n") + "\n"
    # Whatever way the file has of saying it, afterwards it must say this and otherwise what it said.
    before = {name: server for name, server in _servers(text, client).items() if name != NAME}
    try:
        good = _servers(changed, client) == before | ({} if wanted is None else {NAME: wanted})
    except InvalidInputError:
        good = False
    if not good:
        raise InvalidInputError(f"Its entry {client.section}.{NAME} is written in a way that cannot be changed safely. Change it by hand.")
    return changed if wanted is not None or rest else ""


def _servers(text: str, client: Client) -> dict[str, Any]:
    try:
        found = tomllib.loads(text).get(client.section, {})
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"It is not TOML: {error}. Mend it first.") from None
    if not isinstance(found, dict):
        raise InvalidInputError(f"It should have a table {client.section!r}, and has something else. Mend it first.")
    return found


def _table(section: str, wanted: dict[str, Any]) -> str:
    # A JSON string or list of strings is one of TOML too, once what TOML has no escape for is spelt out.
    lines = [f"[{section}.{NAME}]", *(f"{name} = {_quoted(value)}" for name, value in wanted.items() if name != "env")]
    if environment := wanted.get("env"):
        lines += ["", f"[{section}.{NAME}.env]", *(f"{name} = {_quoted(value)}" for name, value in environment.items())]
    return "\n".join(lines)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
