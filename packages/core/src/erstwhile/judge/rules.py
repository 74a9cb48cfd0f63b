"""The judge that needs no model: claims first, then words of change over a shared topic. Where neither tells, it has nothing to say."""

from collections.abc import Callable, Sequence
from typing import Final

from erstwhile.claims.lexicon import LEXICON
from erstwhile.claims.reading import Reading, read
from erstwhile.judge.comparing import Comparison
from erstwhile.judge.protocol import Pair
from erstwhile.model import MemoryType, Version
from erstwhile.relations import RULES, Claim, Judgement, Relation

__all__ = ["RuleJudge"]

_CLOSED_BY_DEED: Final = (MemoryType.COMMITMENT, MemoryType.GOAL)
_CLOSED_BY_MENDING: Final = (MemoryType.ERROR, MemoryType.OBSERVATION, MemoryType.CONTEXT, MemoryType.LEARNING)


class RuleJudge:
    """Compares what two texts claim, their values and their words of change. Pure: the same pair, the same judgement."""

    @property
    def name(self) -> str:
        """Its name: "rules"."""
        return RULES

    def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement | None, ...]:
        """See `Judge.judge`."""
        return tuple(_judge(pair) for pair in pairs)


def _reading(version: Version) -> Reading:
    return read(version.content, version.source.actor)


def _judge(pair: Pair) -> Judgement | None:
    compared = Comparison(_reading(pair.earlier), _reading(pair.later), pair.cosine)
    if _same_words(compared):
        return Judgement(relation=Relation.DUPLICATE, score=0.97, reason="It says the same in the same words.")
    for reading, which in ((compared.later, "later"), (compared.earlier, "earlier")):
        if not reading.asserts:
            return Judgement(relation=Relation.COEXISTS, score=0.8, reason=f"The {which} one {_mood(reading)}, so it settles nothing.")
    for rule in _RULES:
        if (judgement := rule(compared, pair)) is not None:
            return judgement
    return None


def _mood(reading: Reading) -> str:
    if reading.question:
        return "asks"
    if reading.supposed:
        return "supposes"
    if reading.reported:
        return "gives somebody else's words"
    return "is code" if reading.code else "is in words that the rules cannot read"


def _same_words(compared: Comparison) -> bool:
    earlier, later = compared.earlier, compared.later
    alike = earlier.text.content == later.text.content and compared.same_values and earlier.negated == later.negated
    words = [token.norm for token in earlier.text.tokens], [token.norm for token in later.text.tokens]
    return alike and (
        words[0] == words[1]
        or sorted(words[0]) == sorted(words[1])
        or (bool(compared.shared) and earlier.cues.keys() == later.cues.keys() and earlier.asserts and later.asserts)
    )


def _slots(compared: Comparison, pair: Pair) -> Judgement | None:
    found: list[Judgement] = []
    for before in compared.earlier.claims:
        for after in compared.later.claims:
            if before.subject == after.subject and (judgement := _claims(before, after, compared)) is not None:
                found.append(judgement)
    if not found:
        return None
    best = max(found, key=lambda judgement: (judgement.relation is Relation.SUPERSEDES, judgement.score))
    if (
        best.relation is Relation.SUPERSEDES
        and len(compared.earlier.claims) > 1
        and len(compared.earlier.claims) > sum(j.relation is Relation.SUPERSEDES for j in found)
    ):
        return Judgement(relation=Relation.UNSURE, score=0.6, reason=f"{best.reason} The earlier one says more than that, which may still hold.")
    return best


def _claims(before: Claim, after: Claim, compared: Comparison) -> Judgement | None:
    if after.attribute == "switch to" and before.attribute != "switch to":
        return _switched(before, after)
    if before.attribute != after.attribute:
        return None
    old, new = set(before.value.split()), set(after.value.split())
    if before.value == after.value:
        return _same_value(before, after, compared)
    if not (before.positive and after.positive) or compared.later.has("additive"):
        return (
            Judgement(relation=Relation.COEXISTS, score=0.8, reason=f"Another value of the same: {_slot(after)}.")
            if before.positive or after.positive
            else None
        )
    if old <= new:
        return Judgement(relation=Relation.REFINES, score=0.8, reason=f"It says more of the same: {_slot(after)}.")
    if new <= old:
        return Judgement(relation=Relation.COEXISTS, score=0.75, reason=f"It says less of the same: {_slot(after)}.")
    if before.single is False or after.single is False:
        return Judgement(relation=Relation.COEXISTS, score=0.9, reason=f"There can be several: {_slot(after)}.")
    if before.single and after.single and not compared.qualified_apart:
        return Judgement(relation=Relation.SUPERSEDES, score=0.93, reason=f"Another value of something that has one at a time: {_slot(after)}.")
    if compared.later.has("corrected", "switched"):
        return Judgement(relation=Relation.SUPERSEDES, score=0.8, reason=f"Another value, with a word of change: {_slot(after)}.")
    return None


