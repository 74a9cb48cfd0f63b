"""An export for people that a program reads back exactly.

What is kept of somebody stands as text: a heading for each scope and each memory, each version's words as a quotation, and what is known of it as a list. After
each version comes a line that no Markdown viewer shows, with the version whole, and one more stands at the end:

    <!-- erstwhile 5f0c1d2e {"version":{"id":"…","content":"I live in Porto",…}} -->
    <!-- erstwhile 91b7a340 {"versions":1} -->

The eight digits are the CRC-32 of the text that stands between this line and the one before, and of the JSON. So what a person reads is what a program reads:
a file in which either was changed is refused, with the lines that it concerns. Blank lines, spaces at the end of a line and the kind of line ends, which
editors change by themselves, do not count. To change a memory, correct it where it is kept; to change an export, take the one in JSONL.
"""

import codecs
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from erstwhile.errors import InvalidInputError
from erstwhile.model import Version
from erstwhile.transfer.fields import Fields, decode, decode_version

if TYPE_CHECKING:
    from erstwhile.transfer.exporting import Export

__all__ = ["is_markdown", "read_markdown", "write_markdown"]

FORMAT: Final = 1
"""Version of the lines that a program reads; the text around them may look different in each release."""
TITLE: Final = b"# What is kept of "
_LINE: Final = re.compile(rb"<!-- erstwhile ([0-9a-f]{8}) (\{.*\}) -->")


class _Version(msgspec.Struct):
    version: msgspec.Raw


def is_markdown(file: IO[bytes]) -> bool:
    """Whether a file begins as such an export does; it is left at its beginning."""
    first = file.read(len(codecs.BOM_UTF8) + len(TITLE))
    file.seek(0)
    return first.removeprefix(codecs.BOM_UTF8).startswith(TITLE)


def read_markdown(lines: Iterable[bytes], name: str) -> Iterator[Version]:
    """The versions of an export in Markdown, in its order.

    Args:
        lines: Its lines.
        name: What the file is called in error messages.

    Raises:
        InvalidInputError: It is none that can be read back, is not whole, or was changed; the message names the lines, never what they say.
    """
    count, sealed = 0, None
    for stretch in _stretches(lines, name):
        if sealed is not None:
            raise _changed(name, stretch)
        fields = Fields(decode(stretch.value, place=stretch.place), place=stretch.place)
        if stretch.first == 1:
            if fields.raw("erstwhile") != "export":
                raise _changed(name, stretch)
            if fields.raw("format") != FORMAT:
                raise InvalidInputError(f"{stretch.place}: the export is in another format than {FORMAT}; read it with the version of erstwhile that wrote it.")
        elif "version" in fields:
            yield decode_version(bytes(msgspec.json.decode(stretch.value, type=_Version).version), place=stretch.place)
            count += 1
        else:
            sealed = fields.raw("versions")
    if sealed is None:
        raise InvalidInputError(f"{name} has no last line with the number of versions: it was cut off. Export it again.")
    if sealed != count:
        raise InvalidInputError(f"{name} holds {count:,} versions and the export had another number of them; it was changed. Export it again.")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Text for people, and the line for a program at its end.

    Attributes:
        first: The number of its first line, from 1.
        last: That of its last one.
        place: What the last one is called in messages.
        value: The JSON in it.
    """

    first: int
    last: int
    place: str
    value: bytes


def _stretches(lines: Iterable[bytes], name: str) -> Iterator[_Stretch]:
    text: list[bytes] = []
    first = last = 1
    for last, line in enumerate(lines, start=1):
        if (found := _LINE.fullmatch(line.strip())) is None:
            text.append(line)
            continue
        stretch = _Stretch(first, last, f"{name}, line {last}", found[2])
        if found[1] != _check(text, found[2]):
            raise _changed(name, stretch)
        yield stretch
        text, first = [], last + 1
    if first == 1:
        raise InvalidInputError(f"{name} is Markdown that cannot be read back: it lacks the lines for it. `erstwhile export --form markdown` writes them.")
    if any(line.strip() for line in text):
        raise _changed(name, _Stretch(first, last, name, b""))


def _changed(name: str, stretch: _Stretch) -> InvalidInputError:
    return InvalidInputError(
        f"{name}, lines {stretch.first} to {stretch.last}: something is not as it was exported, and what it means cannot be told. Export it again; to change a "
        "memory, correct it where it is kept."
    )


def _check(text: Sequence[bytes], value: bytes) -> bytes:
    told = b"\n".join(stripped for line in text if (stripped := line.removeprefix(codecs.BOM_UTF8).rstrip()))
    return b"%08x" % zlib.crc32(value, zlib.crc32(told))


def write_markdown(file: IO[bytes], head: "Export", versions: Iterable[Version]) -> int:
    """Write an export that people read, and `read_markdown`: how many versions there were."""
    whose = "this scope" if head.user is None else head.user
    _write(file, f"# What is kept of {_inline(whose)}\n\nExported {_time(head.at)}. Times are UTC.\n", {"erstwhile": "export", "format": FORMAT, "at": head.at})
    count = 0
    for scope, chunk in groupby(versions, key=lambda version: version.scope):
        # A chain tells its story together, by when it was first written.
        here = sorted(chunk, key=lambda version: (version.is_turn, version.memory_id, version.system_from, version.valid_from, version.id))
        heading = f"\n## {_inline(', '.join(f'{part} {value}' for part, value in scope.parts().items()))}\n"
        for _, chain in groupby(here, key=lambda version: version.memory_id):
            for place, version in enumerate(chain):
                title = "" if place else f"\n### {'turn' if version.is_turn else version.type} {version.memory_id}\n"
                _write(file, f"{heading}{title}\n{_told(version)}\n", {"version": version})
                heading = ""
                count += 1
    _write(file, "", {"versions": count})
    return count


def _write(file: IO[bytes], text: str, value: object) -> None:
    raw = text.encode()
    # A comment must not end before its end.
    line = msgspec.json.encode(value).replace(b">", b"\\u003e")
    file.write(raw + b"\n<!-- erstwhile %b %b -->\n" % (_check(raw.split(b"\n"), line), line))


def _told(version: Version) -> str:
    quoted = "\n".join(f"> {line}" for line in version.content.splitlines() or [""])
    return f"{quoted}\n\n" + "\n".join(f"- {name}: {_inline(str(value))}" for name, value in _facts(version).items() if value)


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
