"""Average the weights of some runs that started from one: ``python scripts/build_judge mean runs/four runs/five --out runs/mean``.

Runs of one descent lie near each other, and their mean is often better than each (Wortsman et al. 2022, "Model soups"). Needs torch; README.md says how to run
it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence


def mean(states: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of each parameter. Raises ValueError where the runs have not the same ones, of the same shapes."""
    first, *others = states
    shapes = {name: weights.shape for name, weights in first.items()}
    if any({name: weights.shape for name, weights in state.items()} != shapes for state in others):
        raise ValueError("the runs are of different models; average runs that go on from one model.pt")
    return {name: torch.stack([state[name] for state in states]).mean(dim=0) for name in first}


def main(given: Sequence[str]) -> int:
    """0 when model.pt is written."""
    parser = argparse.ArgumentParser(prog="build_judge mean", description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="folders with the model.pt that `train` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for model.pt")
    options = parser.parse_args(given)
    runs = [torch.load(run / "model.pt", map_location="cpu", weights_only=True) for run in options.runs]
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save({**runs[0], "state": mean([run["state"] for run in runs])}, options.out / "model.pt")
    print(f"the mean of {len(runs)} runs in {options.out / 'model.pt'}")
    return 0
