"""Rival facts that are written at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from erstwhile.results import Outcome
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock

ROUNDS = 12


def _both(first: Callable[[int], Outcome], second: Callable[[int], Outcome]) -> list[Outcome]:
    ready = threading.Barrier(2)

    def work(act: Callable[[int], Outcome]) -> list[Outcome]:
        ready.wait()
        return [act(number) for number in range(ROUNDS)]

    with ThreadPoolExecutor(2) as pool:
        return [outcome for made in pool.map(work, (first, second)) for outcome in made]


def test_rivals_make_one_timeline(bo: ScopedMemory) -> None:
    """Two threads that remember one value after another at once: one memory, one value at a time, nothing lost, no gap, nothing contested."""
    outcomes = _both(lambda number: bo.remember(f"home: Porto {number}"), lambda number: bo.remember(f"home: Lisbon {number}"))
    assert len({outcome.memory_id for outcome in outcomes}) == 1
    believed = sorted((version for version in bo.history(outcomes[0]) if version.believed), key=lambda version: version.valid_from)
    assert {version.content for version in believed} == {f"home: {town} {number}" for town in ("Porto", "Lisbon") for number in range(ROUNDS)}
    assert all(one.valid_to == after.valid_from for one, after in pairwise(believed))
    assert believed[-1].valid_to is None
    assert len(bo.snapshot()) == 1
    assert bo.conflicts() == ()


def test_the_same_at_once_is_one_memory(bo: ScopedMemory) -> None:
    """Two threads that say the same in different words: one memory, confirmed once for each further time."""
    outcomes = _both(
        lambda number: bo.remember("home: Porto", key=f"a{number}"),
        lambda number: bo.remember("home: Porto!", key=f"b{number}"),
    )
    assert len({outcome.memory_id for outcome in outcomes}) == 1
    (held,) = bo.snapshot()
    assert len(held.confirmations) == 2 * ROUNDS - 1


def test_a_conflict_is_settled_by_one_of_two(bo: ScopedMemory, clock: FixedClock) -> None:
    """Two threads that open conflicts and settle them leave none half open: what is contested is listed."""
    bo.remember("home: Porto", valid_from="2024-01-01")

    def settle(number: int) -> Outcome:
        for conflict in bo.conflicts()[:1]:
            return bo.resolve(conflict, ["keep-old", "keep-both"][number % 2])
        return bo.remember(f"pet: cat {number}")

    try:
        _both(lambda number: bo.remember(f"home: Rome {number}?", valid_from="2024-02-01"), settle)
    finally:
        listed = {side.memory_id for conflict in bo.conflicts() for side in (conflict.older, conflict.newer)}
        assert {version.memory_id for version in bo.snapshot() if version.contested} == listed
