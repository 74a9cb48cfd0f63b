"""A query adapter, a linear map that brings a question nearer to what answers it, fitted by gradient descent in numpy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

RANK: Final = 64
"""The matrix is a product of two matrices of this width: with more, it learns the questions by heart."""
EPOCHS: Final = 4
BATCH: Final = 128
RATE: Final = 2e-3
DECAY: Final = 0.1
"""Adam's learning rate, which falls to 0, and its weight decay, which is taken off the weights and not put into the gradient."""
TEMPERATURE: Final = 0.05
STRANGERS: Final = 100
"""Texts of other stores that each batch has to be told apart from, besides those of a question's own."""
ECHOES: Final = 0.1
"""For so many of a store's texts, as a share of its questions, the text itself is asked for: what is sought by its own words must stay found."""
SHARE: Final = 0.6
"""How far of the way that was learnt a question is moved. All the way, more is found of what was said in dialogues, but a statement is moved away from others
that say the same."""
FIRST, SECOND, TINY = 0.9, 0.999, 1e-8
"""Adam's own constants (Kingma and Ba 2015)."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """What was said in one place, and what is asked of it.

    Attributes:
        kind: What its texts are, as turns of dialogues or memories.
        author: Who wrote it.
        texts: Unit vectors, shape (texts, dimension).
        questions: Unit vectors, shape (questions, dimension).
        evidence: For each question the places of the texts that answer it.
    """

    kind: str
    author: str
    texts: Matrix
    questions: Matrix
    evidence: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """``vector + vector @ matrix + offset``, brought to length 1."""

    matrix: Matrix
    offset: Matrix

    def __call__(self, vectors: Matrix) -> Matrix:
        """The vectors of questions, moved, shape (questions, dimension)."""
        return _unit(vectors + vectors @ self.matrix + self.offset)


def fit(stores: Sequence[Store], *, seed: int = 0) -> Adapter:
    """The adapter that best tells the evidence of each question from the other texts of its store, and from some of others.

    Each text of the evidence is to have a greater share than all texts that are none, by a softmax over cosines (the InfoNCE loss, van den Oord et al. 2018).

    What all texts of a kind have in common, their mean, is taken out of the question (as Mu and Viswanath 2018 take it out of all vectors). How near a question
    comes to it tells no text from another; but it lifts all cosines of one question above those of another, and makes strangers to the one look like answers to
    the other.
    """
    rng = np.random.default_rng(seed)
    width = stores[0].texts.shape[1]
    rest = _rest(stores)
    weights = [rng.standard_normal((width, RANK)) / np.sqrt(width), np.zeros((RANK, width)), np.zeros(width)]
    means, squares = ([np.zeros_like(weight) for weight in weights] for _ in range(2))
    everything = [(number, place) for number, store in enumerate(stores) for place in range(len(store.texts))]
    asked = [_with_echoes(store, rng) for store in stores]
    batches = [batch for _ in range(EPOCHS) for batch in _batches(asked, rng)]
    for step, batch in enumerate(batches, 1):
        strangers = [everything[place] for place in rng.choice(len(everything), STRANGERS)]
        gradients = _gradients(batch, asked, strangers, weights, rest)
        rate = RATE * (1 - (step - 1) / len(batches))
        for weight, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            _learn(weight, gradient, mean, square, step, rate=rate)
    narrow, wide, offset = weights
    same = np.eye(width)
    return Adapter(matrix=(same + SHARE * narrow @ wide) @ rest - same, offset=SHARE * offset @ rest)


def found(stores: Sequence[Store], move: Adapter | None, k: int) -> float:
    """Share of the evidence among the ``k`` nearest texts of its store, 0 to 1, averaged over questions."""
    shares = []
    for store in stores:
        vectors = store.questions if move is None else move(store.questions)
        order = np.argsort(-(vectors @ store.texts.T), axis=1, kind="stable")[:, :k]
        shares += [len(set(best) & set(wanted)) / len(wanted) for best, wanted in zip(order.tolist(), store.evidence, strict=True)]
    return float(np.mean(shares))


def _rest(stores: Sequence[Store]) -> Matrix:
    """The projection that leaves of a vector what is at right angles to the mean of each kind's texts, shape (dimension, dimension)."""
    kinds = sorted({store.kind for store in stores})
    means = [np.concatenate([store.texts for store in stores if store.kind == kind]).mean(axis=0) for kind in kinds]
    basis, _ = np.linalg.qr(np.stack(means, axis=1))
    return np.eye(len(basis)) - basis @ basis.T


