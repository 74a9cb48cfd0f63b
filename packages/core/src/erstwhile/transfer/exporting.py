"""All that is kept of somebody, as a file: to read, or to be read back exactly.

As JSONL the first line says what it is, each further line is a version, whole, and the last line says how many there were:

    {"erstwhile":"export","format":1,"at":"2025-06-01T10:00:00Z","user":"ana","scopes":[{"user":"ana"}]}
    {"id":"…","memory_id":"…","content":"I live in Porto","type":"fact","scope":{"user":"ana"},…}
    {"versions":1}

Every version is in it: what is believed and what was superseded, corrected, retracted or has expired; memories and turns; with provenance, times on both axes,
links, conflicts (``links.contradicts``) and what was found about other memories (``ties``). The fields are those of `erstwhile.Version`. Vectors are not: they
are made anew from the content.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from erstwhile.errors import ErstwhileError, InvalidInputError
from erstwhile.model import Scope, Version
from erstwhile.transfer.fields import Fields, decode

__all__ = ["Export", "read_export", "write_jsonl", "write_markdown"]

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
    """The versions of an export, in its order.

    Raises:
        InvalidInputError: It cannot be read, is none, or is not whole; the message names the line, never what it says.
    """
    try:
        with path.open("rb") as file:
            yield from _versions(file, path.name)
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
        yield _version(line, place)
    raise InvalidInputError(f"{name} has no last line with the number of versions: it was cut off. Export it again.")


def _version(line: bytes, place: str) -> Version:
    try:
        return msgspec.json.decode(line, type=Version, strict=True)
    except ErstwhileError as error:
        raise InvalidInputError(f"{place}: {error}") from None
    except (msgspec.MsgspecError, ValueError):
        # Its own words may quote what stands there.
        raise InvalidInputError(f"{place}: not a version of a memory; the fields are those of erstwhile.Version.") from None


def write_markdown(file: IO[bytes], head: Export, versions: Iterable[Version]) -> int:
    """Write an export for people: how many versions there were."""
    whose = "this scope" if head.user is None else head.user
    file.write(f"# What is kept of {_inline(whose)}\n\nExported {_time(head.at)}. Times are UTC.\n".encode())
    count = 0
    for scope, chunk in groupby(versions, key=lambda version: version.scope):
        # A chain tells its story together, by when it was first written.
        here = sorted(chunk, key=lambda version: (version.is_turn, version.memory_id, version.system_from, version.valid_from, version.id))
        file.write(f"\n## {_inline(', '.join(f'{part} {value}' for part, value in scope.parts().items()))}\n".encode())
        for _, chain in groupby(here, key=lambda version: version.memory_id):
            count += _chain(file, list(chain))
    return count


def _chain(file: IO[bytes], chain: list[Version]) -> int:
    first = chain[0]
    file.write(f"\n### {'turn' if first.is_turn else first.type} {first.memory_id}\n".encode())
    for version in chain:
        quoted = "\n".join(f"> {line}" for line in version.content.splitlines() or [""])
        facts = "\n".join(f"- {name}: {_inline(str(value))}" for name, value in _facts(version).items() if value)
        file.write(f"\n{quoted}\n\n{facts}\n".encode())
    return len(chain)


def _facts(version: Version) -> dict[str, Any]:
    source, links = version.source, version.links
    return {
        "version": version.id,
        "holds": f"from {_time(version.valid_from)}{_until(version.valid_to)}",
        "expires": version.expires_at and _time(version.expires_at),
        "believed": f"from {_time(version.system_from)}{_until(version.system_to)}",
        "source": ", ".join(f"{part} {value}" for part, value in _parts(source).items() if value is not None),
        "words it was drawn from": source.quote,
        "confidence": "" if version.confidence == 1 else version.confidence,
        "importance": version.importance,
        "pinned": "yes" if version.pinned else "",
        "tags": ", ".join(version.tags),
        "aliases": ", ".join(version.aliases),
        "metadata": msgspec.json.encode(version.metadata).decode() if version.metadata else "",
        "answers": version.context,
        "clashes with": ", ".join(links.contradicts),
        "stands beside": ", ".join(links.apart),
        "supersedes": ", ".join((*links.joins, *links.supersedes)),
        "corrects": ", ".join(links.corrects),
        "drawn from": ", ".join(links.derived_from),
        "said again": "; ".join(f"{_time(said.at)} by {said.source.actor}: {said.said}" for said in version.confirmations),
        "found": "; ".join(f"{tie.relation} {tie.memory_id} ({tie.reason})" for tie in version.ties),
    }


def _parts(source: Any) -> dict[str, Any]:  # noqa: ANN401 - a provenance, by its parts
    return {name: getattr(source, name) for name in ("kind", "actor", "session", "turn", "reference")}


def _until(instant: datetime | None) -> str:
    return ", until changed" if instant is None else f" to {_time(instant)}"


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}"


def _inline(text: str) -> str:
    return " ".join(text.split())
