"""What a question says besides its meaning: whose names are in it, and which times; pure."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.mentions import Mention
from erstwhile.turns import ROLES

__all__ = ["MAX_NAMES", "possible_names", "without_names", "without_times"]

MAX_NAMES: Final = 64
"""Words of a question that are looked up as names."""
WORD: Final = re.compile(r"\w+(?:[-.'\u2019]\w+)*")
LETTER: Final = re.compile(r"[^\W\d_]")
POSSESSIVE: Final = ("'s", "\u2019s")


def possible_names(question: str) -> tuple[str, ...]:
    """Words of a question that may be names, in lower case, each once, in order: all but the smallest words of English."""
    small = lexicon.words("stop") | ROLES
    words = dict.fromkeys(_words(question))
    return tuple(word for word in words if word not in small and len(word) > 1 and not word.isdecimal())[:MAX_NAMES]


def _words(text: str) -> list[str]:
    return [_bare(match.group().casefold()) for match in WORD.finditer(text)]


def _bare(word: str) -> str:
    for ending in POSSESSIVE:
        word = word.removesuffix(ending)
    return word


def without_names(question: str, names: Collection[str]) -> str:
    """The question without these names, to be compared by meaning: few texts name who said them. A question of names and small words alone stays."""
    if not names:
        return question
    listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    bare = re.sub(rf"\b(?:{listed})\b(?:['\u2019]s)?", " ", question, flags=re.IGNORECASE)
    return " ".join(bare.split()) if LETTER.search(bare) and set(_words(bare)) - lexicon.words("stop") else question


def without_times(question: str, times: Sequence[Mention]) -> str:
    """The question without the times that it speaks of, for what is about them seldom names them."""
    for mention in reversed(times):
        question = f"{question[: mention.start]} {question[mention.end :]}"
    return question
