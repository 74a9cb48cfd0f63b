"""The migration notes: what stands before and what stands after both run."""

from pathlib import Path

import pytest
from sybil import Document
from sybil.example import Example
from sybil.parsers.markdown import CodeBlockParser

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/langchain-migration.md"
DEPRECATED = "python no-run: LangChain warns that it is deprecated; tests/lc/test_migration.py runs it"


def _run(example: Example) -> None:
    exec(compile(example.parsed, str(PAGE), "exec"), example.namespace)


@pytest.mark.filterwarnings("ignore::langchain_core._api.deprecation.LangChainDeprecationWarning")
@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
def test_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the blocks of what is deprecated, which the other pages' tests leave out."""
    monkeypatch.chdir(tmp_path)
    assert PAGE.read_text(encoding="utf-8").count(f"```{DEPRECATED}\n") == 2
    examples = list(Document.parse(str(PAGE), CodeBlockParser("python", _run), CodeBlockParser(DEPRECATED, _run)).examples())
    for example in examples:
        example.evaluate()
    assert len(examples) > 8
