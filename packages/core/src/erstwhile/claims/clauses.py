"""Sentences and clauses: the parts of a text that can stand by themselves."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.words import Token, tokens_of

__all__ = ["Clause", "joined", "normal", "sentences"]

MAX_CLAUSES: Final = 6
"""Clauses of one sentence that are read."""
_OPENING: Final = re.compile(
    r"^(?:(?:actually|sorry|correction|update|note|fyi|btw|by the way|just so you know|ok|okay|well|so|and|but|oh|hey|hi|hello|in fact|for the record"
    r"|remember(?: that)?|please note(?: that)?|turns out(?: that)?|it turns out(?: that)?|as it turns out|from now on|as of [\w ]{2,20}?|these days|nowadays"
    r"|meanwhile|finally|today|right now|at the moment|currently|since [\w ]{2,20}?)\b[\s,:\u2014\u2013-]*)+",
    re.IGNORECASE,
)
_BLANKS: Final = re.compile(r"[^\S\n]+")
_BREAK: Final = re.compile(
    r"\s*(?:,\s+(?!(?:jr|sr|inc|ltd|d\.c)\b)|\s[\u2014\u2013-]\s|\s\(|:\s|\b(?:because|so that|although|though|which|but)\b"
    r"|\band (?=(?:i|i'm|i've|we|we've|he|she|they|it|it's|my|our|now)\b))",
    re.IGNORECASE,
)
_DAY: Final = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun|week|work)day|weekend)"
_LED: Final = re.compile(rf"^((?:(?:on|at) {_DAY}s|(?:every|each) {_DAY})(?:(?:,? and|,? or|,) {_DAY}s?)*),? +(?!(?:and|or|but|to)\b|&)", re.IGNORECASE)
"""The days of every week on which something holds, told first."""
_TITLES: Final = (
    *("Dr", "Mr", "Mrs", "Ms", "Mx", "Prof", "Rev", "Capt", "Col", "Gen", "Lt", "Sgt", "Hon"),
    *("in St", "to St", "from St", "at St", "of St", "near St"),
)
"""What a name follows. "St." is a saint after a preposition, and else a street, which may end a sentence."""
_NAME_FOLLOWS: Final = r"(?=\s+(?!(?:I|We|You|He|She|It|They|My|Our|His|Her|Its|Their|The|This|That|But|And|So)\b)[A-Z])"
_TITLED: Final = "|".join(rf"(?<=\b{title})\.{_NAME_FOLLOWS}" for title in _TITLES)
# A full stop within a word, before the name that a title goes with, and after an abbreviation that goes on in lower case, ends no sentence.
_SENTENCE: Final = re.compile(
    rf"(?:[^.!?;\n]|\.(?=\w)|{_TITLED}|(?<=\b[A-Z])\.(?=\s)|(?<=\b[A-Z][a-z])\.(?=\s+[a-z])|(?<=\b[A-Z][a-z]{{2}})\.(?=\s+[a-z]))+[.!?;\n]*"
)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that can stand by itself.

    Attributes:
        text: As it stands, openings and days told first cut off.
        tokens: Its tokens.
        days: The days that were told first: what it says holds on them.
        first: Whether it begins the sentence.
    """

    text: str
    tokens: tuple[Token, ...]
    days: str = ""
    first: bool = False

    @classmethod
    def split(cls, sentence: str) -> list["Clause"]:
        """The clauses of a sentence."""
        body = _OPENING.sub("", sentence.strip()).strip()
        led = _LED.match(body)
        days, rest = (led[1], body[led.end() :]) if led else ("", body)
        parts = [part.strip() for part in _BREAK.split(rest) if part and part.strip()]
        return [cls(text=part, tokens=tokens_of(part).tokens, days="" if place else days, first=not place) for place, part in enumerate(parts[:MAX_CLAUSES])]


def sentences(text: str) -> list[str]:
    """The sentences of a text, with the marks that end them."""
    # Runs of blanks would be tried from each of them.
    return [part for match in _SENTENCE.finditer(_BLANKS.sub(" ", text)) if (part := match.group().strip())]


def joined(tokens: Iterable[Token]) -> str:
    """Tokens in normal form, function words left out."""
    return " ".join(token.norm for token in tokens if token.value is not None or token.name or token.lower not in lexicon.words("stop"))


def normal(phrase: str) -> str:
    """A phrase in normal form, function words left out."""
    return joined(tokens_of(phrase).tokens)
