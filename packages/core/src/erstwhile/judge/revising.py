"""Whether a value that a thing is said to have been given is that of the earlier memory."""

import re
from functools import cache
from itertools import pairwise
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.reading import Reading
from erstwhile.claims.revisions import Revision
from erstwhile.claims.words import Value, is_past, stem
from erstwhile.judge.protocol import Pair
from erstwhile.judge.values import qualified_apart, things
from erstwhile.model import MemoryType
from erstwhile.relations import Judgement, Relation

__all__ = ["REVISED", "TO_COME", "TO_DO", "revised"]

TO_DO: Final = (MemoryType.COMMITMENT, MemoryType.GOAL)
"""Types of what is over once it is done."""
REVISED: Final = 0.75
"""How sure the rules are that a text revises another's value, or says that it is over: enough to end it, and not to leave the next judge unasked."""
TO_COME: Final = re.compile(r"\b(?:will|won't|[a-z]+'ll|to be)\b")
"""What tells, in lower case, of what is still to come."""
TEMPORAL: Final = frozenset(("time", "day", "weekday", "month"))
"""Kinds of values that go together, so that a new day may leave the time as it was."""
_THEIRS: Final = frozenset(("his", "her", "their"))


def revised(pair: Pair, earlier: Reading, later: Reading) -> Judgement | None:
    """ "The rent went up to 900" after "The rent is 850": it ends the value that was known of the same thing, and of nothing else."""
    if pair.earlier.type in TO_DO and pair.later.type not in TO_DO:
        return None
    if not later.revisions or not _states(earlier) or not _happened(later) or _of_two_owners(earlier, later) or qualified_apart(earlier, later):
        return None
    subjects = frozenset[str]().union(*map(things, pair.earlier.claims))
    for revision in later.revisions:
        if subjects <= later.text.content and _concerns(revision, earlier) and (found := _before(revision, earlier)) is not None:
            old, new = found
            reason = f"It says what became of it: {_written(new, later)}, where it was {_written(old, earlier)}."
            return Judgement(relation=Relation.SUPERSEDES, score=REVISED, reason=reason, explicit=True)
    return None


def _states(reading: Reading) -> bool:
    """Whether a text says what is, and not what was, is to be or is at most."""
    words = [token.lower for token in reading.text.tokens]
    told = any(before in ("i", "we", "he", "she", "they") and is_past(word) for before, word in pairwise(words))
    return not (reading.mood or reading.negated or told or {"was", "were", "had"} & set(words) or len({claim.slot for claim in reading.claims}) > 1)


def _happened(reading: Reading) -> bool:
    refused = any(reading.has(kind) for kind in ("additive", "hedged", "negated")) or TO_COME.search(reading.lower)
    return not refused and lexicon.words("unreal").isdisjoint(token.lower for token in reading.text.tokens if token.lower not in ("to", "be"))


def _of_two_owners(earlier: Reading, later: Reading) -> bool:
    """Whether one of them is of somebody whom the other does not name."""
    owners = [{token.norm for token in reading.text.tokens if token.owner or token.lower in _THEIRS} for reading in (earlier, later)]
    named = [{token.norm for token in reading.text.tokens} for reading in (earlier, later)]
    return not (owners[0] <= named[1] and owners[1] <= named[0])


def _concerns(revision: Revision, earlier: Reading) -> bool:
    """Whether the earlier text is about the same thing: it has all its words, but for those that only say what kind of value it is, and what follows."""
    said, bounds = earlier.text.content, lexicon.words("bounds")
    same = said.issuperset(revision.of - _general() or revision.of) and said.issuperset(revision.besides - _general())
    bounded = {token.lower for token in earlier.text.tokens} & bounds
    return same and earlier.text.values >= revision.named and bounded <= revision.of


def _before(revision: Revision, earlier: Reading) -> tuple[Value, Value] | None:
    """The value that gives way and the one that takes its place: the only ones of a kind, where no value of another kind would be lost with it."""
    values = earlier.text.values - revision.named
    by_kind = {now: [value for value in values if value.kind == now.kind] for now in revision.now}
    changed = [(known[0], now) for now, known in by_kind.items() if len(known) == 1 and not _equal(known[0], now)]
    if not changed:
        return None
    old, new = changed[0]
    beside = {value.kind for value in values} - {new.kind}
    if not beside <= (TEMPORAL if new.kind in TEMPORAL else frozenset()) or {value.kind for value in revision.others} - TEMPORAL:
        return None
    former = {value.value for value in revision.former if value.kind.split()[0] == new.kind.split()[0]}
    return (old, new) if not former or old.value in former else None


def _equal(one: Value, other: Value) -> bool:
    """Whether two values are one, or one of them only says it more exactly: 3.0 and 3, 20 and 20.1."""
    if one.kind != other.kind:
        return False
    short, long = sorted((re.sub(r"\.0+$", "", value.value) for value in (one, other)), key=len)
    return long == short or long.startswith(f"{short}.")


@cache
def _general() -> frozenset[str]:
    # People are counted, but whose parking it is tells one price from another.
    return frozenset(map(stem, lexicon.words("measures") - {"staff", "employees", "members", "users"} | lexicon.words("general")))


def _written(value: Value, reading: Reading) -> str:
    """A value in the words of a text."""
    return next((token.text.strip() for token in reading.text.tokens if token.value == value), value.value)
