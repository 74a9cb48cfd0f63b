"""JSON as people write it, with comments and a comma too many: where its parts stand in the text, so that one is changed and the rest stays; pure."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Member", "Object", "plain", "read_object"]

GAP: Final = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
"""White space and comments."""
STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
SCALAR: Final = re.compile(r"[-+.\w]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of an object, by where it stands.

    Attributes:
        name: Its name.
        start: Where its name begins.
        value: Where its value begins.
        end: Where its value ends.
        comma: Where the comma after it is, if there is one.
    """

    name: str
    start: int
    value: int
    end: int
    comma: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """An object, by where it stands.

    Attributes:
        start: Where its brace opens.
        end: Behind its closing brace.
        members: In their order.
    """

    start: int
    end: int
    members: tuple[Member, ...]


def read_object(text: str, start: int = 0) -> Object:
    """The object that begins at or after ``start``.

    Raises:
        ValueError: There is none, or it is broken.
    """
    start = _after_gap(text, start)
    if text[start : start + 1] != "{":
        raise ValueError("no object")
    members: list[Member] = []
    at = _after_gap(text, start + 1)
    while text[at : at + 1] != "}":
        name = _match(STRING, text, at)
        colon = _after_gap(text, name)
        if text[colon : colon + 1] != ":":
            raise ValueError("no colon")
        value = _after_gap(text, colon + 1)
        end = _value_end(text, value)
        comma = _after_gap(text, end)
        found = text[comma : comma + 1] == ","
        members.append(Member(name=json.loads(text[at:name]), start=at, value=value, end=end, comma=comma if found else None))
        at = _after_gap(text, comma + 1) if found else comma
        if not found and text[at : at + 1] != "}":
            raise ValueError("no comma")
    return Object(start=start, end=at + 1, members=tuple(members))


def plain(text: str) -> Any:  # noqa: ANN401 - any JSON
    """What it says, comments and superfluous commas aside.

    Raises:
        ValueError: It is broken, or nested without end.
    """
    parts, at = [], 0
    for found in re.finditer(rf"{STRING.pattern}|(?P<gap>//[^\r\n]*|/\*.*?\*/)|(?P<comma>,)(?=(?:[ \t\r\n]|//[^\r\n]*|/\*.*?\*/)*[}}\]])", text, re.DOTALL):
        if found["gap"] is not None or found["comma"] is not None:
            parts += [text[at : found.start()], " "]
            at = found.end()
    try:
        return json.loads("".join((*parts, text[at:])), parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _after_gap(text: str, at: int) -> int:
    return _match(GAP, text, at)


def _match(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    if found is None:
        raise ValueError(f"broken at {at}")
    return found.end()


def _value_end(text: str, at: int) -> int:
    match text[at : at + 1]:
        case '"':
            return _match(STRING, text, at)
        case "{" | "[":
            depth, here = 0, at
            while True:
                here = _after_gap(text, here)
                sign = text[here : here + 1]
                if sign == '"':
                    here = _match(STRING, text, here)
                elif sign in ("{", "["):
                    depth, here = depth + 1, here + 1
                elif sign in ("}", "]"):
                    depth, here = depth - 1, here + 1
                elif sign in (",", ":"):
                    here += 1
                else:
                    here = _match(SCALAR, text, here)
                if depth == 0:
                    return here
        case _:
            return _match(SCALAR, text, at)
