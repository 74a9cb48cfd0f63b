"""The judge that needs no model: it compares what two texts claim. Where they claim nothing of the same thing, it has nothing to say."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.attributes import SWITCH, kinds_of, single
from erstwhile.claims.reading import REPORTS, SUPPOSES, Reading, read
from erstwhile.claims.words import cue_stems, is_past, stem, tokens_of, word_stems
from erstwhile.judge.parties import ended_of_the_other
from erstwhile.judge.protocol import Pair
from erstwhile.judge.revising import REVISED, TO_COME, TO_DO, revised
from erstwhile.judge.speakers import anothers_words, each_of_ones_own, each_of_oneself
from erstwhile.judge.values import LIVING, Told, comparable, hours_of_a_day, of_one_matter, on_other_days, qualified_apart, things
from erstwhile.model import MemoryType
from erstwhile.relations import RULES, Claim, Judgement, Relation

__all__ = ["APART", "ENOUGH", "RuleJudge", "is_done"]

SAME: Final = 0.85
"""Pairs less alike in meaning have not the same words, and are not compared word by word."""
APART: Final = 0.75
"""How sure the rules are that a text ends nothing which may be said again all the same: the next judge is asked for that alone."""
BESIDE: Final = 0.5
"""How sure they are of it where the text has words of change: the next judge is believed."""
SEVERAL: Final = "There can be several"
ENOUGH: Final = 0.8
"""A judgement at least so sure is not put to the next judge."""
_IN_PLACE: Final = frozenset(("instead", "rather"))
_TO_BE_DONE: Final = re.compile(r"\b(?:have|has|had|got|about) to\b")
_PART: Final = re.compile(r"\b(?:one|two|three|several|some|many|most|half|part|a few)(?: of)? (?:the|my|our|your|his|her|their|these|those|them|it)\b")
"""A part of what something is said of: "one of the books", "half the books", "some of it"."""
_LISTED: Final = re.compile(r"\band (?!i\b)")
_EMPTY: Final = frozenset(("a", "an", "the", "please", "that", "so", "well", "oh", "just", "really", "very"))
_PLACES: Final = frozenset(("city", "country"))
_MOVES: Final = ("moved", "relocated")
"""One moves to where one lives; what one switches or changes to is no place."""
_HELD: Final = LIVING | {"use", "run on", "work with", "be host on", "be host at", "be store in", "be on", "be in"}


class RuleJudge:
    """Compares claims. Pure: the same pair, the same judgement."""

    @property
    def name(self) -> str:
        """Its name: "rules"."""
        return RULES

    def judge(self, pairs: Sequence[Pair]) -> tuple[Judgement | None, ...]:
        """See `Judge.judge`."""
        return tuple(_judge(pair) for pair in pairs)


def _judge(pair: Pair) -> Judgement | None:
    earlier, later = (read(version.content, version.source.actor) for version in (pair.earlier, pair.later))
    again = pair.cosine >= SAME and _same_words(earlier, later)
    if pair.spoken and (each_of_oneself if again else each_of_ones_own)(earlier, later):
        return Judgement(relation=Relation.COEXISTS, score=ENOUGH, reason="Two tell of themselves.")
    if again:
        return Judgement(relation=Relation.DUPLICATE, score=0.97, reason="It says the same in the same words.")
    if mark := anothers_words(earlier, later):
        return Judgement(relation=Relation.COEXISTS, score=ENOUGH, reason=f"The later one is marked as another's words ({mark}), so it settles nothing.")
    if later.mood:
        score = {REPORTS: 0.6, SUPPOSES: APART}.get(later.mood, ENOUGH)
        return Judgement(relation=Relation.COEXISTS, score=score, reason=f"The later one {later.mood}, so it settles nothing.")
    # What each claims was read when it was written.
    before, after = [Told(claim, earlier) for claim in pair.earlier.claims], [Told(claim, later) for claim in pair.later.claims]
    return _by_claims(before, after) or _by_change(before, later) or _over(pair, earlier, later) or revised(pair, earlier, later)


def _same_words(earlier: Reading, later: Reading) -> bool:
    # Most pairs are told apart by their length; only what is left is read.
    if abs(len(earlier.content) - len(later.content)) > 0.2 * len(later.content) + 5 or earlier.lower[:1] != later.lower[:1]:
        return False
    before, after = ([token.norm for token in reading.text.tokens if token.lower not in _EMPTY] for reading in (earlier, later))
    return bool(before) and before == after and earlier.mood == later.mood


def _by_claims(earlier: Sequence[Told], later: Sequence[Told]) -> Judgement | None:
    compared = [(before.claim, _compare(before, after)) for before in earlier for after in later]
    found = [(before, judgement) for before, judgement in compared if judgement is not None]
    if not found:
        return None
    best = max((judgement for _, judgement in found), key=lambda judgement: (judgement.relation is Relation.SUPERSEDES, judgement.score))
    if best.relation is not Relation.SUPERSEDES:
        return best
    ended = {before for before, judgement in found if judgement.relation is Relation.SUPERSEDES}
    if {before.claim for before in earlier} - ended:
        return Judgement(relation=Relation.UNSURE, score=0.6, reason=f"{best.reason} The earlier one says more than that, which may still hold.")
    return best


def _compare(earlier: Told, later: Told) -> Judgement | None:
    before, after = earlier.claim, later.claim
    if before.subject != after.subject:
        return _of_another(before, after)
    if after.attribute == SWITCH and before.attribute != SWITCH:
        return _switched(before, later)
    if before.attribute != after.attribute:
        return None
    if before.value == after.value:
        return _same_value(earlier, later)
    if before.positive and after.positive:
        return _other_value(earlier, later)
    return Judgement(relation=Relation.COEXISTS, score=0.5, reason=f"Another value of the same: {_slot(later)}.")


def _of_another(before: Claim, after: Claim) -> Judgement | None:
    old, new = set(before.subject.split()), set(after.subject.split())
    if before.attribute == after.attribute and before.value == after.value and old - new and new - old:
        return Judgement(relation=Relation.COEXISTS, score=0.6, reason="The same is said of two.")
    return None


def _other_value(earlier: Told, later: Told) -> Judgement | None:
    before, after = earlier.claim, later.claim
    old, new = set(before.value.split()), set(after.value.split())
    if old <= new:
        # "Zoom instead of Slack" names Slack; whether for good and for all is left to the next judge.
        more, beside = (Relation.REFINES, 0.8, "says more of the same"), (Relation.COEXISTS, 0.5, "names another in its place")
        relation, score, what = beside if new & _IN_PLACE else more
        return Judgement(relation=relation, score=score, reason=f"It {what}: {_slot(later)}.")
    if new <= old:
        return Judgement(relation=Relation.COEXISTS, score=0.6, reason=f"It says less of the same: {_slot(later)}.")
    if apart := _beside(earlier, later):
        # "I use Neovim these days" may tell that one no longer uses another editor: the next judge is asked.
        sure = BESIDE if apart == SEVERAL and later.reading.has("changed") and not later.reading.has("additive") else APART
        return Judgement(relation=Relation.COEXISTS, score=sure, reason=f"{apart}: {_slot(later)}.")
    if later.reading.has("additive") or qualified_apart(earlier.reading, later.reading, before, after) or not comparable(earlier, later):
        return None
    if (before.single and after.single) or hours_of_a_day(earlier, later):
        return Judgement(relation=Relation.SUPERSEDES, score=0.93, reason=f"Another value of something that has one at a time: {_slot(later)}.")
    return None


def _beside(earlier: Told, later: Told) -> str:
    """Why two values can stand side by side; empty where nothing tells that they can."""
    if on_other_days(earlier, later):
        return "It is said of other days"
    if earlier.claim.single is not False and later.claim.single is not False:
        return ""
    one = single(earlier.claim.attribute) is False and of_one_matter(earlier, later)
    return "" if one else SEVERAL


def _same_value(earlier: Told, later: Told) -> Judgement | None:
    before, after = earlier.claim, later.claim
    if before.positive != after.positive:
        if any(told.reading.has("hedged") for told in (earlier, later)):
            return None
        ended = "no longer" if before.positive else "after all"
        return Judgement(relation=Relation.SUPERSEDES, score=0.93, reason=f"It is {ended} so: {_slot(later)}.", ends=before.positive)
    said, again = earlier.reading.text, later.reading.text
    added, left_out = again.content - said.content, said.content - again.content
    if said.values != again.values or qualified_apart(earlier.reading, later.reading, before, after):
        return None
    if not added and not left_out:
        return Judgement(relation=Relation.DUPLICATE, score=0.9, reason=f"The same value of the same: {_slot(later)}.")
    return None if left_out else Judgement(relation=Relation.REFINES, score=0.8, reason=f"The same value of the same, and more: {_slot(later)}.")


def _switched(before: Claim, later: Told) -> Judgement | None:
    after = later.claim
    old, new = kinds_of(before.value), kinds_of(after.value)
    if not before.positive or set(before.value.split()) & set(after.value.split()):
        return None
    if shared := old & new:
        return Judgement(relation=Relation.SUPERSEDES, score=0.9, reason=f"One {min(shared)} in place of another.", explicit=True)
    moved = any(stem(word) in later.reading.text.content for word in _MOVES)
    if before.attribute in LIVING and moved and not new - _PLACES and not after.value.split()[0].isdigit():
        return Judgement(relation=Relation.SUPERSEDES, score=0.8, reason="It says where one moved to from where one lived.", explicit=True)
    return None


def _by_change(earlier: Sequence[Told], later: Reading) -> Judgement | None:
    # "We switched from Jenkins to GitHub Actions" names what "We use Jenkins" claims.
    for before in earlier:
        claim, reading = before.claim, before.reading
        if not claim.positive or claim.attribute not in _HELD:
            continue
        # Only of the few that are named is it asked whether they were already: that reads the earlier text for words of change.
        named = [phrase for phrase in sorted(later.former) if _names(phrase, claim, reading) and not _was_before(phrase, reading)]
        if named and _told_of(claim.subject, later) and not qualified_apart(reading, later, claim):
            reason = f"It names what was before: {named[0]}."
            return Judgement(relation=Relation.SUPERSEDES, score=0.88, reason=reason, ends=not later.replaced, explicit=True)
    return None


def _names(phrase: str, claim: Claim, earlier: Reading) -> bool:
    """Whether a phrase has the value of a claim, and nothing that the text of the claim has not: "Redis", and not "Redis keys older than a day"."""
    words = set(phrase.split())
    return words >= set(claim.value.split()) and words - set(claim.value.split()) <= earlier.text.content


def _was_before(phrase: str, earlier: Reading) -> bool:
    words = set(phrase.split())
    return any(words.issuperset(former.split()) for former in earlier.former)


def _told_of(subject: str, later: Reading) -> bool:
    """Whether a text can be of this subject: it names it; or, where it is who speaks, it says "I" or "we", or nobody at all, as in "Moved to Qdrant"."""
    words, tokens = subject.split(), later.text.tokens
    if later.passing:
        return False
    moved = {claim.subject for claim in later.claims if claim.attribute == SWITCH} - lexicon.persons(later.speaker).keys()
    if moved and subject not in moved:
        return False
    if words[0] not in lexicon.persons(later.speaker):
        return later.text.content.issuperset(words)
    if len(words) > 1:
        # "My course" is not "Mira's course".
        return later.text.content.issuperset(words[1:]) and not any(token.owner for token in tokens)
    return any(token.lower in lexicon.words("speaking") for token in tokens) or (bool(tokens) and is_past(tokens[0].lower))


def _over(pair: Pair, earlier: Reading, later: Reading) -> Judgement | None:
    """What says, in words that the earlier one has, that it is over: "I quit smoking", "I sent the report"."""
    works = pair.earlier.type is MemoryType.ERROR and pair.later.type not in TO_DO and _works(earlier, later)
    ended = works or later.ends or (pair.earlier.type in TO_DO and pair.later.type not in TO_DO and is_done(later, pair.later.type))
    denied = earlier.negated and pair.earlier.type not in TO_DO and not works
    # What is to be once it is over is not over when it is: "When the course is over, I send Lena my notes".
    if not ended or earlier.has("ended") or denied or later.has("additive") or TO_COME.search(later.lower):
        return None
    said = later.text.content - cue_stems("works" if works else "ended")
    of_the_same = bool(said - word_stems("anything")) and said <= earlier.text.content and later.text.values <= earlier.text.values
    if not of_the_same or ended_of_the_other(earlier, later):
        return None
    # Of two that one takes, drinks or owes, or of many, an ending may name but one.
    part = _PART.search(later.lower)
    if (part and part[0] not in earlier.lower) or (_LISTED.search(earlier.lower) and said != earlier.text.content - cue_stems("ended")):
        return None
    # Of what is sold at the market, "it is sold" tells nothing new; of what was to be sold, it does.
    again = {token.norm for token in later.text.tokens if is_past(token.lower)} & cue_stems("ended") & earlier.text.content
    if again and pair.earlier.type not in TO_DO:
        return None
    subjects = [things(claim) for claim in pair.earlier.claims]
    if subjects and all(words and words.isdisjoint(said) for words in subjects):
        return None
    return Judgement(relation=Relation.SUPERSEDES, score=REVISED, reason="It says, of the same thing, that it is over.", ends=True, explicit=True)


def _works(earlier: Reading, later: Reading) -> bool:
    """Whether it says that the thing which failed works, and neither for whom, where nor when: each further word of either text may limit it."""
    if not later.has("works") or later.negated:
        return False
    known = {token.lower for token in earlier.text.tokens}
    said = {token.lower for token in tokens_of(lexicon.cues()["works"].sub(" ", later.lower)).tokens}
    subject = next((token for token in earlier.text.tokens if token.norm in earlier.text.content), None)
    limits = (lexicon.words("prepositions") | lexicon.words("limits")) & (known - said)
    return subject is not None and subject.lower in said and said - known <= {"a", "an", "the", "finally", "now", "already"} and not limits


def is_done(reading: Reading, kind: MemoryType | None) -> bool:
    """Whether a text tells of a deed, and not of one that was promised, planned or left undone."""
    words = reading.lower.split()
    past = kind is MemoryType.EVENT or any(map(is_past, words))
    # "I'd sent it" tells of a deed, and "I'd have it sent" does not.
    ahead = not lexicon.words("ahead").isdisjoint(words) or any(word.endswith("'d") and not is_past(following) for word, following in pairwise(words))
    return past and " to be " not in reading.lower and not reading.has("negated") and not ahead and not _TO_BE_DONE.search(reading.lower)


def _slot(told: Told) -> str:
    """What a claim is about, in the words of the text rather than their stems."""
    claim = told.claim
    written = {token.norm: token.lower for token in reversed(told.reading.text.tokens)}
    words = f"{claim.subject.removeprefix('@')}, {claim.attribute}".removesuffix(" (past)").split()
    return " ".join(written.get(word.rstrip(","), word.rstrip(",")) + ("," if word.endswith(",") else "") for word in words)
