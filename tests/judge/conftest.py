"""Tiny classifiers of pairs, built here, laid out as a judge's folder."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LABELS = ("coexists", "supersedes", "duplicate")
WORDS = ("[UNK]", "[CLS]", "[SEP]", "like", "migrated", "again", "loud")
# What each word adds to the score of each label: what a pair scores is the sum over its words.
TABLE = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0], [3, 0, 0], [0, 3, 0], [0, 0, 3], [0, 0, 900]], dtype=np.float32)

Kind = Literal["plain", "types", "int32", "infinite", "two labels", "strange input", "broken"]


class Build(Protocol):
    """Writes a judge's folder and gives its path."""

    def __call__(self, *, kind: Kind = "plain", labels: Sequence[str] = LABELS, **manifest: object) -> Path: ...


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A function that writes a folder: a model that adds up TABLE over the words of a pair, its tokenizer, and a manifest with what is given in its place."""

    def write(*, kind: Kind = "plain", labels: Sequence[str] = LABELS, **manifest: object) -> Path:
        folder = tmp_path / "judge"
        folder.mkdir(exist_ok=True)
        (folder / "model.onnx").write_bytes(_model(kind))
        tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
        tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
        # What a careless author leaves in the file, and what the judge must not fall for.
        tokenizer.enable_padding(length=50, pad_id=6, pad_token="loud")
        tokenizer.enable_truncation(5)
        tokenizer.save(str(folder / "tokenizer.json"))
        usual = {
            "format": 1,
            "name": "tiny-1",
            "labels": labels,
            "thresholds": dict.fromkeys(labels, 0.8),
            "max_tokens": 16,
            "files": {name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()} for name in ("model.onnx", "tokenizer.json")},
        }
        (folder / "manifest.json").write_text(json.dumps(usual | manifest), encoding="utf-8")
        return folder

    return write


def _model(kind: Kind) -> bytes:
    inputs = ["input_ids", "attention_mask"]
    table = {"two labels": TABLE[:, :2], "infinite": TABLE + np.float32("inf")}.get(kind, TABLE)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
    ]
    mask = "mask"
    if kind == "types":
        # Only the words of the later text count.
        inputs.append("token_type_ids")
        nodes += [helper.make_node("Cast", ["token_type_ids"], ["types"], to=TensorProto.FLOAT), helper.make_node("Mul", ["mask", "types"], ["later"])]
        mask = "later"
    if kind == "strange input":
        inputs.append("pixels")
    nodes += [
        helper.make_node("Unsqueeze", [mask, "last"], ["column"]),
        helper.make_node("Mul", ["words", "column"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "tokens"], ["sums"], keepdims=0),
        helper.make_node("Reshape", ["sums", "impossible"], ["logits"]) if kind == "broken" else helper.make_node("Identity", ["sums"], ["logits"]),
    ]
    constants = {"table": table, "last": np.array([-1]), "tokens": np.array([1]), "impossible": np.array([7, 7, 7])}
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
