"""A profile's weights without its arithmetic: the same integers and scales multiplied out to float32, and activations that are never rounded.

What recall loses by the difference is what int8 costs. The shipped graph is rewritten: where codes of rows meet integers of weights, the rows meet the floats.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from erstwhile.embed.models import EmbeddingModel, packaged_model

__all__ = ["dequantise", "write_dequantised"]

OUTPUT: Final = "token_embeddings"


def write_dequantised(profile: str, folder: Path) -> Path:
    """Write a profile's model, dequantised, as a folder that ``erstwhile.open(model=…)`` takes.

    Raises:
        ModelNotFoundError: There is no such profile here.
        ValueError: Its graph is not one that scripts/build_model wrote.
    """
    model = packaged_model(profile)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(dequantise(onnx.load(model.onnx)), folder / "model.onnx")
    for kept in filter(None, (model.tokenizer, model.query_adapter)):
        (folder / kept.name).write_bytes(kept.read_bytes())
    for name, content in _configuration(model).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    return folder


def _configuration(model: EmbeddingModel) -> Mapping[str, Any]:
    return {
        "1_Pooling/config.json": {f"pooling_mode_{'cls_token' if model.pooling == 'cls' else 'mean_tokens'}": True},
        "sentence_bert_config.json": {"max_seq_length": model.max_tokens, "do_lower_case": model.lowercase},
        "config_sentence_transformers.json": {"prompts": {"query": model.prefixes["query"], "document": model.prefixes["passage"]}},
    }


def dequantise(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with float products.

    Each product is, in the graph of scripts/build_model, ``(Cast(MatMulInteger(QuantizeLinear(rows, …), integers)) x row scales) x weight scales``, and becomes
    ``MatMul(rows, integers x weight scales)``; what then leads nowhere is dropped.

    Raises:
        ValueError: A product has another form, or there is none.
    """
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    makers = {name: node for node in model.graph.node for name in node.output}
    replaced: dict[str, onnx.NodeProto] = {}
    floats: dict[str, onnx.TensorProto] = {}
    for node in model.graph.node:
        product = _product(node, makers, constants)
        if product is None:
            continue
        rows, name, weight = product
        floats[name] = numpy_helper.from_array(weight, name)
        replaced[node.output[0]] = helper.make_node("MatMul", [rows, name], list(node.output), name=node.name)
    if len(replaced) != sum(node.op_type == "MatMulInteger" for node in model.graph.node) or not replaced:
        raise ValueError("The graph's products are not those that scripts/build_model writes; give a profile that it built.")
    nodes = [replaced.get(node.output[0], node) for node in model.graph.node]
    return _pruned(model, nodes, constants | floats)


def _product(
    node: onnx.NodeProto, makers: Mapping[str, onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]
) -> tuple[str, str, NDArray[np.float32]] | None:
    # The last node of a product is the multiplication with the weights' scales.
    if node.op_type != "Mul" or node.input[1] not in constants:
        return None
    chain = [node]
    for operator in ("Mul", "Cast", "MatMulInteger", "QuantizeLinear"):
        maker = makers.get(chain[-1].input[0])
        if maker is None or maker.op_type != operator:
            return None
        chain.append(maker)
    name = chain[3].input[1]
    scales = numpy_helper.to_array(constants[node.input[1]]).astype(np.float64)
    return chain[4].input[0], name, (numpy_helper.to_array(constants[name]).astype(np.float64) * scales).astype(np.float32)


def _pruned(model: onnx.ModelProto, nodes: list[onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]) -> onnx.ModelProto:
    wanted, kept = {OUTPUT}, []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    graph = helper.make_graph(
        kept[::-1],
        model.graph.name,
        list(model.graph.input),
        list(model.graph.output),
        [tensor for name, tensor in constants.items() if name in wanted],
        value_info=[shape for shape in model.graph.value_info if shape.name in wanted],
    )
    built = helper.make_model(graph, opset_imports=list(model.opset_import), ir_version=model.ir_version)
    onnx.checker.check_model(built)
    return built
