"""A text, read: its words, its mood, its words of change, and what it claims."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.changes import changes_of
from erstwhile.claims.clauses import Clause, sentences
from erstwhile.claims.revisions import Revision, revisions_of
from erstwhile.claims.slots import claims_of
from erstwhile.claims.words import MAX_READ, Text, tokens_of
from erstwhile.relations import Claim

__all__ = ["REPORTS", "SUPPOSES", "Reading", "read"]

REPORTS: Final = "gives somebody's words"
"""The mood of a text that tells what somebody said: it may be so."""
SUPPOSES: Final = "supposes"
"""The mood of a text that says what would be, or what holds on a condition."""
MAX_SENTENCES: Final = 12
"""Sentences of one text that are read for claims."""
_SUPPOSED_WITHIN: Final = 25
"""A word of supposition this near to the beginning of a sentence makes it one."""
_CODE: Final = re.compile(r"```|^[ \t]*(?:def|class|import|const|let|var|function|SELECT|curl|\$|>>>)\s|[{};]\s*$|\)\s*{", re.MULTILINE)
_NOT_YET: Final = re.compile(r"\b(?:until|till|when|whenever|once|unless|if)\b[^,;.]*|\bover(?=\s*[\d$\u20ac\u00a3])")
"""What a text says of when, or on which condition; and "over", of a number. Nothing is told there to have ended: "until the audit is over", "is over 85 %"."""
_ONE_DAY: Final = r"(?:today|tonight|yesterday)"
_NOT_PASSING: Final = re.compile(
    rf"\b(?:from|since|as of|starting|effective) {_ONE_DAY}\b"
    rf"|\b(?:confirmed|told|announced|learned|learnt) (?:(?:it|this|that|so|me|us) )*{_ONE_DAY}(?=[.,;:!]|$)"
    r"|\bonce (?:an?|per|each|every) (?:minute|hour|shift|day|night|morning|evening|week|weekend|fortnight|month|quarter|season|year)\b"
    r"|\bonce (?:hourly|daily|weekly|monthly|yearly)\b"
)
"""What begins with a day, what somebody said on one, what comes again: "from today", "she confirmed it today", "once a week"."""
_DENIED: Final = r"\b(?:not|no|never|without)\b|n't\b"
_ROUNDABOUT: Final = re.compile(rf"(?:\bnot|n't) (?:true|the case|as if|like|that)\b[^.;]*(?:{_DENIED})|n't (?:not|never)\b")
_MOSTLY: Final = 0.6
"""A text of which more than this share stands in quotation marks, or between backticks, is a quotation, or code."""
_MARKED: Final = re.compile(r"`[^`\n]+`")
_QUOTED: Final = re.compile('["\u201c\u201e\u00ab][^"\u201c\u201d\u201e\u00ab\u00bb]{3,}["\u201d\u00bb]')
_AGREED: Final = re.compile(
    r"(?!(?:am|is|are|was|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|wh\w+|how)\b).*, (?:ok|okay|alright|all right)\?+", re.DOTALL
)
"""An order, and whether it was heard: no question."""
_REPORTED: Final = re.compile(
    r"\b(?:according to|in (?:his|her|their) words)\b"
    r"|^[\w' ]{2,30} (?:says|said|thinks|claims|claimed|reckons|insists|swears|believes|told (?:me|us)|mentioned|dreams|hopes|wishes)"
    r" (?:that )?(?:he|she|they|his|her|their|he's|she's|they're|he'd|she'd|they'd|of)\b"
)
_OF_THEMSELVES: Final = re.compile(
    r"^(?!(?:i|we)\b)[\w' ]{2,30} (?:says|said|told (?:me|us)|wrote|writes|replied|texted)\b[^\"\u201c\u201e\u00ab]{0,12}"
    r"[\"\u201c\u201e\u00ab][^\"\u201d\u00bb]*\b(?:i|me|my|mine|i'm|i've|i'd|i'll)\b"
)
"""Somebody's words of themselves: 'Bob told me: "I live in Rome now"'."""
_MOODS: Final = (
    (_OF_THEMSELVES, "quotes what somebody says of themselves"),
    (_REPORTED, REPORTS),
    (_ROUNDABOUT, "denies in a roundabout way"),
)


