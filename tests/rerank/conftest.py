"""Tiny cross-encoders, built here, laid out as exporters lay out a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

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
        tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
        if separated:
            tokenizer.post_processor = TemplateProcessing(
                single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
            )
        # What a careless author leaves in the file, and what the reranker must not fall for.
        tokenizer.enable_padding(length=50, pad_id=6, pad_token="loud")
        tokenizer.enable_truncation(5)
        tokenizer.save(str(folder / "tokenizer.json"))
        for name, content in configs.items():
            (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        return folder

    return write


def _model(kind: Kind) -> bytes:
    inputs = ["input_ids", "attention_mask"]
    table = {"two labels": TABLE, "three labels": TABLE[:, [0, 0, 1]], "infinite": TABLE[:, 1:] + np.float32("inf")}.get(kind, TABLE[:, 1:])
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
    ]
    mask = "mask"
    if kind == "types":
        # Only the words of the text count, and none of the query.
        inputs.append("token_type_ids")
        nodes += [helper.make_node("Cast", ["token_type_ids"], ["types"], to=TensorProto.FLOAT), helper.make_node("Mul", ["mask", "types"], ["second"])]
        mask = "second"
    if kind == "strange input":
        inputs.append("pixels")
    nodes += [helper.make_node("Unsqueeze", [mask, "last"], ["column"]), helper.make_node("Mul", ["words", "column"], ["masked"])]
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
    constants = {"table": table, "last": np.array([-1]), "tokens": np.array([1]), "impossible": np.array([7, 7, 7])}
    constants |= {"zero": np.array(0), "one": np.array(1), "positions": np.zeros((12, 1), dtype=np.float32)}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT32 if kind == "int32" else TensorProto.INT64, ["batch", "length"]) for name in inputs],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    serialised: bytes = model.SerializeToString()
    return serialised
