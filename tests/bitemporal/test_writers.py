"""Several writers at once: nothing is lost, nothing overlaps, nothing is written twice."""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Any, TypeVar

import pytest

from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import WriteConflictError
from erstwhile.ledger import ATTEMPTS
from erstwhile.model import Scope, Version
from erstwhile.results import Action
from erstwhile.scoped import ScopedMemory
from erstwhile.store import Batch, Find, ReferenceStore, Row, Search, Store, StoreInfo, Where
from erstwhile.time import AsOf

THREADS = 8
MODEL = HashingEmbedder()
T = TypeVar("T")


def _at_once(work: Callable[[int], T]) -> list[T]:
    ready = threading.Barrier(THREADS)

    def start(number: int) -> T:
        ready.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


def _check_apart(versions: tuple[Version, ...]) -> None:
    for one, other in combinations(versions, 2):
        if one.valid.overlaps(other.valid):
            first, second = sorted((one, other), key=lambda version: version.system_from)
            assert first.system_to is not None
            assert first.system_to <= second.system_from


def test_threads_that_supersede_one_memory_make_one_chain(open_on: Callable[[Store], Engine], store: Store) -> None:
    """Eight threads supersede the same memory: one chain, every fact in it, each write at a time of its own, no overlap in both times."""
    ana = open_on(store).scope(user="ana")
    first = ana.remember("Ana lives in city 0", valid_from="2024-01-01")

    def move(number: int) -> list[Any]:
        return [ana.remember(f"Ana lives in city {number} {turn}", supersedes=first) for turn in range(3)]

    outcomes = [outcome for made in _at_once(move) for outcome in made]
    chain = ana.history(first)
    assert {outcome.memory_id for outcome in outcomes} == {first.memory_id}
    assert {version.content for version in chain} == {"Ana lives in city 0"} | {outcome.version.content for outcome in outcomes}
    assert len({outcome.version.system_from for outcome in outcomes}) == len(outcomes)
    _check_apart(chain)
    held = ana.snapshot(as_of=AsOf(valid=chain[-1].system_from))
    assert [version.id for version in held] == [max(outcomes, key=lambda outcome: outcome.version.system_from).version.id]
    believed = sorted((version for version in chain if version.believed), key=lambda version: version.valid_from)
    assert all(one.valid_to == next_one.valid_from for one, next_one in pairwise(believed))


def test_threads_that_write_different_kinds_to_one_memory_keep_it_whole(open_on: Callable[[Store], Engine], store: Store) -> None:
    """Supersessions, interruptions, corrections and late facts at once: what is believed at any time is a set of versions that do not overlap."""
    ana = open_on(store).scope(user="ana")
    first = ana.remember("Ana lives in Porto", valid_from="2024-01-01")

    def write(number: int) -> Version:
        day = datetime.fromisoformat("2024-02-01T00:00:00Z") + timedelta(days=number)
        if number % 3 == 0:
            return ana.correct(first, f"Ana lives in Porto {number}").version
        return ana.remember(f"city {number}", valid_from=day, valid_to=day + timedelta(days=9) if number % 3 == 1 else None, supersedes=first).version

    written = _at_once(write)
    chain = ana.history(first)
    assert {version.id for version in written} <= {version.id for version in chain}
    _check_apart(chain)


def test_threads_with_one_key_write_once(open_on: Callable[[Store], Engine], store: Store) -> None:
    """The same idempotency key, or the same content without one, in eight threads at once: one is written, all get it."""
    ana = open_on(store).scope(user="ana")
    keyed = _at_once(lambda number: ana.remember(f"The invoice is paid, says {number}", key="invoice-17"))
    plain = _at_once(lambda _: ana.remember("Ana likes tea"))
    for outcomes in (keyed, plain):
        assert sorted(outcome.action for outcome in outcomes) == [Action.REMEMBERED] + [Action.UNCHANGED] * (THREADS - 1)
        assert len({outcome.version.id for outcome in outcomes}) == 1
    assert ana.stats().versions == 2


