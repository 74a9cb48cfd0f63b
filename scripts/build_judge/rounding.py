"""Weights in 7 bits, rounded one input after the other, each passing its error on to the next (GPTQ): that halves what plain rounding does to the shares."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import classifier
import numpy as np
import pairs
import quantise
import torch
import weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

CALIBRATION_PAIRS = 256
DAMPING = 0.01
PRODUCTS = ("qkv", "out", "up", "down")

Moments = dict[tuple[int, str], "NDArray[np.float64]"]
"""For each product, by layer and name, the second moments of its inputs."""


def exact(tensor: torch.Tensor) -> NDArray[np.float64]:
    found: NDArray[np.float64] = tensor.detach().double().numpy()
    return found


def moments(model: classifier.Classifier, tokenizer: Tokenizer) -> Moments:
    """Over some of the training pairs."""
    examples = pairs.training_set()
    random.Random(0).shuffle(examples)  # noqa: S311 - a sample
    found: Moments = {}

    def watch(place: tuple[int, str]) -> Callable[[torch.nn.Module, tuple[torch.Tensor]], None]:
        def add(_: torch.nn.Module, given: tuple[torch.Tensor]) -> None:
            rows = exact(given[0].reshape(-1, given[0].shape[-1]))
            found[place] = found.get(place, 0) + rows.T @ rows

        return add

    hooks = [getattr(layer, name).register_forward_pre_hook(watch((index, name))) for index, layer in enumerate(model.layers) for name in PRODUCTS]
    for row in classifier.encoded(tokenizer, examples[:CALIBRATION_PAIRS]):
        with torch.no_grad():
            model(*classifier.collate([row]))
    for hook in hooks:
        hook.remove()
    return found


def rounded(weight: NDArray[np.float64], moment: NDArray[np.float64]) -> weights.Integers:
    """7-bit integers at the scales of the build scripts, by GPTQ (Frantar et al. 2022), the inputs that matter most first."""
    scales = quantise.weight_integers(weight, np.diag(moment)).scales
    order = np.argsort(-np.diag(moment), kind="stable")
    damped = moment[order][:, order] + np.eye(len(order)) * DAMPING * np.diag(moment).mean()
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    rest = weight[order].copy()
    values = np.zeros(weight.shape, dtype=np.int8)
    for row, place in enumerate(order):
        values[place] = np.rint(rest[row] / scales).clip(-quantise.WEIGHT_LIMIT, quantise.WEIGHT_LIMIT)
        error = (rest[row] - values[place] * scales.astype(np.float64)) / upper[row, row]
        rest[row + 1 :] -= np.outer(upper[row, row + 1 :], error)
    return weights.Integers(values=values, scales=scales)
