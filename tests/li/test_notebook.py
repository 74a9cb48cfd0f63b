"""The notebooks that come with the package, run as a reader would, without a network."""

import ast
import asyncio
import contextlib
import inspect
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "packages/llamaindex/examples").glob("*.ipynb"))


def _run(source: str, name: str, namespace: dict[str, Any]) -> str:
    """What a cell prints. Like a notebook, it may await."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        done = eval(compile(source, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace)  # our own notebook
        if inspect.iscoroutine(done):
            loop = asyncio.new_event_loop()
            try:
                loop.run_until_complete(done)
            finally:
                loop.close()
    return printed.getvalue()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_does_what_it_shows(path: Path) -> None:
    """Cell by cell, a notebook prints what is saved in it."""
    namespace: dict[str, Any] = {}
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert cells
    for number, cell in enumerate(cells, start=1):
        shown = "".join(line for output in cell["outputs"] for line in output["text"])
        assert _run("".join(cell["source"]), f"{path.name}, cell {number}", namespace) == shown


def test_the_example_of_the_package_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a reader of the package index types gives what stands beside it."""
    monkeypatch.chdir(tmp_path)
    readme = (NOTEBOOKS[0].parents[1] / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    asked = re.findall(r"^(ErstwhileRetriever\(.*\))  # (\w+)$", block, re.MULTILINE)
    namespace: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), namespace)
    assert [town for _, town in asked] == ["Lisbon", "Porto"]
    for expression, town in asked:
        assert town in eval(expression, namespace)[0].text
