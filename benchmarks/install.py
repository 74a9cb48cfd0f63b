"""What an installation of the core with its models takes on the disk."""

import subprocess
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from benchmarks.environment import ROOT
from benchmarks.measures import Values
from benchmarks.stores import Task

__all__ = ["measure"]

WHEELS: Final = ("erstwhile", "erstwhile-judge-mini", "erstwhile-model-bge-small")
LARGEST: Final = 10


def measure(task: Task) -> Values:
    """Build the three wheels, install them into an empty environment with the versions of constraints.txt, and add up the files."""
    with tempfile.TemporaryDirectory(dir=task.work) as name:
        folder = Path(name)
        for wheel in WHEELS:
            _uv("build", "--quiet", "--wheel", "--package", wheel, "--out-dir", str(folder / "dist"))
        _uv("venv", "--quiet", str(folder / "venv"))
        wheels = [str(path) for path in sorted((folder / "dist").glob("*.whl"))]
        _uv("pip", "install", "--quiet", "--compile-bytecode", "--python", str(folder / "venv"), "-c", "constraints.txt", *wheels)
        (site,) = (folder / "venv").glob("lib/python*/site-packages")
        return _sizes(site)


def _sizes(site: Path) -> Values:
    files = [path for path in site.rglob("*") if path.is_file()]
    sources = {path: path.stat().st_size for path in files if path.suffix != ".pyc"}
    largest = sorted(((size, name) for name, size in _by_distribution(site)), reverse=True)[:LARGEST]
    return {
        "install_mb": _mb(sum(sources.values())),
        "with_bytecode_mb": _mb(sum(path.stat().st_size for path in files)),
        "wheels": len(list(distributions(path=[str(site)]))),
        "largest": [f"{name} {_mb(size)}" for size, name in largest],
    }


def _by_distribution(site: Path) -> Iterator[tuple[str, int]]:
    for distribution in distributions(path=[str(site)]):
        yield distribution.metadata["Name"], sum(_size(distribution, name) for name in {str(file) for file in distribution.files or ()})


def _size(distribution: Distribution, name: str) -> int:
    path = Path(str(distribution.locate_file(name)))
    return path.stat().st_size if path.is_file() and path.suffix != ".pyc" else 0


def _mb(size: int) -> float:
    return round(size / 1e6, 1)


def _uv(*arguments: str) -> None:
    subprocess.run(["uv", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, check=True)
