"""What a review once broke, kept from breaking again."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import erstwhile
from erstwhile import Action, InvalidInputError, NotFoundError, Provenance, ScopedMemory, StoreClosedError
from erstwhile.embed import HashingEmbedder


@pytest.fixture
def ana(tmp_path: Path) -> Iterator[ScopedMemory]:
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as memory:
        yield memory.scope(user="ana")


def contents(memory: ScopedMemory) -> list[str]:
    return [version.content for version in memory.snapshot()]


def test_a_recall_beside_a_writer_is_whole_and_can_be_had_again(ana: ScopedMemory) -> None:
    """While one thread supersedes a memory over and over, every recall finds one version of it, and the same one when asked again for the same point."""
    ana.remember("Ana lives in town 0", valid_from="2024-01-01")
    stop = threading.Event()

    def write() -> None:
        for number in range(1, 60):
            ana.remember(f"Ana lives in town {number}", valid_from="2024-01-01", supersedes=ana.snapshot()[0].memory_id)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    recalls = []
    while not stop.is_set():
        recalls.append(ana.recall("where does Ana live?"))
    writer.join()
    assert recalls
    assert {len(recall) for recall in recalls} == {1}
    for recall in recalls:
        again = ana.recall("where does Ana live?", as_of=recall.as_of)
        assert [(hit.version.id, hit.score) for hit in again] == [(hit.version.id, hit.score) for hit in recall]


def test_closing_beside_readers_harms_nothing(tmp_path: Path) -> None:
    """Readers are let finish, or told that the store was closed; the store is not called corrupt, and opens again."""
    memory = erstwhile.open(tmp_path / "store", model=HashingEmbedder())
    ana = memory.scope(user="ana")
    ana.remember_many([f"note {number}" for number in range(200)])
    told: list[BaseException] = []
    ready = threading.Barrier(5)

    def read() -> None:
        ready.wait()
        try:
            while True:
                ana.recall("note")
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is looked at below
            told.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    ready.wait()
    memory.close()
    for reader in readers:
        reader.join()
    assert [type(error) for error in told] == [StoreClosedError] * 4
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as again:
        assert again.scope(user="ana").stats().holding == 200


def test_a_hit_from_the_past_is_not_taken_for_what_holds_now(ana: ScopedMemory) -> None:
    """Correcting what was found for last year corrects last year."""
    home = ana.remember("Ana lives in Porto", valid_from="2024-01-01")
    ana.remember("Ana lives in Lisbon", valid_from="2025-03-01", supersedes=home)
    hit = ana.recall("where does Ana live?", as_of="2024-06-01")[0]
    ana.correct(hit, "Ana lives in Porto, in Foz")
    assert contents(ana) == ["Ana lives in Lisbon"]
    assert ana.snapshot(as_of="2024-06-01")[0].content == "Ana lives in Porto, in Foz"


def test_retracting_one_version_leaves_the_others(ana: ScopedMemory) -> None:
    """A version that was looked at is retracted by itself."""
    home = ana.remember("Ana lives in Porto", valid_from="2024-01-01")
    ana.remember("Ana lives in Lisbon", valid_from="2025-03-01", supersedes=home)
    ana.retract(ana.snapshot(as_of="2024-06-01")[0])
    assert contents(ana) == ["Ana lives in Lisbon"]
    assert ana.snapshot(as_of="2024-06-01") == ()


@pytest.mark.parametrize(
    "bad",
    [{"content": "b", "valid_to": "2020-01-01"}, {"content": "b", "expires_at": "2020-01-01"}, {"content": "b", "supersedes": [erstwhile.Scope(user="x").key]}],
)
def test_a_batch_is_checked_whole(ana: ScopedMemory, bad: dict[str, object]) -> None:
    """What only fails against the present, or against what is there, stops the batch before its first memory too."""
    with pytest.raises(InvalidInputError, match="Draft 1"):
        ana.remember_many(["a", bad])
    assert ana.stats().versions == 0


def test_a_batch_that_supersedes_what_is_not_there_writes_nothing(ana: ScopedMemory) -> None:
    """An unknown memory stops the batch before its first memory."""
    with pytest.raises(NotFoundError, match="Draft 1"):
        ana.remember_many(["a", {"content": "b", "supersedes": ("01890a5d-ac96-774b-bcce-b302099a8057",)}])
    assert ana.stats().versions == 0


def test_replaying_a_source_does_not_bring_back_what_ended(ana: ScopedMemory) -> None:
    """Handing the same turn in again, after what it said was superseded or retracted, changes nothing."""
    source = Provenance(session="s", turn=0)
    home = ana.remember("Ana lives in Porto", source=source)
    ana.remember("Ana lives in Lisbon", supersedes=home)
    assert ana.remember("Ana lives in Porto", source=source).action is Action.UNCHANGED
    ana.retract(home)
    assert ana.remember("Ana lives in Porto", source=source).action is Action.UNCHANGED
    assert contents(ana) == []


def test_who_said_it_is_not_lost(ana: ScopedMemory) -> None:
    """The same words inferred by a model, and then stated by the user, are one memory that names both and is surer than either."""
    guess = ana.remember("Ana likes tea", source=Provenance(kind="inferred", actor="model"), confidence=0.2)  # type: ignore[arg-type]
    said = ana.remember("Ana likes tea")
    assert (said.action, said.memory_id, said.version.confidence) == (Action.REINFORCED, guess.memory_id, 0.6)
    assert [said.version.source.actor, *(confirmation.source.actor for confirmation in said.version.confirmations)] == ["model", "user"]


@pytest.mark.parametrize("by", ["memory", "version", "outcome"])
def test_what_is_derived_goes_with_its_source(ana: ScopedMemory, by: str) -> None:
    """However the source was named, nothing that repeats it is left."""
    source = ana.remember("The code is 4711")
    named = {"memory": source.memory_id, "version": source.version.id, "outcome": source}[by]
    ana.remember("Somebody's door opens with 4711", derived_from=named)
    home = ana.remember("Ana has a door")
    ana.correct(home, "Ana has a door that opens with 4711", derived_from=source)
    assert ana.erase(source).memories == 3
    assert ana.stats().versions == 0


def test_fewer_hits_are_the_first_of_the_same(ana: ScopedMemory) -> None:
    """A memory and its turn fold into one hit however few hits are asked for."""
    (turn,) = ana.observe([{"role": "user", "content": "where does she live where does she live"}])
    ana.remember("Ana resides in Lisbon", derived_from=turn)
    ana.remember_many([f"where does she live, she asked {number} times" for number in range(12)])
    whole = ana.recall("where does she live", k=13).hits
    for k in range(1, 14):
        assert ana.recall("where does she live", k=k).hits == whole[:k]


def test_no_turn_of_one_call_is_lost(ana: ScopedMemory) -> None:
    """Messages alike in everything, time included, were all said; handing them in again keeps them once."""
    said = [{"role": "user", "content": content, "at": "2025-01-01T10:00:00Z"} for content in ("ok", "hm", "ok")]
    first = ana.observe(said)
    assert len({turn.id for turn in first}) == 3
    assert ana.observe(said) == first


def test_places_go_on_after_an_erasure(ana: ScopedMemory) -> None:
    """No two turns of a session share a place, also when earlier ones are gone."""
    turns = ana.observe([{"role": "user", "content": f"turn {number}"} for number in range(5)])
    ana.erase(turns[1])
    (last,) = ana.observe([{"role": "user", "content": "one more"}])
    assert last.source.turn == 5


def test_what_is_read_through_another_scope_has_its_history(tmp_path: Path) -> None:
    """A hit from a scope that reads take in can be followed up."""
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as memory:
        shared = memory.scope(project="atlas")
        shared.remember("Atlas uses Postgres")
        ana = memory.scope(user="ana", also=[shared.scope])
        assert len(ana.history(ana.recall("which database?", min_relevance=0)[0])) == 1
