"""The W7A8 encoder as an ONNX graph: int64 ``input_ids`` (batch, tokens) in, float32 ``token_embeddings`` (batch, tokens, width) out.

7-bit weights with a scale per output; 8-bit activations with one dynamic scale per token. A scale per token, and not per tensor, is what keeps the vector of a
text independent of the texts beside it. There is no attention mask: callers batch texts of equal length only, and pool outside the graph.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from calibration import Activations, smoothing
from onnx import TensorProto, helper, numpy_helper
from quantise import table_integers, weight_integers
from reference import NORM_EPSILON
from weights import Encoder, Integers, Layer, Linear, Norm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

OPSET = 20
IR_VERSION = 9
CENTRE = 128
# GELU never falls below -0.16998; lifted by this it fits an unsigned byte, which doubles its resolution, and the bias takes the lift back.
GELU_LIFT = 0.17


class Builder:
    """Collects nodes and constants; every method returns the name of what it made."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self.shapes: list[onnx.ValueInfoProto] = []

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401 - ONNX attributes are of any type
        return self.split(operator, *inputs, outputs=1, **attributes)[0]

    def split(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:  # noqa: ANN401 - as above
        stem = f"{operator.lower()}_{len(self.nodes)}"
        names = [f"{stem}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=stem, **attributes))
        return names

    def shaped(self, name: str, kind: int, *dimensions: str | int) -> str:
        """State a shape that inference cannot find: onnxruntime plans its memory in 0.01 s with these, and in 0.14 s without."""
        self.shapes.append(helper.make_tensor_value_info(name, kind, dimensions))
        return name

    def constant(self, name: str, array: NDArray[Any]) -> str:
        self.constants[name] = np.ascontiguousarray(array)
        return name

    def float32(self, name: str, array: NDArray[np.float64] | float) -> str:
        return self.constant(name, np.asarray(array, dtype=np.float32))

    def int64(self, name: str, *values: int) -> str:
        return self.constant(name, np.array(values, dtype=np.int64))


def build(encoder: Encoder, activations: Mapping[tuple[int, str], Activations]) -> bytes:
    """The serialised model; the same bytes for the same arguments."""
    width = encoder.words.shape[1]
    graph = Builder()
    shape = graph.node("Shape", "input_ids")
    hidden = _embed(graph, encoder)
    blocks = _Blocks(graph, heads=encoder.heads, width=width, shape=shape)
    for index, layer in enumerate(encoder.layers):
        hidden = blocks.layer(index, layer, hidden, {product: seen for (place, product), seen in activations.items() if place == index})
    output_shape = graph.node("Concat", shape, graph.int64("width", width), axis=0)
    graph.nodes.append(helper.make_node("Reshape", [hidden, output_shape], ["token_embeddings"], name="token_embeddings"))
    proto = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])],
        [helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, ["batch", "tokens", width])],
        [numpy_helper.from_array(array, name) for name, array in graph.constants.items()],
        value_info=graph.shapes,
    )
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="erstwhile", producer_version="1")
    onnx.checker.check_model(model, full_check=True)
    serialised: bytes = model.SerializeToString(deterministic=True)
    return serialised


def _embed(graph: Builder, encoder: Encoder) -> str:
    """Word plus position embeddings, normalised, with batch and tokens flattened to rows."""
    return _as_rows(graph, encoder, _placed(graph, encoder))


def _placed(graph: Builder, encoder: Encoder) -> str:
    """Word plus position embeddings."""
    table = encoder.word_integers or table_integers(encoder.words)
    words = graph.node("Cast", graph.node("Gather", graph.constant("words", table.values), "input_ids"), to=TensorProto.FLOAT)
    scales = graph.constant("words.scale", table.scales)
    scaled = graph.node("Mul", words, graph.node("Gather", scales, "input_ids") if table.scales.size > 1 else scales)
    tokens = graph.node("Shape", "input_ids", start=1, end=2)
    positions = graph.node("Slice", graph.float32("positions", encoder.positions), graph.int64("first", 0), tokens, graph.int64("rows", 0))
    return graph.node("Add", scaled, positions)


def _as_rows(graph: Builder, encoder: Encoder, summed: str) -> str:
    """Embeddings, normalised, with batch and tokens flattened to rows."""
    width = encoder.words.shape[1]
    rows = graph.shaped(graph.node("Reshape", summed, graph.int64("flat", -1, width)), TensorProto.FLOAT, "rows", width)
    return _norm(graph, "norm", encoder.norm, rows)


def _norm(graph: Builder, name: str, norm: Norm, rows: str) -> str:
    gain, bias = graph.float32(f"{name}.gain", norm.gain), graph.float32(f"{name}.bias", norm.bias)
    return graph.node("LayerNormalization", rows, gain, bias, axis=-1, epsilon=NORM_EPSILON)


