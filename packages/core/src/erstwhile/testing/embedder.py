"""The contract of an embedder."""

from abc import ABC, abstractmethod
from typing import Any, Final, cast

import numpy as np

from erstwhile.embed import Embedder
from erstwhile.errors import InvalidInputError, MissingDependencyError

try:
    import pytest
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["EmbedderSuite"]

TEXTS: Final = (
    "Ana lives in Lisbon.",
    "short",
    "Where does she live, and since when? " * 8,
    "Übermäßig größere Flüsse, naïve café",
    "日本語のテキスト и кириллица",
    "🙂🚀",
    "42",
    "   surrounded by blanks   ",
)


class EmbedderSuite(ABC):
    """What every embedder must keep to. Inherit from it, define `make`, and pytest does the rest."""

    @abstractmethod
    def make(self) -> Embedder:
        """A new embedder."""

    @pytest.fixture
    def embedder(self) -> Embedder:
        """The embedder under test."""
        return self.make()

    def test_shape_and_type(self, embedder: Embedder) -> None:
        """A store can rely on one float32 row for each text, of the length announced."""
        vectors = embedder.embed(TEXTS, role="passage")
        assert vectors.shape == (len(TEXTS), embedder.dimension)
        assert vectors.dtype == np.float32

    def test_unit_length(self, embedder: Embedder) -> None:
        """A dot product is a cosine, and no number is missing."""
        vectors = embedder.embed(TEXTS, role="passage")
        assert np.isfinite(vectors).all()
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    @pytest.mark.parametrize("role", ["query", "passage"])
    def test_no_texts(self, embedder: Embedder, role: Any) -> None:  # noqa: ANN401 - pytest hands a str over
        """Nothing in, nothing out, and still of the right shape."""
        vectors = embedder.embed([], role=role)
        assert vectors.shape == (0, embedder.dimension)
        assert vectors.dtype == np.float32

    @pytest.mark.parametrize("role", ["query", "passage"])
    def test_a_vector_does_not_depend_on_its_neighbours(self, embedder: Embedder, role: Any) -> None:  # noqa: ANN401 - pytest hands a str over
        """The same text gives the same bytes alone, in a batch, and in another order: recall is deterministic."""
        alone = np.concatenate([embedder.embed([text], role=role) for text in TEXTS])
        together = embedder.embed(TEXTS, role=role)
        backwards = embedder.embed(TEXTS[::-1], role=role)[::-1]
        assert together.tobytes() == alone.tobytes()
        assert np.ascontiguousarray(backwards).tobytes() == alone.tobytes()

    def test_a_second_embedder_agrees(self, embedder: Embedder) -> None:
        """What one process wrote, another can search."""
        other = self.make()
        assert other.fingerprint == embedder.fingerprint
        assert other.dimension == embedder.dimension
        assert other.embed(TEXTS, role="passage").tobytes() == embedder.embed(TEXTS, role="passage").tobytes()

    def test_the_fingerprint_is_a_name(self, embedder: Embedder) -> None:
        """The fingerprint is kept in stores and shown in errors: text, not blank, the same before and after use."""
        before = embedder.fingerprint
        embedder.embed(TEXTS[:1], role="passage")
        assert isinstance(before, str)
        assert before.strip() == before != ""
        assert embedder.fingerprint == before

    def test_texts_differ(self, embedder: Embedder) -> None:
        """Texts with other words do not collapse into one vector."""
        first, second = embedder.embed(["Ana lives in Lisbon", "The train to Madrid was cancelled"], role="passage")
        assert float(first @ second) < 0.999

    def test_one_string_is_refused(self, embedder: Embedder) -> None:
        """A single text given by mistake is not taken for a list of letters."""
        with pytest.raises(InvalidInputError):
            embedder.embed("one text", role="passage")

    def test_an_unknown_role_is_refused(self, embedder: Embedder) -> None:
        """A misspelt role does not silently embed in the wrong way."""
        with pytest.raises(InvalidInputError):
            embedder.embed(["text"], role=cast("Any", "document"))

    def test_errors_do_not_quote(self, embedder: Embedder) -> None:
        """What people say does not end up in logs."""
        with pytest.raises(InvalidInputError) as caught:
            embedder.embed("a private matter", role="passage")
        assert "private" not in str(caught.value)
