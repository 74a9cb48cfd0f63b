"""What the figures were measured on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

__all__ = ["describe", "load", "resident"]

PACKAGES: Final = ("qdrant-edge-py", "onnxruntime", "tokenizers", "numpy", "msgspec", "qdrant-client")
ROOT: Final = Path(__file__).resolve().parents[1]


def describe() -> dict[str, Any]:
    """Machine, versions, commit and date, as JSON can hold them."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1) if hasattr(os, "sysconf") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "load_at_start": load(),
    }


def load() -> float | None:
    """Processes that wanted to run, on average over the last minute; above the number of cores, times are too long."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def resident(process: int | str = "self") -> dict[str, float]:
    """Memory of a process in MB, as Linux names it: VmRSS, its peak VmHWM, and of it RssAnon, its own, and RssFile, mapped; empty where that cannot be read."""
    try:
        lines = [line.split() for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return {}
    return {line[0].rstrip(":"): round(int(line[1]) * 1024 / 1e6, 1) for line in lines if line[0].startswith(("VmRSS", "VmHWM", "RssAnon", "RssFile"))}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor() or platform.machine())


def _commit() -> str:
    found = subprocess.run(["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
