"""The contract of a reranker."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from erstwhile.errors import MissingDependencyError
from erstwhile.rerank import Reranker, reranked
from erstwhile.results import Hit
from erstwhile.testing.hostile import HOSTILE
from erstwhile.testing.rows import make_version

try:
    import pytest
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["RerankerSuite"]

PATIENCE: Final = 60
"""Seconds to wait for what happens at once."""
QUERY: Final = "Where does Ana live now?"
TEXTS: Final = (
    "Ana lives in Lisbon.",
    "Ana has lived in Porto since 2019, with two cats and a piano. " * 8,
    "The train to Madrid was cancelled",
    "Where does Ana live now?",
    "Übermäßig größere Flüsse, naïve café",
    "日本語のテキスト и кириллица",
    "42",
    "   surrounded by blanks   ",
)


class RerankerSuite(ABC):
    """What every reranker must keep to. Inherit from it, define `make`, and pytest does the rest."""

    @abstractmethod
    def make(self) -> Reranker:
        """A new reranker; each that is made scores alike."""

    @pytest.fixture
    def reranker(self) -> Reranker:
        """The reranker under test."""
        return self.make()

    def test_it_meets_the_protocol(self, reranker: Reranker) -> None:
        """The engine can use it, and explanations name it: on one line, not blank, the same before and after use."""
        assert isinstance(reranker, Reranker)
        before = reranker.name
        reranker.score(QUERY, TEXTS[:1])
        assert reranker.name == before == " ".join(before.split()) != ""

    def test_no_texts(self, reranker: Reranker) -> None:
        """Nothing in, nothing out."""
        assert list(reranker.score(QUERY, [])) == []

    def test_hits_can_be_ordered_by_its_scores(self, reranker: Reranker) -> None:
        """There is one score for each text, and each is a number from 0 to 1."""
        hits = [Hit(version=make_version(text), score=0.5) for text in TEXTS]
        ordered = reranked(hits, reranker.score(QUERY, TEXTS))
        assert {hit.version.id for hit in ordered} == {hit.version.id for hit in hits}

    def test_a_score_does_not_depend_on_the_other_texts(self, reranker: Reranker) -> None:
        """A text is scored alike alone, in a batch, twice in it, and in another order: recall is deterministic."""
        together = list(reranker.score(QUERY, TEXTS))
        assert [reranker.score(QUERY, [text])[0] for text in TEXTS] == together
        assert list(reranker.score(QUERY, TEXTS[::-1]))[::-1] == together
        assert list(reranker.score(QUERY, [text for text in TEXTS for _ in range(2)])) == [score for score in together for _ in range(2)]

    def test_a_second_reranker_agrees(self, reranker: Reranker) -> None:
        """The same texts are scored alike the next time, and by the next process."""
        first = list(reranker.score(QUERY, TEXTS))
        assert list(reranker.score(QUERY, TEXTS)) == first
        assert list(self.make().score(QUERY, TEXTS)) == first

    def test_texts_stay_as_they_are(self, reranker: Reranker) -> None:
        """The list that is given is not sorted or emptied by it."""
        given = list(TEXTS)
        reranker.score(QUERY, given)
        assert given == list(TEXTS)

    def test_threads(self, reranker: Reranker) -> None:
        """Several threads may use one reranker, the first use included."""
        expected = list(self.make().score(QUERY, TEXTS))
        with ThreadPoolExecutor(4) as pool:
            results = [list(found) for found in pool.map(lambda _: reranker.score(QUERY, TEXTS), range(8), timeout=PATIENCE)]
        assert all(result == expected for result in results)

    def test_hostile_text(self, reranker: Reranker) -> None:
        """No text that can be stored or asked makes it raise, or give what is no score; and none reaches the score of another text."""
        expected = list(reranker.score(QUERY, TEXTS))
        mixed = (*TEXTS, *HOSTILE, *TEXTS)
        scores = list(reranker.score(QUERY, mixed))
        assert len(scores) == len(mixed)
        assert scores[: len(TEXTS)] == scores[-len(TEXTS) :] == expected
        asked = [reranker.score(query, TEXTS[:1])[0] for query in HOSTILE]
        assert all(0 <= score <= 1 for score in (*scores, *asked))
