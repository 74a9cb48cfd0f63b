"""Measure what design.md promises: `python -m benchmarks.run`. Takes about half an hour the first time, for embedding the corpus; keep the machine quiet."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import environment
from benchmarks.options import CACHE, command
from benchmarks.worker import BENCHMARKS

__all__ = ["main"]

RESULTS: Final = environment.ROOT / "benchmarks/results/core.json"
SIZES: Final = (1_000, 10_000, 100_000)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks one after another and write what they found, with what it was found on. One that fails is named, and the others go on."""
    given = _parser().parse_args(arguments)
    given.cache.mkdir(parents=True, exist_ok=True)
    described = environment.describe()
    started = time.perf_counter()
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=given.cache, prefix="run-") as work:
        _embed(max(given.sizes), given.cache)
        for name, size in _plan(given.only, given.sizes, every=given.all):
            entry = {"name": name, "size": size, "load": environment.load(), "values": _measure(name, size, given.cache, Path(work))}
            found.append(entry)
            print(json.dumps(entry), flush=True)
    results = {
        "command": command("benchmarks.run", arguments),
        "seconds": round(time.perf_counter() - started),
        "environment": described | {"load_at_end": environment.load()},
        "benchmarks": found,
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if failed := [entry["name"] for entry in found if not entry["values"]]:
        sys.exit(f"Failed: {', '.join(failed)}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help="memories in the store, separated by commas (default: 1000,10000,100000)")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="only this benchmark; may be repeated")
    parser.add_argument("--all", action="store_true", help="qdrant-client's local mode above 10,000 memories too, which takes long")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where to write the results")
    parser.add_argument("--cache", type=Path, default=CACHE, help="for stores and vectors; needs 4 GB")
    return parser


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(size) for size in text.split(",")))


def _plan(only: Sequence[str] | None, sizes: Sequence[int], *, every: bool) -> Iterator[tuple[str, int | None]]:
    chosen = {name: benchmark for name, benchmark in BENCHMARKS.items() if only is None or name in only or (name == "filling" and _needs_store(only))}
    for size in sizes:
        for name, benchmark in chosen.items():
            if benchmark.sized and (every or not benchmark.largest or size <= benchmark.largest):
                yield name, size
    yield from ((name, None) for name, benchmark in chosen.items() if not benchmark.sized)


def _needs_store(only: Sequence[str]) -> bool:
    return any(BENCHMARKS[name].sized and BENCHMARKS[name].module != "rivals" for name in only)


def _embed(count: int, cache: Path) -> None:
    script = "import sys, pathlib; from benchmarks.vectors import corpus_vectors; corpus_vectors(int(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", script, str(count), str(cache)], cwd=environment.ROOT, env=_variables(), check=True)


def _measure(name: str, size: int | None, cache: Path, work: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.worker", name, "--size", str(size or 0), "--kept", str(cache), "--work", str(work)]
    done = subprocess.run(command, cwd=environment.ROOT, env=_variables(), stdout=subprocess.PIPE, text=True, check=False)
    values: dict[str, Any] = {} if done.returncode else json.loads(done.stdout.splitlines()[-1])
    return values


def _variables() -> dict[str, str]:
    """Without the caller's settings: the figures are those of the defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ERSTWHILE_")}


if __name__ == "__main__":
    main()
