"""The retriever: times, types, scopes, and what a document carries."""

import json
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumps
from langchain_core.runnables import ConfigurableField, RunnablePassthrough

import erstwhile
from erstwhile.testing import FixedClock
from langchain_erstwhile import ErstwhileRetriever

HOME = "where does she live?"


@pytest.fixture
def moved(engine: erstwhile.Engine) -> erstwhile.Engine:
    """Ana lived in Porto, and lives in Lisbon; Bea lives in Oslo."""
    ana = engine.scope(user="ana")
    first = ana.remember("She lives in Porto", valid_from="2024-01-01", type="fact")
    ana.remember("She lives in Lisbon now", valid_from="2025-03-01", supersedes=first, confidence=0.8, tags=["home"])
    engine.scope(user="bea").remember("She lives in Oslo", valid_from="2024-01-01")
    return engine


def _texts(documents: list[Any]) -> list[str]:
    return [document.page_content for document in documents]


def test_what_holds_now_is_given_and_what_held_on_request(moved: erstwhile.Engine) -> None:
    """As a field or as an argument of a call; the call goes first."""
    retriever = ErstwhileRetriever(memory=moved, scope={"user": "ana"}, min_relevance=0)
    assert _texts(retriever.invoke(HOME)) == ["She lives in Lisbon now"]
    assert _texts(retriever.invoke(HOME, as_of="2024-06-01")) == ["She lives in Porto"]
    assert _texts(ErstwhileRetriever(memory=moved, scope={"user": "ana"}, as_of="2024-06-01").invoke(HOME)) == ["She lives in Porto"]
    during = erstwhile.Interval(start=erstwhile.AsOf.of("2025-02-01").valid, end=erstwhile.AsOf.of("2025-04-01").valid)
    assert set(_texts(retriever.invoke(HOME, during=during))) == {"She lives in Porto", "She lives in Lisbon now"}
    assert len(retriever.invoke(HOME, during=during, k=1)) == 1
    assert not retriever.invoke(HOME, types=["error"])
    assert not retriever.invoke(HOME, memory_tags=["work"])
    assert len(retriever.invoke(HOME, memory_tags=["home"])) == 1


def test_a_document_says_what_is_known_of_it(moved: erstwhile.Engine) -> None:
    """Id, type, times, confidence and source, in a form that JSON can hold."""
    [document] = ErstwhileRetriever(memory=moved.scope(user="ana")).invoke(HOME)
    told = json.loads(json.dumps(document.metadata))
    assert document.id == told["version_id"]
    assert (told["type"], told["valid_from"], told["valid_to"], told["confidence"]) == ("fact", "2025-03-01T00:00:00+00:00", None, 0.8)
    assert (told["source"], told["scope"], told["tags"]) == ({"kind": "stated", "actor": "user"}, {"user": "ana"}, ["home"])
    assert moved.scope(user="ana").history(told["id"])


async def test_awaited_it_says_the_same(moved: erstwhile.Engine) -> None:
    """Async, in batches too, each call with its own scope."""
    retriever = ErstwhileRetriever(memory=moved)
    assert _texts(await retriever.ainvoke(HOME, scope=erstwhile.Scope(user="bea"))) == ["She lives in Oslo"]
    both = await retriever.abatch([HOME, HOME], scope={"user": "ana"})
    assert [_texts(documents) for documents in both] == [["She lives in Lisbon now"]] * 2


def test_nobody_is_nobody(moved: erstwhile.Engine) -> None:
    """Without a scope nothing is asked; a fixed scope cannot be left; what cannot be asked is named."""
    with pytest.raises(erstwhile.InvalidInputError, match="Nobody's memory was named; give the retriever scope"):
        ErstwhileRetriever(memory=moved).invoke(HOME)
    with pytest.raises(erstwhile.InvalidInputError, match="memory of another one"):
        ErstwhileRetriever(memory=moved.scope(user="ana")).invoke(HOME, scope={"user": "bea"})
    with pytest.raises(erstwhile.InvalidInputError, match="user_id is no part of a scope"):
        ErstwhileRetriever(memory=moved, scope={"user_id": "ana"}).invoke(HOME)
    with pytest.raises(erstwhile.InvalidInputError, match="top_k cannot be asked"):
        ErstwhileRetriever(memory=moved.scope(user="ana")).invoke(HOME, top_k=3)
    with pytest.raises(ValueError, match="memory"):
        ErstwhileRetriever(memory="ana")
    assert ErstwhileRetriever(memory=moved.scope(user="ana")).invoke(" ") == []


class _Heard(BaseCallbackHandler):
    def __init__(self) -> None:
        self.tags: list[str] = []
        self.found: list[int] = []

    def on_retriever_start(self, *args: object, tags: list[str] | None = None, **kwargs: object) -> None:
        self.tags += tags or []

    def on_retriever_end(self, documents: list[object], **kwargs: object) -> None:
        self.found.append(len(documents))


def test_langchain_hears_of_it(moved: erstwhile.Engine) -> None:
    """Callbacks and tags, fields that can be configured, and a serialisation that holds no memory."""
    heard = _Heard()
    retriever = ErstwhileRetriever(memory=moved, scope={"user": "ana"}, tags=["its own"], min_relevance=0)
    chain = RunnablePassthrough() | retriever.configurable_fields(scope=ConfigurableField(id="scope"))
    found = chain.invoke(HOME, {"callbacks": [heard], "tags": ["mine"], "configurable": {"scope": {"user": "bea"}}})
    assert _texts(found) == ["She lives in Oslo"]
    assert heard.found == [1]
    assert {"mine", "its own"} <= set(heard.tags)
    assert "Lisbon" not in dumps(retriever) + repr(retriever)


def test_the_clock_is_the_memorys(moved: erstwhile.Engine, clock: FixedClock) -> None:
    """What will hold is not served before it does."""
    moved.scope(user="ana").remember("She lives in Bern from July", valid_from="2025-07-01", relate=False)
    retriever = ErstwhileRetriever(memory=moved, scope={"user": "ana"}, min_relevance=0)
    assert _texts(retriever.invoke(HOME)) == ["She lives in Lisbon now"]
    clock.set("2025-07-02")
    assert "She lives in Bern from July" in _texts(retriever.invoke(HOME))
