"""From candidates to hits: fusion, relevance and folding, as pure functions."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from erstwhile.fading import weight
from erstwhile.model import Version
from erstwhile.results import Hit, Parts
from erstwhile.store import Candidate, Seat, document_terms, name_mark
from erstwhile.turns import ROLES

__all__ = ["FIRST", "KNOWN_FROM", "KNOWN_GROWTH", "UNTRUSTED_FIRST", "Asked", "Ranked", "fold", "fuse", "hits_of", "relevance", "relevant", "with_said"]

DENSE_WEIGHT: Final = 0.6
LEXICAL_WEIGHT: Final = 0.4
"""Weights of the two channels after each is scaled to 0...1: the best of those tried on LoCoMo, cross-validated, when erstwhile was designed. Beside the parts
below 0.5 and 0.6 find the same within 1 %."""
NEARBY_WEIGHT: Final = 0.3
"""Share of the score of the turn before or after, whichever is better, that a turn has besides: an answer often lacks the words of its question."""
FARTHER_WEIGHT: Final = 0.1
"""The same for the better of those two places away."""
SPEAKER_WEIGHT: Final = 0.2
"""What it counts that somebody named in the question said it."""
TIME_WEIGHT: Final = 0.2
"""What it counts that it was said within a time that the question speaks of, or speaks of such a time itself."""
DATED_WEIGHT: Final = 0.05
"""What it counts, where a question asks when, that a text speaks of any time."""
HIGHEST: Final = (DENSE_WEIGHT + LEXICAL_WEIGHT) * (1 + NEARBY_WEIGHT + FARTHER_WEIGHT) + SPEAKER_WEIGHT + TIME_WEIGHT + DATED_WEIGHT
"""The best score there can be, by which all are divided."""
SCORE_DIGITS: Final = 6
"""Scores are compared to so many digits, so that the last bits of float32 sums never decide an order; what is equal then is ordered by cosine, then by id."""
TELLING_WORDS: Final = 4
"""From so many words of a question on, which of them a text has tells as much as it can."""
KNOWN_FROM, KNOWN_GROWTH = 0.07, 0.075
"""From which relevance on something is known of what was asked: 0.07, and 0.075 more for each power of ten of the candidates, for the best of many strangers
comes nearer than the best of few. Chosen on questions about one LoCoMo dialogue asked of parts of another, of 3 to 400 turns, where next to no answer is lost
(benchmarks/retrieval shows the curve), and on questions about stores of 2 to 45 short memories, many of them made to be hard, where 3 to 14 of a hundred
are."""
OF_STRANGERS: Final = 1.7
"""That bound is multiplied by this where the question names somebody or something that does not speak in these scopes, and the best hits name none of it.
Chosen on the same questions."""
LEAST_OF_KNOWN, LEAST_OF_BEST = 0.4, 0.25
"""A hit is left out whose relevance is less than this share of that bound, or of the best hit's relevance."""
FIRST: Final = 10
"""So many of the best hits say how relevant the best one is, so that fewer hits are the first of more."""
MARKS: Final = ".,;:!?\"'()"
"""Punctuation around a word."""
ARTICLES: Final = frozenset(("a", "an", "the"))
COPIED: Final = 0.6
"""A text whose words are all in another, and so large a share of it, is a copy of it."""
NEGATIONS: Final = frozenset(("not", "no", "never", "isn't", "wasn't", "doesn't", "don't", "cannot", "can't", "won't", "nor", "neither", "without"))
UNTRUSTED_FIRST: Final = 2
"""So many hits from sources less trusted than a person stand before the best of what a person said, where that answers the question by itself."""
ALIKE: Final = 0.15
"""Scores that differ by no more are alike, where the order of values of one attribute is concerned."""


