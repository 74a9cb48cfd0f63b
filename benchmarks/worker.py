"""One benchmark in a process of its own, so that neither memory nor modules of another count: started by `benchmarks.run`."""

import argparse
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.stores import Task

if TYPE_CHECKING:
    from benchmarks.measures import Values

__all__ = ["BENCHMARKS", "Benchmark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Where a benchmark is found, and when it is run.

    Attributes:
        module: Its module in this package.
        function: The function that measures.
        sized: Whether it is run for each size of store, or once.
        largest: The largest store it is run on without ``--all``; it would take too long. 0 for any.
    """

    module: str
    function: str = "measure"
    sized: bool = True
    largest: int = 0


BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    "filling": Benchmark(module="filling"),
    "recall": Benchmark(module="recall"),
    "numpy": Benchmark(module="rivals", function="measure_numpy"),
    "qdrant_local": Benchmark(module="rivals", function="measure_qdrant_local", largest=10_000),
    "remember": Benchmark(module="remember"),
    "freshness": Benchmark(module="freshness"),
    "opening": Benchmark(module="startup", function="measure_opening"),
    "footprint": Benchmark(module="footprint"),
    "import": Benchmark(module="startup", sized=False),
    "command": Benchmark(module="startup", function="measure_command", sized=False),
    "install": Benchmark(module="install", sized=False),
}
"""In the order in which they are run. The first fills the store that the others read."""


def main() -> None:
    """Measure, and print what was found as the last line, in JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--kept", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    given = parser.parse_args()
    benchmark = BENCHMARKS[given.name]
    measure: Callable[[Task], Values] = getattr(importlib.import_module(f"benchmarks.{benchmark.module}"), benchmark.function)
    print(json.dumps(measure(Task(size=given.size, kept=given.kept, work=given.work))))


if __name__ == "__main__":
    main()
