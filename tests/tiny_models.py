"""Tiny ONNX models and tokenizers for the tests of what runs models: a text's or a pair's words are looked up in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

INPUTS = ("input_ids", "attention_mask")
CONSTANTS = {"last": np.array([-1]), "tokens": np.array([1]), "impossible": np.array([7, 7, 7])}
"""Axes of (batch, tokens, width), and a shape that nothing has."""


def write_tokenizer(path: Path, words: Sequence[str], *, separated: bool, length: int, cut: int) -> None:
    """A tokenizer of these words, whose ids are their places; any other is the first, "[UNK]".

    It pads to ``length`` with "loud" and cuts to ``cut``: what a careless author leaves in the file, and what its reader must not fall for.

    Args:
        path: The file.
        words: If ``separated``, the second is "[CLS]" and the third "[SEP]".
        separated: Whether these stand around and between texts.
        length: How long everything becomes.
        cut: How many tokens are kept.
    """
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    if separated:
        tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    tokenizer.enable_padding(length=length, pad_id=words.index("loud"), pad_token="loud")
    tokenizer.enable_truncation(cut)
    tokenizer.save(str(path))


def pair_inputs(kind: str) -> list[str]:
    """What a model of pairs of this kind takes."""
    return [*INPUTS, *{"types": ["token_type_ids"], "strange input": ["pixels"]}.get(kind, [])]


def masked_words(*, sided: bool = False) -> list[onnx.NodeProto]:
    """From "input_ids" to "masked": the words as "table" has them, 0 where the mask leaves one out; and, where ``sided``, where it is the first text's."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
    ]
    if sided:
        nodes += [helper.make_node("Cast", ["token_type_ids"], ["types"], to=TensorProto.FLOAT), helper.make_node("Mul", ["mask", "types"], ["second"])]
    nodes += [helper.make_node("Unsqueeze", ["second" if sided else "mask", "last"], ["column"]), helper.make_node("Mul", ["words", "column"], ["masked"])]
    return nodes


def serialised(
    nodes: Sequence[onnx.NodeProto], output: str, constants: Mapping[str, NDArray[Any]], *, inputs: Sequence[str] = INPUTS, kind: int = TensorProto.INT64
) -> bytes:
    """The nodes as a model, from inputs of shape (batch, tokens) to one float32 output; CONSTANTS are there too."""
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kind, ["batch", "tokens"]) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in {**CONSTANTS, **constants}.items()],
    )
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    made: bytes = model.SerializeToString()
    return made
