"""The oldest release of LlamaIndex that is supported, in an environment of its own, by the tests of this folder; the newest is in the workspace's."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("core", "judge_mini", "model_bge_small", "model_minilm")
TOOLS = ("pytest>=9", "pytest-asyncio>=1.2", "hypothesis>=6.150")
# Of another distribution, in a namespace that ours has a part in too.
NEIGHBOUR = "llama-index-tools-mcp"
# The oldest whose models for tests are those that these tests have.
OLDEST = "llama-index-core==0.14.12"
LEFT_OUT = ("test_versions.py", "test_notebook.py", "test_package.py")


@pytest.mark.slow
def test_the_oldest_release_does(tmp_path: Path) -> None:
    """Built and installed, beside another distribution's part of a namespace, every test of ours that needs no other package passes."""
    uv = shutil.which("uv")
    if uv is None and "CI" not in os.environ:
        pytest.skip("uv is not here; it makes the environments")
    assert uv is not None
    environment = tmp_path / "environment"
    python = str(environment / "bin" / "python")
    packages = [argument for name in OURS for argument in ("-e", f"{ROOT / 'packages' / name}")]
    _run([uv, "venv", "--quiet", str(environment)])
    _run([uv, "pip", "install", "--quiet", "--python", python, *packages, str(ROOT / "packages/llamaindex"), *TOOLS, OLDEST, NEIGHBOUR])
    _run([python, "-c", "import llama_index.tools.mcp, llama_index.tools.erstwhile, llama_index.memory.erstwhile"])
    tests = [argument for name in LEFT_OUT for argument in ("--ignore", f"tests/li/{name}")]
    # What one release warns of is not what another does.
    _run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", "-o", "filterwarnings=default", *tests, "tests/li"])


def _run(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "VIRTUAL_ENV", "PYTHONPATH"}}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 0, f"{done.stdout[-4_000:]}{done.stderr[-2_000:]}"
