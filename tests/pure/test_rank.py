"""Fusion, relevance and folding."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile import Hit, Links, Provenance, Version
from erstwhile.model import Confirmation
from erstwhile.rank import FIRST, KNOWN_FROM, KNOWN_GROWTH, Asked, Ranked, fold, fuse, hits_of, relevance, relevant
from erstwhile.relations import Claim
from erstwhile.store import Candidate, Seat, name_mark, query_terms
from erstwhile.testing import make_version
from erstwhile.time import as_utc

HIGHEST = 1.85
"""By which scores are divided, as the docstring of `fuse` says."""
ASKED = Asked(floor=0.5)
LIKES = Claim(subject="@user", attribute="like", value="tea")


def _seat(session: str = "s", turn: int | None = 0, *, actor: str = "user", day: int = 100, times: tuple[tuple[int, int], ...] = ()) -> Seat:
    names = tuple(name_mark(name) for name in actor.casefold().split())
    return Seat(talk=None if turn is None else (0, ord(session)), turn=turn, names=names, day=day, times=times)


def _scores(candidates: Sequence[Candidate], asked: Asked = ASKED) -> dict[str, float]:
    return {item.candidate.id: round(item.score * HIGHEST, 4) for item in fuse(candidates, asked)}


def _ranked(scores: Mapping[str, float]) -> tuple[Ranked, ...]:
    return tuple(Ranked(candidate=Candidate(id=id, dense=score), score=score, shares=(score,)) for id, score in scores.items())


def _version(id: str, content: str | None = None, **parts: Any) -> Version:  # noqa: ANN401 - any part of a version
    return make_version(content or f"about {id}", id=id, memory_id=f"memory {id}", **parts)


def _fold(scores: Mapping[str, float], *versions: Version) -> tuple[Hit, ...]:
    return fold(hits_of(_ranked(scores), {version.id: version for version in versions}, ASKED))


def _ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.version.id for hit in hits]


def test_both_channels_count_as_weighed() -> None:
    """The best by meaning has 0.6 of it, the best by words 0.4, and what lies between the floor and the best its share."""
    found = _scores([Candidate(id="a", dense=0.9), Candidate(id="b", dense=0.5, lexical=9.0), Candidate(id="c", dense=0.7, lexical=4.5)])
    assert found == {"a": 0.6, "c": 0.5, "b": 0.4}
    assert list(found) == ["a", "c", "b"]


def test_unknown_to_the_dense_channel() -> None:
    """What only its words found is at most as near as the farthest that the dense channel gave, and counts as that near."""
    assert _scores([Candidate(id="a", dense=0.9), Candidate(id="b", dense=0.7), Candidate(id="c", lexical=2.0)]) == {"c": 0.7, "a": 0.6, "b": 0.3}
    assert _scores([Candidate(id="a", lexical=2.0), Candidate(id="b", lexical=1.0)]) == {"a": 0.4, "b": 0.2}


def test_the_floor_is_nothing() -> None:
    """What is no nearer than strangers are gets nothing for its meaning, however far below it lies."""
    assert _scores([Candidate(id="a", dense=0.9), Candidate(id="b", dense=0.5), Candidate(id="c", dense=-0.2)]) == {"a": 0.6, "b": 0.0, "c": 0.0}


def test_among_strangers_the_nearest_leads() -> None:
    """Where nothing reaches the floor there still is an order, and one alone is the best there is."""
    assert _scores([Candidate(id="b", dense=0.3), Candidate(id="a", dense=0.1), Candidate(id="c", dense=0.2)]) == {"b": 0.6, "c": 0.3, "a": 0.0}
    assert _scores([Candidate(id="a", dense=0.1)]) == {"a": 0.6}


def test_equals_are_ordered_by_id_whatever_the_order_in() -> None:
    """A tie never makes two runs differ."""
    candidates = [Candidate(id=id, dense=0.5) for id in "dbca"]
    for seed in range(5):
        shuffled = random.Random(seed).sample(candidates, k=4)
        assert [item.candidate.id for item in fuse(shuffled, ASKED)] == ["a", "b", "c", "d"]


def test_the_last_bits_of_a_sum_do_not_decide() -> None:
    """Scores that differ by what float32 sums differ by between machines count as equal."""
    found = fuse([Candidate(id="b", dense=0.50000006), Candidate(id="a", dense=0.5), Candidate(id="z", dense=-0.5)], Asked(floor=-0.5))
    assert [item.candidate.id for item in found] == ["a", "b", "z"]


def test_turns_beside_a_good_one_gain() -> None:
    """The better of the turns before and after lends 0.3 of its own score, of those two places away 0.1; another session and no place at all lend nothing."""
    turns = {"first": 1, "best": 2, "after": 3, "near": 4, "far": 5}
    seats = {id: _seat(turn=turn) for id, turn in turns.items()} | {"other": _seat("t", turn=3), "none": _seat(turn=None)}
    candidates = [Candidate(id=id, dense={"best": 0.9, "first": 0.7}.get(id, 0.5), seat=seat) for id, seat in seats.items()]
    found = _scores(candidates)
    assert found == pytest.approx(
        {"best": 0.6 + 0.3 * 0.3, "first": 0.3 + 0.3 * 0.6, "after": 0.3 * 0.6 + 0.1 * 0.3, "near": 0.1 * 0.6, "far": 0, "none": 0, "other": 0}
    )
    assert fuse([replace(candidate, seat=None) for candidate in candidates], ASKED)[0].parts.nearby == 0


def test_several_at_one_place_lend_as_the_best_of_them() -> None:
    """A turn and the memories drawn from it share a place; their neighbour gains from the best of them once."""
    found = _scores([Candidate(id=id, dense=dense, seat=_seat(turn=1)) for id, dense in (("a", 0.9), ("b", 0.7))] + [Candidate(id="c", seat=_seat(turn=2))])
    assert found["c"] == pytest.approx(0.3 + 0.3 * 0.6)
    assert found["b"] == pytest.approx(0.3 + 0.3 * 0.3)


@pytest.mark.parametrize(("actor", "gain"), [("Ana", 0.2), ("ANA Maria", 0.2), ("Anabel", 0.0), ("Bo", 0.0)])
def test_who_is_named_gains(actor: str, gain: float) -> None:
    """What somebody said whom the question names gains 0.2, by the whole name or one word of it; part of a word is no name."""
    found = fuse([Candidate(id="a", dense=0.9, seat=_seat(actor=actor))], Asked(floor=0.5, named=frozenset({"ana"})))
    assert found[0].parts.speaker * HIGHEST == pytest.approx(gain, abs=1e-5)


@pytest.mark.parametrize(
    ("day", "times", "gain"),
    [(9, (), 0.0), (10, (), 0.2), (19, (), 0.2), (20, (), 0.0), (50, ((5, 11),), 0.2), (50, ((20, 30),), 0.0), (50, ((0, 10),), 0.0), (10, ((10, 20),), 0.2)],
)
def test_what_is_of_the_time_asked_about_gains(day: int, times: tuple[tuple[int, int], ...], gain: float) -> None:
    """Said within the days that the question speaks of, or speaking of them: 0.2, once; ends are open."""
    found = fuse([Candidate(id="a", dense=0.9, seat=_seat(day=day, times=times))], Asked(floor=0.5, days=((10, 20),)))
    assert found[0].parts.time * HIGHEST == pytest.approx(gain, abs=1e-5)


@pytest.mark.parametrize(
    ("when", "times", "days", "gain"), [(True, True, False, 0.05), (True, False, False, 0), (False, True, False, 0), (True, True, True, 0.25)]
)
def test_who_asks_when_prefers_what_is_dated(when: bool, times: bool, days: bool, gain: float) -> None:
    """Where the question asks for a time, a text that speaks of one gains 0.05; when it was said is not what it speaks of."""
    asked = Asked(floor=0.5, when=when, days=((3, 4),) if days else ())
    found = fuse([Candidate(id="a", dense=0.9, seat=_seat(times=((3, 4),) if times else ()))], asked)
    assert found[0].parts.time * HIGHEST == pytest.approx(gain, abs=1e-5)


_shares = st.none() | st.floats(-1, 1)
_candidates = st.lists(
    st.builds(
        Candidate,
        id=st.uuids().map(str),
        dense=_shares,
        lexical=st.none() | st.floats(0.01, 30),
        seat=st.none()
        | st.builds(
            _seat,
            session=st.sampled_from("st"),
            turn=st.none() | st.integers(0, 4),
            actor=st.sampled_from(["Ana", "Bo"]),
            day=st.integers(0, 5),
            times=st.sampled_from([(), ((1, 3),)]),
        ),
    ),
    max_size=12,
    unique_by=lambda candidate: candidate.id,
)


@given(candidates=_candidates, floor=st.floats(-0.5, 0.5), when=st.booleans(), seed=st.randoms(use_true_random=False))
def test_parts_add_up_to_the_score(candidates: list[Candidate], floor: float, when: bool, seed: random.Random) -> None:
    """Whatever was found: nothing is lost, scores fall from 1 at most to 0 at least, parts explain them, and the order given does not matter."""
    asked = Asked(floor=floor, named=frozenset({"ana"}), days=((2, 4),), when=when)
    found = fuse(candidates, asked)
    assert sorted(item.candidate.id for item in found) == sorted(candidate.id for candidate in candidates)
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    for item in found:
        parts = item.parts
        assert 0 <= item.score <= 1
        assert parts.dense + parts.lexical + parts.nearby + parts.speaker + parts.time == pytest.approx(item.score, abs=1e-5)
    assert fuse(seed.sample(candidates, k=len(candidates)), asked) == found


def test_nothing_found_is_no_hit() -> None:
    """An empty store answers with nothing."""
    assert fuse([], ASKED) == ()
    assert fold(hits_of((), {}, ASKED)) == ()
    assert relevant((), None, among=0, asked=ASKED) == ()


@pytest.mark.parametrize(
    ("cosine", "question", "expected"),
    [
        (0.75, "red tea green kettle", 0.5),
        (0.5, "red tea green kettle", 0.2),
        (0.5, "red tea green kettle spoon", 0.16),
        (1.0, "red tea", 1.0),
        (0.75, "red tea", 0.6),
        (0.75, "green kettle", 0.4),
        (0.75, "kettle", 0.45),
        (0.75, "", 0.5),
        (0.1, "kettle", 0.0),
    ],
)
def test_relevance(cosine: float, question: str, expected: float) -> None:
    """How far it is above the floor, and for 0.4 the share of the question's words; for 0.1 a word where there are fewer than four."""
    asked = Asked(floor=0.5, terms=frozenset(query_terms(question)))
    assert relevance(make_version("red tea"), cosine, asked) == pytest.approx(expected)


