"""The judge that needs no model: it compares what two texts claim. Where they claim nothing of the same thing, it has nothing to say."""

from collections.abc import Sequence
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.attributes import SWITCH
from erstwhile.claims.reading import Reading, read
from erstwhile.judge.protocol import Pair
from erstwhile.model import Version
from erstwhile.relations import RULES, Claim, Judgement, Relation

__all__ = ["RuleJudge"]

_LIVING: Final = ("live in", "live at", "resid in", "be base in")
_PLACES: Final = frozenset(("city", "country"))
_USING: Final = frozenset(("use", "run on", "work with", "be host on", "be host at", "be store in", "be on", "be in"))


class RuleJudge:
    """Compares claims. Pure: the same pair, the same judgement."""

    @property
    def name(self) -> str:
        """Its name: "rules"."""
        return RULES

    def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement | None, ...]:
        """See `Judge.judge`."""
        return tuple(_judge(_reading(pair.earlier), _reading(pair.later)) for pair in pairs)


def _reading(version: Version) -> Reading:
    return read(version.content, version.source.actor)


def _judge(earlier: Reading, later: Reading) -> Judgement | None:
    if _same_words(earlier, later):
        return Judgement(relation=Relation.DUPLICATE, score=0.97, reason="It says the same in the same words.")
    if later.mood:
        return Judgement(relation=Relation.COEXISTS, score=0.8, reason=f"The later one {later.mood}, so it settles nothing.")
    return _by_claims(earlier, later) or _by_change(earlier, later)


def _same_words(earlier: Reading, later: Reading) -> bool:
    before, after = (sorted(token.norm for token in reading.text.tokens) for reading in (earlier, later))
    return bool(before) and before == after and earlier.mood == later.mood and earlier.text.tokens[0].norm == later.text.tokens[0].norm


def _by_claims(earlier: Reading, later: Reading) -> Judgement | None:
    compared = [(before, _compare(before, after, earlier, later)) for before in earlier.claims for after in later.claims]
    found = [(before, judgement) for before, judgement in compared if judgement is not None]
    if not found:
        return None
    best = max((judgement for _, judgement in found), key=lambda judgement: (judgement.relation is Relation.SUPERSEDES, judgement.score))
    if best.relation is not Relation.SUPERSEDES:
        return best
    ended = {before for before, judgement in found if judgement.relation is Relation.SUPERSEDES}
    if set(earlier.claims) - ended:
        return Judgement(relation=Relation.UNSURE, score=0.6, reason=f"{best.reason} The earlier one says more than that, which may still hold.")
    return best


def _compare(before: Claim, after: Claim, earlier: Reading, later: Reading) -> Judgement | None:
    if before.subject != after.subject:
        return _of_another(before, after)
    if after.attribute == SWITCH and before.attribute != SWITCH:
        return _switched(before, after)
    if before.attribute != after.attribute:
        return None
    if before.value == after.value:
        return _same_value(before, after, earlier, later)
    if before.positive and after.positive:
        return _other_value(before, after, earlier, later)
    return Judgement(relation=Relation.COEXISTS, score=0.8, reason=f"Another value of the same: {_slot(after)}.")


def _of_another(before: Claim, after: Claim) -> Judgement | None:
    old, new = set(before.subject.split()), set(after.subject.split())
    if before.attribute == after.attribute and before.value == after.value and old - new and new - old:
        return Judgement(relation=Relation.COEXISTS, score=0.85, reason="The same is said of two.")
    return None


def _other_value(before: Claim, after: Claim, earlier: Reading, later: Reading) -> Judgement | None:
    old, new = set(before.value.split()), set(after.value.split())
    if old <= new:
        return Judgement(relation=Relation.REFINES, score=0.8, reason=f"It says more of the same: {_slot(after)}.")
    if new <= old:
        return Judgement(relation=Relation.COEXISTS, score=0.75, reason=f"It says less of the same: {_slot(after)}.")
    if before.single is False or after.single is False:
        return Judgement(relation=Relation.COEXISTS, score=0.9, reason=f"There can be several: {_slot(after)}.")
    if later.has("additive") or _qualified_apart(earlier, later, before, after):
        return None
    if before.single and after.single:
        return Judgement(relation=Relation.SUPERSEDES, score=0.93, reason=f"Another value of something that has one at a time: {_slot(after)}.")
    return None


def _same_value(before: Claim, after: Claim, earlier: Reading, later: Reading) -> Judgement | None:
    if before.positive != after.positive:
        ended = "no longer" if before.positive else "after all"
        return Judgement(relation=Relation.SUPERSEDES, score=0.93, reason=f"It is {ended} so: {_slot(after)}.", ends=before.positive)
    added, left_out = later.text.content - earlier.text.content, earlier.text.content - later.text.content
    if earlier.text.values != later.text.values or _qualified_apart(earlier, later, before, after):
        return None
    if len(added) <= 1 and not left_out:
        return Judgement(relation=Relation.DUPLICATE, score=0.9, reason=f"The same value of the same: {_slot(after)}.")
    return None if left_out else Judgement(relation=Relation.REFINES, score=0.7, reason=f"The same value of the same, and more: {_slot(after)}.")


def _switched(before: Claim, after: Claim) -> Judgement | None:
    old, new = _kinds(before.value), _kinds(after.value)
    if not before.positive or set(before.value.split()) & set(after.value.split()):
        return None
    if shared := old & new:
        return Judgement(relation=Relation.SUPERSEDES, score=0.9, reason=f"One {min(shared)} in place of another.", explicit=True)
    if before.attribute in _LIVING and not new - _PLACES and not after.value.split()[0].isdigit():
        return Judgement(relation=Relation.SUPERSEDES, score=0.8, reason="It says where one moved to from where one lived.", explicit=True)
    return None


def _kinds(value: str) -> frozenset[str]:
    names = value.split()
    known = lexicon.kinds()
    return frozenset(kind for name in (*names, "-".join(names[:2])) for kind in known.get(name, ()))


def _by_change(earlier: Reading, later: Reading) -> Judgement | None:
    # "We switched from Jenkins to GitHub Actions" names what "We use Jenkins" claims.
    for claim in earlier.claims:
        named = [phrase for phrase in sorted(later.former) if set(phrase.split()) >= set(claim.value.split())]
        if named and claim.positive and claim.attribute in _USING | set(_LIVING) and not _qualified_apart(earlier, later, claim):
            reason = f"It names what was before: {named[0]}."
            return Judgement(relation=Relation.SUPERSEDES, score=0.88, reason=reason, ends=not later.replaced, explicit=True)
    return None


def _qualified_apart(earlier: Reading, later: Reading, *claims: Claim) -> bool:
    """Whether they speak of two environments, sides or times of day, in other words than those of the claims' values."""
    values = {word for claim in claims for word in claim.value.split()}
    before, after = ({token.lower for token in reading.text.tokens if token.norm not in values} & lexicon.words("qualifiers") for reading in (earlier, later))
    return before != after


def _slot(claim: Claim) -> str:
    return f"{claim.subject.removeprefix('@')}, {claim.attribute}"
