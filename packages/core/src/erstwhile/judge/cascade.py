"""Judges asked one after another: the next only about what those before could not tell."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, chain, repeat
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.reading import Reading, read
from erstwhile.judge.protocol import Judge, Pair
from erstwhile.judge.rules import TO_DO
from erstwhile.model import MemoryType, Version
from erstwhile.relations import RULES, Judgement, Relation

__all__ = ["Cascade"]

ENOUGH: Final = 0.7
"""A judgement at least so sure is not put to the next judge."""
CLOSE: Final = 0.6
"""Pairs less alike in meaning are not put to any but the first judge."""
LONGEST: Final = 3
"""How many times the budget one pair may take."""
SAME_WORDS: Final = 0.6
"""Two texts of which one has this share of the other's words of meaning are told apart by a "not"."""
ALIKE: Final = 0.85
"""How sure a judge without rules is at most that two texts which name different things say the same."""
PARTLY: Final = 0.6
"""How sure a judgement is at most of a memory that says several things: enough to open a conflict, not to end it."""


class Cascade:
    """Asks each judge in turn, and makes of the surest answer what times and values allow.

    Of two memories that hold from the same time on, neither supersedes the other unless it says so: they contradict. What names another number, date or
    amount repeats nothing.

    Args:
        judges: In the order in which they are asked; the first about every pair.
        budget: Those after the first are asked about the most alike pairs of a call, as long as the texts of these have together at most so many
            characters; and about the most alike one even if it has more, up to three times as many. Default: about all.
    """

    def __init__(self, judges: Sequence[Judge], *, budget: int | None = None) -> None:
        self._judges = tuple(judges)
        self._budget = budget

    @property
    def name(self) -> str:
        """The names of its judges."""
        return ", ".join(judge.name for judge in self._judges)

    def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement, ...]:
        """See `Judge.judge`; where nobody has anything to say, the two coexist."""
        found: dict[int, Judgement] = {}
        for number, judge in enumerate(self._judges):
            places = self._open(pairs, found) if number else range(len(pairs))
            answers = judge.judge([pairs[place] for place in places]) if places else ()
            for place, answer in zip(places, answers, strict=True):
                if answer is not None and (place not in found or answer.score > found[place].score):
                    found[place] = answer
        return tuple(_allowed(found[place], pair) if place in found else _nothing(pair) for place, pair in enumerate(pairs))

    def _open(self, pairs: Sequence[Pair], found: dict[int, Judgement]) -> list[int]:
        places = [place for place, pair in enumerate(pairs) if pair.cosine >= CLOSE and (place not in found or found[place].score < ENOUGH)]
        nearest = sorted(places, key=lambda place: (-pairs[place].cosine, pairs[place].earlier.id, pairs[place].later.id))
        if self._budget is None:
            return sorted(places)
        spent = accumulate(len(pairs[place].earlier.content) + len(pairs[place].later.content) for place in nearest)
        bounds = chain((LONGEST * self._budget,), repeat(self._budget))
        return sorted(place for place, characters, bound in zip(nearest, spent, bounds, strict=False) if characters <= bound)


def _nothing(pair: Pair) -> Judgement:
    return Judgement(relation=Relation.COEXISTS, score=round(min(1.0, max(0.0, 1 - pair.cosine)), 6), reason="Nothing tells that they clash.")


def _allowed(judgement: Judgement, pair: Pair) -> Judgement:
    if judgement.judge != RULES:
        judgement = _compared(judgement, pair)
    if judgement.relation is not Relation.SUPERSEDES:
        return judgement
    later = _reading(pair.later)
    explicit = judgement.explicit or later.has("corrected")
    if pair.same_time and not explicit:
        return replace(judgement, relation=Relation.CONTRADICTS, reason=f"{judgement.reason} Both are said of the same time.", ends=False)
    return replace(judgement, explicit=explicit, ends=judgement.ends or _ends(pair, later))


def _compared(judgement: Judgement, pair: Pair) -> Judgement:
    """As much of what a judge without rules says as the claims, values and names of the two bear out."""
    if _of_two(pair, repeated=judgement.relation is Relation.DUPLICATE):
        return Judgement(relation=Relation.COEXISTS, score=judgement.score, reason="They speak of two things.", judge=judgement.judge)
    if judgement.relation is Relation.DUPLICATE and (other := _otherwise(pair)):
        return replace(judgement, relation=Relation.UNSURE, score=min(judgement.score, PARTLY), reason=f"It is much the same, but {other}.")
    if judgement.relation is Relation.DUPLICATE and _named(pair.earlier) != _named(pair.later):
        # Likely the same; but what names somebody or something else is kept as a memory of its own.
        return replace(judgement, score=min(judgement.score, ALIKE))
    if judgement.relation is Relation.SUPERSEDES and len({claim.slot for claim in pair.earlier.claims}) > 1:
        reason = f"{judgement.reason} The earlier one says several things, some of which may still hold."
        return replace(judgement, relation=Relation.UNSURE, score=min(judgement.score, PARTLY), reason=reason, ends=False)
    return judgement


def _named(version: Version) -> frozenset[str]:
    tokens = _reading(version).text.tokens
    return frozenset(token.norm for token in tokens if token.value or token.name or (token.text[:1].isupper() and token.lower not in lexicon.words("stop")))


def _reading(version: Version) -> Reading:
    return read(version.content, version.source.actor)


def _of_two(pair: Pair, *, repeated: bool) -> bool:
    """Whether each says one thing, and not of the same: what sounds alike is told apart by its claims.

    Of the world, any other subject or attribute is another thing. What people say of themselves goes by more names than the rules know, so there only
    subjects without a word in common are; and, where it is to be a repetition, attributes whose values have none.
    """
    if len(pair.earlier.claims) != 1 or len(pair.later.claims) != 1:
        return False
    before, after = pair.earlier.claims[0], pair.later.claims[0]
    if "@" not in before.subject + after.subject and before.slot != after.slot:
        return True
    apart = not _overlap(before.subject, after.subject)
    if repeated:
        return apart or (before.slot != after.slot and not _overlap(before.value, after.value))
    return apart and before.attribute == after.attribute


def _overlap(value: str, other: str) -> bool:
    return not set(value.split()).isdisjoint(other.split())


def _otherwise(pair: Pair) -> str:
    """What a repetition cannot have that the other has not: numbers and dates, a denial, an ending, a deed for a promise. They are compared, not embedded."""
    earlier, later = _reading(pair.earlier), _reading(pair.later)
    if pair.earlier.type in TO_DO and pair.later.type is MemoryType.EVENT:
        return "only one of the two is still to be done"
    for kind in {value.kind for value in earlier.text.values} & {value.kind for value in later.text.values}:
        before, after = ({value for value in reading.text.values if value.kind == kind} for reading in (earlier, later))
        if not before & after:
            return "it names other values"
    if earlier.negated != later.negated and _in_the_same_words(earlier, later):
        return "only one of the two denies it"
    return "only one of the two says that it is over" if earlier.has("ended") != later.has("ended") else ""


def _in_the_same_words(earlier: Reading, later: Reading) -> bool:
    before, after = earlier.text.content, later.text.content
    return len(before & after) >= SAME_WORDS * min(len(before), len(after))


def _ends(pair: Pair, later: Reading) -> bool:
    # Of what was to be done, whatever is no such thing itself says how it came out.
    if pair.earlier.type in TO_DO:
        return pair.later.type not in TO_DO
    return later.has("ended") and not later.replaced and not any(claim.positive for claim in later.claims)