@pytest.mark.parametrize(("cosine", "expected"), [(0.0, 0.0), (0.1, 0.0), (0.4, 0.5), (0.7, 1.0), (0.9, 1.0)])
def test_meaning_is_measured_from_the_floor_to_the_ceiling(cosine: float, expected: float) -> None:
    """Where a text that is asked for in its own words has no cosine of 1, what it has counts as much; nothing counts more."""
    assert relevance(make_version("red tea"), cosine, Asked(floor=0.1, ceiling=0.7)) == pytest.approx(expected)


def test_words_of_what_a_turn_answers_are_relevant() -> None:
    """An answer that lacks the question's words is known to be about them by what it answers."""
    asked = Asked(floor=0.5, terms=frozenset(query_terms("kettle")))
    assert relevance(make_version("yes, at last", type=None, context="Is the kettle mended?"), 0.5, asked) == pytest.approx(0.1)


def _hits(*shares: float) -> tuple[Hit, ...]:
    return tuple(Hit(version=_version(str(place)), score=0.5, relevance=share) for place, share in enumerate(shares))


@pytest.mark.parametrize(("among", "bound"), [(0, 0.07), (1, 0.07), (10, 0.145), (100, 0.22), (200, 0.243)])
def test_more_candidates_must_be_surer(among: int, bound: float) -> None:
    """The best of many strangers comes nearer than the best of few, so nothing counts as known below a bound that grows with their number."""
    assert bound == pytest.approx(KNOWN_FROM + KNOWN_GROWTH * math.log10(max(among, 1)), abs=0.001)
    assert relevant(_hits(bound - 0.001), None, among=among, asked=ASKED) == ()
    known = _hits(bound + 0.001)
    assert relevant(known, None, among=among, asked=ASKED) == known