@dataclass(frozen=True)
class Reading:
    """What the rules make of a text, each part made when it is first asked for.

    Attributes:
        content: The text, or as much of a long one as is read.
        speaker: Whom "I" and "my" stand for.
    """

    content: str
    speaker: str

    @cached_property
    def text(self) -> Text:
        """Its tokens."""
        return tokens_of(self.content)

    @cached_property
    def lower(self) -> str:
        """The text in lower case with plain apostrophes, blanks run together."""
        return " ".join(self.content[:MAX_READ].replace("\u2019", "'").lower().split())

    @cached_property
    def mood(self) -> str:
        """Why it states nothing that the rules could go by: "asks", "supposes", …; empty where it states something."""
        return _mood(self)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What it claims."""
        return claims_of(self._clauses, self.speaker)

    @property
    def former(self) -> frozenset[str]:
        """Values, in normal form, that it names as having been before."""
        return self._changes[0]

    @property
    def replaced(self) -> bool:
        """Whether it names something in their place."""
        return self._changes[1]

    @cached_property
    def revisions(self) -> tuple[Revision, ...]:
        """The values that it says things were given."""
        return revisions_of(self._clauses)

    @cached_property
    def sentences(self) -> list[str]:
        """Its sentences."""
        return sentences(self.content[:MAX_READ])

    @cached_property
    def _clauses(self) -> list[Clause]:
        if self.mood or len(self.content) > MAX_READ:
            return []
        return [clause for sentence in self.sentences[:MAX_SENTENCES] if not sentence.endswith("?") for clause in Clause.split(sentence)]

    @cached_property
    def _changes(self) -> tuple[frozenset[str], bool]:
        return changes_of(self._clauses)

    @cached_property
    def negated(self) -> bool:
        """Whether it denies, by an odd number of negations; "no later than" is none."""
        return len(lexicon.cues()["negated"].findall(lexicon.cues()["bounded"].sub(" ", self.lower))) % 2 == 1

    def has(self, kind: str) -> bool:
        """Whether it has words of change or caution of this kind (`lexicon.toml`, cues)."""
        # A new memory is compared with a dozen others: each kind is looked for once.
        if kind not in self._cues:
            self._cues[kind] = lexicon.cues()[kind].search(self.lower) is not None
        return self._cues[kind]

    @cached_property
    def ends(self) -> bool:
        """Whether it tells of something that it has ended: it has such words elsewhere than in what it says of when, or on which condition."""
        return self.has("ended") and lexicon.cues()["ended"].search(_NOT_YET.sub(" ", self.lower)) is not None

    @cached_property
    def passing(self) -> bool:
        """Whether it tells of once, and not of from then on: "today", and not "from today"."""
        return self.uses("passing") and not lexicon.words("passing").isdisjoint(re.findall(r"\w+", _NOT_PASSING.sub(" ", self.lower)))

    def uses(self, listed: str) -> bool:
        """Whether it has one of these words (`lexicon.toml`, words)."""
        return not lexicon.words(listed).isdisjoint(token.lower for token in self.text.tokens)

    def among(self, words: frozenset[str]) -> frozenset[str]:
        """Those of its words that are among these, in normal form."""
        return frozenset(token.norm for token in self.text.tokens if token.lower in words)

    def shares(self, other: "Reading", share: float) -> bool:
        """Whether this and another text have at least this share, 0 to 1, of the shorter one's words of meaning in common."""
        before, after = self.text.content, other.text.content
        return len(before & after) >= share * min(len(before), len(after))

    @cached_property
    def _cues(self) -> dict[str, bool]:
        return {}


@lru_cache(maxsize=4_096)
def _reading(content: str, speaker: str) -> Reading:
    return Reading(content=content, speaker=speaker)


def read(content: str, speaker: str = "user") -> Reading:
    """Read a text. A long one is read for its words, as far as its first 2,000 characters, and for no claims.

    Args:
        content: The text.
        speaker: Whom "I" and "my" stand for.
    """
    return _reading(content[: MAX_READ + 1], speaker)


def _mood(reading: Reading) -> str:
    content, lower = reading.content, reading.lower
    if lower.rstrip(" \"')").endswith("?") and not _AGREED.fullmatch(lower):
        return "asks"
    if any(_supposes(part.lower()) for part in reading.sentences):
        return SUPPOSES
    told = next((mood for pattern, mood in _MOODS if pattern.search(lower)), "")
    if told or _is_mostly(_QUOTED, content):
        return told or REPORTS
    if _CODE.search(content[:MAX_READ]) or _is_mostly(_MARKED, content):
        return "is code"
    return "is not in English" if _foreign(lower) else ""


def _is_mostly(kind: re.Pattern[str], content: str) -> bool:
    return sum(len(part.group()) for part in kind.finditer(content)) > _MOSTLY * len(content)


def _supposes(sentence: str) -> bool:
    match = lexicon.cues()["supposed"].search(sentence)
    return match is not None and (match.start() < _SUPPOSED_WITHIN or "would" in sentence)


def _foreign(lower: str) -> bool:
    words = [word.strip('.,;:!?"()') for word in lower.split()]
    foreign = sum(word in lexicon.words("foreign") for word in words)
    english = sum(word in lexicon.words("stop") for word in words)
    return (foreign >= 2 and foreign > english) or sum(not word.isascii() for word in words) > len(words) / 2
