"""How alike, by a model, texts are that have nothing to do with each other, and those that say the same: where its scale begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.embed.protocol import Embedder

__all__ = ["KNOWN", "Scale", "measured_scale", "scale_of"]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Mean cosines of a model, each from 0 to 1.

    Attributes:
        floor: Of a question and a text that has nothing to do with it.
        ceiling: Of a text and a question in the same words; 1 where questions are embedded as texts are.
        apart: Of two texts that have nothing to do with each other.
    """

    floor: float
    ceiling: float
    apart: float


KNOWN: Final = {
    "bge-small-en-v1.5-w7a8": Scale(floor=0.0, ceiling=0.71, apart=0.395),
    "all-minilm-l6-v2-w7a8": Scale(floor=0.0, ceiling=0.89, apart=0.054),
}
"""What `measured_scale` gives for the models that come with erstwhile, by the first part of their fingerprints."""
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


def scale_of(embedder: Embedder) -> Scale:
    """The scale of a model. For one that is not known, 32 short texts are embedded."""
    name = embedder.fingerprint.partition("@")[0]
    return KNOWN[name] if name in KNOWN else measured_scale(embedder)


def measured_scale(embedder: Embedder) -> Scale:
    """The same, measured."""
    asked = embedder.embed((*QUESTIONS, *STATEMENTS), role="query")
    said = embedder.embed((*QUESTIONS, *STATEMENTS), role="passage")
    questions, statements = slice(None, len(QUESTIONS)), slice(len(QUESTIONS), None)
    floor = _bounded(asked[questions] @ said[statements].T)
    ceiling = float((asked[statements] * said[statements]).sum(axis=1).mean())
    return Scale(floor=floor, ceiling=max(ceiling, floor + 1 - HIGHEST), apart=_bounded(said[questions] @ said[statements].T))


def _bounded(cosines: NDArray[np.float32]) -> float:
    # A model for which all texts are alike tells nothing; what is above its floor must still be a stretch.
    return min(max(float(cosines.mean()), 0.0), HIGHEST)