@pytest.mark.parametrize(
    ("question", "speakers", "share"),
    [
        ("Ana", (), 1.0),
        ("kettle Ana", (), 1.0),
        ("Zoe", (), 1.7),
        ("Zoe Ana", (), 1.0),
        ("", ("ana",), 1.0),
        ("Zoe", ("ana",), 1.0),
    ],
)
def test_who_is_named_tells_how_much_must_be_known(question: str, speakers: tuple[str, ...], share: float) -> None:
    """More where the best hits have none of the names; one that they have is enough, or that somebody who speaks here goes by."""
    asked = Asked(floor=0.5, names=frozenset(query_terms(question)), named=frozenset(speakers))
    bound = share * KNOWN_FROM

    def hits(relevance: float) -> tuple[Hit, ...]:
        return (Hit(version=_version("a", "Ana met Bo."), score=0.5, relevance=relevance),)

    assert relevant(hits(bound - 0.001), None, among=1, asked=asked) == ()
    assert relevant(hits(bound + 0.001), None, among=1, asked=asked) == hits(bound + 0.001)


def test_much_less_relevant_than_the_best_is_left_out() -> None:
    """Of what is known, a hit needs two fifths of the bound and a quarter of the best; the hit that opens the gate need not come first."""
    first, second, third, fourth = found = _hits(0.06, 0.2, 0.04, 0.049)
    assert relevant(found, None, among=1, asked=ASKED) == (first, second)
    assert relevant((third, fourth, second), None, among=1, asked=ASKED) == (second,)
    weak = _hits(0.08, 0.029, 0.027)
    assert relevant(weak, None, among=1, asked=ASKED) == weak[:2]
    strong = _hits(0.8, 0.21, 0.19)
    assert relevant(strong, None, among=1, asked=ASKED) == strong[:2]


