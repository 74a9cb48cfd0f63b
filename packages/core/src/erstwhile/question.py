"""What a question says besides its meaning: whose names are in it, which times, and which event it reckons from; pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from erstwhile.claims import lexicon
from erstwhile.mentions import Mention
from erstwhile.turns import ROLES

__all__ = ["MAX_NAMES", "Reckoning", "possible_names", "proper_names", "reckoning_of", "without_names", "without_times"]

MAX_NAMES: Final = 64
"""Words of a question that are looked up as names."""
WITHIN: Final = r"[\w\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u1000-\u109f\u1780-\u17d3\u200c\u200d]"
"""What a word is made of: besides letters, digits and "_", the marks that some scripts write vowels with, which are no letters to `re`."""
WORD: Final = re.compile(rf"{WITHIN}+(?:[-.'\u2019]{WITHIN}+)*")
LETTER: Final = re.compile(r"[^\W\d_]")
SENTENCE_END: Final = re.compile(r"[.?!:]")
FEW_WORDS: Final = 4
"""Where fewer words follow the first, all of them may be names and small words: "Where is Ana Costa?"."""
POSSESSIVE: Final = ("'s", "\u2019s")

EVENT: Final = re.compile(
    r"\b(before|after|since|until|till) "
    r"((?:(?:the|my|our|his|her|their|its|your|this|that)|[^\W\d_]+['\u2019]s|(?:I|we|you|he|she|they)(?:['\u2019](?:d|ve))?|(?-i:[A-Z])[^\W\d_]+)"
    r" (?:(?! (?:before|after|since|until|till) )[^,;:.?!])+)",
    re.IGNORECASE,
)
"""A preposition of time, and what begins like an event: "the move", "Ana's wedding", "I moved to Porto", "Ana left"."""
EVENT_WORDS: Final = 12
DEED: Final = re.compile(r"(?:before|after|until|till) (?:I|we|you|they) ", re.IGNORECASE)
ADVICE: Final = re.compile(r"\b(?:(?:should|shall|must|can|ought) (?:I|we|one)\b(?!(?: [\w'\u2019]+){0,2} have\b)|do (?:I|we) (?:need|have)\b)", re.IGNORECASE)
"""Asks what to do: "should I know", and not "should I have known", "can you tell me" or "I need to know"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """A time that a question gives by something that happened.

    Attributes:
        side: On which side of it: before it began, from then on (what came after is often told on the same day), or up to its end.
        event: What happened, in the question's words.
    """

    side: Literal["before", "after", "until"]
    event: str


def reckoning_of(question: str, times: Sequence[Mention]) -> Reckoning | None:
    """The last "before …", "after …", "since …" or "until …" of a question that is followed by an event, and not by a time that was read already.

    What somebody should do before they do something else, "before I change anything", has no day that could be known.
    """
    found = [match for match in EVENT.finditer(question) if not any(time.start < match.end() and match.start() < time.end for time in times)]
    found = [match for match in found if not _is_to_come(question, match)]
    if not found or len((event := found[-1][2]).split()) > EVENT_WORDS:
        return None
    word = found[-1][1].casefold()
    return Reckoning(side="before" if word == "before" else "until" if word in {"until", "till"} else "after", event=event.strip())


def _is_to_come(question: str, match: re.Match[str]) -> bool:
    """Whether somebody asks what to do before or after a deed of their own."""
    return DEED.match(match.group()) is not None and ADVICE.search(f"{question[: match.start()]}|{question[match.end() :]}") is not None


def possible_names(question: str) -> tuple[str, ...]:
    """Words of a question that may be names, in lower case, each once, in order: all but the smallest words of English."""
    small = lexicon.words("stop") | ROLES
    words = dict.fromkeys(_words(question))
    return tuple(word for word in words if word not in small and len(word) > 1 and not word.isdecimal())[:MAX_NAMES]


def proper_names(question: str) -> tuple[str, ...]:
    """Words that a question writes with a capital letter though no sentence begins with them: mostly names. None of a question that writes most words so."""
    words = list(WORD.finditer(question))
    within = [_bare(word.group()) for before, word in pairwise(words) if not SENTENCE_END.search(question, before.end(), word.start())]
    capital = [word for word in within if word[:1].isupper() and len(word) > 1 and word.casefold() not in lexicon.words("stop")]
    small = [word for word in within if word[:1].islower() and word not in lexicon.words("stop")]
    return tuple(dict.fromkeys(capital)) if small or len(within) < FEW_WORDS else ()


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
    bare = re.sub(rf"(?<!{WITHIN})(?:{listed})(?!{WITHIN})(?:['\u2019]s)?", " ", question, flags=re.IGNORECASE)
    return " ".join(bare.split()) if LETTER.search(bare) and set(_words(bare)) - lexicon.words("stop") else question


def without_times(question: str, times: Sequence[Mention]) -> str:
    """The question without the times that it speaks of, for what is about them seldom names them."""
    for mention in reversed(times):
        question = f"{question[: mention.start]} {question[mention.end :]}"
    return question
