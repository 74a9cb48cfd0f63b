"""The model under a measurement is the one that is named: kept vectors are its own, and a dequantised one is the same but for the rounding."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from benchmarks.retrieval.dequantised import dequantise
from benchmarks.retrieval.kept import KeptPassages
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from erstwhile.embed import HashingEmbedder
from erstwhile.embed.protocol import Role


class _Counting(HashingEmbedder):
    def __init__(self, dimension: int = 64) -> None:
        super().__init__(dimension)
        self.seen: list[tuple[str, str]] = []

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        self.seen += [(role, text) for text in texts]
        return super().embed(texts, role=role)


def test_passages_are_embedded_once_and_queries_every_time(tmp_path: Path) -> None:
    """The second run reads the vectors of turns, in their order, and still pays for each question."""
    model = _Counting()
    for _ in range(2):
        kept = KeptPassages(model, tmp_path)
        found = kept.embed(["one", "two", "one"], role="passage")
        assert np.array_equal(found, HashingEmbedder().embed(["one", "two", "one"], role="passage"))
        assert np.array_equal(kept.embed(["one"], role="query"), found[:1])
        kept.close()
    assert model.seen == [("passage", "one"), ("passage", "two"), ("query", "one"), ("query", "one")]


def test_vectors_of_one_model_are_not_given_for_another(tmp_path: Path) -> None:
    """They are kept by fingerprint."""
    for dimension in (64, 256):
        kept = KeptPassages(HashingEmbedder(dimension), tmp_path)
        assert kept.embed(["one"], role="passage").shape == (1, dimension)
        kept.close()


WEIGHTS = np.array([[63, -7], [5, 40], [-21, 2]], dtype=np.int8)
SCALES = np.array([0.5, 0.01], dtype=np.float32)


def _product(*, chained: bool = True) -> onnx.ModelProto:
    # One product as scripts/build_model writes it: codes with a scale a row, integers with a scale a column.
    nodes = [
        helper.make_node("QuantizeLinear", ["input", "row", "centre"], ["codes"]),
        helper.make_node("MatMulInteger", ["codes", "weight", "centre"], ["sums"]),
        helper.make_node("Cast", ["sums"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["cast", "row"], ["by_row"]),
        helper.make_node("Mul", ["by_row", "scale"] if chained else ["scale", "by_row"], ["token_embeddings"]),
    ]
    constants = {"row": np.float32(0.5), "centre": np.uint8(128), "weight": WEIGHTS, "scale": SCALES}
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["rows", 3])],
        [helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, ["rows", 2])],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def _run(model: onnx.ModelProto, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32]
    (found,) = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"input": rows})
    return found


def test_a_dequantised_product_rounds_nothing() -> None:
    """Rows that the codes would round to halves go through as they are, against the same weights; the integers and their arithmetic are gone."""
    rows = np.array([[0.3, -0.2, 0.1]], dtype=np.float32)
    floats = dequantise(_product())
    exact = rows @ (WEIGHTS * SCALES)
    assert not np.allclose(_run(_product(), rows), exact, rtol=1e-3)
    assert np.allclose(_run(floats, rows), exact, rtol=1e-6)
    assert [node.op_type for node in floats.graph.node] == ["MatMul"]
    assert [tensor.name for tensor in floats.graph.initializer] == ["weight"]


def test_a_graph_of_another_make_is_refused() -> None:
    """A product that is not understood would stay as it is, and the comparison would be of a model with itself."""
    with pytest.raises(ValueError, match=r"scripts/build_model"):
        dequantise(_product(chained=False))
