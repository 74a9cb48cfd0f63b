"""The store: versions, times, erasure, time to live, embeddings of one's own, two users at once."""

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.tools import ToolRuntime, tool
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.messages import AIMessage
from langgraph.store.base import GetOp, InvalidNamespaceError, PutOp, SearchOp
from tests.lc.scripted import scripted

import erstwhile
from erstwhile.embed import HashingEmbedder
from erstwhile.testing import FixedClock
from langchain_erstwhile import ErstwhileEmbeddings, ErstwhileStore
from langchain_erstwhile.items import Address

ANA = ("users", "ana")


@pytest.fixture
def store(engine: erstwhile.Engine) -> ErstwhileStore:
    """A store in memory."""
    return ErstwhileStore(engine)


def test_a_folder_keeps_it_all(tmp_path: Path) -> None:
    """Values, versions, deletions and what is searched by are there when the folder is opened again."""
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder(), durable=False) as engine:
        store = ErstwhileStore(engine)
        store.batch([PutOp(ANA, "home", {"town": "Porto", "n": 2**80}), PutOp(ANA, "pet", {"kind": "cat"}), PutOp(("users", "bea"), "pet", {"kind": "dog"})])
        store.put(ANA, "home", {"town": "Lisbon", "n": 2**80, "nul": "\0"})
        store.delete(ANA, "pet")
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder(), durable=False) as engine:
        store = ErstwhileStore(engine)
        assert store.get(ANA, "home").value == {"town": "Lisbon", "n": 2**80, "nul": "\0"}  # type: ignore[union-attr]
        assert [version.value and version.value["town"] for version in store.history(ANA, "home")] == ["Porto", "Lisbon"]
        assert [item.key for item in store.search(ANA)] == ["home"]
        assert [item.value for item in store.search((), query='{"kind": "dog"}', limit=1)] == [{"kind": "dog"}]
        store.put(ANA, "pet", {"kind": "parrot"})
        assert [version.value and version.value["kind"] for version in store.history(ANA, "pet")] == ["cat", None, "parrot"]
        assert store.list_namespaces() == [ANA, ("users", "bea")]
        assert store.erase(ANA).remaining == 0  # type: ignore[union-attr]


def test_a_put_over_a_key_is_a_new_version(store: ErstwhileStore, clock: FixedClock) -> None:
    """The key gives what it holds now; its history, and what it held at any time, stay."""
    times = [clock.now()]
    store.put(ANA, "home", {"town": "Porto"})
    times.append(clock.advance())
    store.put(ANA, "home", {"town": "Lisbon"})
    times.append(clock.advance())
    store.delete(ANA, "home")
    times.append(clock.advance())
    store.put(ANA, "home", {"town": "Faro"})
    assert store.get(ANA, "home").value == {"town": "Faro"}  # type: ignore[union-attr]
    held = [item and item.value["town"] for item in (store.get_as_of(ANA, "home", time + timedelta(hours=1)) for time in times[:-1])]
    assert held == ["Porto", "Lisbon", None]
    history = store.history(ANA, "home")
    assert [version.value and version.value["town"] for version in history] == ["Porto", "Lisbon", None, "Faro"]
    assert [version.since.date() for version in history] == [time.date() for time in times]
    assert [version.until for version in history] == [*(version.since for version in history[1:]), None]
    assert store.history(ANA, "work") == ()


def test_times_of_an_item(store: ErstwhileStore, clock: FixedClock) -> None:
    """It was created when its key began to hold something, and updated when its value was put."""
    created = clock.now()
    store.put(ANA, "home", {"town": "Porto"})
    updated = clock.advance()
    store.put(ANA, "home", {"town": "Lisbon"})
    item = store.get(ANA, "home")
    assert item is not None
    assert (item.created_at.date(), item.updated_at.date()) == (created.date(), updated.date())
    store.delete(ANA, "home")
    again = clock.advance()
    store.put(ANA, "home", {"town": "Faro"})
    assert store.get(ANA, "home").created_at.date() == again.date()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"text": "", "blank": " ", "none": None, "yes": True, "no": False},
        {"big": 2**80, "small": -(2**80), "float": 0.1 + 0.2, "tiny": 5e-324, "inf": float("inf")},
        {"nul": "a\0b", "half a pair": "\ud800", "emoji": "🎻", "quotes": '"\\', "": "no name"},
        {"deep": {"list": [1, [2, {"three": [3.0]}]]}, "namespace": ["x"], "$eq": 1},
        {"long": "x" * 40_000},
    ],
)
def test_a_value_comes_back_exactly(store: ErstwhileStore, value: dict[str, Any]) -> None:
    """Whatever JSON can hold, and in the order in which it was given."""
    store.put(ANA, "value", value)
    item = store.get(ANA, "value")
    assert item is not None
    assert item.value == value
    assert list(item.value) == list(value)
    assert [found.value for found in store.search(ANA)] == [value]


