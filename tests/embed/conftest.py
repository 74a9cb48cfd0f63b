"""Tiny ONNX models, built here, laid out as sentence-transformers saves its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import pytest
from onnx import TensorProto, helper
from tests.tiny_models import masked_words, serialised, write_tokenizer

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
        write_tokenizer(folder / "tokenizer.json", WORDS, separated=False, length=9, cut=1)
        for name, content in configs.items():
            (folder / names[name]).write_text(json.dumps(content), encoding="utf-8")
        return folder

    return write


def _model(kind: Literal["plain", "dynamic", "broken"]) -> bytes:
    nodes = masked_words()
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
    return serialised(nodes, "last_hidden_state", {"table": TABLE, "weight": np.eye(3, dtype=np.int8)})
