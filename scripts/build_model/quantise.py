"""From a float matrix to 7-bit integers and scales.

Why 7 bits: x86 without VNNI multiplies pairs of uint8 by int8 and adds them in 16 bits, saturating. Two products of at most 255 * 64 sum to 32,640, below
the 32,767 where it begins; with 8-bit weights it would bend the vectors of those machines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from weights import Integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHT_LIMIT = 63
TABLE_LIMIT = 127
SHRINKS = np.arange(1.0, 0.74, -0.01)


def weight_integers(weight: NDArray[np.float64], energy: NDArray[np.float64]) -> Integers:
    """Quantise a (inputs, outputs) matrix symmetrically with a scale per output.

    Of some scales at and below the one that just fits the largest weight, each output takes the one with the least squared error, each input's error
    weighted by ``energy``, the mean square of that input during calibration: clipping one large weight can pay for finer steps elsewhere.
    """
    fitting = np.maximum(np.abs(weight).max(axis=0), np.finfo(np.float32).tiny) / WEIGHT_LIMIT
    scales = fitting.astype(np.float32)
    least = np.full(weight.shape[1], np.inf)
    for shrink in SHRINKS:
        candidate = (fitting * shrink).astype(np.float32)
        error = (energy[:, None] * (weight - _round(weight, candidate).astype(np.float64) * candidate) ** 2).sum(axis=0)
        better = error < least
        least = np.where(better, error, least)
        scales = np.where(better, candidate, scales)
    return Integers(values=_round(weight, scales), scales=scales)


def table_integers(table: NDArray[np.float64]) -> Integers:
    """Quantise a (rows, width) lookup table symmetrically to 8 bits with a scale per row; it is never multiplied as integers, so 8 bits are safe."""
    largest = np.maximum(np.abs(table).max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    scales = (largest / TABLE_LIMIT).astype(np.float32)
    return Integers(values=np.rint(table / scales).clip(-TABLE_LIMIT, TABLE_LIMIT).astype(np.int8), scales=scales)


def _round(weight: NDArray[np.float64], scales: NDArray[np.float32]) -> NDArray[np.int8]:
    return np.rint(weight / scales).clip(-WEIGHT_LIMIT, WEIGHT_LIMIT).astype(np.int8)
