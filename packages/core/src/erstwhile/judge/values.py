"""Which values of an attribute can stand in each other's place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.attributes import kinds_of
from erstwhile.claims.reading import Reading
from erstwhile.claims.words import stem, word_stems
from erstwhile.relations import Claim

__all__ = ["LIVING", "Told", "comparable", "hours_of_a_day", "of_one_matter", "on_other_days", "qualified_apart", "things", "two_measures"]

LIVING: Final = frozenset(("live in", "live at", "resid in", "be base in"))
"""Attributes of where one lives, in normal form."""
HALF: Final = 0.5
"""Values of which more is different have to do with different matters."""
_DIGITS: Final = re.compile(r"\d+")
_HOUR: Final = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d")
"""A time of day, in normal form."""
_VAGUE: Final = re.compile(r"\b(?:about|around|roughly|usually|normally|mostly|often|sometimes|was|were)\b")
"""What tells that an hour is not exact, not always so, or was once."""
_WEEKDAY: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_FROM_A_DAY: Final = re.compile(
    rf"\b(?:from|since|starting|beginning|effective|as of)(?: on)?(?: (?:next|this))? {_WEEKDAY}\b"
    r"(?![^.;]*\b(?:to|till|until|through|and|or|for)\b|\s?[-\u2013])"
)
"""The day from which on something is so: no condition, as "on Sunday" is."""
_ONCE: Final = re.compile(
    r"(?<!from )(?<!since )(?<!starting )(?<!beginning )(?<!effective )(?<!as of )"
    rf"\b(?:today|tonight|tomorrow|(?:this|next) (?:week|weekend|month|morning|afternoon|evening|{_WEEKDAY}))\b"
)
"""What tells when something is so, perhaps then alone."""
_EVERY: Final = ("every", "each")
_LIKING: Final = ("like", "love", "want")


@dataclass(frozen=True, slots=True)
class Told:
    """A claim, and the text that makes it.

    Attributes:
        claim: The claim.
        reading: The text, read.
    """

    claim: Claim
    reading: Reading


def comparable(earlier: Told, later: Told) -> bool:
    """Whether two values of one attribute can stand in each other's place, so that the second replaces the first."""
    before, after = earlier.claim, later.claim
    if _of_one_name(earlier, later) or _conditional(earlier, later):
        return False
    if before.attribute in LIVING and not _measured(before.value)[0] and not _measured(after.value)[0]:
        # A city and a shared flat are both where one lives.
        return _has_name(earlier) == _has_name(later)
    return _of_one_kind(before, after)


def _conditional(earlier: Told, later: Told) -> bool:
    """Whether the later value may hold for some alone, or on one day: "12 euros for students", "noon on Sunday", "at ten today"."""
    before, after, reading = earlier.claim, later.claim, later.reading
    if not _measured(after.value)[0]:
        return False
    added = set(after.value.split()) - set(before.value.split())
    follows = (following.norm for token, following in pairwise(reading.text.tokens) if token.lower in ("for", "without"))
    on_a_day = bool(_days(after)) and not _days(before) and not reading.has("corrected") and not _FROM_A_DAY.search(reading.lower)
    return on_a_day or not added.isdisjoint(follows) or not _once(later) <= _once(earlier)


def _once(told: Told) -> set[str]:
    """The days of which alone an hour may be said, in the sentences that may give it: "at ten today"; none of what is no hour."""
    if told.claim.attribute in LIVING or not told.claim.attribute.endswith(" at"):
        return set()
    return {day for sentence in told.reading.sentences if " at " in sentence for day in _ONCE.findall(sentence.lower())}


def hours_of_a_day(earlier: Told, later: Told) -> bool:
    """Whether two values are the hours of what comes once a day: "Standup is at 9", "Standup is at 9:30 from Monday"; not where either is but usual."""
    before, after = earlier.claim, later.claim
    if before.attribute != "be at" or things(after).isdisjoint(word_stems("daily")) or any(_VAGUE.search(told.reading.lower) for told in (earlier, later)):
        return False
    hour, *since = after.value.split()
    return bool(_HOUR.fullmatch(before.value) and _HOUR.fullmatch(hour)) and set(since) <= _days(after) | {"start", "tomorrow"}


