"""As much grammar as it takes to tell what stands by itself, without a model."""

import re
from collections.abc import Sequence
from typing import Final

from erstwhile.extract.words import (
    AFTER_IS,
    BASE_VERBS,
    CONVENTION_VERBS,
    DANGLING,
    DETERMINERS,
    FINITE,
    FUNCTION_WORDS,
    HABITS,
    LIGHT,
    MOODS,
    NOT_PASTS,
    NOT_THIRD,
    OBJECTS,
    OFTEN,
    PARTINGS,
    PASTS,
    POINTED_AT,
    STATES,
    SUBORDINATORS,
    UNNAMED,
)

__all__ = ["is_imperative", "is_past", "is_question", "says_something", "split_words", "stands_alone", "verb_at"]

_WORD: Final = re.compile(r"[\w'&@#$%/+.-]*[\w%]")
_FUSED: Final = ("'ll", "'ve", "'re", "n't", "'d", "'m")
_PRESENT: Final = STATES | HABITS | BASE_VERBS | CONVENTION_VERBS
_EXISTENTIAL: Final = frozenset({"there", "there's", "here", "here's"})
_REACH: Final = 14
"""The verb of a sentence is looked for among its first words; where it comes later, the sentence is hard to read for people too."""
_INVERTED: Final = re.compile(
    r"(?:do|does|did|is|are|was|were|have|has|had|can|could|would|will|should|shall|may|might|am|isn't|aren't|don't|doesn't|didn't|can't|couldn't"
    r"|won't|wouldn't|shouldn't"
    r"|haven't|hasn't)(?: also| just| maybe| please)? (?:i|you|we|he|she|it|they|there|this|that|these|those|the|a|an|my|your|our|any|anyone|anybody"
    r"|someone|somebody)\b"
)
_ASKING: Final = re.compile(
    r"(?:what|who|whom|whose|which|why|where|how|what's|who's|how's|where's|why's|when's|whats|hows|any (?:ideas?|thoughts|tips|suggestions|advice"
    r"|chance|recommendations|other|news))\b"
    r"(?! (?:i|we|my|our|i've|we've|i'm) | (?:finally |really |actually |always )?(?:works|worked|helps|helped|fixed|matters|made)\b)|when (?:do|does"
    r"|did|is|are|was|were|will|should|can|could|would)\b|is it\b"
)


def split_words(low: str) -> list[str]:
    """The words of a text in lower case; paths, versions and amounts are one word each."""
    return _WORD.findall(low)


def is_question(low: str) -> bool:
    """Whether it is asked, by its end or by its opening words."""
    return low.rstrip(" \"'”*_)").endswith(("?", "\uff1f")) or bool(_INVERTED.match(low) or _ASKING.match(low))


def is_past(word: str) -> bool:
    """Whether the word can be a simple past."""
    return word in PASTS or (word.endswith("ed") and "-" not in word and len(word) > 3 and word not in NOT_PASTS)


def verb_at(words: Sequence[str]) -> int | None:
    """The place of the first finite verb, ``None`` where there seems to be none."""
    for place, word in enumerate(words[:_REACH]):
        before = words[place - 1] if place else ""
        if word in FINITE or word.endswith(_FUSED):
            return place
        if word.endswith("'s") and place + 1 < len(words) and (words[place + 1].endswith("ing") or words[place + 1] in AFTER_IS):
            return place
        if before in DETERMINERS:
            continue
        after = words[place + 1] if place + 1 < len(words) else ""
        no_longer = before == "longer" and place > 1 and words[place - 2] == "no" and word in _PRESENT
        if no_longer or is_past(word) or (word == "turns" and after == "out") or (place and _is_present(word, before, after)):
            return place
    return None


def _is_present(word: str, before: str, after: str) -> bool:
    if word in _PRESENT:
        return before in {"i", "we", "they", "you", "who", "people"} or before in HABITS or before.endswith(("s", "ly"))
    if word in NOT_THIRD or not word.endswith("s"):
        return False
    # Any word in -s is a verb where an object or an adverb beside it says so: "the plan allows 3 seats", "traffic usually peaks".
    if after[:1].isdigit() or after in OBJECTS or before in OFTEN:
        return True
    return word[:-1] in _PRESENT or word.removesuffix("es") in _PRESENT or (word.endswith("ies") and word[:-3] + "y" in _PRESENT)


def is_imperative(words: Sequence[str]) -> bool:
    """Whether it tells somebody to do something: it opens with a bare verb, which no other verb makes a noun."""
    rest = [word for word in words[:3] if word in {"please", "just", "kindly", "always", "never", "then", "also", "only"}]
    opening = words[len(rest) : len(rest) + 4]
    if not opening:
        return False
    if opening[0] in {"don't", "do", "let's", "make", "be"} or "please" in rest:
        return len(opening) > 1
    if opening[0] not in BASE_VERBS:
        return False
    return not (len(opening) > 1 and opening[1] not in DETERMINERS and any(word in FINITE for word in opening[1:3]))


def stands_alone(words: Sequence[str], *, clause: bool = False) -> bool:
    """Whether the sentence can be understood without what was said before: it has a subject that is no mere pronoun, and a verb.

    Args:
        words: Its words in lower case.
        clause: Whether it is part of a sentence, and so may neither leave its subject out nor hang on another clause.
    """
    if len(words) < (3 if clause else 2):
        return False
    verb = verb_at(words)
    if verb is None:
        return False
    if words[0] in DANGLING:
        # "This project uses …" can be understood where it is remembered; "this is …" and "this photo shows …" cannot.
        return words[0] == "this" and verb >= 2 and words[1] in POINTED_AT
    return _clause_stands(words, verb) if clause else _sentence_stands(words, verb)


def _clause_stands(words: Sequence[str], verb: int) -> bool:
    fused = words[0].endswith(_FUSED) and not words[0].endswith("n't")
    return words[0] not in _EXISTENTIAL and words[0] not in SUBORDINATORS and (verb > 0 or fused)


def _sentence_stands(words: Sequence[str], verb: int) -> bool:
    first = words[0]
    if first in _EXISTENTIAL:
        return len(words) >= 5
    # Chat leaves the "I" out: "Moved to Berlin", "Will share it on Monday".
    fused = first.endswith(_FUSED) and not first.endswith("n't")
    return verb > 0 or fused or first in SUBORDINATORS or is_past(first) or first in {"will", "won't", "turns"}


def says_something(words: list[str]) -> bool:
    """Whether there are words in it that a memory can be about."""
    if words and words[-1] in UNNAMED and len(words) <= 9:
        return False
    content = [word for word in words if word not in FUNCTION_WORDS and word not in MOODS and word not in LIGHT and word not in DANGLING]
    if len(content) >= 2:
        return True
    if content and words[0] in {"i", "we", "i've", "we've", "my", "our"} and not {"have", "has", "had", "got"}.isdisjoint(words):
        return True
    if words[0] in {"i", "we", "i've", "we've"} and not PARTINGS.isdisjoint(words[1:3]) and {"never", "not"}.isdisjoint(words):
        return True
    # "I'm vegan" says it all in one word.
    return (len(content) == 1 and words[0] in {"i'm", "we're"} and len(words) <= 4) or (content != [] and words[:2] in (["i", "am"], ["we", "are"]))
