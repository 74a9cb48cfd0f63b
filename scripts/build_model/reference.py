"""The encoder in float64 numpy: what the artefact is measured against, and what calibration watches.

float64, so that the last bits of a BLAS library cannot reach the calibrated scales: the artefact has the same bytes on every machine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from weights import Encoder, Linear, Norm

NORM_EPSILON = 1e-12

_erf = np.frompyfunc(math.erf, 1, 1)


class Watcher(Protocol):
    """Called with the input of each product, in the order of the graph."""

    def __call__(self, layer: int, product: str, inputs: NDArray[np.float64], /) -> None: ...


def token_vectors(encoder: Encoder, ids: Sequence[int], watch: Watcher | None = None) -> NDArray[np.float64]:
    """Token embeddings of one text, shape (tokens, width)."""
    hidden = normalise(encoder.words[list(ids)] + encoder.positions[: len(ids)], encoder.norm)
    for index, layer in enumerate(encoder.layers):

        def product(name: str, inputs: NDArray[np.float64], linear: Linear, index: int = index) -> NDArray[np.float64]:
            if watch is not None:
                watch(index, name, inputs)
            return inputs @ linear.weight + linear.bias

        attended = _attention(product("qkv", hidden, layer.qkv), encoder.heads)
        hidden = normalise(hidden + product("out", attended, layer.out), layer.out_norm)
        widened = gelu(product("up", hidden, layer.up))
        hidden = normalise(hidden + product("down", widened, layer.down), layer.down_norm)
    return hidden


def normalise(rows: NDArray[np.float64], norm: Norm) -> NDArray[np.float64]:
    """Layer normalisation (Ba, Kiros and Hinton 2016)."""
    centred = rows - rows.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    normalised: NDArray[np.float64] = centred / np.sqrt(variance + NORM_EPSILON) * norm.gain + norm.bias
    return normalised


def gelu(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The exact GELU (Hendrycks and Gimpel 2016), by the error function."""
    erf = np.asarray(_erf(values / math.sqrt(2.0)), dtype=np.float64)
    return values * 0.5 * (1.0 + erf)


def _attention(qkv: NDArray[np.float64], heads: int) -> NDArray[np.float64]:
    tokens, width = qkv.shape
    query, key, value = qkv.reshape(tokens, 3, heads, width // 3 // heads).transpose(1, 2, 0, 3)
    scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    mixed: NDArray[np.float64] = (weights @ value).transpose(1, 0, 2).reshape(tokens, width // 3)
    return mixed
