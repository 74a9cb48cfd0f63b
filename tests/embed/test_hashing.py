"""The embedder without a model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile.embed import HashingEmbedder
from erstwhile.errors import InvalidInputError

texts = st.lists(st.text(), max_size=6)


@given(texts)
def test_dot_products_are_exact(listed: list[str]) -> None:
    """Scores are the same on every machine: float32 dot products equal the exact ones, in any order of summing."""
    vectors = HashingEmbedder().embed(listed, role="passage")
    assert set(np.unique(vectors)) <= {-0.125, 0.125}
    exact = (np.sign(vectors).astype(np.int64) @ np.sign(vectors).astype(np.int64).T) / 64
    assert (vectors @ vectors.T == exact).all()
    assert (vectors[:, ::-1] @ vectors[:, ::-1].T == exact).all()


@given(texts)
def test_batch_does_not_matter(listed: list[str]) -> None:
    """The vector of a text does not depend on the texts beside it, nor on the role."""
    embedder = HashingEmbedder()
    together = embedder.embed(listed, role="passage")
    assert together.shape == (len(listed), 64)
    for text, vector in zip(listed, together, strict=True):
        assert embedder.embed([text], role="query").tobytes() == vector.tobytes()


def test_vectors_are_pinned() -> None:
    """Vectors outlive the process and the Python version: they come from a fixed hash, and never from hash()."""
    vectors = HashingEmbedder().embed(["the harbour at night", ""], role="passage")
    assert [np.packbits(vector > 0).tobytes().hex() for vector in vectors] == ["04fabe4be2cf30aa", "e4a6a0577479b2b4"]


def test_shared_words_bring_texts_together() -> None:
    """Tests of ranking need near and far: texts that share words are nearer than texts that do not, whatever their case and order."""
    base, near, far, same = HashingEmbedder(256).embed(
        ["Anna works at the harbour in Porto", "Anna worked at the harbour in Lisbon", "Buy some milk tomorrow", "in Porto, at the HARBOUR: Anna works"],
        role="query",
    )
    assert base @ near > 0.3 > base @ far
    assert base @ same == 1


@pytest.mark.parametrize("dimension", [64, 256])
def test_dimension(dimension: int) -> None:
    """The dimension is what was asked for, and is part of the fingerprint."""
    embedder = HashingEmbedder(dimension)
    assert embedder.dimension == dimension
    assert embedder.embed(["a"], role="query").shape == (1, dimension)
    assert embedder.fingerprint == f"hashing-{dimension}@1"


def test_dimension_without_an_exact_root_is_refused() -> None:
    """Only a dimension whose root is a power of two keeps dot products exact."""
    with pytest.raises(InvalidInputError, match="use 64 or 256"):
        HashingEmbedder(100)
