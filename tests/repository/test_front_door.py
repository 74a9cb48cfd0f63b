"""What `import erstwhile` gives and costs, and that all of it is documented."""

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import erstwhile

ROOT = Path(__file__).resolve().parents[2]
ADAPTER_SOURCES = sorted(path for folder in ("langchain", "llamaindex", "mcp_server") for path in (ROOT / "packages" / folder / "src").rglob("*.py"))
ADAPTERS = ["erstwhile_mcp", "langchain_erstwhile", *(f"llama_index.{kind}.erstwhile" for kind in ("embeddings", "memory", "retrievers", "tools"))]
HEAVY = {
    "fastmcp",
    "huggingface_hub",
    "langchain",
    "langchain_classic",
    "langchain_core",
    "langgraph",
    "llama_index",
    "mcp",
    "numpy",
    "onnxruntime",
    "pydantic",
    "qdrant_client",
    "qdrant_edge",
    "rich",
    "tokenizers",
    "typer",
}


@cache
def _reference() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs/reference").rglob("*.md")))


def _is_documented(name: str) -> bool:
    """Whether a heading, a table row or a list entry of the reference opens with the name, as code."""
    return re.search(rf"^(#+ |\| ?|[-*] )`(erstwhile\.)?{re.escape(name)}\b[^`]*`", _reference(), re.MULTILINE) is not None


def test_importing_erstwhile_is_cheap() -> None:
    """The store, the model and the frameworks are imported where they are first needed, never at `import erstwhile`."""
    code = "import sys; before = set(sys.modules); import erstwhile, json; print(json.dumps(sorted(set(sys.modules) - before)))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not {name.partition(".")[0] for name in json.loads(printed.stdout)} & HEAVY


def test_the_front_door_lists_what_it_has() -> None:
    """Every name in `__all__` is there, once."""
    assert [name for name in erstwhile.__all__ if not hasattr(erstwhile, name)] == []
    assert len(set(erstwhile.__all__)) == len(erstwhile.__all__)


@pytest.mark.parametrize("name", sorted(erstwhile.__all__))
def test_a_public_name_is_documented(name: str) -> None:
    """A reader finds each public name in docs/reference, and its docstring in the editor."""
    assert _is_documented(name), f"docs/reference has no heading, table row or list entry that opens with `{name}`"
    thing = getattr(erstwhile, name)
    assert not (inspect.isclass(thing) or inspect.isroutine(thing)) or (thing.__doc__ or "").strip(), f"{name} has no docstring"


def _commands() -> list[str]:
    import typer.main

    from erstwhile import cli

    group = typer.main.get_command(cli.app)
    return sorted(getattr(group, "commands", {}))


def test_every_command_is_documented() -> None:
    """A reader finds each command in docs/reference."""
    commands = _commands()
    assert commands
    assert [command for command in commands if not _is_documented(f"erstwhile {command}")] == []


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_imports_and_lists_what_it_has(name: str) -> None:
    """An installed adapter can be imported, and its `__all__` is true."""
    module = importlib.import_module(name)
    assert [public for public in module.__all__ if not hasattr(module, public)] == []


@pytest.mark.parametrize("name", [name for name in ADAPTERS if name != "erstwhile_mcp"])
def test_a_public_name_of_an_adapter_is_documented(name: str) -> None:
    """A reader finds it in docs/reference; of the MCP server, which is a program, what it offers is there."""
    assert [public for public in importlib.import_module(name).__all__ if not _is_documented(public)] == []


@pytest.mark.parametrize("path", ADAPTER_SOURCES, ids=str)
def test_an_adapter_uses_public_names_only(path: Path) -> None:
    """An adapter needs nothing that a stranger's adapter could not have."""
    taken = [
        alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "erstwhile"
        for alias in node.names
    ]
    assert set(taken) <= set(erstwhile.__all__)


def test_schemas_name_every_type() -> None:
    """What tools offer a model to choose from are the types that there are."""
    assert get_args(erstwhile.TypeName) == tuple(erstwhile.MemoryType)
