"""The oldest and the newest releases of LangChain and LangGraph that are supported, each in an environment of its own, by the tests of this folder."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("core", "judge_mini", "model_bge_small", "langchain[classic]")
TOOLS = ("pytest>=9", "pytest-asyncio>=1.2", "hypothesis>=6.150")
# On our store, where it is installed; it brings too much along for the environment of all tests.
LANGMEM = "langmem>=0.0.30"
# The lowest that go together: langchain 1.4.0 asks for the rest.
OLDEST = ("langchain==1.4.0", "langchain-core==1.6.0", "langgraph==1.2.11", "langchain-classic==1.0.0")
# The newest langchain-core asks for a certifi that is not everywhere yet; any that is there will do for tests.
OVERRIDE = "certifi>=2024"
LEFT_OUT = ("test_versions.py", "test_store_of_langgraph.py", "test_standard_suites.py", "test_migration.py", "test_notebook.py", "test_imports.py")


@pytest.mark.slow
@pytest.mark.parametrize("pins", [OLDEST, (LANGMEM,)], ids=["oldest", "newest"])
def test_other_releases_do(pins: tuple[str, ...], tmp_path: Path) -> None:
    """Every test of ours that needs no other package passes with them."""
    uv = shutil.which("uv")
    if uv is None and "CI" not in os.environ:
        pytest.skip("uv is not here; it makes the environments")
    assert uv is not None
    override = tmp_path / "override.txt"
    override.write_text(f"{OVERRIDE}\n", encoding="utf-8")
    environment = tmp_path / "environment"
    packages = [argument for name in OURS for argument in ("-e", f"{ROOT / 'packages' / name}")]
    _run([uv, "venv", "--quiet", str(environment)])
    _run([uv, "pip", "install", "--quiet", "--python", str(environment), "--override", str(override), *packages, *TOOLS, *pins])
    tests = [argument for name in LEFT_OUT for argument in ("--ignore", f"tests/lc/{name}")]
    # What one release warns of is not what another does.
    options = ["-q", "-p", "no:cacheprovider", "-m", "not slow", "-o", "filterwarnings=default", *tests]
    _run([str(environment / "bin" / "python"), "-m", "pytest", *options, "tests/lc"])


def _run(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "VIRTUAL_ENV", "PYTHONPATH"}}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 0, f"{done.stdout[-4_000:]}{done.stderr[-2_000:]}"