def _slot(claim: Claim) -> str:
    return f"{claim.subject.removeprefix('@')}, {claim.attribute}"


def _same_value(before: Claim, after: Claim, compared: Comparison) -> Judgement | None:
    if before.positive != after.positive:
        ended = "no longer" if before.positive else "after all"
        return Judgement(relation=Relation.SUPERSEDES, score=0.93, reason=f"It is {ended} so: {_slot(after)}.", ends=before.positive)
    if compared.clashing:
        return None
    if compared.covering > 0.8 or len(compared.only_later) <= 1:
        return Judgement(relation=Relation.DUPLICATE, score=0.9, reason=f"The same value of the same: {_slot(after)}.")
    return Judgement(relation=Relation.REFINES, score=0.7, reason=f"The same value of the same, and more: {_slot(after)}.")


def _switched(before: Claim, after: Claim) -> Judgement | None:
    old, new = _kinds(before.value), _kinds(after.value)
    if set(before.value.split()) & set(after.value.split()):
        return None
    if old & new:
        return Judgement(relation=Relation.SUPERSEDES, score=0.9, reason=f"It switched from one {min(old & new)} to another.")
    if before.attribute in ("live in", "live at", "resid in", "be base in") and not new - {"city", "country"}:
        return Judgement(relation=Relation.SUPERSEDES, score=0.85, reason="It says where one moved to from where one lived.")
    return None


def _kinds(value: str) -> frozenset[str]:
    words = value.split()
    found: set[str] = set()
    for name in (*words, "-".join(words[:2])):
        found |= LEXICON.kinds_of(name)
    return frozenset(found)


def _former(compared: Comparison, pair: Pair) -> Judgement | None:
    words = compared.earlier.text.content | {value.value for value in compared.earlier.text.values}
    for phrase in sorted(compared.later.said.former, key=lambda phrase: (-len(phrase), phrase)):
        parts = set(phrase.split())
        named = [part for part in parts if part in compared.earlier.text.names]
        if parts <= words and (named or len(parts) > 1 or len(compared.shared) > 1) and not compared.earlier.negated:
            ends = not compared.later.said.switched
            return Judgement(relation=Relation.SUPERSEDES, score=0.88, reason=f"It names what was before: {phrase}.", ends=ends)
    return None


def _values(compared: Comparison, pair: Pair) -> Judgement | None:
    if not compared.clashing or compared.apart or compared.qualified_apart or compared.later.has("additive"):
        return None
    least = 0.5 if compared.later.has("corrected", "switched") else 0.6
    if min(compared.covered, compared.covering) < least or len(compared.shared) < 2:
        return None
    before, after = compared.clashing[0]
    return Judgement(relation=Relation.SUPERSEDES, score=0.85, reason=f"Of the same thing, another {before.kind}: {before.value}, then {after.value}.")


def _opposites(compared: Comparison, pair: Pair) -> Judgement | None:
    if compared.opposed is None or compared.apart or compared.later.has("additive") or len(compared.shared) < 1 or compared.covered < 0.4:
        return None
    before, after = compared.opposed
    return Judgement(relation=Relation.SUPERSEDES, score=0.8, reason=f"Of the same thing, the opposite: {before}, then {after}.")


def _denied(compared: Comparison, pair: Pair) -> Judgement | None:
    if compared.earlier.negated == compared.later.negated or compared.apart or compared.covered < 0.6 or len(compared.shared) < 2:
        return None
    return Judgement(relation=Relation.SUPERSEDES, score=0.75, reason="One of the two denies it.", ends=compared.later.negated)


def _cued(compared: Comparison, pair: Pair) -> Judgement | None:
    if compared.apart or compared.later.has("additive", "hedged") or compared.covered < 0.45 or len(compared.shared) < 2:
        return None
    later, kind = compared.later, pair.earlier.type
    for cue, types, ends in (("ended", None, True), ("fulfilled", _CLOSED_BY_DEED, True), ("recovered", _CLOSED_BY_MENDING, True), ("corrected", None, False)):
        if later.has(cue) and not compared.earlier.has(cue) and (types is None or kind in types):
            return Judgement(relation=Relation.SUPERSEDES, score=0.75, reason=f"Of the same thing, it says: {later.cues[cue][0]}.", ends=ends)
    return None


def _of_another(compared: Comparison, pair: Pair) -> Judgement | None:
    for before in compared.earlier.claims:
        for after in compared.later.claims:
            old, new = set(before.subject.split()), set(after.subject.split())
            if before.attribute == after.attribute and before.value == after.value and old - new and new - old:
                return Judgement(relation=Relation.COEXISTS, score=0.85, reason="The same is said of two.")
    return None


_RULES: Final[tuple[Callable[[Comparison, Pair], Judgement | None], ...]] = (_slots, _of_another)