def test_what_cannot_be_kept_is_refused_with_its_place(store: ErstwhileStore) -> None:
    """The error names the key, and not the value; nothing is written."""
    with pytest.raises(erstwhile.InvalidInputError, match=r"users/ana home.*cannot be written as JSON") as refused:
        store.put(ANA, "home", {"secret": object()})
    assert "secret" not in str(refused.value)
    with pytest.raises(erstwhile.InvalidInputError, match="64 parts and at most 30"):
        store.put(("deep",) * 64, "home", {})
    with pytest.raises(erstwhile.InvalidInputError, match="at most 65,536 are kept"):
        store.put(ANA, "home", {"text": "x" * 70_000})
    with pytest.raises(InvalidNamespaceError):
        store.batch([GetOp(("a.b",), "home")])
    assert store.search(()) == []


def test_no_conflict_is_looked_for(store: ErstwhileStore) -> None:
    """Two values that contradict each other are two values."""
    store.put(ANA, "1", {"text": "I live in Porto"})
    store.put(ANA, "2", {"text": "I live in Lisbon"})
    store.put(ANA, "3", {"text": "I live in Lisbon"})
    assert len(store.search(ANA, limit=10)) == 3
    assert len(store.search(ANA, query="I live in Lisbon", limit=10)) == 3


def test_a_search_as_of_a_time_sees_what_was_there(store: ErstwhileStore, clock: FixedClock) -> None:
    """By meaning, by filter and by namespace."""
    store.put(ANA, "pet", {"text": "a grey cat", "kind": "cat"})
    store.put(("users", "bea"), "pet", {"text": "a green parrot", "kind": "bird"})
    then = clock.advance() - timedelta(hours=1)
    store.put(ANA, "pet", {"text": "a brown dog", "kind": "dog"})
    assert [item.value["kind"] for item in store.search(("users",), query="brown dog", limit=1)] == ["dog"]
    assert [item.value["kind"] for item in store.search_as_of(("users",), as_of=then, query="grey cat", limit=1)] == ["cat"]
    assert [item.value["kind"] for item in store.search_as_of(("users",), as_of=then)] == ["cat", "bird"]
    assert [item.key for item in store.search_as_of(ANA, as_of=then, filter={"kind": "dog"})] == []
    with pytest.raises(erstwhile.InvalidInputError, match="future"):
        store.get_as_of(ANA, "pet", clock.now() + timedelta(days=1))


def test_erasing_leaves_nothing(store: ErstwhileStore, clock: FixedClock) -> None:
    """An item with its history and all it was searched by, deleted ones included; others stay."""
    store.put(ANA, "home", {"a": "Porto", "b": "Lisbon"}, index=["a", "b"])
    store.put(ANA, "home", {"a": "Faro", "b": "Braga"}, index=["a", "b"])
    store.put(ANA, "pet", {"a": "cat"})
    store.delete(ANA, "pet")
    store.put(("users", "bea"), "home", {"a": "Oslo"})
    receipt = store.erase(ANA, "home")
    assert receipt is not None
    assert (receipt.versions, receipt.remaining) == (4, 0)
    assert store.history(ANA, "home") == ()
    assert store.history(ANA, "pet")
    assert store.erase(ANA) is not None
    assert store.history(ANA, "pet") == ()
    assert store.erase(ANA) is None
    assert [item.namespace for item in store.search(())] == [("users", "bea")]
    assert store._engine.info().versions == 1


def test_an_item_lives_as_long_as_it_is_told_and_reading_counts(store: ErstwhileStore, clock: FixedClock) -> None:
    """Minutes after it was last written or read, unless reading is not to count; what has expired can be put anew, and be swept."""
    store.put(ANA, "code", {"n": 1}, ttl=10)
    store.put(ANA, "note", {"n": 2})
    written = store.get(ANA, "code").updated_at  # type: ignore[union-attr]
    clock.advance(timedelta(minutes=9))
    assert store.get(ANA, "code") is not None
    clock.advance(timedelta(minutes=9))
    assert len(store.search(ANA, refresh_ttl=False)) == 2
    [version] = store.history(ANA, "code")
    assert (version.since, version.value) == (written, {"n": 1})
    assert store.get(ANA, "code", refresh_ttl=False).updated_at == written  # type: ignore[union-attr]
    clock.advance(timedelta(minutes=2))
    assert store.get(ANA, "code") is None
    assert [item.key for item in store.search(ANA)] == ["note"]
    store.put(ANA, "code", {"n": 3}, ttl=10)
    assert store.get(ANA, "code").value == {"n": 3}  # type: ignore[union-attr]
    clock.advance(timedelta(minutes=11))
    assert store.sweep_ttl() == 1
    assert store.sweep_ttl() == 0
    assert store.history(ANA, "code") == ()


