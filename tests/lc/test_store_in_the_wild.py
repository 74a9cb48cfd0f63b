"""The store under odd names, policies and habits: nothing is lost silently, and no more is read or written than is needed."""

import asyncio
import random
import string
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.store.base import GetOp, PutOp, SearchOp

import erstwhile
from erstwhile.embed import HashingEmbedder
from erstwhile.testing import FixedClock
from langchain_erstwhile import ErstwhileStore

if TYPE_CHECKING:
    from collections.abc import Callable

ANA = ("users", "ana")
SECRET = "ghp_" + "".join(random.Random(2).choices(string.ascii_letters + string.digits, k=36))


@pytest.fixture
def store(engine: erstwhile.Engine) -> ErstwhileStore:
    """A store in memory."""
    return ErstwhileStore(engine)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many versions each read of whole items gives from now on."""
    given: list[int] = []
    snapshot: Callable[..., tuple[erstwhile.Version, ...]] = erstwhile.ScopedMemory.snapshot

    def noted(self: erstwhile.ScopedMemory, **asked: Any) -> tuple[erstwhile.Version, ...]:  # noqa: ANN401
        found = snapshot(self, **asked)
        given.append(len(found))
        return found

    monkeypatch.setattr(erstwhile.ScopedMemory, "snapshot", noted)
    return given


def _versions(store: ErstwhileStore) -> int:
    return store._engine.info().versions


@pytest.mark.parametrize(
    ("namespace", "key"),
    [(("é 🎻",), "k\0"), (("x",), ""), (("x" * 3_000,), "k"), (("x",), "k" * 40_000), ((" ", "*"), "*"), (("a/b", "a"), "b/c"), (("a",) * 30, "k")],
)
def test_odd_names(store: ErstwhileStore, namespace: tuple[str, ...], key: str) -> None:
    """Whatever LangGraph takes for a namespace and a key leads to its item, and to no other."""
    store.put(namespace, key, {"v": 1})
    store.put((*namespace[:-1], "other"), key, {"v": 2})
    item = store.get(namespace, key)
    assert item is not None
    assert (item.value, item.namespace, item.key) == ({"v": 1}, namespace, key)
    assert [found.value for found in store.search(namespace)] == [{"v": 1}]
    assert namespace in store.list_namespaces()
    store.delete(namespace, key)
    assert store.get(namespace, key) is None
    assert len(store.history(namespace, key)) == 2


@pytest.mark.parametrize("namespace", ["users", None, 7, (1,)])
def test_what_is_no_namespace_is_refused(store: ErstwhileStore, namespace: Any) -> None:  # noqa: ANN401
    """A bare text would find nothing, and an erasure that was mistyped would look as if there had been nothing to erase."""
    for call in (
        store.erase,
        store.history,
        lambda given, key: store.get_as_of(given, key, "2025-01-01"),
        lambda given, _: store.search_as_of(given, as_of="2025-01-01"),
    ):
        with pytest.raises(erstwhile.InvalidInputError, match="namespace: expected a tuple"):
            call(namespace, "k")


def test_a_batch_reads_first_and_puts_the_last(store: ErstwhileStore) -> None:
    """As in LangGraph's own stores: a get after a put of one batch sees what was there before, and of two puts the last counts."""
    store.put(ANA, "k", {"n": 0})
    ops = [PutOp(ANA, "k", {"n": 1}), GetOp(ANA, "k"), SearchOp(ANA), PutOp(ANA, "k", {"n": 2}), PutOp(ANA, "gone", {"n": 3}), PutOp(ANA, "gone", None)]
    _, got, found, *_ = store.batch(ops)
    assert got.value == {"n": 0}  # type: ignore[union-attr]
    assert [item.value for item in found] == [{"n": 0}]  # type: ignore[union-attr]
    assert store.get(ANA, "k").value == {"n": 2}  # type: ignore[union-attr]
    assert store.get(ANA, "gone") is None
    assert [version.value for version in store.history(ANA, "k")] == [{"n": 0}, {"n": 2}]


async def test_many_batches_on_one_loop(store: ErstwhileStore) -> None:
    """Awaited side by side, none is lost and none is mixed with another."""
    await asyncio.gather(*(store.aput(("users", str(number)), "k", {"n": number}) for number in range(12)))
    got = await asyncio.gather(*(store.aget(("users", str(number)), "k") for number in range(12)))
    assert [item and item.value["n"] for item in got] == list(range(12))


