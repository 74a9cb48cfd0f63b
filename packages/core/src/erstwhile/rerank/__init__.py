"""Reranking: a second, slower look at what recall found. Off unless a reranker is given.

Nothing heavy is imported here: numpy, onnxruntime and tokenizers load at the first text that an `OnnxReranker` is given.
"""

from erstwhile.rerank.onnx import OnnxReranker
from erstwhile.rerank.ordering import reranked
from erstwhile.rerank.protocol import Reranker

__all__ = ["OnnxReranker", "Reranker", "reranked"]