def test_the_settings_of_a_time_to_live(clock: FixedClock) -> None:
    """A default for every put, and reading that does not count."""
    with erstwhile.open(":memory:", model=HashingEmbedder(), clock=clock) as engine:
        store = ErstwhileStore(engine, ttl={"default_ttl": 10, "refresh_on_read": False})
        store.put(ANA, "code", {"n": 1})
        store.put(ANA, "kept", {"n": 1}, ttl=None)
        clock.advance(timedelta(minutes=6))
        assert store.get(ANA, "code") is not None
        clock.advance(timedelta(minutes=6))
        assert (store.get(ANA, "code"), store.get(ANA, "kept") is None) == (None, False)


def test_a_read_does_not_bring_back_what_was_put_over(store: ErstwhileStore, clock: FixedClock) -> None:
    """Counting a time to live anew is for the version that was read; a value put meanwhile stays."""
    store.put(ANA, "code", {"n": 1}, ttl=10)
    read = store._keeping.under(ANA)
    clock.advance(timedelta(minutes=5))
    store.put(ANA, "code", {"n": 2})
    store._keeping.put_off(read)
    assert store.get(ANA, "code").value == {"n": 2}  # type: ignore[union-attr]


def test_many_writers_of_one_key_leave_one_item(store: ErstwhileStore) -> None:
    """Threads that put the same new key at once: one item, one history, no version lost."""

    def put(number: int) -> None:
        store.put(ANA, "count", {"n": number})

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.search(ANA)) == 1
    assert sorted(version.value["n"] for version in store.history(ANA, "count") if version.value) == list(range(8))


def test_another_process_that_was_first_is_not_doubled(store: ErstwhileStore) -> None:
    """A key that turns up between looking and writing becomes the same item."""
    other = ErstwhileStore(store._engine)
    look = store._keeping._there

    def look_too_early(addresses: list[Address]) -> dict[str, erstwhile.Version]:
        found = look(addresses)
        other.put(ANA, "home", {"town": "Porto"})
        return found

    store._keeping._there = look_too_early  # type: ignore[method-assign]
    store.put(ANA, "home", {"town": "Lisbon"})
    assert [item.value for item in store.search(ANA)] == [{"town": "Lisbon"}]
    assert len(store.history(ANA, "home")) == 2


def test_an_item_that_gets_fewer_texts_is_found_by_those_alone(store: ErstwhileStore) -> None:
    """Texts of an earlier value do not lead to the item any more."""
    store.put(ANA, "home", {"towns": ["Porto", "Lisbon", "Faro"]}, index=["towns[*]"])
    assert store.search(ANA, query="Faro")[0].score == 1.0
    store.put(ANA, "home", {"towns": ["Porto"]}, index=["towns[*]"])
    assert store.search(ANA, query="Porto")[0].score == 1.0
    assert (store.search(ANA, query="Faro")[0].score or 0) < 0.9
    store.put(ANA, "home", {"towns": ["Porto"]}, index=False)
    assert store.search(ANA, query="Porto")[0].score is None


async def test_async_embeddings_of_ones_own_are_awaited(tmp_path: Path) -> None:
    """A function that can only be awaited serves puts and searches; a store opened with another model, or of another length, is refused."""
    model = DeterministicFakeEmbedding(size=16)
    calls: list[int] = []

    async def embed(texts: list[str]) -> list[list[float]]:
        await asyncio.sleep(0)
        calls.append(len(texts))
        return model.embed_documents(texts)

    with ErstwhileStore(tmp_path / "store", index={"dims": 16, "embed": embed, "fields": ["text"]}) as store:
        await store.abatch([PutOp(ANA, "1", {"text": "a cat"}), PutOp(ANA, "2", {"text": "a dog"})])
        [found] = await store.asearch(ANA, query="a dog", limit=1)
        assert (found.key, found.score) == ("2", 1.0)
        assert [item.key for item in await store.asearch_as_of(ANA, as_of=store._engine.now(), query="a cat", limit=1)] == ["1"]
        assert calls == [2, 1, 1]
        assert store.index_config is not None
        assert store.index_config["dims"] == 16
    with pytest.raises(erstwhile.ModelMismatchError):
        ErstwhileStore(tmp_path / "store")
    with pytest.raises(erstwhile.InvalidInputError, match=r"shape \(16,\)"):
        ErstwhileStore(":memory:", index={"dims": 8, "embed": model}).put(ANA, "1", {"text": "x"})
    with pytest.raises(erstwhile.InvalidInputError, match="dims"):
        ErstwhileStore(":memory:", index={"embed": model})