def test_the_first_ten_tell_how_relevant_the_best_is() -> None:
    """What comes later neither opens the gate nor closes it to those before, so that fewer hits are the first of more."""
    assert relevant(_hits(*[0.05] * FIRST, 0.9), None, among=1, asked=ASKED) == ()
    found = _hits(*[0.2] * FIRST, 0.9)
    assert relevant(found, None, among=1, asked=ASKED) == found
    assert relevant(found[:FIRST], None, among=1, asked=ASKED) == found[:FIRST]


def test_a_bound_of_the_callers_own() -> None:
    """Where the caller says how relevant, that alone counts, whatever the number and the best; 0 is everything."""
    found = _hits(0.01, 0.9, 0.3, 0.0)
    assert relevant(found, 0.3, among=1_000, asked=ASKED) == (found[1], found[2])
    assert relevant(found, 0.0, among=1_000, asked=ASKED) == found
    assert relevant(found, 0.95, among=1, asked=ASKED) == ()


def test_a_memory_and_its_turn_are_one_hit() -> None:
    """A result does not say the same thing twice, and shows what it rests on; it is as good and as relevant as the better of both."""
    turn, memory = _version("turn", type=None), _version("memory", links=Links(derived_from=("turn", "gone")))
    ranked = fuse([Candidate(id="turn", dense=0.9), Candidate(id="memory", dense=0.7), Candidate(id="other", dense=0.5)], ASKED)
    hits = fold(hits_of(ranked, {version.id: version for version in (turn, memory, _version("other"))}, ASKED))
    assert _ids(hits) == ["memory", "other"]
    assert hits[0].evidence == ("turn",)
    assert hits[0].score == ranked[0].score
    assert hits[0].relevance == pytest.approx(0.8)
    assert hits[0].dense == 0.7
    assert "that of what it was folded with" in hits[0].why


def test_a_memory_better_than_its_turn_keeps_its_own() -> None:
    """A weak turn takes nothing away from a memory that was drawn from it."""
    turn, memory = _version("turn", type=None), _version("memory", links=Links(derived_from=("turn",)))
    (hit,) = _fold({"memory": 0.9, "turn": 0.6}, turn, memory)
    assert (hit.score, hit.evidence) == (0.9, ("turn",))
    assert hit.relevance == pytest.approx(0.8)


def test_a_turn_without_its_memory_stays() -> None:
    """A turn is folded into a hit that is there, and is one itself where the memory was not found."""
    assert _ids(_fold({"turn": 0.9}, _version("turn", type=None))) == ["turn"]


def test_a_memory_drawn_from_a_memory_stays_beside_it() -> None:
    """Only turns are evidence that folds; two memories are two hits."""
    assert _ids(_fold({"a": 0.9, "b": 0.8}, _version("a"), _version("b", links=Links(derived_from=("a",))))) == ["a", "b"]


def test_what_could_not_be_read_is_left_out() -> None:
    """A version erased between finding and reading is no hit, and no error."""
    assert _fold({"gone": 0.9}) == ()


