"""Documents, as LlamaIndex's own pipelines cut them, as memories."""

import pytest
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import MarkdownNodeParser
from llama_index.core.schema import BaseNode, Document, TextNode

import erstwhile
from erstwhile.testing import FixedClock
from llama_index.memory.erstwhile import aremember_nodes, end_document, remember_nodes
from llama_index.retrievers.erstwhile import ErstwhileRetriever

MONDAY, TUESDAY = "2025-06-02", "2025-06-03"


def _passages(*texts: str, document: str = "guide") -> list[BaseNode]:
    """The sections of one document, cut by a pipeline."""
    whole = Document(text="\n\n".join(texts), id_=document, metadata={"file_name": "guide.md"})
    nodes = list(IngestionPipeline(transformations=[MarkdownNodeParser()]).run(documents=[whole]))
    assert [node.get_content() for node in nodes] == list(texts)
    return nodes


ALPHA = "# Alpha\n\nthe boiler stands in the cellar, behind the door on the left, next to the old wine rack of the house."
BETA = "# Beta\n\nthe main valve for the water is red, and it is to be turned to the right until it can go no further."
GAMMA = "# Gamma\n\nwhoever leaves the house last puts out all of the lights, locks the door and gives the key to Mel."
NEW_BETA = "# Beta\n\nthe main valve for the water is now blue, and it is to be turned to the left until it can go no more."


@pytest.fixture
def ana(engine: erstwhile.Engine, clock: FixedClock) -> erstwhile.ScopedMemory:
    """Ana's memory of a guide, taken in on a Monday."""
    memory = engine.scope(user="ana")
    clock.set(MONDAY)
    remember_nodes(memory, _passages(ALPHA, BETA, GAMMA), at=MONDAY)
    clock.set("2025-06-10")
    return memory


def _held(memory: erstwhile.ScopedMemory, **asked: str) -> set[str]:
    return {version.content for version in memory.snapshot(**asked)}  # type: ignore[arg-type]


def test_passages_are_artifacts_with_their_source(ana: erstwhile.ScopedMemory) -> None:
    """A passage is found like any memory, and leads back to its document and its file."""
    (found, *_) = ErstwhileRetriever(ana, types=["artifact"]).retrieve("which colour has the main valve for water")
    assert found.text == BETA
    assert found.node.metadata["source"] == {"kind": "tool", "actor": "guide.md", "reference": "guide"}
    assert found.node.ref_doc_id == "guide"
    assert found.node.metadata["metadata"]["file_name"] == "guide.md"


def test_what_has_not_changed_is_not_written_twice(ana: erstwhile.ScopedMemory) -> None:
    """A document that is taken in again as it was costs nothing."""
    before = ana.stats()
    again = remember_nodes(ana, _passages(ALPHA, BETA, GAMMA), at=TUESDAY)
    assert (again.written, again.ended) == ((), ())
    assert {version.content for version in again.unchanged} == {ALPHA, BETA, GAMMA}
    assert ana.stats() == before


def test_a_changed_passage_takes_the_place_of_the_old_one(ana: erstwhile.ScopedMemory) -> None:
    """What the guide says now is found now, what it said on Monday as of Monday, and both are one memory."""
    (outcome,) = remember_nodes(ana, _passages(ALPHA, NEW_BETA, GAMMA), at=TUESDAY).written
    assert outcome.action is erstwhile.Action.SUPERSEDED
    assert _held(ana) == {ALPHA, NEW_BETA, GAMMA}
    assert _held(ana, as_of=MONDAY) == {ALPHA, BETA, GAMMA}
    assert {version.content for version in ana.history(outcome)} == {BETA, NEW_BETA}
    remember_nodes(ana, _passages(ALPHA, BETA, GAMMA), at="2025-06-04")
    assert _held(ana) == {ALPHA, BETA, GAMMA}