def test_threads_that_observe_one_session_get_places_of_their_own(open_on: Callable[[Store], Engine], store: Store) -> None:
    """Turns kept at once in one session have distinct places without gaps, the turns of one call side by side, and a repeated message is kept once."""
    ana = open_on(store).scope(user="ana")
    messages = [
        [{"role": "user", "content": f"{number} {turn}"} for turn in range(2)] + [{"role": "user", "content": "same", "id": "m"}] for number in range(THREADS)
    ]
    kept = _at_once(lambda number: ana.observe(messages[number], session="s"))
    turns = {turn.id: turn for turns in kept for turn in turns}
    assert sorted(turn.source.turn for turn in turns.values()) == list(range(2 * THREADS + 1))
    assert len({turns[-1].id for turns in kept}) == 1
    assert all(second.source.turn == first.source.turn + 1 for first, second, _ in kept)


class Interfered(Store):
    """A store on which somebody else writes, once, between the reading and the writing of another; it locks nobody out.

    Args:
        store: The store.
        interfere: Does the other write; asked before each write, until it has been asked ``times`` times.
        times: How often.
    """

    def __init__(self, store: Store, interfere: Callable[[], object], *, times: int) -> None:
        self.store, self.interfere, self.left, self.writes = store, interfere, times, 0

    def find(self, find: Find) -> tuple[Row, ...]:
        return self.store.find(find)

    def scan(self, *, after: str | None = None, limit: int = 1_000, vectors: bool = False) -> tuple[Row, ...]:
        return self.store.scan(after=after, limit=limit, vectors=vectors)

    def search(self, search: Search) -> Any:  # noqa: ANN401 - as the store says
        return self.store.search(search)

    def count(self, where: Where) -> int:
        return self.store.count(where)

    def write(self, batch: Batch) -> None:
        self.writes += 1
        if self.left:
            self.left -= 1
            self.interfere()
        self.store.write(batch)

    def erase(self, where: Where) -> None:
        self.store.erase(where)

    def scopes(self) -> tuple[Scope, ...]:
        return self.store.scopes()

    def latest(self) -> datetime | None:
        return self.store.latest()

    def info(self) -> StoreInfo:
        return self.store.info()

    def claim(self, names: Collection[str]) -> AbstractContextManager[object]:
        return nullcontext()


WRITES: dict[str, Callable[[ScopedMemory, str], Any]] = {
    "supersede": lambda ana, memory: ana.remember("Ana lives in Faro", valid_from="2024-06-01", supersedes=memory),
    "correct": lambda ana, memory: ana.correct(memory, "Ana lives in Faro"),
    "retract": lambda ana, memory: ana.retract(memory),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_writer_that_lost_the_race_plans_anew(open_on: Callable[[Store], Engine], store: Store, write: str) -> None:
    """When what a write was planned against changed in between, it is planned again against what is there now; both writes stand."""
    rival = open_on(store).scope(user="ana")
    memory = rival.remember("Ana lives in Porto", valid_from="2024-01-01").memory_id
    between = Interfered(store, lambda: rival.remember("Ana lives in Braga", valid_from="2024-03-01", supersedes=memory), times=1)
    outcome = WRITES[write](open_on(between).scope(user="ana"), memory)
    chain = rival.history(memory)
    assert between.writes == 2
    assert "Ana lives in Braga" in {version.content for version in outcome.ended}
    assert outcome.action is Action.RETRACTED or outcome.version.id in {version.id for version in chain if version.believed}
    braga = min(version.system_from for version in chain if version.content == "Ana lives in Braga")
    assert braga < max(version.system_to or version.system_from for version in chain)
    _check_apart(chain)


@pytest.mark.parametrize("write", WRITES)
def test_a_writer_that_always_loses_gives_up(open_on: Callable[[Store], Engine], write: str) -> None:
    """After so many lost races a write ends in an error that says so and repeats no content; nothing of it was written."""
    store = ReferenceStore(fingerprint=MODEL.fingerprint, dimension=MODEL.dimension)
    rival = open_on(store).scope(user="ana")
    memory = rival.remember("Ana lives in SECRET", valid_from="2024-01-01").memory_id
    between = Interfered(store, lambda: rival.correct(memory, importance=0.1), times=ATTEMPTS + 5)
    with pytest.raises(WriteConflictError, match=f"{ATTEMPTS} times in a row; nothing was written. Try again") as caught:
        WRITES[write](open_on(between).scope(user="ana"), memory)
    assert between.writes == ATTEMPTS
    assert "SECRET" not in str(caught.value)
    assert {version.content for version in rival.history(memory)} == {"Ana lives in SECRET"}
    assert len(rival.history(memory)) == ATTEMPTS + 1
