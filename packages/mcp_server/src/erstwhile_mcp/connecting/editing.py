"""A configuration with one entry more or less: text to text; pure. What cannot be changed without harm is refused."""

import json
import re
import tomllib
from typing import Any, Final

from erstwhile import InvalidInputError
from erstwhile_mcp.connecting.clients import Client, Entry
from erstwhile_mcp.connecting.jsonc import Object, plain, read_object

__all__ = ["NAME", "with_entry"]

BOM: Final = "\ufeff"
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
        InvalidInputError: The file is not what it should be, or cannot be changed safely.
    """
    return _toml(text, client, entry) if client.toml else _json(text, client, entry)


def _json(text: str, client: Client, entry: Entry | None) -> str:
    wanted = None if entry is None else entry.plain(kind=client.kind)
    if not text.removeprefix(BOM).strip():
        return text if wanted is None else json.dumps({client.section: {NAME: wanted}}, indent=2, ensure_ascii=False) + "\n"
    before = _said(text, client)
    servers = before.get(client.section, {})
    if servers.get(NAME) == wanted and (wanted is not None or NAME not in servers):
        return text
    changed = _without(text, client) if wanted is None else _with(text, client, wanted)
    # However the file is laid out, afterwards it must say this and otherwise what it said.
    others = {name: server for name, server in servers.items() if name != NAME}
    if _said(changed, client) != before | {client.section: others | ({} if wanted is None else {NAME: wanted})}:
        raise InvalidInputError(f"{client.section!r} or {NAME!r} stands in it more than once, or in a way that cannot be changed safely. Change it by hand.")
    return changed


def _said(text: str, client: Client) -> dict[str, Any]:
    try:
        whole = plain(text.removeprefix(BOM))
    except ValueError:
        raise InvalidInputError("It is not JSON, with or without comments. Mend it first, or change it in the client's own settings.") from None
    if not isinstance(whole, dict) or not isinstance(whole.get(client.section, {}), dict):
        raise InvalidInputError(f"It should be an object with an object {client.section!r}, and is not. Mend it first.")
    return whole


def _found(text: str, client: Client) -> tuple[Object, Object | None]:
    """The whole and its section, by where they stand."""
    whole = read_object(text, len(BOM) if text.startswith(BOM) else 0)
    section = next((member for member in whole.members if member.name == client.section), None)
    return whole, None if section is None else read_object(text, section.value)


def _with(text: str, client: Client, wanted: dict[str, Any]) -> str:
    whole, section = _found(text, client)
    unit = _indent(text)
    if section is None:
        return _added(text, whole, client.section, {NAME: wanted}, unit=unit, depth=1)
    there = next((member for member in section.members if member.name == NAME), None)
    if there is None:
        return _added(text, section, NAME, wanted, unit=unit, depth=2)
    return text[: there.value] + _dumped(text, wanted, unit=unit, depth=2) + text[there.end :]


def _added(text: str, into: Object, name: str, value: object, *, unit: str, depth: int) -> str:
    """As the last member, behind whatever is said about the one before."""
    line = _line(text)
    close = len(text[: into.end - 1].rstrip())
    member = f"{line}{unit * depth}{json.dumps(name)}: {_dumped(text, value, unit=unit, depth=depth)}"
    after = text[close:] if "\n" in text[close : into.end] else f"{line}{unit * (depth - 1)}{text[into.end - 1 :]}"
    last = into.members[-1] if into.members else None
    if last is None or last.comma is not None:
        return text[:close] + member + after
    return text[: last.end] + "," + text[last.end : close] + member + after


def _without(text: str, client: Client) -> str:
    _, section = _found(text, client)
    members = () if section is None else section.members
    number = next(number for number, member in enumerate(members) if member.name == NAME)
    there = members[number]
    start, end = len(text[: there.start].rstrip(" \t")), there.end if there.comma is None else there.comma + 1
    # The line that it began on goes with it, unless a comment stands there.
    start = len(text[:start].rstrip("\r\n")) if text[:start].endswith("\n") else start
    if there.comma is None and number and (comma := members[number - 1].comma) is not None:
        return text[:comma] + text[comma + 1 : start] + text[end:]
    return text[:start] + text[end:]


def _dumped(text: str, value: object, *, unit: str, depth: int) -> str:
    return json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", _line(text) + unit * depth)


def _line(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _indent(text: str) -> str:
    found = re.search(r"^\s*\{\s*\n([ \t]+)", text.removeprefix(BOM))
    return "  " if found is None else found[1]


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
