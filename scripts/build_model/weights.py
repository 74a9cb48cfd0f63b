"""The weights of a BERT encoder, read from the pinned inputs without torch."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Integers:
    """Integers and scales that stand for a matrix: ``values * scales``, scales broadcast over rows or columns."""

    values: NDArray[np.int8]
    scales: NDArray[np.float32]

    def dequantised(self) -> NDArray[np.float64]:
        """The matrix, exact: an int8 times a float32 fits float64."""
        return self.values.astype(np.float64) * self.scales.astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """``x @ weight + bias``; ``integers`` holds the input's own quantisation of the weight, where it had one."""

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]
    integers: Integers | None = None


@dataclass(frozen=True, kw_only=True)
class Norm:
    """A layer normalisation over the last axis."""

    gain: NDArray[np.float64]
    bias: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One encoder layer; query, key and value are one product of three times the width."""

    qkv: Linear
    out: Linear
    out_norm: Norm
    up: Linear
    down: Linear
    down_norm: Norm


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A whole encoder. ``words`` is the word table; ``positions`` has the embedding of token type 0 added, the only type ever used."""

    words: NDArray[np.float64]
    word_integers: Integers | None
    positions: NDArray[np.float64]
    norm: Norm
    layers: tuple[Layer, ...]
    heads: int


def read_safetensors(data: bytes) -> dict[str, NDArray[np.float64]]:
    """Every float32 tensor of a safetensors file, by name (an 8-byte little-endian length, a JSON header, then the raw data)."""
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        start, end = entry["data_offsets"]
        raw = data[8 + length + start : 8 + length + end]
        tensors[name] = np.frombuffer(raw, dtype="<f4").reshape(entry["shape"]).astype(np.float64)
    return tensors


def from_safetensors(data: bytes, *, layers: int, heads: int) -> Encoder:
    """The encoder held by a sentence-transformers BERT checkpoint in fp32."""
    return from_tensors(read_safetensors(data), layers=layers, heads=heads)


def from_tensors(tensors: Mapping[str, NDArray[np.float64]], *, layers: int, heads: int) -> Encoder:
    """The encoder of tensors that have the names of a BERT checkpoint."""

    def linear(name: str) -> Linear:
        return Linear(weight=tensors[f"{name}.weight"].T, bias=tensors[f"{name}.bias"])

    return Encoder(
        words=tensors["embeddings.word_embeddings.weight"],
        word_integers=None,
        positions=tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0],
        norm=_norm(tensors, "embeddings.LayerNorm"),
        layers=tuple(_layer(tensors, index, {part: linear(f"encoder.layer.{index}.{part}") for part in _PARTS}) for index in range(layers)),
        heads=heads,
    )


def from_dynamic_int8(data: bytes, *, layers: int, heads: int) -> Encoder:
    """The encoder held by an ONNX file of onnxruntime's dynamic quantisation, dequantised exactly.

    The graph names biases, norms and embeddings as the checkpoint did; its weight matrices are anonymous, but come in the order of the graph.
    """
    model = onnx.load_from_string(data)
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    floats = {name: array.astype(np.float64) for name, array in arrays.items() if array.dtype == np.float32}
    weights = {}
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            stem = node.input[1].removesuffix("_quantized")
            if arrays[f"{stem}_zero_point"].any():
                message = f"{stem}: expected symmetric weights"
                raise ValueError(message)
            part = node.name.split("layer.")[1].rsplit("/MatMul", 1)[0].replace("/", ".")
            weights[f"encoder.layer.{part}"] = Integers(values=arrays[f"{stem}_quantized"], scales=arrays[f"{stem}_scale"])

    def table(name: str) -> Integers:
        stem = f"embeddings.{name}.weight"
        centred = arrays[f"{stem}_quantized"].astype(np.int16) - arrays[f"{stem}_zero_point"].astype(np.int16)
        return Integers(values=centred.astype(np.int8), scales=arrays[f"{stem}_scale"].reshape(1, 1))

    def linear(name: str) -> Linear:
        return Linear(weight=weights[name].dequantised(), bias=floats[f"{name}.bias"], integers=weights[name])

    words = table("word_embeddings")
    return Encoder(
        words=words.dequantised(),
        word_integers=words,
        positions=table("position_embeddings").dequantised() + table("token_type_embeddings").dequantised()[0],
        norm=_norm(floats, "embeddings.LayerNorm"),
        layers=tuple(_layer(floats, index, {part: linear(f"encoder.layer.{index}.{part}") for part in _PARTS}) for index in range(layers)),
        heads=heads,
    )


_PARTS = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense")


def _norm(tensors: Mapping[str, NDArray[np.float64]], name: str) -> Norm:
    return Norm(gain=tensors[f"{name}.weight"], bias=tensors[f"{name}.bias"])


def _layer(tensors: Mapping[str, NDArray[np.float64]], index: int, linear: Mapping[str, Linear]) -> Layer:
    query, key, value, out, up, down = (linear[part] for part in _PARTS)
    merged = (query, key, value)
    return Layer(
        qkv=Linear(weight=np.concatenate([part.weight for part in merged], axis=1), bias=np.concatenate([part.bias for part in merged])),
        out=out,
        out_norm=_norm(tensors, f"encoder.layer.{index}.attention.output.LayerNorm"),
        up=up,
        down=down,
        down_norm=_norm(tensors, f"encoder.layer.{index}.output.LayerNorm"),
    )