class _Blocks:
    """Encoder layers on one graph, with the constants they share."""

    def __init__(self, graph: Builder, *, heads: int, width: int, shape: str) -> None:
        self._graph = graph
        self._heads = heads
        self._width = width
        self._query_scale = 1 / math.sqrt(width // heads)
        self._head_shape = graph.node("Concat", shape, graph.int64("heads", heads, width // heads), axis=0)
        self._last = graph.int64("last", -1)
        self._thirds = graph.int64("thirds", width, width, width)
        self._centre = graph.constant("centre", np.array(CENTRE, dtype=np.uint8))
        rows = graph.node("Shape", graph.shaped(graph.node("Reshape", "input_ids", self._last), TensorProto.INT64, "rows"))
        centres = graph.node("Expand", graph.constant("centre.row", np.array([CENTRE], dtype=np.uint8)), rows)
        self._centres = graph.shaped(centres, TensorProto.UINT8, "rows")
        self._signed_step = graph.float32("step.signed", 1 / 127)
        self._unsigned_step = graph.float32("step.unsigned", 1 / 255)
        self._lift = graph.float32("lift", GELU_LIFT)

    def layer(self, index: int, layer: Layer, hidden: str, seen: Mapping[str, Activations]) -> str:
        """Post-norm BERT: attention and feed-forward, each added to its input and normalised."""
        graph, name = self._graph, f"layer.{index}"
        attended = self._attention(self._smoothed(f"{name}.qkv", self._scaled_query(layer.qkv), hidden, seen["qkv"]))
        mixed = self._signed(f"{name}.out", layer.out, attended, seen["out"].energy)
        hidden = _norm(graph, f"{name}.out.norm", layer.out_norm, graph.node("Add", mixed, hidden))
        widened = graph.node("Gelu", self._smoothed(f"{name}.up", layer.up, hidden, seen["up"]))
        narrowed = self._lifted(f"{name}.down", layer.down, widened, seen["down"].energy)
        return _norm(graph, f"{name}.down.norm", layer.down_norm, graph.node("Add", narrowed, hidden))

    def _scaled_query(self, qkv: Linear) -> Linear:
        factors = np.ones_like(qkv.bias)
        factors[: self._width] = self._query_scale
        return Linear(weight=qkv.weight * factors, bias=qkv.bias * factors)

    def _attention(self, qkv: str) -> str:
        graph = self._graph
        parts = graph.split("Split", qkv, self._thirds, outputs=3, axis=-1)
        query, key, value = (
            graph.shaped(graph.node("Reshape", part, self._head_shape), TensorProto.FLOAT, "batch", "tokens", self._heads, self._width // self._heads)
            for part in parts
        )
        scores = graph.node("MatMul", graph.node("Transpose", query, perm=[0, 2, 1, 3]), graph.node("Transpose", key, perm=[0, 2, 3, 1]))
        mixed = graph.node("MatMul", self._shares(scores), graph.node("Transpose", value, perm=[0, 2, 1, 3]))
        rows = graph.node("Reshape", graph.node("Transpose", mixed, perm=[0, 2, 1, 3]), "flat")
        return graph.shaped(rows, TensorProto.FLOAT, "rows", self._width)

    def _shares(self, scores: str) -> str:
        """How much each token attends to each."""
        return self._graph.node("Softmax", scores, axis=-1)

    def _smoothed(self, name: str, linear: Linear, rows: str, seen: Activations) -> str:
        """A product whose inputs are divided, and whose weights multiplied, by smoothing factors.

        In a post-norm encoder the residual reads the same normalisation, so the factors are one multiplication on the way to the product.
        """
        factors = smoothing(seen, linear.weight)
        smoothed = self._graph.node("Mul", rows, self._graph.float32(f"{name}.smoothing", 1 / factors))
        return self._signed(name, Linear(weight=linear.weight * factors[:, None], bias=linear.bias), smoothed, seen.energy / factors**2)

    def _signed(self, name: str, linear: Linear, rows: str, energy: NDArray[np.float64]) -> str:
        graph = self._graph
        scale = graph.node("Mul", graph.node("ReduceMax", graph.node("Abs", rows), self._last, keepdims=1), self._signed_step)
        codes = graph.node("QuantizeLinear", rows, self._flat(scale), self._centres, axis=0)
        return self._product(name, _integers(linear, energy), linear.bias, (codes, scale), self._centre)

    def _lifted(self, name: str, linear: Linear, rows: str, energy: NDArray[np.float64]) -> str:
        graph = self._graph
        lifted = graph.node("Add", rows, self._lift)
        scale = graph.node("Mul", graph.node("ReduceMax", lifted, self._last, keepdims=1), self._unsigned_step)
        codes = graph.node("QuantizeLinear", lifted, self._flat(scale), axis=0)
        integers = _integers(linear, energy)
        return self._product(name, integers, linear.bias - GELU_LIFT * integers.dequantised().sum(axis=0), (codes, scale))

    def _flat(self, column: str) -> str:
        return self._graph.shaped(self._graph.node("Reshape", column, self._last), TensorProto.FLOAT, "rows")

    def _product(self, name: str, weight: Integers, bias: NDArray[np.float64], rows: tuple[str, str], *centre: str) -> str:
        graph = self._graph
        codes, row_scale = rows
        sums = graph.node("Cast", graph.node("MatMulInteger", codes, graph.constant(f"{name}.weight", weight.values), *centre), to=TensorProto.FLOAT)
        scaled = graph.node("Mul", graph.node("Mul", sums, row_scale), graph.constant(f"{name}.scale", weight.scales))
        return graph.node("Add", scaled, graph.float32(f"{name}.bias", bias))


def _integers(linear: Linear, energy: NDArray[np.float64]) -> Integers:
    """The input's own 7-bit integers where it has them, which loses nothing; ours otherwise."""
    return linear.integers or weight_integers(linear.weight, energy)
