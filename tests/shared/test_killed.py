"""The one who holds the store is killed, again and again."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_eight_processes_outlive_who_serves_them() -> None:
    """Eight processes write to the same memories while whoever serves them is killed every second: nothing lost, nothing twice, no error, no answer changed."""
    command = [sys.executable, str(ROOT / "benchmarks/shared.py"), "--seconds", "8", "--calls", "0"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    assert run.returncode == 0, run.stderr[-4_000:]
