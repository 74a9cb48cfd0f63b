"""What the inputs of each product look like on neutral text, and the rescaling that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from weights import Encoder

FLOOR = 1e-5
STEPS_PER_OCTAVE = 4


@dataclass(frozen=True, kw_only=True)
class Activations:
    """Per input of one product: the largest magnitude and the mean square that were seen."""

    largest: NDArray[np.float64]
    energy: NDArray[np.float64]


def observe(encoder: Encoder, texts: Iterable[Sequence[int]]) -> Mapping[tuple[int, str], Activations]:
    """Run the reference over token ids and sum up the inputs of each product, by layer and name."""
    seen: dict[tuple[int, str], list[NDArray[np.float64]]] = {}

    def watch(layer: int, product: str, inputs: NDArray[np.float64]) -> None:
        seen.setdefault((layer, product), []).append(inputs)

    for ids in texts:
        reference.token_vectors(encoder, ids, watch)
    joined = {place: np.concatenate(inputs) for place, inputs in seen.items()}
    return {place: Activations(largest=np.abs(inputs).max(axis=0), energy=(inputs**2).mean(axis=0)) for place, inputs in joined.items()}


def smoothing(activations: Activations, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """A factor per input that moves half of its outliers into the weights: SmoothQuant (Xiao et al. 2023) at its default strength of 0.5.

    Rounded to quarter octaves, so that the last bits of the calibration cannot reach the artefact and it has the same bytes on every machine.
    """
    balance = np.sqrt(np.maximum(activations.largest, FLOOR) / np.maximum(np.abs(weight).max(axis=1), FLOOR))
    rounded: NDArray[np.float64] = 2.0 ** (np.rint(np.log2(balance) * STEPS_PER_OCTAVE) / STEPS_PER_OCTAVE)
    return rounded
