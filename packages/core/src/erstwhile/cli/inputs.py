"""What commands are given, read into what the engine takes."""

import json
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erstwhile.errors import InvalidInputError
from erstwhile.time import AsOf, Interval, as_utc

if TYPE_CHECKING:
    from erstwhile.transfer import Conversation

__all__ = ["as_of", "conversation", "during", "metadata", "text"]


def text(given: str) -> str:
    """The text of an argument; "-" reads it from stdin, as UTF-8, without the line break at its end.

    Raises:
        InvalidInputError: What stdin holds is not UTF-8.
    """
    if given != "-":
        return given
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"stdin: byte {error.start} is not UTF-8; convert the text to UTF-8 first.") from None


def metadata(given: str | None) -> Mapping[str, Any] | None:
    """A JSON object.

    Raises:
        InvalidInputError: It is something else.
    """
    if given is None:
        return None
    try:
        value = json.loads(given)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidInputError("--metadata: expected a JSON object such as '{\"ticket\": 42}'.")
    return value


def as_of(valid: str | None, system: str | None) -> AsOf | None:
    """The point to ask about, ``None`` for now on both axes."""
    if valid is None and system is None:
        return None
    return AsOf(
        valid=None if valid is None else as_utc(valid, name="--as-of"),
        system=None if system is None else as_utc(system, name="--system-as-of"),
    )


def during(start: str | None, end: str | None) -> Interval | None:
    """The stretch of time to ask about, ``None`` for none.

    Raises:
        InvalidInputError: It has an end and no start.
    """
    if start is None and end is None:
        return None
    if start is None:
        raise InvalidInputError("--during-to was given without --during-from; give both, or --during-from alone.")
    return Interval(start=as_utc(start, name="--during-from"), end=None if end is None else as_utc(end, name="--during-to"))


def conversation(file: Path, number: int) -> tuple["Conversation", bool]:
    """One conversation of a file, counted from 1, and whether the file holds others.

    Raises:
        InvalidInputError: The file cannot be used, or holds no such conversation.
    """
    from erstwhile.transfer import read_conversations

    conversations = read_conversations(file)
    found = next(islice(conversations, number - 1, None), None) if number >= 1 else None
    if found is None:
        raise InvalidInputError(f"--conversation: {file.name} holds no conversation {number}.")
    return found, number > 1 or next(conversations, None) is not None
