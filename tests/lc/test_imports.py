"""What `import langchain_erstwhile` costs, and what is missing without an extra."""

import json
import subprocess
import sys

import pytest

import langchain_erstwhile

FRAMEWORKS = {"langchain", "langchain_classic", "langchain_core", "langgraph", "langsmith", "pydantic", "sqlalchemy"}
HEAVY = FRAMEWORKS | {"numpy", "onnxruntime", "qdrant_client", "qdrant_edge"}


def _loaded(code: str) -> set[str]:
    code += "\nimport json, sys; print(json.dumps(list(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return {name.partition(".")[0] for name in json.loads(printed.stdout)}


def test_the_import_is_light() -> None:
    """No framework, no model and no store, before something is used."""
    assert not _loaded("import langchain_erstwhile") & HEAVY


def test_each_loads_its_own_framework_and_no_more() -> None:
    """A retriever loads no agents and no graph; nothing but the classic memory loads the classic chains."""
    retriever = _loaded("from langchain_erstwhile import ErstwhileRetriever, ErstwhileEmbeddings")
    assert not retriever & {"langchain", "langgraph", "langchain_classic", "onnxruntime", "qdrant_edge"}
    store = _loaded("from langchain_erstwhile import ErstwhileStore, MemoryMiddleware, memory_tools")
    assert not store & {"langchain_classic", "onnxruntime", "qdrant_edge"}


def test_without_the_extra_the_error_says_what_to_install() -> None:
    """The classic memory, where classic chains are not installed."""
    code = "import sys; sys.modules['langchain_classic'] = None\nimport langchain_erstwhile\nlangchain_erstwhile.ErstwhileMemory"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert "MissingDependencyError" in done.stderr
    assert "pip install 'langchain-erstwhile[classic]'" in done.stderr


def test_there_are_no_other_names() -> None:
    """A misspelt name is an error that names it."""
    with pytest.raises(AttributeError, match="ErstwhileStor"):
        langchain_erstwhile.ErstwhileStor  # type: ignore[attr-defined]  # noqa: B018
    assert dir(langchain_erstwhile) == sorted(langchain_erstwhile.__all__)
