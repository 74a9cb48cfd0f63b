"""Who says a text, and whether it is of themselves: what two people each call "my studio" is two studios."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.reading import Reading
from erstwhile.turns import ROLES

__all__ = ["anothers_words", "each_of_ones_own", "each_of_oneself"]

ANYBODY: Final = ROLES | {"me", "you", "customer", "client", "guest"}
"""What may stand for somebody who has a name elsewhere."""
_WORD: Final = re.compile(r"[^\W_]+")
_SAID: Final = re.compile(r"[\w']+")
_BY_A_MACHINE: Final = re.compile(r"\W*(log lines?|log messages?|assistant)\W{0,3}(?:\([^()]{1,30}\)\W{0,3})?:")
"""What stands before the words of a machine."""
_BY_SOMEBODY: Final = re.compile(
    r"\W*(?:(?:(?:fwd|forwarded|message|mail|email|text|sms|dm|voicemail|quote)(?: message)? from|forwarded by)"
    r" (?!me\b|myself\b|my (?:\w+ )?(?:account|i?phone|tablet|mobile|laptop|mail|email|inbox|address|notes?|diary|journal)\b)([^:]{1,60})"
    r"|(fwd|forwarded|character sheet|npc|role[- ]?play|in character|(?:song )?lyrics))\W{0,3}:"
)
"""What stands before the words of somebody else, or of a role that is played or sung."""
_ANSWERED: Final = re.compile(r"\b(?:user|human|me):")
"""Where one's own words follow in a transcript."""


def each_of_oneself(earlier: Reading, later: Reading) -> bool:
    """Whether two people each say "I" or "my" of themselves, and neither speaks to the other or names them."""
    if not _are_two(earlier.speaker, later.speaker) or not all(map(_of_oneself, (earlier, later))):
        return False
    return not any(reading.uses("second") or _names(reading, other.speaker) for reading, other in ((earlier, later), (later, earlier)))


def each_of_ones_own(earlier: Reading, later: Reading) -> bool:
    """Whether two people each tell of a thing of their own that they call the same, "my studio"; not "my son Leo", who has one name with both."""
    owned = _owned(earlier) & _owned(later)
    return bool(owned) and each_of_oneself(earlier, later) and not any(token.name and token.norm in _norms(earlier) for token in later.text.tokens)


def anothers_words(earlier: Reading, later: Reading) -> str:
    """What marks the later text as words of a machine, of somebody else or of a role, and not of the user; empty where nothing does.

    "Log line: the admin is Mallory", "assistant: you are allergic", "Forwarded from Bo: I live in Rome". Not where the earlier one has a word of the mark, for
    then it is of that machine, person or role. People and roles have to speak of themselves, and the earlier text has to be of the user: "Text from Anna: I
    moved the meeting to four" is news of the meeting, "Text from the landlord: I raise your rent" of the user's rent.
    """
    machine = _BY_A_MACHINE.match(later.lower)
    found = machine or _BY_SOMEBODY.match(later.lower)
    if found is None:
        return ""
    mark = next(filter(None, found.groups()))
    if not (set(_WORD.findall(mark)) - lexicon.words("stop")).isdisjoint(_WORD.findall(earlier.lower)):
        return ""
    rest = later.lower[found.end() :]
    said = set(_SAID.findall(rest))
    first = not lexicon.words("first").isdisjoint(said)
    if machine:
        # "Assistant: remember that I moved" is said to one, and what follows "User:" is the user's own.
        return "" if _ANSWERED.search(rest) or (first and mark == "assistant") else mark
    return mark if first and lexicon.words("second").isdisjoint(said) and earlier.uses("first") else ""


def _are_two(speaker: str, other: str) -> bool:
    """Whether each of two names has a part that the other has not, nor a part of it: not "Ana" and "Ana Silva", nor "John Smith" and "jsmith@example.org"."""
    names = [name.strip().casefold() for name in (speaker, other)]
    if not ANYBODY.isdisjoint(names):
        return False
    one, another = map(_parts, names)
    return any(_apart(part, another) for part in one) and any(_apart(part, one) for part in another)


def _apart(part: str, name: list[str]) -> bool:
    return not any(part == other or (min(len(part), len(other)) > 1 and (part in other or other in part)) for other in name)


def _parts(name: str) -> list[str]:
    """The words of a name without case and accents; of an address, those before the "@"."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", name.partition("@")[0] or name) if not unicodedata.combining(mark))
    return _WORD.findall(plain.casefold())


def _of_oneself(reading: Reading) -> bool:
    """Whether it says "I" or "my", and not only "I think", "I heard", "in my opinion"."""
    return bool(_owned(reading)) or any(verb not in lexicon.words("opining") for verb in _verbs(reading))


def _verbs(reading: Reading) -> Iterator[str]:
    """What follows each "I", auxiliaries and adverbs left out."""
    tokens, beside = reading.text.tokens, lexicon.words("auxiliary") | lexicon.words("adverbs")
    speaking = (lexicon.words("speaking") & lexicon.words("first")) - {"user"}
    places = (place for place, token in enumerate(tokens) if token.lower in speaking)
    return (next((after.lower for after in tokens[place + 1 :] if after.lower not in beside), "") for place in places)


def _owned(reading: Reading) -> set[str]:
    """What is called "my", in normal form: the studio of "my old studio"."""
    tokens = [token for token in reading.text.tokens if token.lower not in lexicon.words("which")]
    return {token.norm for before, token in pairwise(tokens) if before.lower == "my" and token.lower not in lexicon.words("unowned")}


def _names(reading: Reading, speaker: str) -> bool:
    """Whether a text has a word of this name, written as one: "Will", and not "will"."""
    parts = {part for part in _parts(speaker) if len(part) > 1}
    return any(token.text[:1].isupper() and not parts.isdisjoint(_parts(token.text)) for token in reading.text.tokens)


def _norms(reading: Reading) -> set[str]:
    return {token.norm for token in reading.text.tokens}
