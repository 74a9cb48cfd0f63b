"""Measure whether recall finds the evidence: `python -m benchmarks.retrieval`. No language model takes part."""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import environment
from benchmarks.options import CACHE, DATA, command, listed
from benchmarks.retrieval.kept import KeptPassages
from benchmarks.retrieval.measuring import SETS, measure
from benchmarks.retrieval.results import RESULTS, keep
from benchmarks.retrieval.tables import run_tables
from erstwhile.embed import load_embedder

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and keep what was measured of a whole set."""
    parser = _parser()
    given = parser.parse_args(arguments)
    for name in given.sets:
        wanted = SETS[name]
        if not any((given.data / wanted.folder).glob(wanted.files)):
            parser.error(f"there is no {wanted.files} in {given.data / wanted.folder}; the data is {wanted.origin}.")
    typed = command("benchmarks.retrieval", arguments)
    label = f"{Path(given.profile).name}{', dequantised' if given.dequantised else ''}"
    with tempfile.TemporaryDirectory(prefix="erstwhile-dequantised-") as folder:
        model = load_embedder(_dequantised(given.profile, Path(folder)) if given.dequantised else given.profile)
        with closing(KeptPassages(model, given.cache)) as embedder:
            for name in given.sets:
                about = environment.describe()
                found: dict[str, Any] = {"command": typed, "environment": about, **measure(SETS[name], given.data, embedder, limit=given.limit)}
                print("", *run_tables(name, found), "", sep="\n", flush=True)
                if given.limit is None:
                    keep(name, label, found, given.out)


def _dequantised(profile: str, folder: Path) -> Path:
    # Late: onnx is needed here only.
    from benchmarks.retrieval.dequantised import write_dequantised

    return write_dequantised(profile, folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help=f"folder with {', '.join(SETS)} (default: {DATA})")
    parser.add_argument("--sets", type=listed("set", SETS), default=tuple(SETS), help=f"which of them, separated by commas (default: {','.join(SETS)})")
    parser.add_argument("--profile", default="bge-small", help="embedding model: bge-small, fast, or a folder with one (default: bge-small)")
    parser.add_argument("--dequantised", action="store_true", help="run the profile's weights as float32, with activations that are not rounded")
    parser.add_argument("--limit", type=int, help="only the first conversations of each set; nothing is kept of these")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results are kept, beside those of other sets and profiles")
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"where vectors of turns are kept between runs (default: {CACHE})")
    return parser


if __name__ == "__main__":
    main()