def _with_echoes(store: Store, rng: np.random.Generator) -> Store:
    echoes = rng.choice(len(store.texts), int(ECHOES * len(store.questions)), replace=False)
    questions = np.concatenate([store.questions, store.texts[echoes]])
    return replace(store, questions=questions, evidence=(*store.evidence, *((int(place),) for place in echoes)))


def _batches(stores: Sequence[Store], rng: np.random.Generator) -> Iterator[list[tuple[int, NDArray[np.int64]]]]:
    """Questions in a random order, so many at a time, by the number of their store."""
    every = np.array([(number, place) for number, store in enumerate(stores) for place in range(len(store.questions))])
    every = every[rng.permutation(len(every))]
    for start in range(0, len(every), BATCH):
        chosen = every[start : start + BATCH]
        yield [(int(number), chosen[chosen[:, 0] == number, 1]) for number in np.unique(chosen[:, 0])]


def _learn(weight: Matrix, gradient: Matrix, mean: Matrix, square: Matrix, step: int, *, rate: float) -> None:
    """One step of Adam, in place; ``step`` counts from 1."""
    mean += (1 - FIRST) * (gradient - mean)
    square += (1 - SECOND) * (gradient**2 - square)
    weight -= rate * (mean / (1 - FIRST**step) / (np.sqrt(square / (1 - SECOND**step)) + TINY) + DECAY * weight)


def _gradients(
    batch: Sequence[tuple[int, NDArray[np.int64]]], stores: Sequence[Store], strangers: Sequence[tuple[int, int]], weights: Sequence[Matrix], rest: Matrix
) -> tuple[Matrix, ...]:
    """The derivative of the mean loss of a batch by each of the weights."""
    narrow, wide, offset = weights
    given = np.concatenate([stores[number].questions[places] for number, places in batch])
    inner = given @ narrow
    moved = (given + inner @ wide + offset) @ rest
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    unit = moved / lengths
    slopes, start = [], 0
    for number, places in batch:
        texts = np.concatenate([stores[number].texts, *(stores[other].texts[place, None] for other, place in strangers if other != number)])
        here = unit[start : start + len(places)]
        right = np.zeros((len(places), len(texts)), dtype=bool)
        for row, place in enumerate(places):
            right[row, list(stores[number].evidence[place])] = True
        slopes.append(_slope(here @ texts.T / TEMPERATURE, right) @ texts / TEMPERATURE)
        start += len(places)
    slope = np.concatenate(slopes) / len(given)
    # What points along the vector changes its length alone.
    slope = (slope - (slope * unit).sum(axis=1, keepdims=True) * unit) / lengths @ rest
    return given.T @ (slope @ wide.T), inner.T @ slope, slope.sum(axis=0)


def _slope(scores: Matrix, right: NDArray[np.bool_]) -> Matrix:
    """The derivative of the loss of each row by its scores."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    wrong = np.where(right, 0.0, powers)
    against = wrong.sum(axis=1, keepdims=True)
    share = 1 / right.sum(axis=1, keepdims=True)
    missing = np.where(right, share * against / (powers + against), 0.0)
    return wrong / against * missing.sum(axis=1, keepdims=True) - missing


def _unit(vectors: Matrix) -> Matrix:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
