"""A text, read: its words, its mood, its words of change, and what it claims."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from erstwhile.claims.lexicon import LEXICON
from erstwhile.claims.slots import Clause, Said, claims_of
from erstwhile.claims.words import Text, stem, tokens_of
from erstwhile.relations import Claim

__all__ = ["Reading", "read"]

_FOREIGN: Final = frozenset(
    [
        "ich",
        "und",
        "der",
        "das",
        "ist",
        "nicht",
        "ein",
        "eine",
        "mein",
        "wir",
        "sie",
        "auf",
        "mit",
        "für",
        "zu",
        "den",
        "dem",
        "je",
        "suis",
        "est",
        "le",
        "les",
        "des",
        "une",
        "mon",
        "ma",
        "nous",
        "vous",
        "pas",
        "dans",
        "pour",
        "avec",
        "qui",
        "sur",
        "au",
        "du",
        "el",
        "los",
        "las",
        "una",
        "mi",
        "es",
        "de",
        "que",
        "con",
        "por",
        "para",
        "yo",
        "en",
        "del",
        "muy",
        "het",
        "een",
        "ik",
        "van",
        "niet",
        "mijn",
        "jeg",
        "og",
        "er",
        "ikke",
        "det",
        "som",
        "på",
        "jag",
        "och",
        "inte",
        "är",
        "il",
        "lo",
        "gli",
        "sono",
        "non",
        "che",
        "di",
        "per",
        "io",
        "ho",
        "minha",
        "meu",
        "não",
        "uma",
        "com",
        "eu",
        "é",
        "jestem",
        "nie",
        "na",
        "się",
        "w",
        "z",
        "mam",
    ]
)
_CODE: Final = re.compile(r"```|^\s*(?:def|class|import|from|const|let|var|function|SELECT|curl|\$|>>>)\s|[{};]\s*$|=>|\)\s*{", re.MULTILINE)
_QUOTED: Final = re.compile(r"[\"“„«][^\"“”„«»]{3,}[\"”»]")
# A full stop within a word, and after an abbreviation that goes on in lower case, ends no sentence.
_SENTENCE: Final = re.compile(r"(?:[^.!?;\n]|\.(?=\w)|(?<=\b[A-Z])\.(?=\s)|(?<=\b[A-Z][a-z])\.(?=\s+[a-z])|(?<=\b[A-Z][a-z]{2})\.(?=\s+[a-z]))+[.!?;\n]*")
_ATTRIBUTION: Final = re.compile(
    r"\b(?:according to|in (?:his|her|their) words)\b"
    r"|^[\w' ]{2,30} (?:says|said|thinks|claims|claimed|reckons|insists|swears|believes|told (?:me|us)|mentioned|dreams|hopes|wishes)"
    r" (?:that )?(?:he|she|they|his|her|their|he's|she's|they're|he'd|she'd|they'd|of)\b"
)


@dataclass(frozen=True)
class Reading:
    """What the rules make of a text.

    Attributes:
        text: Its tokens.
        speaker: Who says it.
        cues: Which kinds of words of change and caution are in it (`lexicon.toml`, cues), with the words.
        question: Whether it only asks.
        supposed: Whether it only supposes.
        reported: Whether it gives somebody else's words.
        foreign: Whether it is not in English.
        code: Whether it is, or holds, code.
        negated: Whether it denies.
        said: What it claims, with what it names as having been before.
    """

    text: Text
    speaker: str
    cues: dict[str, tuple[str, ...]]
    question: bool
    supposed: bool
    reported: bool
    foreign: bool
    code: bool
    said: Said

    @property
    def asserts(self) -> bool:
        """Whether it states something, in words that the rules can read."""
        return not (self.question or self.supposed or self.reported or self.foreign or self.code)

    @cached_property
    def negated(self) -> bool:
        """Whether it denies, by an odd number of negations."""
        words = self.cues.get("negated", ())
        return len(words) % 2 == 1

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What it claims."""
        return self.said.claims

    def has(self, *kinds: str) -> bool:
        """Whether it has cues of one of these kinds."""
        return any(kind in self.cues for kind in kinds)


def read(content: str, speaker: str = "user") -> Reading:
    """Read a text. Of a long one, the first 2,000 characters.

    Args:
        content: The text.
        speaker: Whom "I" and "my" stand for.
    """
    return _read(content[:2_001], speaker)


@lru_cache(maxsize=4_096)
def _read(content: str, speaker: str) -> Reading:
    text = tokens_of(content)
    lower = text.lower
    cues = {name: tuple(match.group() for match in pattern.finditer(lower)) for name, pattern in LEXICON.cues.items()}
    cues = {name: words for name, words in cues.items() if words}
    sentences = [match.group().strip() for match in _SENTENCE.finditer(content[:2_000]) if match.group().strip()]
    question = bool(sentences) and all(sentence.endswith("?") for sentence in sentences)
    supposed = any(_supposes(sentence.lower()) for sentence in sentences)
    reading = Reading(
        text=text,
        speaker=speaker,
        cues=cues,
        question=question or lower.rstrip(" \"')").endswith("?"),
        supposed=supposed,
        reported=_reports(lower, text),
        foreign=_foreign(text),
        code=bool(_CODE.search(content[:2_000])),
        said=Said(),
    )
    clauses = [clause for sentence in sentences[:12] if not sentence.endswith("?") for clause in Clause.split(sentence)]
    said = claims_of(clauses, speaker) if reading.asserts and len(content) <= 2_000 else Said()
    return Reading(
        **{**{name: getattr(reading, name) for name in ("text", "speaker", "cues", "question", "supposed", "reported", "foreign", "code")}, "said": said}
    )


def _supposes(sentence: str) -> bool:
    match = LEXICON.cues["supposed"].search(sentence)
    return match is not None and (match.start() < 25 or "would" in sentence)


def _reports(lower: str, text: Text) -> bool:
    match = _ATTRIBUTION.search(lower)
    if match and text.tokens and text.tokens[0].lower not in ("i", "we", "i've", "we've"):
        return True
    quoted = sum(len(part.group()) for part in _QUOTED.finditer(lower))
    return quoted > 0.6 * len(lower)


def _foreign(text: Text) -> bool:
    words = [token.lower for token in text.tokens if token.value is None and not token.name]
    if not words:
        return False
    foreign = sum(word in _FOREIGN for word in words)
    english = sum(word in LEXICON.stop for word in words)
    odd = sum(not word.isascii() for word in words)
    return (foreign >= 2 and foreign > english) or odd > len(words) / 2


def normal(phrase: str) -> str:
    """A phrase in normal form: stems without function words."""
    return " ".join(stem(word) for word in phrase.lower().split() if word not in LEXICON.stop)
