"""Tiny classifiers of pairs, built here, laid out as a judge's folder."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import pytest
from onnx import TensorProto, helper
from tests.tiny_models import masked_words, pair_inputs, serialised, write_tokenizer

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
        write_tokenizer(folder / "tokenizer.json", WORDS, separated=True, length=50, cut=5)
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
    table = {"two labels": TABLE[:, :2], "infinite": TABLE + np.float32("inf")}.get(kind, TABLE)
    nodes = [
        # Where the side reaches the model, only the words of the later text count.
        *masked_words(sided=kind == "types"),
        helper.make_node("ReduceSum", ["masked", "tokens"], ["sums"], keepdims=0),
        helper.make_node("Reshape", ["sums", "impossible"], ["logits"]) if kind == "broken" else helper.make_node("Identity", ["sums"], ["logits"]),
    ]
    return serialised(nodes, "logits", {"table": table}, inputs=pair_inputs(kind), kind=TensorProto.INT32 if kind == "int32" else TensorProto.INT64)
