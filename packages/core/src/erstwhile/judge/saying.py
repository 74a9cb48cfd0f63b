"""Whether a text says itself that another one no longer holds, or may be no more than a further record beside it."""

import re
from itertools import pairwise
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.reading import Reading
from erstwhile.claims.words import Token, is_past
from erstwhile.model import MemoryType

__all__ = ["is_no_record", "says_so"]

SAME_FORM: Final = 0.5
"""A further reading has this share of the words of meaning, at least, of the shorter of the two: "Disk was at 91 %", "Disk was at 38 %"."""
REPLACED: Final = (MemoryType.EVENT, MemoryType.ARTIFACT, MemoryType.LEARNING, MemoryType.OBSERVATION, MemoryType.ERROR)
"""Types of what accumulates as a rule: what a judge is sure takes the place of such a memory does, however alike it is told, unless it is told as past."""

_RANGE: Final = re.compile(r"\d\s*(?:to|-|\u2013)\s*\d|\bbetween\b.{1,20}\band\b")
"""From one number to another."""


def says_so(later: Reading) -> bool:
    """Whether it says in so many words that something was wrong, is over or has changed; not where it says so of today alone."""
    return later.has("corrected") or (_tells_of_change(later) and not later.passing)


def is_no_record(earlier: Reading, later: Reading, kind: MemoryType | None) -> bool:
    """Whether the later one, where a judge is sure that it takes the place of the earlier one, is no further record beside it.

    A further reading is told in much the same words, and does not say that anything has changed. What is told as having happened stays so, whatever came later,
    unless it is corrected; and what is told of today alone, or helps for now, changes nothing. A reading that is told as what is so ("The disk is at 91 %")
    gives way to the next one of the same: of 20 such pairs that a judge was sure of, in its calibration set and by authors whom it had not learnt, 20 were said
    to.
    """
    if later.has("corrected"):
        return True
    past = kind in (MemoryType.EVENT, MemoryType.OBSERVATION) and _is_told_as_past(earlier)
    if (kind is MemoryType.EVENT and past) or _is_for_now(later, kind):
        return False
    stays = kind is MemoryType.OBSERVATION and (past or _may_be_another(earlier, later))
    return (kind in REPLACED and not stays) or _tells_of_change(later) or not earlier.shares(later, SAME_FORM)


def _is_for_now(later: Reading, kind: MemoryType | None) -> bool:
    """Whether it tells of today alone, or of what helps for now; not where a fault was mended on that day: "The charge was refunded yesterday"."""
    if later.passing and not (kind is MemoryType.ERROR and _is_settled(later)):
        return True
    tokens, makeshift = later.text.tokens, lexicon.words("makeshift")
    return any(
        token.lower in makeshift and not _is_register(before) and not (kind is not MemoryType.ERROR and _is_hour(after))
        for before, token, after in zip((None, *tokens), tokens, (*tokens[1:], None), strict=False)
    )


def _is_settled(later: Reading) -> bool:
    """Whether it says that something was mended, wholly and for good, though on one day."""
    told = {token.lower for token in later.text.tokens}
    once = lexicon.words("passing") & told <= lexicon.words("days")
    return once and later.uses("settled") and not later.negated and told.isdisjoint(lexicon.words("ahead") | lexicon.words("limits"))


def _is_register(before: Token | None) -> bool:
    """Whether a "till" after this word is one of a shop."""
    return before is not None and (before.owner or before.lower in lexicon.words("articles"))


def _is_hour(after: Token | None) -> bool:
    """Whether an "until" before this word tells an hour: "open until 6:30"."""
    return after is not None and after.value is not None and after.value.kind == "time"


def _may_be_another(earlier: Reading, later: Reading) -> bool:
    """Whether two readings may be of two: of one among many, of a range or a mean and a single one, or the later one on a condition that the earlier lacks."""
    before, after = ([token.lower for token in reading.text.tokens] for reading in (earlier, later))
    if before and before[0] in lexicon.words("one_of_many"):
        return True
    bounded = [bool(_RANGE.search(reading.lower)) or reading.uses("means") for reading in (earlier, later)]
    conditions = lexicon.words("conditions")
    return bounded[0] != bounded[1] or not (conditions & set(after) <= set(before))


def _tells_of_change(later: Reading) -> bool:
    return later.has("changed") or later.ends or later.replaced


def _is_told_as_past(reading: Reading) -> bool:
    """Whether it has a verb in the past: "We met", and neither "It is booked" nor "They have moved", nor "I booked a table" of what is still to come."""
    words = [token.lower for token in reading.text.tokens]
    auxiliary, arranged = (lexicon.words("be") | lexicon.words("auxiliary")) - {"was", "were", "to"}, lexicon.words("arranged")
    return any(word in ("was", "were") or (is_past(word) and before not in auxiliary and word not in arranged) for before, word in pairwise(("", *words)))
