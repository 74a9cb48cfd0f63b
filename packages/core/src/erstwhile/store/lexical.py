"""Words to sparse vectors for BM25, the same for every store.

Tokens, English stemming, stop words and term weights are Qdrant's own `Bm25`, which needs no server. The other half of the formula, the inverse document
frequency, is applied when searching: by Qdrant over the corpus of the scope, and by `LexicalScorer` for the reference store.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from erstwhile.model import Version
from erstwhile.time import MONTH_NAMES

if TYPE_CHECKING:
    from qdrant_edge import Bm25, SparseVector

__all__ = ["LexicalScorer", "document_terms", "query_terms", "version_terms"]

AVERAGE_LENGTH: Final = 24.0
"""Expected tokens of a memory, for BM25's length normalisation. Fixed, so that a vector depends on its own text only."""
CONTEXT_WEIGHT: Final = 0.5
"""What a word of the turn that a turn answers weighs beside one of its own; on LoCoMo 0.3 to 0.7 find the same, and either much more than none."""


@cache
def _model() -> "Bm25":
    from qdrant_edge import Bm25, Bm25Config

    return Bm25(Bm25Config(language="english", ascii_folding=True, avg_len=AVERAGE_LENGTH))


def version_terms(version: Version) -> dict[int, float]:
    """Weights of the words that a version is found by: its content, aliases and tags, who said it, from which day it holds, and what it answers."""
    day = f"{version.valid_from.day} {MONTH_NAMES[version.valid_from.month - 1]} {version.valid_from.year}"
    terms = document_terms("\n".join((version.content, *version.aliases, *version.tags, version.source.actor, day)))
    answered = document_terms(version.context) if version.context else {}
    for term, weight in answered.items():
        terms[term] = max(terms.get(term, 0.0), CONTEXT_WEIGHT * weight)
    return dict(sorted(terms.items()))


def document_terms(text: str) -> dict[int, float]:
    """Term weights of a text to be found: term id to weight, empty where the text has no words."""
    return _weights(_model().embed_document(text))


def query_terms(text: str) -> dict[int, float]:
    """Term weights of a question: term id to 1."""
    return _weights(_model().embed_query(text))


def _weights(sparse: "SparseVector") -> dict[int, float]:
    return dict(sorted(zip(sparse.indices, sparse.values, strict=True)))


class LexicalScorer:
    """BM25 in plain Python.

    The inverse document frequency is ``ln(1 + (N - n + 0.5) / (n + 0.5))`` for a term in n of N texts, as in Robertson and Zaragoza, "The Probabilistic
    Relevance Framework: BM25 and Beyond" (2009), kept above 0 by the 1 as Lucene and Qdrant do.

    Args:
        corpus: The weights of the words of each text that the frequencies are counted over. Texts without a word do not count.
    """

    def __init__(self, corpus: Iterable[Mapping[int, float]]) -> None:
        documents = [terms for terms in corpus if terms]
        self._size = len(documents)
        self._containing = Counter(term for terms in documents for term in terms)

    def score(self, query: str, weights: Mapping[int, float]) -> float:
        """The BM25 score, for ``query``, of a text whose words have these weights; 0 where they share no word."""
        return sum(self._idf(term) * weights[term] for term in query_terms(query) if term in weights)

    def _idf(self, term: int) -> float:
        containing = self._containing[term]
        return math.log(1 + (self._size - containing + 0.5) / (containing + 0.5))
