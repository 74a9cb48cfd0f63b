"""The trained judge that comes with erstwhile, in a package of its own."""

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from erstwhile.judge.onnx import OnnxJudge

__all__ = ["shipped_judge"]

PACKAGE: Final = "erstwhile_judge_mini"


def shipped_judge() -> OnnxJudge | None:
    """The judge, which loads its model at the first pair; ``None`` where its package is not installed."""
    if find_spec(PACKAGE) is None:
        return None
    return OnnxJudge(Path(str(files(PACKAGE))))
