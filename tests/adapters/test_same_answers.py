"""One store, asked the same through every adapter, gives the same."""

from collections.abc import Iterator

import pytest
from tests.adapters.asking import ADAPTERS, Asked, through_core

import erstwhile
from erstwhile.embed import HashingEmbedder
from erstwhile.testing import FixedClock
from langchain_erstwhile import ErstwhileStore

QUESTIONS = {
    "plain": Asked(question="where do I live, in Porto or in Lisbon?"),
    "of a conversation": Asked(question="what did the vet say about the dog?"),
    "few": Asked(question="what did the vet say about the dog?", k=1),
    "as of a day": Asked(question="where do I live, in Porto or in Lisbon?", valid="2024-06-01"),
    "as believed on a day": Asked(question="where do I live, in Porto or in Lisbon?", system="2025-05-15T00:00:00Z"),
    "typed": Asked(question="where do I live, in Porto or in Lisbon?", types=("fact",)),
    "typed, as of a day": Asked(question="where do I live, in Porto or in Lisbon?", types=("fact",), valid="2024-06-01"),
    "contested": Asked(question="what is my favourite colour, blue or green?"),
    "of another user": Asked(question="where do I live, in Porto or in Lisbon?", user="bo"),
    "of nobody": Asked(question="where do I live, in Porto or in Lisbon?", user="cy"),
    "of nothing known": Asked(question="which chess opening did Kasparov prefer?"),
}
TEXTS = {
    "plain": {"I live in Lisbon", "I want to live in a house in Porto or in Lisbon"},
    "of a conversation": {"The dog saw the vet today", "The vet said that the dog is fine"},
    "few": {"The dog saw the vet today"},
    "as of a day": {"I live in Porto", "I want to live in a house in Porto or in Lisbon"},
    "as believed on a day": {"I live in Porto", "I want to live in a house in Porto or in Lisbon"},
    "typed": {"I live in Lisbon"},
    "typed, as of a day": {"I live in Porto"},
    "contested": {"My favourite colour is blue", "My favourite colour is green"},
    "of another user": {"I live in Madrid, between Porto and Lisbon in size"},
    "of nobody": set(),
    "of nothing known": set(),
}
"""What has to be among what is found; where nothing is, nothing else either."""


@pytest.fixture
def engine() -> Iterator[erstwhile.Engine]:
    """Two users' memories: a fact that changed, a goal, a conversation, and two memories that clash."""
    clock = FixedClock("2025-05-01")
    with erstwhile.open(":memory:", model=HashingEmbedder(), clock=clock) as opened:
        ana, bo = opened.scope(user="ana"), opened.scope(user="bo")
        porto = ana.remember("I live in Porto", type="fact", valid_from="2024-01-01")
        ana.remember("I want to live in a house in Porto or in Lisbon", type="goal", valid_from="2024-01-01")
        ana.remember("My favourite colour is blue", type="preference", valid_from="2024-01-01")
        bo.remember("I live in Madrid, between Porto and Lisbon in size", type="fact")
        clock.set("2025-06-01")
        ana.remember("I live in Lisbon", type="fact", valid_from="2025-03-01", supersedes=porto)
        inferred = erstwhile.Provenance(kind="inferred")  # type: ignore[arg-type]  # read as its name
        assert ana.remember("My favourite colour is green", type="preference", source=inferred).action == "contested"
        said = [{"role": "user", "content": "The dog saw the vet today"}, {"role": "assistant", "content": "The vet said that the dog is fine"}]
        ana.observe(said, session="dogs", draw=False)
        yield opened


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("kind", QUESTIONS)
async def test_each_adapter_finds_the_same(engine: erstwhile.Engine, kind: str, adapter: str) -> None:
    """The same versions in the same order, with the same marks, whichever way a question comes in; and what has to be found is."""
    found = await ADAPTERS[adapter](engine, QUESTIONS[kind])
    assert found == await through_core(engine, QUESTIONS[kind])
    texts = {each.text for each in found}
    assert TEXTS[kind] <= texts
    assert bool(TEXTS[kind]) is bool(texts)
    assert kind != "contested" or [each.text for each in found if each.contested] == [each.text for each in found if "colour" in each.text]


@pytest.mark.parametrize("as_of", [None, "2025-05-15"], ids=["now", "as of a day"])
@pytest.mark.parametrize("prefix", [("ana",), ("bo",), ("cy",)], ids=lambda prefix: prefix[0])
def test_langgraphs_store_orders_as_the_core_does(prefix: tuple[str, ...], as_of: str | None) -> None:
    """A store of keys and values has no types and no turns; what it finds is what lies nearest in the core, in that order, of that namespace and that day."""
    clock = FixedClock("2025-05-01")
    with erstwhile.open(":memory:", model=HashingEmbedder(), clock=clock) as opened:
        scope = erstwhile.Scope(agent="items")
        store = ErstwhileStore(opened, scope=scope)
        store.put(("ana",), "home", {"text": "I live in Porto"})
        store.put(("ana",), "cat", {"text": "I have a cat called Tom"})
        store.put(("bo",), "home", {"text": "I live in Madrid"})
        clock.set("2025-06-01")
        store.put(("ana",), "home", {"text": "I live in Lisbon"})
        items = store.search(prefix, query="where do I live") if as_of is None else store.search_as_of(prefix, as_of=as_of, query="where do I live")
        nearest = opened.scope(scope).nearest("where do I live", as_of=None if as_of is None else erstwhile.AsOf(system=as_of))
        texts = [text for hit in nearest for text in TEXTS_OF_ITEMS if text in hit.content]
        assert [item.value["text"] for item in items] == [text for text in texts if TEXTS_OF_ITEMS[text] == prefix[0]]
        assert len(items) == {"ana": 2, "bo": 1, "cy": 0}[prefix[0]]


TEXTS_OF_ITEMS = {"I live in Porto": "ana", "I live in Lisbon": "ana", "I have a cat called Tom": "ana", "I live in Madrid": "bo"}
