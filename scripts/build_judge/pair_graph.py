"""The classifier as an ONNX graph: int64 ``input_ids``, ``attention_mask``, ``token_type_ids`` (batch, tokens) in, float32 ``scores`` (batch, labels) out.

It is the graph of the embedding models (scripts/build_model/graph.py), with token types added to the embeddings, the attention mask honoured, and the head in
place of the token vectors.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import calibration
import graph
import numpy as np
import onnx
import weights
from onnx import TensorProto, helper, numpy_helper
from pairs import LABELS
from rounding import Moments, exact, rounded
from scoring import CONTRADICTS, SUPERSEDES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from classifier import Classifier
    from numpy.typing import NDArray

MASKED = 1e4
"""Taken off the attention score of what the mask leaves out."""
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def build(
    model: Classifier, encoder: weights.Encoder, seen: Mapping[tuple[int, str], calibration.Activations], found: Moments, *, labels: int = len(LABELS)
) -> bytes:
    """The serialised model; the same bytes for the same arguments. With one label less, both kinds of clash are one."""
    builder = graph.Builder()
    width = encoder.words.shape[1]
    shape = builder.node("Shape", "input_ids")
    hidden = _embed(builder, encoder, exact(model.second))
    mask, *each = masks(builder)
    lifted = builder.node("Mul", builder.node("Sub", mask, builder.float32("full", 1.0)), builder.float32("masked", MASKED))
    penalty = builder.node("Unsqueeze", lifted, "one")
    blocks = _Blocks(builder, heads=encoder.heads, width=width, shape=shape, penalty=penalty, found=found)
    for index, layer in enumerate(encoder.layers):
        hidden = blocks.layer(index, layer, hidden, {product: at for (place, product), at in seen.items() if place == index})
    whole = builder.node("Reshape", hidden, builder.node("Concat", shape, builder.int64("width", width), axis=0))
    scores = _head(builder, model, whole, each)
    if labels < len(LABELS):
        scores = _merged(builder, scores)
    builder.nodes.append(helper.make_node("Identity", [scores], ["scores"], name="scores"))
    proto = helper.make_graph(
        builder.nodes,
        "pairs",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in INPUTS],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", labels])],
        [numpy_helper.from_array(array, name) for name, array in builder.constants.items()],
        value_info=builder.shapes,
    )
    opset = [helper.make_opsetid("", graph.OPSET)]
    made = helper.make_model(proto, opset_imports=opset, ir_version=graph.IR_VERSION, producer_name="erstwhile", producer_version="1")
    onnx.checker.check_model(made, full_check=True)
    serialised: bytes = made.SerializeToString(deterministic=True)
    return serialised


class _Blocks(graph._Blocks):  # noqa: SLF001 - the scripts are neighbours
    """Encoder layers whose attention leaves out what the mask leaves out, and whose weights are rounded by their inputs' moments."""

    def __init__(self, builder: graph.Builder, *, heads: int, width: int, shape: str, penalty: str, found: Moments) -> None:
        super().__init__(builder, heads=heads, width=width, shape=shape)
        self._penalty = penalty
        self._moments = {f"layer.{index}.{name}": moment for (index, name), moment in found.items()}

    def _smoothed(self, name: str, linear: weights.Linear, rows: str, seen: calibration.Activations) -> str:
        factors = calibration.smoothing(seen, linear.weight)
        smoothed = self._graph.node("Mul", rows, self._graph.float32(f"{name}.smoothing", 1 / factors))
        self._moments[name] = self._moments[name] / np.outer(factors, factors)
        return self._signed(name, weights.Linear(weight=linear.weight * factors[:, None], bias=linear.bias), smoothed, seen.energy)

    def _signed(self, name: str, linear: weights.Linear, rows: str, energy: NDArray[np.float64]) -> str:
        return super()._signed(name, self._rounded(name, linear), rows, energy)

    def _lifted(self, name: str, linear: weights.Linear, rows: str, energy: NDArray[np.float64]) -> str:
        return super()._lifted(name, self._rounded(name, linear), rows, energy)

    def _rounded(self, name: str, linear: weights.Linear) -> weights.Linear:
        return dataclasses.replace(linear, integers=rounded(linear.weight, self._moments[name]))

    def _shares(self, scores: str) -> str:
        return super()._shares(self._graph.node("Add", scores, self._penalty))


def _embed(builder: graph.Builder, encoder: weights.Encoder, second: NDArray[np.float64]) -> str:
    """Word, position and type embeddings, normalised, with batch and tokens flattened to rows."""
    placed = graph._placed(builder, encoder)  # noqa: SLF001 - as above
    typed = builder.node("Gather", builder.float32("types", np.stack([np.zeros_like(second), second])), "token_type_ids")
    return graph._as_rows(builder, encoder, builder.node("Add", placed, typed))  # noqa: SLF001 - as above


def masks(builder: graph.Builder) -> tuple[str, str, str]:
    """Float masks (batch, 1, tokens): of both texts, of the earlier and of the later."""
    both = builder.node("Unsqueeze", builder.node("Cast", "attention_mask", to=TensorProto.FLOAT), builder.int64("one", 1))
    later = builder.node("Mul", both, builder.node("Unsqueeze", builder.node("Cast", "token_type_ids", to=TensorProto.FLOAT), "one"))
    return both, builder.node("Sub", both, later), later


def features(builder: graph.Builder, hidden: str, each: Sequence[str]) -> str:
    """[CLS], the mean of each text, and how the means differ, (batch, 5 * width): from (batch, tokens, width) and the masks of both texts."""
    means = []
    for mask in each:
        mean = builder.node("Div", builder.node("MatMul", mask, hidden), builder.node("ReduceSum", mask, builder.int64("inner", 2), keepdims=1))
        means.append(builder.node("Squeeze", mean, builder.int64("middle", 1)))
    apart = builder.node("Abs", builder.node("Sub", *means))
    return builder.node("Concat", _first(builder, hidden), *means, apart, builder.node("Mul", *means), axis=1)


def _first(builder: graph.Builder, hidden: str) -> str:
    return builder.node("Squeeze", builder.node("Gather", hidden, builder.int64("cls", 0), axis=1), builder.int64("middle", 1))


def _head(builder: graph.Builder, model: Classifier, hidden: str, each: Sequence[str]) -> str:
    """The scores, from (batch, tokens, width) and the float masks (batch, 1, tokens) of both texts."""
    found = features(builder, hidden, each) if model.head == "rich" else _first(builder, hidden)
    weight = builder.float32("classifier.weight", exact(model.classifier.weight).T)
    return builder.node("Add", builder.node("MatMul", found, weight), builder.float32("classifier.bias", exact(model.classifier.bias)))


def _merged(builder: graph.Builder, scores: str) -> str:
    """The classes that are told apart by time alone become one: the log of the sum of their shares, at the place of "supersedes"."""
    kept = [index for index in range(len(LABELS)) if index not in (SUPERSEDES, CONTRADICTS)]
    at = sum(index < SUPERSEDES for index in kept)
    clash = builder.node("Gather", scores, builder.int64("clash", SUPERSEDES, CONTRADICTS), axis=1)
    merged = builder.node("ReduceLogSumExp", clash, builder.int64("across", 1), keepdims=1)
    before = builder.node("Gather", scores, builder.int64("before", *kept[:at]), axis=1)
    after = builder.node("Gather", scores, builder.int64("after", *kept[at:]), axis=1)
    return builder.node("Concat", before, merged, after, axis=1)
