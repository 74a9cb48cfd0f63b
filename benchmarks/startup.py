"""Starting: import, the command line, and from opening a store to its first answer, each in fresh interpreters."""

import subprocess
import sys
from typing import Final

from benchmarks.measures import MILLI, Values, percentile, timed
from benchmarks.stores import Task

__all__ = ["measure", "measure_command", "measure_opening"]

IMPORTS: Final = 15
OPENINGS: Final = 5
HEAVY: Final = ("huggingface_hub", "numpy", "onnxruntime", "pydantic", "qdrant_client", "qdrant_edge", "rich", "tokenizers", "typer")
"""What `import erstwhile` must not load: it is slow to import, and not every user needs it."""
OPEN: Final = """
import sys, time
started = time.perf_counter()
import erstwhile
imported = time.perf_counter()
engine = erstwhile.open(sys.argv[1])
opened = time.perf_counter()
engine.scope(user=sys.argv[2]).recall("Where does Ana live now?")
answered = time.perf_counter()
engine.close()
print(imported - started, opened - imported, answered - opened, time.perf_counter() - answered)
"""


def measure(_: Task) -> Values:
    """Whole processes, wall time; bare and importing ones take turns, so that a busy moment meets both."""
    bare, importing = [], []
    for _turn in range(IMPORTS):
        bare.append(timed(lambda: _python("-c", "pass")))
        importing.append(timed(lambda: _python("-c", "import erstwhile")))
    loaded = _python("-c", "import erstwhile, sys; print(*sys.modules)").split()
    return {
        "python_ms": round(percentile(bare, 0.5) * MILLI, 1),
        "python_and_import_ms": round(percentile(importing, 0.5) * MILLI, 1),
        "import_ms": round((percentile(importing, 0.5) - percentile(bare, 0.5)) * MILLI, 1),
        "times": IMPORTS,
        "heavy_modules": sorted(set(HEAVY) & set(loaded)),
    }


def measure_command(_: Task) -> Values:
    """`erstwhile --version`, as a whole process."""
    seconds = [timed(lambda: _python("-c", "from erstwhile.cli import main; main()", "--version")) for _turn in range(IMPORTS)]
    return {"version_ms": round(percentile(seconds, 0.5) * MILLI, 1), "times": IMPORTS}


def measure_opening(task: Task) -> Values:
    """Open the store, ask once, close it; medians. Each closing gives the store's pages back to the system (Qdrant Edge), so each opening reads the disk."""
    runs = [[float(part) for part in _python("-c", OPEN, str(task.store), "ana").split()] for _ in range(OPENINGS)]
    values: Values = {"times": OPENINGS}
    for name, column in zip(("import", "open", "first_recall", "close"), zip(*runs, strict=True), strict=True):
        values[f"{name}_ms"] = round(percentile(column, 0.5) * MILLI, 1)
    return values


def _python(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