@pytest.mark.parametrize(
    ("passages", "written", "ended"),
    [
        ((ALPHA, GAMMA), 0, 1),
        ((GAMMA, ALPHA, BETA), 0, 0),
        ((NEW_BETA, ALPHA, BETA, GAMMA), 1, 0),
        ((NEW_BETA,), 1, 0),
        ((ALPHA, BETA, GAMMA, BETA), 0, 0),
    ],
    ids=["one gone", "moved", "one more", "another text", "said twice"],
)
def test_the_document_is_what_it_is_now(ana: erstwhile.ScopedMemory, passages: tuple[str, ...], written: int, ended: int) -> None:
    """However a document changed, what holds afterwards is what stands in it; what stood there before holds before."""
    done = remember_nodes(ana, _passages(*passages), at=TUESDAY)
    assert (len(done.written), len(done.ended)) == (written, ended)
    assert _held(ana) == set(passages)
    assert _held(ana, as_of=MONDAY) == {ALPHA, BETA, GAMMA}


def test_taken_in_twice_as_of_one_time_the_second_counts(ana: erstwhile.ScopedMemory) -> None:
    """A correction of a document as of the very time of the first reading leaves nothing of the first."""
    remember_nodes(ana, _passages(ALPHA, NEW_BETA), at=MONDAY)
    assert _held(ana) == _held(ana, as_of=MONDAY) == {ALPHA, NEW_BETA}


def test_a_document_that_is_gone_ends(ana: erstwhile.ScopedMemory) -> None:
    """A document can be ended whole; others stay."""
    remember_nodes(ana, _passages(NEW_BETA, document="other"), at=MONDAY)
    assert len(end_document(ana, "guide", at=TUESDAY)) == 3
    assert _held(ana) == {NEW_BETA}
    assert _held(ana, as_of=MONDAY) == {ALPHA, BETA, GAMMA, NEW_BETA}
    assert end_document(ana, "no such", at=TUESDAY) == ()


def test_documents_touch_nothing_else(engine: erstwhile.Engine) -> None:
    """A passage ends nothing that a person said, and the same passage in two documents, or of two users, is theirs each."""
    ana, bo = engine.scope(user="ana"), engine.scope(user="bo")
    ana.remember("I live in Porto", valid_from="2025-01-01")
    nodes = [TextNode(text="I live in Lisbon", id_="one"), TextNode(text="I live in Lisbon", id_="two"), TextNode(text=" ", id_="blank")]
    for memory in (ana, bo):
        assert len(remember_nodes(memory, nodes, at="2025-05-01").written) == 2
    end_document(bo, "one", at="2025-05-02")
    assert sorted(version.content for version in ana.snapshot()) == ["I live in Lisbon", "I live in Lisbon", "I live in Porto"]
    assert len(bo.snapshot()) == 1
    assert ana.conflicts() == ()


async def test_awaited_it_does_the_same(engine: erstwhile.Engine) -> None:
    """Awaited, passages are kept in a worker thread; without a time given, from now on; an id of any length is one document's."""
    with erstwhile.open(":memory:") as real:
        document = f"file:///{'long/' * 100}guide.md"
        done = await aremember_nodes(real, _passages(ALPHA, BETA, document=document), scope={"user": "ana"})
        assert len(done.written) == 2
        again = await aremember_nodes(real, _passages(ALPHA, NEW_BETA, document=document), scope={"user": "ana"})
        assert [outcome.action.value for outcome in again.written] == ["superseded"]
        assert _held(real.scope(user="ana")) == {ALPHA, NEW_BETA}


def test_a_node_that_cannot_be_kept_is_an_error(engine: erstwhile.Engine) -> None:
    """A passage too long says so, and nothing of its document is written; an engine without a scope is refused."""
    memory = engine.scope(user="ana")
    with pytest.raises(erstwhile.InvalidInputError, match="at most 32,768"):
        remember_nodes(memory, [TextNode(text="fits"), TextNode(text="x" * 40_000)][::-1])
    assert memory.snapshot() == ()
    with pytest.raises(erstwhile.InvalidInputError, match="Nobody's memory"):
        remember_nodes(engine, [])
