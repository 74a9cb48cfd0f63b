"""The distribution: what importing it costs, and what LlamaHub reads of it."""

import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "packages" / "llamaindex"
PARTS = ["embeddings", "memory", "retrievers", "tools"]


@pytest.mark.slow
def test_importing_it_costs_no_more_than_llama_index() -> None:
    """Beside LlamaIndex, which is there already, an import brings in no store, no model and no other framework: each is loaded when it is first used."""
    ours = ", ".join(f"llama_index.{part}.erstwhile" for part in PARTS)
    loaded = "{name.partition('.')[0] for name in sys.modules}"
    code = f"import sys, json, llama_index.core; before = {loaded}; import {ours}; print(json.dumps(sorted({loaded} - before)))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert set(json.loads(printed.stdout)) - sys.stdlib_module_names <= {"erstwhile", "msgspec", "uuid_utils"}


def test_the_namespaces_are_open() -> None:
    """Nothing stands above the leaves: other distributions have a share in the same folders."""
    found = {path.relative_to(PACKAGE / "src").as_posix() for path in (PACKAGE / "src").rglob("*.py")}
    assert not {"llama_index/__init__.py", *(f"llama_index/{part}/__init__.py" for part in PARTS)} & found
    assert {f"llama_index/{part}/erstwhile/__init__.py" for part in PARTS} <= found
    for part in PARTS:
        assert len(list(importlib.import_module(f"llama_index.{part}").__path__)) > 0
        assert getattr(importlib.import_module(f"llama_index.{part}"), "__file__", None) is None


def test_llama_hub_finds_the_classes() -> None:
    """Each class that LlamaHub is told of can be imported from where it is told, and there is an example."""
    hub = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["llamahub"]
    module = importlib.import_module(hub["import_path"])
    assert hub["class_authors"].keys() <= set(module.__all__)
    assert hub["contains_example"] is bool(list((PACKAGE / "examples").glob("*.ipynb")))
