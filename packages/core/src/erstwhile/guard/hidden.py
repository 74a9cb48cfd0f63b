"""Text that a reader does not see: what it is, and how a text reads without it; pure."""

import re
from html import unescape
from typing import Final
from unicodedata import normalize

__all__ = ["flowing", "hides", "plain"]

_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
"""Formatting, fillers, variation selectors and tags. Spelt out: a verdict must not depend on the version of Python."""
_FLAG: Final = re.compile("\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{1,8}\U000e007f")
"""The flags of England, Scotland and Wales are spelt with tags."""
_HIDING: Final = re.compile(
    # Tags and the second block of variation selectors spell whole texts; an override turns the order of letters round; zero width inside a word of the Latin
    # alphabet hides it from a search; a run of invisible characters is no formatting.
    "[\U000e0000-\U000e0fff]|[\u202d\u202e]|[A-Za-z][\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+[A-Za-z](?:[A-Za-z]?[\u200b-\u200f\u2060-\u2064\ufeff]+[A-Za-z])+"
    "|[\u200b-\u200f\u2060-\u206f\ufe00-\ufe0d\ufeff]{4}"
)
_SPACES: Final = re.compile(r"[^\S\n]+")
_EMPHASIS: Final = re.compile(r"(?<!\w)[*_~`]{1,3}(?=\w)|(?<=\w)[*_~`]{1,3}(?!\w)")
_BREAKS: Final = re.compile(r"(?<=[\w,;]) ?\n[ >]{0,8}(?=\w)")
_TAGS: Final = {0xE0000 + code: code for code in range(0x20, 0x7F)}


_MARKS: Final = re.compile("[\u0300-\u036f]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN: Final = re.compile("[a-z]")
_ALIKE: Final = str.maketrans(
    # Cyrillic, Greek and Latin letters that look like those of ASCII, in lower case.
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u04cf\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131\u0251\u0261",
    "abekmhopctyxijsdhqwlaeiknoptuxiag",
)


def hides(text: str) -> bool:
    """Whether there is text in it that is made not to be seen, or not to be found."""
    return not text.isascii() and _HIDING.search(_FLAG.sub("", text)) is not None


def plain(text: str) -> str:
    """The text as a model may read it: what is hidden in tags spelt out, everything else that is invisible left out, forms of letters folded, in lower case.

    In a word with letters of the Latin alphabet, letters of other alphabets that look like some of it are taken for these.
    """
    if not text.isascii():
        text = normalize("NFKC", _INVISIBLE.sub("", _FLAG.sub("", text).translate(_TAGS)))
        text = text.replace("\u2019", "'").replace("\u2018", "'").replace("\u201c", '"').replace("\u201d", '"')
        text = _WORD.sub(_in_one_alphabet, _MARKS.sub("", text).lower())
    return _SPACES.sub(" ", text).lower()


def _in_one_alphabet(word: re.Match[str]) -> str:
    return word[0].translate(_ALIKE) if _LATIN.search(word[0]) else word[0]


def flowing(text: str) -> str:
    """A `plain` text without what only lays it out: line breaks within a sentence, the marks of quoted lines and of emphasis, and entities of HTML."""
    return _BREAKS.sub(" ", _EMPHASIS.sub("", plain(unescape(text)) if "&" in text else text))
