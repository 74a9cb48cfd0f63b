"""Judges: how do two memories relate?

Nothing heavy is imported here: numpy, onnxruntime and tokenizers load at the first pair that an `OnnxJudge` is given.
"""

from erstwhile.judge.cascade import Cascade
from erstwhile.judge.llm import LlmJudge
from erstwhile.judge.onnx import OnnxJudge
from erstwhile.judge.protocol import Judge, Pair
from erstwhile.judge.rules import RuleJudge
from erstwhile.judge.shipped import shipped_judge

__all__ = ["Cascade", "Judge", "LlmJudge", "OnnxJudge", "Pair", "RuleJudge", "shipped_judge"]
