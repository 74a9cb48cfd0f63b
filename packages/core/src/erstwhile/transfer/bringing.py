"""What another system wrote for its user to take along: memories or conversations, told apart by what is in the file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from erstwhile.draft import Draft
from erstwhile.errors import InvalidInputError
from erstwhile.transfer.chats import is_chatgpt, is_claude, read_chatgpt, read_claude
from erstwhile.transfer.conversations import Conversation
from erstwhile.transfer.fields import Fields, decode
from erstwhile.transfer.memanto import is_memanto, read_memanto
from erstwhile.transfer.others import is_graph_line, is_mem0, is_service_export, read_graph_line, read_mem0, read_service_export

__all__ = ["Brought", "read_export"]

_KNOWN: Final = "the official server-memory, mcp-memory-service, mem0, Memanto (memory.md), ChatGPT or Claude (conversations.json)"
_CHATS: Final[tuple[tuple[str, Callable[[object], bool], Callable[..., Conversation | None]], ...]] = (
    ("chatgpt", is_chatgpt, read_chatgpt),
    ("claude", is_claude, read_claude),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a file holds.

    Attributes:
        system: Whose it is: "server-memory", "mcp-memory-service", "mem0", "memanto", "chatgpt" or "claude".
        drafts: Its memories, the oldest first; those without a time last, in the file's order.
        conversations: Its conversations, in the file's order.
    """

    system: str
    drafts: tuple[Draft, ...] = ()
    conversations: tuple[Conversation, ...] = ()


def read_export(path: str | Path) -> Brought:
    """Read a file that another system wrote. What is in none of its texts (pictures, tool calls, vectors) stays behind.

    Args:
        path: The file, in UTF-8.

    Raises:
        InvalidInputError: It cannot be read, is of no system that is known, or holds nothing. The message names the place and the field, never what was said.
    """
    file = Path(path).expanduser()
    try:
        raw = file.read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{str(file)!r:.200} cannot be read ({getattr(error, 'strerror', None) or error}); give the path of a file.") from None
    found = _read(raw.removeprefix(b"\xef\xbb\xbf"), place=file.name, stem=file.stem)
    if not found.drafts and not found.conversations:
        raise InvalidInputError(f"{file.name} holds nothing to remember.")
    return found


def _read(raw: bytes, *, place: str, stem: str) -> Brought:
    head = raw.lstrip()
    if head[:1] not in {b"{", b"["}:
        text = raw.decode("utf-8", "replace")
        if not is_memanto(text):
            raise _unknown(place)
        return Brought(system="memanto", drafts=_in_order(read_memanto(text, place=place)))
    lines = [line for line in head.splitlines() if line.strip()]
    first = _one(lines[0])
    if is_graph_line(first):
        places = [Fields(decode(line, place=f"{place}, line {number}"), place=f"{place}, line {number}") for number, line in enumerate(lines, start=1)]
        return Brought(system="server-memory", drafts=tuple(draft for line in places for draft in read_graph_line(line)))
    value = decode(raw, place=place)
    if is_service_export(value):
        return Brought(system="mcp-memory-service", drafts=_in_order(read_service_export(Fields(value, place=place))))
    items = value if isinstance(value, list) else [value]
    for system, known, read in _CHATS:
        if any(map(known, items)):
            numbered = [(Fields(item, place=f"{place}, item {number}"), f"{stem}-{number}") for number, item in enumerate(items)]
            return Brought(system=system, conversations=tuple(chat for item, name in numbered if (chat := read(item, name=name))))
    if is_mem0(value):
        return Brought(system="mem0", drafts=_in_order(read_mem0(value, place=place)))
    raise _unknown(place)


def _one(line: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return decode(line, place="")
    except InvalidInputError:
        # A document over several lines.
        return None


def _in_order(drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    # A later one may end an earlier one, and must come after it.
    last = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(drafts, key=lambda draft: draft.valid_from or last))


def _unknown(place: str) -> InvalidInputError:
    return InvalidInputError(f"{place} is not what any known system writes: {_KNOWN}. A conversation is read by `erstwhile observe`.")
