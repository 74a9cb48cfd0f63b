"""LangGraph's own tests of its store, run on ours: all of tests/test_store.py of a pinned release.

The source distribution is fetched by pip, which checks its hash, and stays outside the repository. One line of the module is another: the class that its tests
know as ``InMemoryStore`` is ours.
"""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

RELEASE = "langgraph-checkpoint==4.3.2"
SHA256 = "fcab8468c7e965d7055e2a35c253d73a145624ef4728b150ca7c361f4afca286"
TESTS = 117
THEIRS = "from langgraph.store.memory import InMemoryStore\n"
OURS = """\
from langchain_erstwhile import ErstwhileStore


class InMemoryStore(ErstwhileStore):
    def __init__(self, *, index=None):
        super().__init__(":memory:", index=index)
"""
SETTINGS = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the release's tests."""
    folder = tmp_path_factory.mktemp("langgraph")
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{RELEASE} --hash=sha256:{SHA256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes"]
    done = subprocess.run([*command, "--dest", str(folder), "-r", str(wanted)], capture_output=True, text=True, check=False)
    if done.returncode and "CI" not in os.environ:
        pytest.skip(f"{RELEASE} cannot be had here: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    [unpacked] = folder.glob("langgraph_checkpoint-*/tests")
    return unpacked


@pytest.mark.slow
def test_every_test_of_langgraphs_store_passes(release: Path, tmp_path: Path) -> None:
    """All of them, on a store in memory; that one in a folder answers the same is what the suite of stores holds."""
    tests = tmp_path / "tests"
    tests.mkdir()
    for name in ("__init__.py", "embed_test_utils.py"):
        (tests / name).write_bytes((release / name).read_bytes())
    module = (release / "test_store.py").read_text(encoding="utf-8")
    assert module.count(THEIRS) == 1
    (tests / "test_store.py").write_text(module.replace(THEIRS, "from ours import InMemoryStore\n"), encoding="utf-8")
    (tmp_path / "ours.py").write_text(OURS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert re.search(rf"^{TESTS} passed", done.stdout, re.MULTILINE), f"{done.stdout[-3_000:]}{done.stderr[-1_000:]}"
