"""Make unlabelled pairs out of the training texts: ``python scripts/build_judge combine --out unlabelled.jsonl``.

For a teacher to label: texts of different pairs that look alike, two later texts of one earlier text, and some pairs turned round.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pairs
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MODEL = pairs.ROOT / "packages/model_minilm/src/erstwhile_model_minilm"
LEAST, MOST = 0.45, 0.97
"""Bounds of the cosine of two texts that look alike."""
NEAREST = 4


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="build_judge combine", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--neighbours", type=int, default=7000)
    parser.add_argument("--siblings", type=int, default=0, help="how many pairs of two later texts of one earlier text")
    parser.add_argument("--turned", type=int, default=1500)
    parser.add_argument("--only", nargs="+", metavar="AUTHOR", help="use their texts alone")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="AUTHOR", help="use no text of theirs, such as ra or dk")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(given)
    rng = random.Random(arguments.seed)  # noqa: S311 - for shuffling
    examples = pairs.training_set(arguments.leave_out)
    if arguments.only:
        examples = [example for example in examples if example.author in arguments.only]
    known = {(example.old, example.new) for example in [*examples, *pairs.development_set()]}
    found = [pair for pair in _look_alikes(sorted({text for example in examples for text in (example.old, example.new)})) if not {pair, pair[::-1]} & known]
    rng.shuffle(found)
    turned = [(example.new, example.old) for example in examples if example.relation not in pairs.SYMMETRIC and (example.new, example.old) not in known]
    rng.shuffle(turned)
    siblings = [pair for pair in _siblings(examples) if pair not in known]
    rng.shuffle(siblings)
    chosen = list(dict.fromkeys(found[: arguments.neighbours] + siblings[: arguments.siblings] + turned[: arguments.turned]))
    arguments.out.write_text("".join(json.dumps({"old": old, "new": new}) + "\n" for old, new in chosen), encoding="utf-8")
    print(f"{len(found)} look-alikes found, {len(chosen)} pairs written")
    return 0


def _siblings(examples: Sequence[pairs.Example]) -> list[tuple[str, str]]:
    """Each two later texts of one earlier text, both ways round."""
    later = defaultdict(list)
    for example in examples:
        later[example.old].append(example.new)
    return [pair for texts in later.values() for pair in permutations(texts, 2)]


def _look_alikes(lines: list[str]) -> list[tuple[str, str]]:
    """Each text with those nearest to it."""
    units = vectors(lines)
    found = []
    for start in range(0, len(lines), 1000):
        near = units[start : start + 1000] @ units.T
        near[(near < LEAST) | (near > MOST)] = 0
        for row, best in enumerate(np.argsort(-near, axis=1)[:, :NEAREST]):
            found += [(lines[start + row], lines[other]) for other in best if near[row, other] > 0]
    return list(dict.fromkeys(found))


def vectors(lines: list[str]) -> NDArray[np.float32]:
    """Unit vectors by the repository's own MiniLM, shape (lines, 384)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODEL / "model.onnx"), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(128)
    stacked = np.stack([session.run(None, {"input_ids": np.array([found.ids])})[0][0].mean(0) for found in tokenizer.encode_batch(lines)])
    units: NDArray[np.float32] = stacked / np.linalg.norm(stacked, axis=1, keepdims=True)
    return units
