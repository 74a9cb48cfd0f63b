"""The cookbook's notebook, and the page that the package index shows: all of their code runs."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs/cookbook/langchain.ipynb"
README = ROOT / "packages/langchain/README.md"


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its cells are plain Python, so they need no kernel; it is kept without outputs, which would go stale."""
    monkeypatch.chdir(tmp_path)
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    namespace: dict[str, object] = {"__name__": "__main__"}
    for number, cell in enumerate(cells):
        exec(compile("".join(cell["source"]), f"{NOTEBOOK.name}, code cell {number}", "exec"), namespace)
        assert cell["outputs"] == []
    assert "I moved to Lisbon" in capsys.readouterr().out


def test_the_examples_of_the_package_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a reader of the package index types works."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ERSTWHILE_HOME", str(tmp_path / "home"))
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), namespace)
    assert len(blocks) > 1