def test_relevance_of_what_only_words_found() -> None:
    """Without a cosine of its own a hit is as relevant as the farthest that was returned; where none was, no nearer than strangers."""
    near, far = Candidate(id="near", dense=0.9), Candidate(id="far", lexical=2.0)
    versions = {id: _version(id) for id in ("near", "far")}
    assert fold(hits_of(fuse([near, far], ASKED), versions, ASKED))[0].relevance == pytest.approx(0.8)
    assert [hit.relevance for hit in fold(hits_of(fuse([near, far], ASKED), versions, ASKED))] == pytest.approx([0.8, 0.8])
    assert [hit.relevance for hit in fold(hits_of(fuse([far], ASKED), versions, ASKED))] == [0]


@pytest.mark.parametrize("again", ["Ana drinks tea!", "the Ana drinks a tea", "ana DRINKS  tea"])
def test_what_is_told_again_is_told_once(again: str) -> None:
    """Of the same said in the same words on one day, articles, letter case and marks aside, the best is a hit, with the ids of the rest."""
    hits = _fold({"a": 0.9, "x": 0.8, "b": 0.7}, _version("a", "Ana drinks tea"), _version("x", "Bo sails"), _version("b", again))
    assert [(hit.version.id, hit.repeats) for hit in hits] == [("a", ("b",)), ("x", ())]


@pytest.mark.parametrize(
    "parts",
    [
        {"content": "Ana does not drink tea"},
        {"content": "Ana doesn\u2019t drink tea"},
        {"content": "Ana never drinks tea"},
        {"content": "Ana drinks green tea"},
        {"content": "Tea drinks Ana"},
        {"valid_from": datetime(2031, 1, 2, tzinfo=UTC)},
        {"source": Provenance(actor="Bo")},
        {"type": None},
    ],
)
def test_what_differs_is_not_a_repeat(parts: dict[str, Any]) -> None:
    """What is denied, says more or in another order, was said by another or on another day, or is evidence of its own beside a memory stays a hit."""
    given = {"content": "Ana drinks tea", **parts}
    hits = _fold({"a": 0.9, "b": 0.7}, _version("a", "Ana drinks tea"), _version("b", **given))
    assert [(hit.version.id, hit.repeats) for hit in hits] == [("a", ()), ("b", ())]


def test_texts_without_words_are_never_repeats() -> None:
    """Two texts that hold no word have nothing by which they could be the same."""
    assert _ids(_fold({"a": 0.9, "b": 0.7}, _version("a", "🙂"), _version("b", "🚀"))) == ["a", "b"]


def test_of_rivals_the_newest_comes_first() -> None:
    """Values of one attribute that score alike swap places, newest first; places and scores stay, and nobody else moves."""
    old, new = _version("old", claims=(LIKES,), valid_from="2024-01-01"), _version("new", claims=(replace(LIKES, value="cocoa"),), valid_from="2024-06-01")
    hits = _fold({"old": 0.6, "other": 0.5, "new": 0.46}, old, _version("other"), new)
    assert [(hit.version.id, hit.score) for hit in hits] == [("new", 0.6), ("other", 0.5), ("old", 0.46)]


def test_confirmed_last_counts_as_newest() -> None:
    """What was said again since is newer than what was first said in between."""
    again = Confirmation(said="tea", at=as_utc("2024-09-01"), source=Provenance(), system=as_utc("2024-09-01"))
    old = _version("old", claims=(LIKES,), valid_from="2024-01-01", confirmations=(again,))
    assert _ids(_fold({"new": 0.6, "old": 0.5}, _version("new", claims=(LIKES,), valid_from="2024-06-01"), old)) == ["old", "new"]


@pytest.mark.parametrize(
    ("score", "claims"),
    [
        (0.44, (LIKES,)),
        (0.59, (replace(LIKES, attribute="own"),)),
        (0.59, (replace(LIKES, subject="@ana"),)),
        (0.59, (LIKES, replace(LIKES, attribute="own"))),
        (0.59, ()),
    ],
)
def test_who_is_no_rival_stays_behind(score: float, claims: tuple[Claim, ...]) -> None:
    """A newer hit does not overtake a clearly better one, nor one about something else, nor where it says several things."""
    old, new = _version("old", claims=(LIKES,), valid_from="2024-01-01"), _version("new", claims=claims, valid_from="2024-06-01")
    assert _ids(_fold({"old": 0.6, "new": score}, old, new)) == ["old", "new"]
