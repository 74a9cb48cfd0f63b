"""What a question says besides its meaning: whose names are in it, and which times; pure."""

import re
from collections.abc import Collection
from typing import Final

from erstwhile.claims import lexicon

__all__ = ["MAX_NAMES", "possible_names", "without_names"]

MAX_NAMES: Final = 16
"""Words of a question that are looked up as names."""
WORD: Final = re.compile(r"\w+(?:[-.'\u2019]\w+)*")
LETTER: Final = re.compile(r"[^\W\d_]")
POSSESSIVE: Final = ("'s", "\u2019s")


def possible_names(question: str) -> tuple[str, ...]:
    """Words of a question that may be names, in lower case, each once, in order: all but the smallest words of English."""
    small = lexicon.words("stop")
    words = dict.fromkeys(_bare(match.group().casefold()) for match in WORD.finditer(question))
    return tuple(word for word in words if word not in small and len(word) > 1 and not word.isdecimal())[:MAX_NAMES]


def _bare(word: str) -> str:
    for ending in POSSESSIVE:
        word = word.removesuffix(ending)
    return word


def without_names(question: str, names: Collection[str]) -> str:
    """The question without these names, to be compared by meaning: who said something is in few of the texts that were said. A bare name stays."""
    if not names:
        return question
    listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    bare = re.sub(rf"\b(?:{listed})\b(?:['\u2019]s)?", " ", question, flags=re.IGNORECASE)
    return " ".join(bare.split()) if LETTER.search(bare) else question
