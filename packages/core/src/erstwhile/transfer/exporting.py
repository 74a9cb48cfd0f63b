"""All that is kept of somebody, as a file: to read, or to be read back exactly.

As JSONL the first line says what it is, each further line is a version, whole, and the last line says how many there were:

    {"erstwhile":"export","format":1,"at":"2025-06-01T10:00:00Z","user":"ana","scopes":[{"user":"ana"}]}
    {"id":"…","memory_id":"…","content":"I live in Porto","type":"fact","scope":{"user":"ana"},…}
    {"versions":1}

Every version is in it: what is believed and what was superseded, corrected, retracted or has expired; memories and turns; with provenance, times on both axes,
links, conflicts (``links.contradicts``) and what was found about other memories (``ties``). The fields are those of `erstwhile.Version`. Vectors are not: they
are made anew from the content.

`erstwhile.transfer.markdown` is the form for people, which is read back exactly as well.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

import msgspec

from erstwhile.errors import InvalidInputError
from erstwhile.model import Scope, Version
from erstwhile.transfer.fields import Fields, decode, decode_version
from erstwhile.transfer.markdown import is_markdown, read_markdown

__all__ = ["Export", "read_export", "write_jsonl"]

FORMAT: Final = 1
HEAD: Final = ("erstwhile", "format", "at", "user", "scopes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was exported.

    Attributes:
        at: When.
        user: Whose; ``None`` where one scope was exported.
        scopes: The scopes that it was taken from.
        memories: How many memories.
        turns: How many turns.
        versions: How many versions in all.
    """

    at: datetime
    user: str | None
    scopes: tuple[Scope, ...]
    memories: int = 0
    turns: int = 0
    versions: int = 0


def write_jsonl(file: IO[bytes], head: Export, versions: Iterable[Version]) -> int:
    """Write an export that `read_export` reads: how many versions there were."""
    first = {"erstwhile": "export", "format": FORMAT, "at": head.at, "user": head.user, "scopes": head.scopes}
    file.write(msgspec.json.encode(first) + b"\n")
    count = 0
    for version in versions:
        file.write(msgspec.json.encode(version) + b"\n")
        count += 1
    file.write(msgspec.json.encode({"versions": count}) + b"\n")
    return count


def read_export(path: Path) -> Iterator[Version]:
    """The versions of an export in either form, in its order.

    Raises:
        InvalidInputError: It cannot be read, is none, or is not whole; the message names the line, never what it says.
    """
    try:
        with path.open("rb") as file:
            yield from read_markdown(file, path.name) if is_markdown(file) else _versions(file, path.name)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror or error}.") from None


def _versions(lines: Iterable[bytes], name: str) -> Iterator[Version]:
    numbered = ((f"{name}, line {number}", line) for number, line in enumerate(lines, start=1))
    place, line = next(numbered, (f"{name}, line 1", b"{}"))
    head = Fields(decode(line, place=place), place=place)
    if head.raw("erstwhile") != "export":
        raise InvalidInputError(f"{place}: not an export of erstwhile; `erstwhile export` makes one.")
    if head.raw("format") != FORMAT:
        raise InvalidInputError(f"{place}: the export is in another format than {FORMAT}; read it with the version of erstwhile that wrote it.")
    head.only(HEAD)
    for count, (place, line) in enumerate(numbered):
        fields = Fields(decode(line, place=place), place=place)
        if "versions" in fields:
            if fields.raw("versions") != count:
                raise InvalidInputError(f"{place}: {count:,} versions came before and the export had another number of them; it was changed.")
            return
        yield decode_version(line, place=place)
    raise InvalidInputError(f"{name} has no last line with the number of versions: it was cut off. Export it again.")
