"""Recall with a vector of the caller's own."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

import erstwhile
from erstwhile.embed import HashingEmbedder, Role

DIMENSION = HashingEmbedder().dimension


class Counting(HashingEmbedder):
    """Counts the questions that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        if role == "query":
            self.asked += texts
        return super().embed(texts, role=role)


@pytest.fixture
def model() -> Counting:
    return Counting()


@pytest.fixture
def ana(model: Counting) -> Iterator[erstwhile.ScopedMemory]:
    """Ana's memory of two things."""
    with erstwhile.open(":memory:", model=model) as engine:
        memory = engine.scope(user="ana")
        memory.remember("I grow tomatoes on the balcony")
        memory.remember("My bicycle has a flat tyre")
        yield memory


def test_the_own_vector_given_back_changes_nothing(ana: erstwhile.ScopedMemory, model: Counting) -> None:
    """A caller who embedded the question gets the very hits that the question gets, at any length of the vector, and nothing is embedded again."""
    question = "the tyre of the bicycle"
    plain = ana.recall(question)
    vector = model.embed([question], role="query")[0].astype(np.float64) * 7
    model.asked.clear()
    assert ana.recall(question, vector=vector.tolist()).hits == plain.hits
    assert question not in model.asked


def test_another_vector_is_what_is_meant(ana: erstwhile.ScopedMemory, model: Counting) -> None:
    """The vector says what is meant, whatever the question's own would be."""
    vector = model.embed(["I grow tomatoes on the balcony"], role="query")[0]
    hits = ana.recall("anything", vector=list(map(float, vector)), min_relevance=0)
    assert hits[0].content == "I grow tomatoes on the balcony"
    assert hits[0].dense == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize(
    "vector",
    [[1.0] * (DIMENSION - 1), [0.0] * DIMENSION, [float("nan")] * DIMENSION, ["a"] * DIMENSION, [[1.0] * DIMENSION], 3.0],
    ids=["too short", "nowhere", "not a number", "no numbers", "two dimensions", "one number"],
)
def test_what_is_no_vector_of_the_model_is_refused(ana: erstwhile.ScopedMemory, vector: Sequence[float]) -> None:
    """A vector of another model, or none at all, is told apart before anything is searched."""
    with pytest.raises(erstwhile.InvalidInputError, match="vector"):
        ana.recall("tyre", vector=vector)
