"""Finding out which format a file of conversations is in, and reading it."""

import codecs
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from erstwhile.errors import InvalidInputError
from erstwhile.transfer.conversations import Conversation
from erstwhile.transfer.fields import Fields, decode
from erstwhile.transfer.jsonl import read_lines
from erstwhile.transfer.locomo import is_locomo, read_sample
from erstwhile.transfer.longmemeval import is_longmemeval, read_history

__all__ = ["read_conversations"]

_FORMATS: Final = "erstwhile's own (a JSON object a line, each with role and content), LoCoMo or LongMemEval"


def read_conversations(path: str | Path) -> Iterator[Conversation]:
    """Read the conversations of a file: erstwhile's own JSON lines, LoCoMo's or LongMemEval's format, told apart by what is in the file.

    A list of conversations is decoded one at a time, as they are asked for; of a large file only its bytes and one conversation are in memory.

    Args:
        path: The file, in UTF-8, with or without a byte order mark.

    Returns:
        The conversations in the file's order, at least one. JSON lines hold one conversation.

    Raises:
        InvalidInputError: The file cannot be read, or is in none of the formats. The message names the place and the field, never what was said.
    """
    file = Path(path).expanduser()
    name = file.name or str(file)
    try:
        with file.open("rb") as stream:
            first = _first_line(stream)
            if not first:
                raise InvalidInputError(f"{name} is empty; a file of conversations is in one of these formats: {_FORMATS}.")
            if not _is_document(first):
                return iter((read_lines(_without_mark(stream), name=file.stem, place=name),))
            raw = b"".join(_without_mark(stream))
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidInputError):
            raise
        # ValueError: a NUL in the path.
        raise InvalidInputError(f"{str(file)!r:.200} cannot be read ({getattr(error, 'strerror', None) or error}); give the path of a file.") from None
    return _of_document(raw, name=file.stem, place=name)


def _without_mark(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    first = next(stream, b"")
    return chain((first.removeprefix(codecs.BOM_UTF8),), stream)


def _first_line(stream: BinaryIO) -> bytes:
    """The first line that is not blank, without a byte order mark; empty where there is none."""
    return next((line for line in map(bytes.strip, _without_mark(stream)) if line), b"")


def _is_document(first: bytes) -> bool:
    """Whether the file is one JSON document, going by its first line; otherwise it is JSON lines, or nothing we know."""
    try:
        value = msgspec.json.decode(first)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        # What opens here is closed on a later line, as in a file that was written for the eye.
        return first.startswith(b"[") or (first.startswith(b"{") and not first.endswith(b"}"))
    return isinstance(value, list) or is_locomo(value) or is_longmemeval(value)


def _of_document(raw: bytes, *, name: str, place: str) -> Iterator[Conversation]:
    try:
        raw.decode()
        many = raw.lstrip().startswith(b"[")
        parts = msgspec.json.decode(raw, type=list[msgspec.Raw]) if many else [msgspec.Raw(raw)]
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{place}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInputError(f"{place}: not JSON ({error}).") from None
    if not parts:
        raise InvalidInputError(f"{place} holds an empty list; there is no conversation in it.")
    # The first one tells a file of another kind before anything is done with it.
    numbered = ((part, f"{place}, item {number}" if many else place, f"{name}-{number}" if many else name) for number, part in enumerate(parts))
    conversations = (_one(bytes(part), name=own_name, place=own_place) for part, own_place, own_name in numbered)
    return chain((next(conversations),), conversations)


def _one(raw: bytes, *, name: str, place: str) -> Conversation:
    value = decode(raw, place=place)
    readers: tuple[tuple[Callable[[object], bool], Callable[..., Conversation]], ...] = ((is_locomo, read_sample), (is_longmemeval, read_history))
    for known, read in readers:
        if known(value):
            return read(Fields(value, place=place), name=name)
    raise InvalidInputError(f"{place}: not a conversation in any known format: {_FORMATS}.")
