"""A text cut into words, numbers and marks, each with its place."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from erstwhile.mentions import words

__all__ = ["FIRST_YEAR", "LAST_YEAR", "Token", "day_number", "tokens_of", "year_number"]

FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2199
"""Four digits outside these are no year: what people remember and plan lies within them."""

# Digits with what joins them are one token, so that "3.11", "2,000" and "10:30" are not taken apart.
_TOKEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=[Tt][0-9])|[0-9]+(?:[.,:/\-–][0-9]+)*[^\W\d_]*|[^\W\d]\w*|['’](?:s|ll|re|m|ve|d)\b|[^\w\s]")  # noqa: RUF001 - what people type
_DAY: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?")
_LAST_DAY: Final = 31


class Token(NamedTuple):
    """A word, a number or a mark.

    Attributes:
        word: In lower case, with a straight apostrophe.
        raw: As written.
        start: Place of its first character.
        end: Place after its last.
    """

    word: str
    raw: str
    start: int
    end: int


def tokens_of(text: str) -> Sequence[Token]:
    """The tokens of a text, in order."""
    return [Token(found[0].lower().replace("’", "'"), found[0], *found.span()) for found in _TOKEN.finditer(text)]  # noqa: RUF001 - what people type


def year_number(word: str) -> int | None:
    """The year that four digits stand for, if they can."""
    return int(word) if len(word) == 4 and word.isdecimal() and word.isascii() and FIRST_YEAR <= int(word) <= LAST_YEAR else None


def day_number(word: str, *, ordinal: bool = False) -> int | None:
    """The day of a month that "7" or "7th" stands for; with ``ordinal`` also "seventh", and "7" no longer."""
    if ordinal and word in words.ORDINALS:
        return words.ORDINALS[word] if words.ORDINALS[word] > 0 else None
    found = _DAY.fullmatch(word)
    if found is None or (ordinal and word.isdecimal()):
        return None
    return int(found[1]) if 1 <= int(found[1]) <= _LAST_DAY else None