def test_embeddings_of_the_engine_are_its_own() -> None:
    """An engine keeps its model: another one is refused, the same one by its name is taken."""
    with erstwhile.open(":memory:", model=HashingEmbedder()) as engine:
        with pytest.raises(erstwhile.InvalidInputError, match="model of its own"):
            ErstwhileStore(engine, index={"dims": 16, "embed": DeterministicFakeEmbedding(size=16)})
        store = ErstwhileStore(engine, index={"dims": 64, "embed": ErstwhileEmbeddings(HashingEmbedder()), "fields": ["text"]})
        store.put(ANA, "1", {"text": "a cat", "other": "x"})
        assert store.search(ANA, query="a cat")[0].score == 1.0
        store.close()
        assert store.get(ANA, "1") is not None, "an engine that was given stays open"


async def test_awaited_the_own_methods_say_the_same(store: ErstwhileStore) -> None:
    """Every method of ours has its twin."""
    await store.aput(ANA, "home", {"town": "Porto"}, ttl=10)
    now = store._engine.now()
    assert (await store.aget_as_of(ANA, "home", now)).value == {"town": "Porto"}  # type: ignore[union-attr]
    assert [item.key for item in await store.asearch_as_of(ANA, as_of=now, query="Porto")] == ["home"]
    assert await store.ahistory(ANA, "home") == store.history(ANA, "home")
    assert await store.asweep_ttl() == 0
    assert (await store.aerase(ANA)).memories == 1  # type: ignore[union-attr]


def test_an_agent_has_it_as_its_store(store: ErstwhileStore) -> None:
    """A tool of an agent reaches it as its runtime's store."""

    @tool
    def save(town: str, runtime: ToolRuntime) -> str:
        """Save the user's town."""
        assert runtime.store is not None
        runtime.store.put(ANA, "home", {"town": town})
        return "saved"

    call = AIMessage("", tool_calls=[{"name": "save", "args": {"town": "Porto"}, "id": "1"}])
    create_agent(scripted(call, "Done."), tools=[save], store=store).invoke({"messages": ["I live in Porto"]})
    assert store.get(ANA, "home").value == {"town": "Porto"}  # type: ignore[union-attr]


def test_a_search_that_filters_finds_what_is_far_away(store: ErstwhileStore) -> None:
    """However much lies nearer: what passes the filter is found, in order of nearness."""
    for number in range(60):
        store.put(ANA, f"{number}", {"text": "the same words", "n": number})
    store.put(ANA, "far", {"text": "others entirely", "n": 100})
    assert [item.key for item in store.search(ANA, query="the same words", filter={"n": {"$gt": 59}})] == ["far"]
    assert [item.key for item in store.search(ANA, query="the same words", filter={"n": {"$gte": 58}}, limit=3)] == ["58", "59", "far"]
    pages = [item.key for page in range(0, 61, 7) for item in store.search(ANA, query="the same words", limit=7, offset=page)]
    assert len(set(pages)) == len(pages) == 61
    with pytest.raises(ValueError, match="Unsupported operator"):
        store.batch([SearchOp(ANA, filter={"n": {"$near": 1}})])


@pytest.mark.parametrize("ttl", [0.0, -1.0, 1e-6, 1e12, float("inf"), float("nan")])
def test_a_time_to_live_that_is_none_is_refused(store: ErstwhileStore, ttl: float) -> None:
    """The error names it; nothing is written."""
    with pytest.raises(erstwhile.InvalidInputError, match="ttl is"):
        store.put(ANA, "code", {"n": 1}, ttl=ttl)
    assert store.search(()) == []


def test_a_scope_that_is_none_leaves_nothing_open(tmp_path: Path) -> None:
    """A folder is not held by a store that could not be made."""
    with pytest.raises(erstwhile.InvalidInputError, match="expected a Scope"):
        ErstwhileStore(tmp_path / "store", scope={"user": "ana"})  # type: ignore[arg-type]
    assert not (tmp_path / "store").exists()
