"""Decoded JSON, read field by field: an error names the place and the field, never what stands there."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec

from erstwhile.errors import ErstwhileError, InvalidInputError
from erstwhile.model import MAX_CONTENT, MAX_NAME, Version, check_text
from erstwhile.time import as_utc

__all__ = ["Fields", "decode", "decode_version"]


def decode(raw: bytes, *, place: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What a piece of JSON holds.

    Raises:
        InvalidInputError: It is not JSON in UTF-8.
    """
    try:
        raw.decode()
        return msgspec.json.decode(raw)
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{place}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInputError(f"{place}: not JSON ({error}).") from None


def decode_version(raw: bytes, *, place: str) -> Version:
    """The version that a piece of JSON holds, with the fields of `erstwhile.Version`.

    Raises:
        InvalidInputError: It holds none.
    """
    try:
        return msgspec.json.decode(raw, type=Version, strict=True)
    except ErstwhileError as error:
        raise InvalidInputError(f"{place}: {error}") from None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # Its own words may quote what stands there.
        raise InvalidInputError(f"{place}: not a version of a memory; the fields are those of erstwhile.Version.") from None


class Fields:
    """The fields of a JSON object.

    Args:
        value: What was decoded.
        place: Where it stands, for error messages: "chat.jsonl, line 3".

    Raises:
        InvalidInputError: It is no object. So do all methods where a field has the wrong kind.
    """

    def __init__(self, value: object, *, place: str) -> None:
        if not isinstance(value, Mapping):
            raise InvalidInputError(f"{place}: expected an object with named fields, got {kind_of(value)}.")
        self._values = value
        self.place = place

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def only(self, known: Collection[str]) -> None:
        """Refuse fields that mean nothing here: a misspelt one would be lost in silence."""
        if unknown := sorted(str(name)[:40] for name in self._values if name not in known):
            raise InvalidInputError(f"{self.place}: unknown field {unknown[0]!r}; the fields are {', '.join(known)}.")

    def raw(self, name: str) -> object:
        """The field as it is, ``None`` where it is missing."""
        return self._values.get(name)

    def text(self, name: str, *, limit: int = MAX_NAME) -> str:
        """A text that must be there."""
        if name not in self._values:
            raise InvalidInputError(f"{self.place}: the field {name!r} is missing.")
        return check_text(self._values[name], name=f"{self.place}: {name}", limit=limit)

    def some_text(self, name: str, *, limit: int = MAX_NAME) -> str | None:
        """A text that may be missing or null."""
        return None if self._values.get(name) is None else self.text(name, limit=limit)

    def content(self, name: str) -> str:
        """The words of a turn; empty where there are none."""
        value = self._values.get(name)
        return "" if value is None or (isinstance(value, str) and not value.strip()) else self.text(name, limit=MAX_CONTENT)

    def time(self, name: str) -> datetime | None:
        """A time in ISO 8601, in UTC; may be missing or null."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise InvalidInputError(f"{self.place}: {name}: expected a time in ISO 8601 as text, got {kind_of(value)}.")
        return as_utc(value, name=f"{self.place}: {name}")

    def items(self, name: str) -> list[Any]:
        """A list; empty where it is missing or null."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise InvalidInputError(f"{self.place}: {name}: expected a list, got {kind_of(value)}.")
        return value

    def fields(self, name: str) -> "Fields":
        """An object within; one without fields where it is missing or null."""
        return Fields({} if self._values.get(name) is None else self._values[name], place=f"{self.place}: {name}")

    def within(self, name: str) -> "list[Fields]":
        """A list of objects."""
        return [Fields(item, place=f"{self.place}: {name} {place}") for place, item in enumerate(self.items(name))]

    def names(self) -> list[str]:
        """The names of all fields, in order."""
        return [str(name) for name in self._values]


def kind_of(value: object) -> str:
    """What JSON calls the kind of a value."""
    kinds = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object", type(None): "null"}
    return kinds.get(type(value), type(value).__name__)
