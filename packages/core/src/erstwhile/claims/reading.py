"""A text, read: its words, its mood, its words of change, and what it claims."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.changes import changes_of
from erstwhile.claims.clauses import Clause, sentences
from erstwhile.claims.slots import claims_of
from erstwhile.claims.words import MAX_READ, Text, tokens_of
from erstwhile.relations import Claim

__all__ = ["Reading", "read"]

MAX_SENTENCES: Final = 12
"""Sentences of one text that are read for claims."""
_SUPPOSED_WITHIN: Final = 25
"""A word of supposition this near to the beginning of a sentence makes it one."""
_CODE: Final = re.compile(r"```|^\s*(?:def|class|import|const|let|var|function|SELECT|curl|\$|>>>)\s|[{};]\s*$|\)\s*{", re.MULTILINE)
_QUOTED: Final = re.compile('["\u201c\u201e\u00ab][^"\u201c\u201d\u201e\u00ab\u00bb]{3,}["\u201d\u00bb]')
_REPORTED: Final = re.compile(
    r"\b(?:according to|in (?:his|her|their) words)\b"
    r"|^[\w' ]{2,30} (?:says|said|thinks|claims|claimed|reckons|insists|swears|believes|told (?:me|us)|mentioned|dreams|hopes|wishes)"
    r" (?:that )?(?:he|she|they|his|her|their|he's|she's|they're|he'd|she'd|they'd|of)\b"
)


@dataclass(frozen=True)
class Reading:
    """What the rules make of a text.

    Attributes:
        text: Its tokens.
        cues: Which kinds of words of change and caution are in it (`lexicon.toml`, cues), with the words.
        mood: Why it states nothing that the rules could go by: "asks", "supposes", …; empty where it states something.
        claims: What it claims.
        former: Values, in normal form, that it names as having been before.
        replaced: Whether it names something in their place.
    """

    text: Text
    cues: dict[str, tuple[str, ...]]
    mood: str = ""
    claims: tuple[Claim, ...] = ()
    former: frozenset[str] = frozenset()
    replaced: bool = False

    @cached_property
    def negated(self) -> bool:
        """Whether it denies, by an odd number of negations."""
        return len(self.cues.get("negated", ())) % 2 == 1

    def has(self, *kinds: str) -> bool:
        """Whether it has cues of one of these kinds."""
        return any(kind in self.cues for kind in kinds)


def read(content: str, speaker: str = "user") -> Reading:
    """Read a text. A long one is read for its words, as far as its first 2,000 characters, and for no claims.

    Args:
        content: The text.
        speaker: Whom "I" and "my" stand for.
    """
    return _read(content[: MAX_READ + 1], speaker)


@lru_cache(maxsize=4_096)
def _read(content: str, speaker: str) -> Reading:
    text = tokens_of(content)
    found = {name: tuple(match.group() for match in pattern.finditer(text.lower)) for name, pattern in lexicon.cues().items()}
    cues = {name: words for name, words in found.items() if words}
    parts = sentences(content[:MAX_READ])
    mood = _mood(content, text, parts)
    if mood or len(content) > MAX_READ:
        return Reading(text=text, cues=cues, mood=mood)
    clauses = [clause for sentence in parts[:MAX_SENTENCES] if not sentence.endswith("?") for clause in Clause.split(sentence)]
    former, replaced = changes_of(clauses)
    return Reading(text=text, cues=cues, claims=claims_of(clauses, speaker), former=former, replaced=replaced)


def _mood(content: str, text: Text, parts: list[str]) -> str:
    if text.lower.rstrip(" \"')").endswith("?"):
        return "asks"
    if any(_supposes(part.lower()) for part in parts):
        return "supposes"
    if _REPORTED.search(text.lower) or sum(len(part.group()) for part in _QUOTED.finditer(content)) > 0.6 * len(content):
        return "gives somebody's words"
    if _CODE.search(content[:MAX_READ]):
        return "is code"
    return "is not in English" if _foreign(text) else ""


def _supposes(sentence: str) -> bool:
    match = lexicon.cues()["supposed"].search(sentence)
    return match is not None and (match.start() < _SUPPOSED_WITHIN or "would" in sentence)


def _foreign(text: Text) -> bool:
    plain = [token.lower for token in text.tokens if token.value is None and not token.name]
    foreign = sum(word in lexicon.words("foreign") for word in plain)
    english = sum(word in lexicon.words("stop") for word in plain)
    return (foreign >= 2 and foreign > english) or sum(not word.isascii() for word in plain) > len(plain) / 2
