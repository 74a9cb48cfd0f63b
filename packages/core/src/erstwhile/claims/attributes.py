"""What is known of attributes: which have one value at a time, which several, which are the same said in two ways."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.words import stem
from erstwhile.relations import Claim

__all__ = ["SWITCH", "is_post", "is_several", "kinds_of", "lasting", "noun_role", "phrase_end", "roles", "same_as", "single", "verbs"]

SWITCH: Final = "switch to"
"""The attribute of a claim that somebody moved or switched: of what, only what they had before can tell."""
_EVERYDAY: Final = frozenset(("color", "diet", "drink", "season", "seat", "format", "car", "phone"))
LONGEST: Final = 8
"""Words of the longest verb phrase."""


@cache
def _phrases() -> Mapping[str, bool]:
    listed = {True: lexicon.attributes("one"), False: lexicon.attributes("several")}
    return {_normal(phrase): one for one, phrases in listed.items() for phrase in " ".join(phrases.split()).split(";")}


def _normal(phrase: str) -> str:
    return " ".join(word if word in lexicon.words("prepositions") or word in ("be", "the") else stem(word) for word in phrase.split())


@cache
def verbs() -> frozenset[str]:
    """Verbs, in normal form, that a phrase with a known object begins with."""
    return frozenset(phrase.split()[0] for phrase in _phrases()) - {"be"}


@cache
def roles() -> Mapping[str, str]:
    """Words for being in charge to one word for each: "leads", "leader" and "led" to "lead"."""
    return dict(pair.split("=") for pair in lexicon.attributes("roles").split())


@cache
def _same() -> Mapping[str, str]:
    pairs = (pair.split("=") for pair in lexicon.attributes("same").split(";"))
    return {_normal(said.strip()): _normal(meant) for said, meant in pairs}


def same_as(attribute: str) -> str:
    """The attribute that another one only puts in other words: whom one reports to is one's manager."""
    return _same().get(attribute, attribute)


def noun_role(noun: str) -> str:
    """The role that a noun stands for, or the noun that it only puts in other words, else the noun."""
    return roles().get(noun) or same_as(noun)


@cache
def _several_nouns() -> frozenset[str]:
    return frozenset(stem(word) for word in lexicon.attributes("many").split())


@cache
def _of_several() -> frozenset[str]:
    return frozenset(stem(word) for word in lexicon.attributes("of_several").split())


def is_several(noun: str) -> bool:
    """Whether one can have several of what a noun phrase in normal form stands for: friends, pets."""
    return not _several_nouns().isdisjoint(noun.split()[-1:])


@cache
def _posts() -> frozenset[str]:
    return frozenset(f"be the {stem(word)} of" for word in lexicon.attributes("posts").split())


def is_post(attribute: str) -> bool:
    """Whether an attribute is to hold a post that one alone holds at a time: "be the treasurer of"."""
    return attribute in _posts()


@cache
def _kinds() -> Mapping[str, frozenset[str]]:
    return {**{stem(name): found for name, found in lexicon.kinds().items()}, **lexicon.kinds()}


def kinds_of(value: str) -> frozenset[str]:
    """What kinds of thing the names in a value in normal form stand for; empty where none is known."""
    names = value.split()
    found = frozenset(kind for name in (*names, "-".join(names[:2])) for kind in _kinds().get(name, ()))
    # "Green tea" is no color: an everyday word is one of its kind only by itself.
    return found if len(names) == 1 else found - _EVERYDAY


def phrase_end(words: Sequence[str]) -> int:
    """How many of the words make up the verb phrase; 0 where none is known. The longest that is listed, or up to the first "the … of"."""
    for end in range(min(LONGEST, len(words) - 1), 0, -1):
        if " ".join(words[:end]) in _phrases():
            return max(end, _appositive_end(words))
    return _appositive_end(words)


def _appositive_end(words: Sequence[str]) -> int:
    # "in the city of", "the position of": the noun after "the" only says what kind of value follows.
    for place in range(1, min(LONGEST - 2, len(words) - 3)):
        if words[place] == "the" and words[place + 2] == "of":
            return place + 3
    return 0


def single(phrase: str) -> bool | None:
    """Whether a verb phrase has one object at a time; ``None`` where that is not known."""
    if phrase in _phrases():
        return _phrases()[phrase]
    if phrase.endswith(" of") and " the " in phrase:
        short, noun = phrase.removesuffix(" of").rsplit(" the ", 1)
        # "Is the sister of", but not "lives in the city of", whose noun only says what follows.
        if short == "be" and (is_several(noun) or noun in _of_several()):
            return False
        # "plays the position of", "is associated with the sport of": the article makes it the only one, unless the verb takes several.
        return _phrases().get(short, _phrases().get(short.split()[0], True) is not False)
    return None


@cache
def _lasting() -> tuple[str, ...]:
    return tuple(_normal(phrase) for phrase in lexicon.attributes("lasting").split(";"))


def lasting(claim: Claim) -> bool:
    """Whether it says what is so for good once it happened: where somebody was born, who founded a firm."""
    definite = claim.attribute == "be" and claim.single is True
    return definite or any(f"{claim.attribute} ".startswith(f"{phrase} ") for phrase in _lasting())
