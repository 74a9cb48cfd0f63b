"""Tiny cross-encoders, built here, laid out as exporters lay out a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import pytest
from onnx import TensorProto, helper
from tests.tiny_models import masked_words, pair_inputs, serialised, write_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("[UNK]", "[CLS]", "[SEP]", "good", "fair", "bad", "loud", "nothing")
# What each word adds to the two labels: what a pair scores is the sum over its words. A model of one label has the last.
TABLE = np.array([[0, 0], [0, 0], [0, 0], [0, 2], [0, 1], [1, -2], [0, 900], [0, np.nan]], dtype=np.float32)

Kind = Literal["plain", "two labels", "three labels", "flat", "types", "int32", "dynamic", "infinite", "strange input", "twelve positions", "broken"]


class Build(Protocol):
    """Writes a cross-encoder's folder and gives its path."""

    def __call__(self, *, kind: Kind = "plain", file: str = "model.onnx", separated: bool = True, **configs: dict[str, Any]) -> Path: ...


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A function that writes a folder: a model that adds up TABLE over the words of a pair, its tokenizer, and configuration files by their stem."""

    def write(*, kind: Kind = "plain", file: str = "model.onnx", separated: bool = True, **configs: dict[str, Any]) -> Path:
        folder = tmp_path / "tiny-reranker"
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(_model(kind))
        write_tokenizer(folder / "tokenizer.json", WORDS, separated=separated, length=50, cut=5)
        for name, content in configs.items():
            (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        return folder

    return write


def _model(kind: Kind) -> bytes:
    table = {"two labels": TABLE, "three labels": TABLE[:, [0, 0, 1]], "infinite": TABLE[:, 1:] + np.float32("inf")}.get(kind, TABLE[:, 1:])
    # Where the side reaches the model, only the words of the text count, and none of the query.
    nodes = masked_words(sided=kind == "types")
    masked = "masked"
    if kind == "twelve positions":
        # Each token is looked up by its place too, and a thirteenth has none.
        nodes += [
            helper.make_node("Shape", ["input_ids"], ["shape"]),
            helper.make_node("Gather", ["shape", "one"], ["length"]),
            helper.make_node("Range", ["zero", "length", "one"], ["places"]),
            helper.make_node("Gather", ["positions", "places"], ["placed"]),
            helper.make_node("Add", ["masked", "placed"], ["both"]),
        ]
        masked = "both"
    nodes.append(helper.make_node("ReduceSum", [masked, "tokens"], ["sums"], keepdims=0))
    if kind == "dynamic":
        nodes.append(helper.make_node("DynamicQuantizeLinear", ["sums"], ["codes", "scale", "null"]))
    result = {
        "dynamic": helper.make_node("DequantizeLinear", ["codes", "scale", "null"], ["logits"]),
        "flat": helper.make_node("Squeeze", ["sums", "last"], ["logits"]),
        "broken": helper.make_node("Reshape", ["sums", "impossible"], ["logits"]),
    }
    nodes.append(result.get(kind, helper.make_node("Identity", ["sums"], ["logits"])))
    constants = {"table": table, "zero": np.array(0), "one": np.array(1), "positions": np.zeros((12, 1), dtype=np.float32)}
    return serialised(nodes, "logits", constants, inputs=pair_inputs(kind), kind=TensorProto.INT32 if kind == "int32" else TensorProto.INT64)
