"""Fusion and folding."""

import random
from dataclasses import replace
from datetime import UTC, datetime

from erstwhile import Links, MemoryType, Scope, Version
from erstwhile.rank import fold, fuse
from erstwhile.store import Candidate

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def version(id: str, *, turn: bool = False, derived_from: tuple[str, ...] = ()) -> Version:
    kind = None if turn else MemoryType.FACT
    links = Links(derived_from=derived_from)
    return Version(id=id, memory_id=f"memory {id}", content=id, type=kind, scope=Scope(user="ana"), valid_from=NOW, system_from=NOW, links=links)


def test_both_channels_count_as_weighed() -> None:
    """The best by meaning has 0.6 of it, the best by words 0.4, what leads both has all."""
    found = fuse([Candidate(id="a", dense=0.9, lexical=1.0), Candidate(id="b", dense=0.5, lexical=9.0), Candidate(id="c", dense=0.7)])
    assert [(item.candidate.id, item.score) for item in found] == [("a", 0.6), ("b", 0.4), ("c", 0.3)]


def test_equals_are_ordered_by_id_whatever_the_order_in() -> None:
    """A tie never makes two runs differ."""
    candidates = [Candidate(id=id, dense=0.5) for id in "dbca"]
    for seed in range(5):
        shuffled = random.Random(seed).sample(candidates, k=4)
        assert [item.candidate.id for item in fuse(shuffled)] == ["a", "b", "c", "d"]


def test_the_last_bits_of_a_sum_do_not_decide() -> None:
    """Scores that differ by what float32 sums differ by between machines count as equal."""
    found = fuse([Candidate(id="b", dense=0.50000006), Candidate(id="a", dense=0.5), Candidate(id="z", dense=-0.5)])
    assert [item.candidate.id for item in found] == ["a", "b", "z"]


def test_a_memory_and_its_turn_are_one_hit() -> None:
    """A result does not say the same thing twice, and shows what it rests on."""
    ranked = fuse([Candidate(id="turn", dense=0.9), Candidate(id="memory", dense=0.8), Candidate(id="other", dense=0.1)])
    versions = {"turn": version("turn", turn=True), "memory": version("memory", derived_from=("turn", "gone")), "other": version("other")}
    hits = fold(ranked, versions)
    assert [(hit.version.id, hit.score, hit.evidence) for hit in hits] == [("memory", 0.6, ("turn",)), ("other", 0.0, ())]


def test_a_memory_drawn_from_a_memory_stays_beside_it() -> None:
    """Only turns are evidence that folds; two memories are two hits."""
    ranked = fuse([Candidate(id="a", dense=0.9), Candidate(id="b", dense=0.8)])
    hits = fold(ranked, {"a": version("a"), "b": replace(version("b"), links=Links(derived_from=("a",)))})
    assert [hit.version.id for hit in hits] == ["a", "b"]


def test_what_could_not_be_read_is_left_out() -> None:
    """A version erased between finding and reading is no hit, and no error."""
    assert fold(fuse([Candidate(id="gone", dense=0.9)]), {}) == ()


def test_nothing_found_is_no_hit() -> None:
    """An empty store answers with nothing."""
    assert fuse([]) == ()