def test_namespaces_under_a_prefix_read_that_alone(store: ErstwhileStore, read: list[int]) -> None:
    """What lies elsewhere is not read; a wildcard reads from where it stands."""
    for number in range(6):
        store.put(("users", f"u{number}", "notes"), "k", {"n": number})
    read.clear()
    assert store.list_namespaces(prefix=("users", "u3")) == [("users", "u3", "notes")]
    assert read == [1]
    assert len(store.list_namespaces(prefix=("users", "*", "notes"), max_depth=2, limit=4, offset=1)) == 4
    assert store.list_namespaces(prefix=("users", "u3"), suffix=("tasks",)) == []
    assert read == [1, 6, 1]


def test_a_filtered_search_reads_an_item_with_what_is_near(store: ErstwhileStore, read: list[int]) -> None:
    """Items come with the texts that lie near; only those with several texts of their own are read by their keys."""
    for number in range(30):
        store.put(ANA, f"{number}", {"text": "the same words", "n": number})
    store.put(ANA, "two", {"text": "others", "more": "the same words", "n": 99}, index=["text", "more"])
    read.clear()
    [found] = store.search(ANA, query="the same words", filter={"n": {"$gte": 99}}, limit=1)
    assert (found.key, found.score) == ("two", 1.0)
    assert max(read) <= 1


def test_reading_again_and_again_is_not_writing_again_and_again(store: ErstwhileStore, clock: FixedClock) -> None:
    """A time to live is counted anew at most a hundred times within itself, and what is read lives on."""
    store.put(ANA, "code", {"n": 1}, ttl=10)
    for _ in range(20):
        store.get(ANA, "code")
    assert _versions(store) == 1
    for _ in range(200):
        clock.advance(timedelta(seconds=4))
        assert store.get(ANA, "code") is not None
    assert _versions(store) <= 1 + 200 * 4 / 6
    clock.advance(timedelta(minutes=10))
    assert store.get(ANA, "code") is None


def test_secrets_follow_the_policy(store: ErstwhileStore) -> None:
    """Refused by default; masked they leave what is JSON still; a key that would not be found again is refused, and nothing is written then."""
    values: list[dict[str, Any]] = [{"token": SECRET}, {"quoted": 'the password is hunter2-x9Q"'}, {"card": 4111111111111111}, {"a": [{"b": f"{SECRET}\\"}]}]
    for value in values:
        with pytest.raises(erstwhile.InvalidInputError, match="holds what looks like a secret"):
            store.put(ANA, "k", value)
    assert store.search(()) == []
    with erstwhile.open(":memory:", model=HashingEmbedder(), policy=erstwhile.Policy(secrets="mask")) as engine:
        masking = ErstwhileStore(engine)
        for number, value in enumerate(values):
            masking.put(ANA, f"{number}", value)
        masked: list[dict[str, Any]] = [
            {"token": "[secret: api-key]"},
            {"quoted": 'the password is [secret: password]"'},
            {"card": "[secret: card-number]"},
            {"a": [{"b": "[secret: github-pat]\\"}]},
        ]
        assert [masking.get(ANA, f"{number}").value for number in range(4)] == masked  # type: ignore[union-attr]
        assert SECRET not in repr(masking.search(ANA, query=SECRET))
        for namespace, key in ((ANA, SECRET), ((SECRET,), "k")):
            with pytest.raises(erstwhile.InvalidInputError, match="would not be found again") as refused:
                masking.put(namespace, key, {"n": 1})
            assert SECRET not in str(refused.value)
        assert len(masking.search(())) == 4
    with erstwhile.open(":memory:", model=HashingEmbedder(), policy=erstwhile.Policy(secrets="keep")) as engine:
        keeping = ErstwhileStore(engine)
        keeping.put(ANA, SECRET, values[0])
        assert keeping.get(ANA, SECRET).value == values[0]  # type: ignore[union-attr]


def test_what_was_erased_can_be_put_again(store: ErstwhileStore) -> None:
    """A key that was erased begins anew, without a past."""
    store.put(ANA, "k", {"n": 1})
    store.erase(ANA, "k")
    store.put(ANA, "k", {"n": 2})
    assert [version.value for version in store.history(ANA, "k")] == [{"n": 2}]
