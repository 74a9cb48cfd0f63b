"""How good shares are, and which thresholds they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pairs import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pairs import Example

NEGATIVE = tuple(LABELS.index(name) for name in ("duplicate", "refines", "coexists", "unsure"))
SUPERSEDES, CONTRADICTS, DUPLICATE = (LABELS.index(name) for name in ("supersedes", "contradicts", "duplicate"))
SCORES = ("supersedes", "clash")
RATES = (0.005, 0.01, 0.02, 0.05)
PARTS = ("all", "everyday", "varied")


def score(found: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """The share of "supersedes", or of either kind of clash."""
    summed: NDArray[np.float64] = found[:, SUPERSEDES] + (found[:, CONTRADICTS] if name == "clash" else 0)
    return summed


def threshold(scores: NDArray[np.float64], rate: float) -> float:
    """The lowest threshold (inclusive) that at most ``rate`` of the scores reach."""
    return float(np.nextafter(np.sort(scores)[::-1][int(rate * len(scores))], 2.0))


def balanced_threshold(scores: NDArray[np.float64], labels: NDArray[np.int64], rate: float) -> float:
    """The lowest threshold (inclusive) that at most ``rate`` of the scores reach, in the mean over the labels, of which a few pairs weigh as much as many."""
    order = np.argsort(-scores)
    found, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    reached = np.cumsum(1 / (len(found) * counts[places[order]]))
    return float(np.nextafter(scores[order][np.searchsorted(reached, rate, side="right")], 2.0))


def precise(sure: NDArray[np.float64], right: NDArray[np.bool_], precision: float) -> float:
    """The lowest threshold at which ``precision`` of those that reach it are ``right``; 1 if there is none."""
    for at in np.linspace(0.3, 0.99, 70):
        if (reached := sure >= at).any() and right[reached].mean() >= precision:
            return float(at)
    return 1.0


def duplicate_f1(found: NDArray[np.float64], labels: NDArray[np.int64], least: float | None = None) -> float:
    """Of the likeliest labels; with ``least``, of all pairs whose share of "duplicate" reaches it."""
    called = found.argmax(1) == DUPLICATE if least is None else found[:, DUPLICATE] >= least
    right = (called & (labels == DUPLICATE)).sum()
    return float(2 * right / max(1, called.sum() + (labels == DUPLICATE).sum()))


def labels_of(examples: Sequence[Example]) -> NDArray[np.int64]:
    return np.array([example.label for example in examples])


def report(found: NDArray[np.float64], dev: Sequence[Example]) -> dict[str, Any]:
    """All figures, for everything and by part. Thresholds are chosen on all of the development set, by each score's own rule."""
    labels = labels_of(dev)
    negative = np.isin(labels, NEGATIVE)
    least = {(name, rate): threshold(score(found, name)[negative], rate) for name in SCORES for rate in RATES}
    best = max(np.linspace(0.1, 0.95, 86), key=lambda at: duplicate_f1(found, labels, at))
    out: dict[str, Any] = {"duplicate_threshold": float(best)}
    for part in PARTS:
        chosen = np.array([part in {"all", example.part} for example in dev])
        here, truth = found[chosen], labels[chosen]
        row: dict[str, Any] = {
            "pairs": int(chosen.sum()),
            "accuracy": float((here.argmax(1) == truth).mean()),
            "duplicate_f1_argmax": duplicate_f1(here, truth),
            "duplicate_f1_threshold": duplicate_f1(here, truth, float(best)),
        }
        for (name, rate), at in least.items():
            called = score(here, name) >= at
            recall, false = called[truth == SUPERSEDES].mean(), called[np.isin(truth, NEGATIVE)].mean()
            row[f"{name}@{rate:.1%}"] = {"threshold": at, "recall": float(recall), "false": float(false)}
        out[part] = row
    return out


def summary(found: NDArray[np.float64], dev: Sequence[Example]) -> str:
    """One line: accuracy, duplicate F1, and the recall of supersedes at each rate of false supersession, by both scores."""
    full = report(found, dev)
    row = full["all"]
    parts = [f"acc {row['accuracy']:.3f} dupF1 {row['duplicate_f1_argmax']:.3f}/{row['duplicate_f1_threshold']:.3f}"]
    parts += [f"{name}: " + " ".join(f"{row[f'{name}@{rate:.1%}']['recall']:.3f}" for rate in RATES) for name in SCORES]
    parts.append("e/v " + "/".join(f"{full[part]['accuracy']:.3f}" for part in PARTS[1:]))
    return " | ".join(parts)
