"""Make one judge of two: ``python scripts/build_judge join FIRST SECOND --out FOLDER``.

The second is asked only about what the first may hold for a clash or a repetition, and then their shares are combined: two classifiers of different bases err
on different pairs, and most of what a store is full of needs but the first. Both are folders that `export` wrote, of the same labels and the same vocabulary.
The graph is made for one pair at a time, as erstwhile runs it. Until `calibrate` has chosen the thresholds, the judge ends and merges nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "pairs-minilm-bge-w7a8"
SHARE = 0.35
"""The weight of the first in the weighted geometric mean of both; chosen on the calibration set."""
ASKED_FROM = 0.1
"""The second is asked where the first gives a clash or a repetition this share."""
CLASHES, DUPLICATE = ("supersedes", "contradicts"), "duplicate"
CLOSED = {"duplicate": 1.0, "supersedes": 1.0, "contradicts": 1.0, "unsure": 1.0}
COMPARED = ("normalizer", "pre_tokenizer", "post_processor", "model")
"""What decides the tokens, among the parts of a tokenizer's file."""


def joined(first: onnx.ModelProto, second: onnx.ModelProto, labels: Sequence[str], *, share: float, asked_from: float) -> onnx.ModelProto:
    """One graph of two, with the inputs of both and ``scores`` (batch, labels): the logs of the combined shares, where the second was asked."""
    ours, theirs = (compose.add_prefix(model, prefix, rename_inputs=False, rename_outputs=True) for model, prefix in ((first, "first."), (second, "second.")))
    constants = {
        "clashes": np.array([labels.index(label) for label in CLASHES], dtype=np.int64),
        "duplicate": np.array([labels.index(DUPLICATE)], dtype=np.int64),
        "across": np.array([1], dtype=np.int64),
        "everywhere": np.array([0, 1], dtype=np.int64),
        "asked_from": np.array(asked_from, dtype=np.float32),
        "share": np.array(share, dtype=np.float32),
        "rest": np.array(1 - share, dtype=np.float32),
    }
    combined = helper.make_graph(
        [
            *theirs.graph.node,
            helper.make_node("LogSoftmax", ["second.scores"], ["second.logs"], axis=1),
            helper.make_node("Mul", ["first.logs", "share"], ["first.part"]),
            helper.make_node("Mul", ["second.logs", "rest"], ["second.part"]),
            helper.make_node("Add", ["first.part", "second.part"], ["both"]),
        ],
        "both",
        [],
        [helper.make_tensor_value_info("both", TensorProto.FLOAT, None)],
        value_info=theirs.graph.value_info,
    )
    alone = helper.make_graph(
        [helper.make_node("Identity", ["first.logs"], ["alone"])], "alone", [], [helper.make_tensor_value_info("alone", TensorProto.FLOAT, None)]
    )
    nodes = [
        *ours.graph.node,
        helper.make_node("LogSoftmax", ["first.scores"], ["first.logs"], axis=1),
        helper.make_node("Softmax", ["first.scores"], ["first.shares"], axis=1),
        helper.make_node("Gather", ["first.shares", "clashes"], ["clash.parts"], axis=1),
        helper.make_node("ReduceSum", ["clash.parts", "across"], ["clash"], keepdims=1),
        helper.make_node("Gather", ["first.shares", "duplicate"], ["repeats"], axis=1),
        helper.make_node("Max", ["clash", "repeats"], ["doubt"]),
        helper.make_node("ReduceMax", ["doubt", "everywhere"], ["most"], keepdims=0),
        helper.make_node("GreaterOrEqual", ["most", "asked_from"], ["asked"]),
        helper.make_node("If", ["asked"], ["scores"], then_branch=combined, else_branch=alone),
    ]
    # The second's weights lie outside of the branch: within it, onnxruntime keeps them twice.
    graph = helper.make_graph(
        nodes,
        "pairs",
        first.graph.input,
        first.graph.output,
        [*ours.graph.initializer, *theirs.graph.initializer, *(numpy_helper.from_array(array, name) for name, array in constants.items())],
        value_info=ours.graph.value_info,
    )
    made = helper.make_model(graph, opset_imports=first.opset_import, ir_version=first.ir_version, producer_name="erstwhile", producer_version="1")
    onnx.checker.check_model(made, full_check=True)
    return made


def manifest_of(first: dict[str, Any], second: dict[str, Any], files: dict[str, bytes], name: str) -> dict[str, Any]:
    """The manifest of both."""
    return first | {
        "name": name,
        "thresholds": first["thresholds"] | CLOSED,
        "max_tokens": min(first["max_tokens"], second["max_tokens"]),
        "files": {file: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for file, content in files.items()},
        "source": [first["source"], second["source"]],
    }


def main(given: Sequence[str]) -> int:
    """0 when the folder is written."""
    parser = argparse.ArgumentParser(prog="build_judge join", description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path, help="the folder of the judge that is always asked")
    parser.add_argument("second", type=Path, help="the folder of the one that is asked in doubt")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--share", type=float, default=SHARE, help="the weight of the first")
    parser.add_argument("--asked-from", type=float, default=ASKED_FROM, help="the share of a clash or a repetition from which the second is asked")
    options = parser.parse_args(given)
    folders = (options.first, options.second)
    first, second = (json.loads((folder / "manifest.json").read_text(encoding="utf-8")) for folder in folders)
    words, others = (json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")) for folder in folders)
    if first["labels"] != second["labels"] or any(words[part] != others[part] for part in COMPARED):
        parser.error("the two have other labels, or other tokens")
    models = (onnx.load(folder / "model.onnx") for folder in folders)
    made = joined(*models, first["labels"], share=options.share, asked_from=options.asked_from)
    files = {"model.onnx": made.SerializeToString(deterministic=True), "tokenizer.json": (options.first / "tokenizer.json").read_bytes()}
    options.out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (options.out / name).write_bytes(content)
    (options.out / "manifest.json").write_text(json.dumps(manifest_of(first, second, files, options.name), indent=2) + "\n", encoding="utf-8")
    print(f"{len(files['model.onnx']):,} bytes of ONNX in {options.out}")
    return 0