_Place = tuple[tuple[int, int] | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What ranking knows of a question.

    Attributes:
        floor: The cosine that a text has with a question that has nothing to do with it, by the embedding model.
        ceiling: The cosine that a text has with a question in the same words.
        terms: Its words, as the store knows them, times left out.
        named: Names in it, in lower case, that somebody in the scopes asked goes by.
        names: Those of its words that are written as names.
        days: The stretches of days that it speaks of, counted from 1970, closed-open.
        when: Whether it asks for a time.
    """

    floor: float
    ceiling: float = 1.0
    terms: frozenset[int] = frozenset()
    named: frozenset[str] = frozenset()
    names: frozenset[int] = frozenset()
    days: tuple[tuple[int, int], ...] = ()
    when: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate with its fused score, 0 to 1, and what that is made of, before it is divided by the highest."""

    candidate: Candidate
    score: float
    shares: tuple[float, ...]

    @property
    def parts(self) -> Parts:
        """What the score is made of."""
        return Parts(*(round(share / HIGHEST, SCORE_DIGITS) for share in self.shares))


def fuse(candidates: Sequence[Candidate], asked: Asked) -> tuple[Ranked, ...]:
    """All candidates, best first, ties broken by cosine, then by id.

    The score is ``0.6 x dense + 0.4 x lexical``; to that comes 0.3 times the same of the better of the turns before and after, 0.1 times that of the better of
    those two places away, 0.2 where somebody named in the question said it, 0.2 where it is of the time that the question speaks of, and 0.05 where the
    question asks when and it speaks of any time; all divided by 1.85.

    Cosines are scaled so that the floor has 0 and the best 1, BM25 scores so that the best has 1. A candidate that the
    dense channel did not return has the lowest cosine that it did return; one that the other did not return, 0.
    """
    dense = _dense([candidate.dense for candidate in candidates], asked.floor)
    highest = max((candidate.lexical or 0.0 for candidate in candidates), default=0.0)
    own = [
        (DENSE_WEIGHT * meaning, LEXICAL_WEIGHT * ((candidate.lexical or 0.0) / highest if highest else 0.0))
        for candidate, meaning in zip(candidates, dense, strict=True)
    ]
    by_place: dict[_Place, float] = {}
    for candidate, (meaning, words) in zip(candidates, own, strict=True):
        if (seat := candidate.seat) is not None and seat.turn is not None:
            place = (seat.talk, seat.turn)
            by_place[place] = max(meaning + words, by_place.get(place, 0.0))
    named = frozenset(name_mark(name) for name in asked.named)
    ranked: list[Ranked] = []
    for candidate, (meaning, words) in zip(candidates, own, strict=True):
        nearby = speaker = time = 0.0
        if (seat := candidate.seat) is not None:
            if seat.turn is not None:
                nearby = NEARBY_WEIGHT * _better(by_place, seat.talk, seat.turn, 1) + FARTHER_WEIGHT * _better(by_place, seat.talk, seat.turn, 2)
            speaker = SPEAKER_WEIGHT if not named.isdisjoint(seat.names) else 0.0
            time = _timely(seat, asked)
        shares = (meaning, words, nearby, speaker, time)
        ranked.append(Ranked(candidate=candidate, score=round(sum(shares) / HIGHEST, SCORE_DIGITS), shares=shares))
    return tuple(sorted(ranked, key=lambda item: _order(item.score, item.candidate.dense, item.candidate.id)))


def _better(by_place: Mapping[_Place, float], talk: tuple[int, int] | None, turn: int, steps: int) -> float:
    return max(by_place.get((talk, turn - steps), 0.0), by_place.get((talk, turn + steps), 0.0))


def _order(score: float, cosine: float | None, id: str) -> tuple[float, float, str]:
    # Below the floor all meanings count alike; the nearer one still comes first.
    return -score, -round(-1.0 if cosine is None else cosine, SCORE_DIGITS), id


def _timely(seat: Seat, asked: Asked) -> float:
    stretches = ((seat.day, seat.day + 1), *seat.times)
    fits = any(first < until and start < end for first, end in asked.days for start, until in stretches)
    return (TIME_WEIGHT if fits else 0.0) + (DATED_WEIGHT if asked.when and seat.times else 0.0)


def _dense(cosines: Sequence[float | None], floor: float) -> list[float]:
    known = [cosine for cosine in cosines if cosine is not None]
    if not known:
        return [0.0] * len(cosines)
    lowest, highest = min(known), max(known)
    # Where all of them are strangers, by how much they differ still gives an order.
    low = floor if highest > floor else lowest
    width = highest - low
    return [max(0.0, ((lowest if cosine is None else cosine) - low) / width) if width else 1.0 for cosine in cosines]


def relevance(version: Version, cosine: float, asked: Asked) -> float:
    """How likely a version has to do with the question, 0 to 1.

    The cosine above the floor, as a share of the way to the ceiling, and the share of the question's words that the version has, which counts 0.4, and less
    where the question has fewer than four words: that a text lacks the only one says little.
    """
    meaning = min(max(0.0, cosine - asked.floor) / (asked.ceiling - asked.floor), 1.0)
    weight = LEXICAL_WEIGHT * min(1.0, len(asked.terms) / TELLING_WORDS)
    shared = len(asked.terms & _terms(version)) / max(len(asked.terms), 1)
    return round((1 - weight) * meaning + weight * shared, SCORE_DIGITS)


def _terms(version: Version) -> frozenset[int]:
    # Not the day, nor that a user said it: these have a word in common with questions about anything.
    who = "" if version.source.actor.casefold() in ROLES else version.source.actor
    return frozenset(document_terms("\n".join((version.content, *version.aliases, *version.tags, version.context, who))))


def relevant(hits: Sequence[Hit], least: float | None, *, among: int, asked: Asked) -> tuple[Hit, ...]:
    """The hits that have to do with the question; how relevant the best of all is, the first ten tell.

    Args:
        hits: Best first.
        least: How relevant each must be. Default: what `KNOWN_FROM` and `LEAST_OF_KNOWN` say.
        among: How many candidates they were chosen from.
        asked: What is known of the question.
    """
    if least is not None:
        return tuple(hit for hit in hits if hit.relevance >= least)
    best = max((hit.relevance for hit in hits[:FIRST]), default=0.0)
    known = (KNOWN_FROM + KNOWN_GROWTH * math.log10(max(among, 1))) * _strangeness(hits[:FIRST], asked)
    bound = max(LEAST_OF_KNOWN * known, LEAST_OF_BEST * best)
    return tuple(hit for hit in hits if hit.relevance >= bound) if best >= known else ()


def _strangeness(best: Sequence[Hit], asked: Asked) -> float:
    if asked.named or not asked.names:
        return 1.0
    said = frozenset[int]().union(*(_terms(hit.version) for hit in best))
    return OF_STRANGERS if said.isdisjoint(asked.names) else 1.0


def hits_of(ranked: Sequence[Ranked], versions: Mapping[str, Version], asked: Asked) -> dict[str, Hit]:
    """A hit for each of the candidates that were read, by id, with its relevance. What has faded has less of its score (`erstwhile.fading.weight`).

    Args:
        ranked: All candidates.
        versions: The versions that were read, by id; what is not among them is left out.
        asked: What is known of the question.
    """
    lowest = min((item.candidate.dense for item in ranked if item.candidate.dense is not None), default=asked.floor)
    return {
        item.candidate.id: Hit(
            version=versions[item.candidate.id],
            score=round(item.score * weight(versions[item.candidate.id]), SCORE_DIGITS),
            dense=item.candidate.dense,
            lexical=item.candidate.lexical,
            relevance=relevance(versions[item.candidate.id], lowest if item.candidate.dense is None else item.candidate.dense, asked),
            parts=item.parts,
        )
        for item in ranked
        if item.candidate.id in versions
    }


def fold(hits: Mapping[str, Hit], *, trusted: Callable[[Version], bool] = lambda _: True) -> tuple[Hit, ...]:
    """The hits of `hits_of`, best first. A memory and the turns it was drawn from become one hit, at the better of their scores.

    Args:
        hits: A hit for each version that was read.
        trusted: Whether a version is from a source as trusted as a person. What one of the others says nearly in the same words becomes one hit, too.
    """
    folded: set[str] = set()
    kept: list[Hit] = []
    for hit in hits.values():
        turns = [hits[id] for id in hit.version.links.derived_from if id in hits and hits[id].version.is_turn]
        folded.update(turn.version.id for turn in turns)
        best = max(hit.score, *(turn.score for turn in turns)) if turns else hit.score
        surest = max(hit.relevance, *(turn.relevance for turn in turns)) if turns else hit.relevance
        kept.append(replace(hit, score=best, relevance=surest, evidence=tuple(turn.version.id for turn in turns)))
    ordered = sorted((hit for hit in kept if hit.version.id not in folded), key=lambda hit: _order(hit.score, hit.dense, hit.version.id))
    return _newest_first(_without_copies(_told_once(ordered), trusted))


def _told_once(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Of what the same person said in the same words on one day, articles and punctuation aside, the best hit, with the ids of the rest."""
    groups: dict[Hashable, list[Hit]] = {}
    for hit in hits:
        version = hit.version
        words = tuple(word for word in map(_plain, version.content.split()) if word and word not in ARTICLES)
        said = (version.scope, version.is_turn, version.source.actor, version.valid_from.date(), words or version.id)
        groups.setdefault(said, []).append(hit)
    return tuple(replace(first, repeats=tuple(other.version.id for other in others)) if others else first for first, *others in groups.values())


def _without_copies(hits: Sequence[Hit], trusted: Callable[[Version], bool]) -> tuple[Hit, ...]:
    """Of what one less trusted source says over and over with some words more or less, the best hit, with the ids of the rest."""
    kept: list[Hit] = []
    said: dict[Hashable, list[tuple[int, frozenset[str]]]] = {}
    for hit in hits:
        version = hit.version
        if trusted(version):
            kept.append(hit)
            continue
        words = frozenset(word for word in map(_plain, version.content.split()) if word and word not in ARTICLES)
        known = said.setdefault((version.scope, version.is_turn, version.source.kind, version.source.actor), [])
        copied = next((place for place, others in known if _copy(words, others)), None)
        if copied is None:
            known.append((len(kept), words))
            kept.append(hit)
        else:
            kept[copied] = replace(kept[copied], repeats=(*kept[copied].repeats, version.id, *hit.repeats))
    return tuple(kept)


def _copy(words: frozenset[str], others: frozenset[str]) -> bool:
    more, less = (words, others) if len(words) >= len(others) else (others, words)
    # A number or a "not" makes another statement of it.
    return less <= more and len(less) >= COPIED * len(more) and not any(word in NEGATIONS or any(map(str.isdigit, word)) for word in more - less)


def with_said(hits: Sequence[Hit], said: Hit) -> tuple[Hit, ...]:
    """The hits with what a person said among the first three, as high as the hit that it goes after."""
    rest = [hit for hit in hits if hit.version.id != said.version.id]
    first, others = rest[:UNTRUSTED_FIRST], rest[UNTRUSTED_FIRST:]
    return (*first, replace(said, score=first[-1].score), *others)


def _plain(word: str) -> str:
    # In what holds a digit or a sign, such as a key or "-5", every character may count.
    bare = word.strip(MARKS)
    return bare.casefold() if bare.isalpha() else bare


def _newest_first(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Of hits that say something about the same attribute of the same subject and score alike, the newest comes first.

    Where an attribute can have several values, all of them hold, and what was said last is what a question means more often. The places and scores that such
    hits have between them stay the same. Each ten hits are looked at by themselves, so that fewer hits are the first of more.
    """
    return tuple(hit for first in range(0, len(hits), FIRST) for hit in _newest_of(hits[first : first + FIRST]))


def _newest_of(hits: Sequence[Hit]) -> Sequence[Hit]:
    groups: dict[str, list[int]] = {}
    for place, hit in enumerate(hits):
        if len(hit.version.claims) == 1:
            slot = hit.version.claims[0].slot
            group = groups.setdefault(slot, [])
            if group and hits[group[0]].score - hit.score > ALIKE:
                groups[slot] = group = []
            group.append(place)
    ordered = list(hits)
    for places in groups.values():
        newest = sorted((hits[place] for place in places), key=lambda hit: (hit.version.confirmed_at, hit.version.id), reverse=True)
        for place, hit in zip(places, newest, strict=True):
            ordered[place] = replace(hit, score=hits[place].score)
    return ordered