def on_other_days(earlier: Told, later: Told) -> bool:
    """Whether the later value leaves out days of every week on which the earlier one holds, or is told of some alone.

    "From 8 on Mondays" and "from 10 on Sundays" stand side by side. Where the values are nothing but days, or the same but for them, the days are what is said.
    """
    old, new = _weekly(earlier), _weekly(later)
    if old.keys() == new.keys() or (old and _week_of(old) <= _week_of(new)):
        return False
    beside, besides = set(earlier.claim.value.split()) - old.keys(), set(later.claim.value.split()) - new.keys()
    return bool(beside and besides) and (beside != besides or bool(_measured(earlier.claim.value)[0]))


def _weekly(told: Told) -> Mapping[str, frozenset[str]]:
    """The words of a claim's value for days of every week, each with the days that it stands for: "on Mondays", "every weekend", and not "on Monday"."""
    words, tokens = set(told.claim.value.split()) & _week().keys(), told.reading.text.tokens
    if not words:
        return {}
    every = (token for before, token in pairwise((None, *tokens)) if token and (token.lower.endswith(("days", "ends")) or (before and before.lower in _EVERY)))
    return {token.norm: _week()[token.norm] for token in every if token.norm in words}


@cache
def _week() -> Mapping[str, frozenset[str]]:
    several = {name: frozenset(days.split(",")) for name, days in lexicon.mapping("week").items()}
    return several | {day: frozenset((day,)) for day in lexicon.mapping("weekdays").values()}


def _week_of(days: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*days.values())


def _days(claim: Claim) -> set[str]:
    return set(claim.value.split()).intersection(lexicon.mapping("weekdays").values())


def _has_name(told: Told) -> bool:
    words = set(told.claim.value.split())
    return any(token.name and token.norm in words for token in told.reading.text.tokens)


def things(claim: Claim) -> frozenset[str]:
    """The words of a claim's subject, in normal form, but for the person who speaks."""
    return frozenset(word for word in claim.subject.split() if not word.startswith("@"))


def qualified_apart(earlier: Reading, later: Reading, *claims: Claim) -> bool:
    """Whether they speak of two environments, sides or times of day, in other words than those of the claims' values."""
    values = {word for claim in claims for word in claim.value.split()}
    before, after = (reading.among(lexicon.words("qualifiers")) - values for reading in (earlier, later))
    return before != after


def two_measures(before: Claim, after: Claim) -> bool:
    """Whether two values measure two things, as "3 m wide" and "4 m long" do."""
    (old, said), (new, again) = _measured(before.value), _measured(after.value)
    return bool(old and new) and _in_units(before, after) and _apart(said, again)


def of_one_matter(earlier: Told, later: Told) -> bool:
    """Whether two values of what can have several may be one that has changed all the same: other amounts of the same, or another word in its place.

    Of what one uses, another version may be as well.
    """
    return _of_one_measure(earlier.claim, later.claim) or _of_one_phrase(earlier, later) or _of_one_product(earlier, later)


def _of_one_product(earlier: Told, later: Told) -> bool:
    """Whether both are what one uses, of a kind that is known, with another number after it: "Python 3.10" and "Python 3.12", and not "Camera 1"."""
    before, after = (_numbered(told.claim) for told in (earlier, later))
    return earlier.claim.attribute == "use" and bool(before) and before == after and not later.reading.has("additive")


def _numbered(claim: Claim) -> str:
    """What a number follows, where a value is a name of a known kind and a number alone; empty where it is not."""
    match claim.value.split():
        case [name, number] if number[0].isdigit() and kinds_of(name):
            return name
    return ""


