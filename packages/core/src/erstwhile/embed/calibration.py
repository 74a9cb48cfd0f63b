"""How alike, by a model, a question and a text are that have nothing to do with each other: where its scale begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from erstwhile.embed.protocol import Embedder

__all__ = ["KNOWN", "measured_floor", "unrelated_cosine"]

KNOWN: Final = {"bge-small-en-v1.5-w7a8": 0.328, "all-minilm-l6-v2-w7a8": 0.052}
"""What `measured_floor` gives for the models that come with erstwhile, by the first part of their fingerprints."""
HIGHEST: Final = 0.99
QUESTIONS: Final = (
    "How far is it from the harbour to the old mill?",
    "Who repaired the organ in the village church?",
    "Which pan is best for a thin omelette?",
    "When does the tax office close on Thursdays?",
    "What colour was the first tram?",
    "Why did the compiler reject the template?",
    "Does she still play the cello?",
    "How many eggs does a kingfisher lay?",
)
STATEMENTS: Final = (
    "The warranty covers the battery for two years.",
    "We walked along the glacier until it began to snow.",
    "My nephew is allergic to penicillin.",
    "Invoices are sent on the first working day of the month.",
    "The novel is told by three sisters in turn.",
    "Please keep the window of the server room shut.",
    "They voted to plant lime trees along the canal.",
    "I would rather take the night train than fly.",
)
"""Made up: no question has anything to do with any statement."""


def unrelated_cosine(embedder: Embedder) -> float:
    """The mean cosine of a question and a text that has nothing to do with it. For a model that is not known, 16 short texts are embedded."""
    name = embedder.fingerprint.partition("@")[0]
    # A model for which all texts are alike tells nothing; what is above its floor must still be a stretch.
    return KNOWN[name] if name in KNOWN else min(max(measured_floor(embedder), 0.0), HIGHEST)


def measured_floor(embedder: Embedder) -> float:
    """The same, measured."""
    questions = embedder.embed(QUESTIONS, role="query")
    statements = embedder.embed(STATEMENTS, role="passage")
    return float((questions @ statements.T).mean())
