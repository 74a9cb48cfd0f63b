"""Tiny ONNX models, built here, laid out as sentence-transformers saves its own."""

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

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("[UNK]", "red", "green", "blue", "loud", "query", "passage")
# Small numbers, and one word far larger than the others: under one scale per tensor it drowns whatever is quantised with it.
TABLE = np.array([[0.1, 0.1, 0.1], [1, 0, 0], [0, 2, 0], [0.3, 0, 0.9], [0, 0, 400], [0.5, 0.5, 0], [0, 0.5, 0.5]], dtype=np.float32)


class Build(Protocol):
    """Writes a model folder and gives its path."""

    def __call__(
        self, *, kind: Literal["plain", "dynamic", "broken"] = "plain", file: str = "onnx/model.onnx", **configs: dict[str, Any] | list[Any]
    ) -> Path: ...


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A function that writes a folder: an ONNX model that looks words up in TABLE, its tokenizer, and configuration files by short name."""
    names = {
        "modules": "modules.json",
        "pooling": "1_Pooling/config.json",
        "bert": "sentence_bert_config.json",
        "prompts": "config_sentence_transformers.json",
    }

    def write(*, kind: Literal["plain", "dynamic", "broken"] = "plain", file: str = "onnx/model.onnx", **configs: dict[str, Any] | list[Any]) -> Path:
        folder = tmp_path / "model"
        for path in (folder / "1_Pooling", (folder / file).parent):
            path.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(_model(kind))
        tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
        # What a careless author leaves in the file, and what the embedder must not fall for.
        tokenizer.enable_padding(length=9)
        tokenizer.enable_truncation(1)
        tokenizer.save(str(folder / "tokenizer.json"))
        for name, content in configs.items():
            (folder / names[name]).write_text(json.dumps(content), encoding="utf-8")
        return folder

    return write


def _model(kind: Literal["plain", "dynamic", "broken"]) -> bytes:
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["words", "column"], ["masked"]),
    ]
    if kind == "dynamic":
        nodes += [
            helper.make_node("DynamicQuantizeLinear", ["masked"], ["codes", "scale", "zero"]),
            helper.make_node("MatMulInteger", ["codes", "weight", "zero"], ["sums"]),
            helper.make_node("Cast", ["sums"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["floats", "scale"], ["last_hidden_state"]),
        ]
    elif kind == "broken":
        nodes.append(helper.make_node("Reshape", ["masked", "impossible"], ["last_hidden_state"]))
    else:
        nodes.append(helper.make_node("Identity", ["masked"], ["last_hidden_state"]))
    constants = {"table": TABLE, "last": np.array([-1]), "weight": np.eye(3, dtype=np.int8), "impossible": np.array([7, 7, 7])}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    serialised: bytes = model.SerializeToString()
    return serialised