def _of_one_measure(before: Claim, after: Claim) -> bool:
    """Whether both end in amounts of the same, as "the oboe for 30 minutes" and "the oboe for 45 minutes" do: "5 litre cans" says which cans."""
    (old, said), (new, again) = _measured(before.value), _measured(after.value)
    return bool(old and new) and said == again and {claim.value.split()[-1] for claim in (before, after)} <= _units()


def _of_one_phrase(earlier: Told, later: Told) -> bool:
    """Whether both begin alike, are half the same and differ by words of one sort: "a report in miles" and "in kilometres", and not "in French"; days aside.

    Of the way in which one likes a thing of one's own, the thing is enough to have in common.
    """
    old, new = ([word for word in told.claim.value.split() if word not in _days(told.claim)] for told in (earlier, later))
    shared = set(old) & set(new)
    least = 1 if _ways_of_ones_own(earlier, later) else max(2, HALF * min(len(old), len(new)))
    alike = old != new and old[:1] == new[:1] and len(shared) >= least
    return alike and _sorts(set(old) - shared, earlier.reading) == _sorts(set(new) - shared, later.reading)


def _ways_of_ones_own(earlier: Told, later: Told) -> bool:
    """Whether both tell how somebody likes a thing of theirs: "I like my steak rare", and neither "my toast with jam" beside "with butter" nor "jazz"."""
    return earlier.claim.attribute in _LIKING and all(_on_its_own(told) for told in (earlier, later))


def _on_its_own(told: Told) -> bool:
    head, owners = told.claim.value.split()[0], lexicon.words("owners")
    follows = any(token.norm == head and (before.owner or before.lower in owners) for before, token in pairwise(told.reading.text.tokens))
    return follows and all(token.lower != "with" for token in told.reading.text.tokens)


def _sorts(words: set[str], reading: Reading) -> set[str]:
    """What the words of a value are: names, units or neither."""
    units = lexicon.mapping("units")
    return {"name" if token.name else "unit" if token.lower in units else "word" for token in reading.text.tokens if token.norm in words}


def _of_one_kind(before: Claim, after: Claim) -> bool:
    """The port 8081 and three machines, on which a service runs, are not; nor are 18 and 18.19, one of which only says more."""
    (old, said), (new, again) = _measured(before.value), _measured(after.value)
    apart = _apart(said, again)
    if not old or not new:
        return (not old and not new) or (_in_units(before, after) and not apart)
    if old[: len(new)] == new[: len(old)]:
        return apart
    return before.attribute in LIVING or not apart


def _apart(said: frozenset[str], again: frozenset[str]) -> bool:
    return bool(said and again) and said.isdisjoint(again)


def _in_units(*claims: Claim) -> bool:
    return all(not _units().isdisjoint(claim.value.split()) for claim in claims)


def _measured(value: str) -> tuple[list[str], frozenset[str]]:
    """The numbers of a value, group of digits by group, and its words without units, days and months."""
    words = value.split()
    numbers = [word for word in words if word[0].isdigit()]
    return _DIGITS.findall(" ".join(numbers)), frozenset(words) - frozenset(numbers) - _units_and_days()


@cache
def _units() -> frozenset[str]:
    return frozenset((*map(stem, lexicon.mapping("units")), *lexicon.mapping("units").values()))


@cache
def _units_and_days() -> frozenset[str]:
    return _units().union(lexicon.mapping("weekdays").values(), (month[:3] for month in lexicon.words("months")))


def _of_one_name(earlier: Told, later: Told) -> bool:
    """Whether both begin with the same name and go on after a preposition: "Henk in sales" and "Henk on Mondays" are one Henk.

    Where both go on with numbers, they differ by them.
    """
    head = earlier.claim.value.split()[0]
    if head != later.claim.value.split()[0] or all(_measured(told.claim.value)[0] for told in (earlier, later)):
        return False
    tokens = chain.from_iterable(pairwise(told.reading.text.tokens) for told in (earlier, later))
    follows = (following.lower for token, following in tokens if token.name and token.norm == head)
    return not lexicon.words("prepositions").isdisjoint(follows)
