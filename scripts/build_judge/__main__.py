"""Make the trained judge of erstwhile and put it into its package: ``python scripts/build_judge install FOLDER``. README.md tells what comes before."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

# What the build of the embedding models knows of weights and graphs.
sys.path.append(str(Path(__file__).resolve().parents[1] / "build_model"))

# All but `calibrate` and `install` need torch, which is no dependency of this repository: each module is imported where it is asked for.
COMMANDS = {
    "combine": "make unlabelled pairs out of the training texts, for a teacher to label",
    "strangers": "make pairs of look-alikes that have nothing to do with each other, of news and what it does not end, and of texts and their denials",
    "teach": "label pairs with the mean of some trained classifiers",
    "train": "train a classifier of pairs",
    "doubts": "choose the strangers that a trained classifier is still in doubt about",
    "restore": "make of a judge's folder what training can go on from",
    "mean": "average the weights of runs that go on from one",
    "export": "write a trained classifier as a judge's folder, in 8 bits",
    "calibrate": "choose the thresholds of an exported judge",
    "early": "let a judge stop halfway where it sees that it will have nothing to say",
    "install": "check a judge's folder and copy it into packages/judge_mini",
}


def main() -> int:
    """Exit status of the command; 2 for one that there is not."""
    epilog = "commands:\n" + "\n".join(f"  {name:<10}{does}" for name, does in COMMANDS.items()) + "\n\nCOMMAND --help tells its options."
    parser = argparse.ArgumentParser(
        prog="build_judge", description=__doc__.splitlines()[0], epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    chosen = parser.parse_args(sys.argv[1:2]).command
    status: int = importlib.import_module(chosen).main(sys.argv[2:])
    return status


if __name__ == "__main__":
    sys.exit(main())
