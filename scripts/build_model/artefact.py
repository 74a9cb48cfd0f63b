"""The files of a model distribution: built in memory, written in one go, compared by hash."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import calibration
import graph
import numpy as np
import onnxruntime
import reference
import texts
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from inputs import Recipe, Source
    from numpy.typing import NDArray
    from weights import Encoder

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1
# Kept beside the model, written by hand and by scripts/build_query_adapter; the manifest covers them like everything else.
KEPT = ("LICENSE", "NOTICE", "query_adapter.npy")


def build(recipe: Recipe, source: Source, kept: Path) -> dict[str, bytes]:
    """Every file of the distribution by name, manifest included; ``kept`` is the folder that holds licence, notice and query adapter."""
    tokenizer = _tokenizer(source.tokenizer, recipe.max_tokens)
    seen = calibration.observe(source.encoder, _ids(tokenizer, texts.CALIBRATION))
    files = {name: (kept / name).read_bytes() for name in KEPT}
    files["model.onnx"] = graph.build(source.encoder, seen)
    files["tokenizer.json"] = source.tokenizer
    return files | {MANIFEST: _manifest(recipe, source.encoder, files)}


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files, creating the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def differences(files: Mapping[str, bytes], folder: Path) -> list[str]:
    """Names of files that are missing from the folder or have another SHA-256 there."""
    return [name for name, data in files.items() if not (folder / name).is_file() or sha256((folder / name).read_bytes()) != sha256(data)]


def cosines(recipe: Recipe, source: Source, model: bytes) -> NDArray[np.float64]:
    """Cosine of each measurement text's vector to that of the input's own weights in float64."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    found = []
    for ids in _ids(_tokenizer(source.tokenizer, recipe.max_tokens), texts.MEASUREMENT):
        (batch,) = session.run(None, {"input_ids": np.array([ids], dtype=np.int64)})
        ours, theirs = (_pool(recipe, rows) for rows in (batch[0].astype(np.float64), reference.token_vectors(source.encoder, ids)))
        found.append(float(ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs)))
    return np.array(found)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _pool(recipe: Recipe, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    pooled: NDArray[np.float64] = rows[0] if recipe.pooling == "cls" else rows.mean(axis=0)
    return pooled


def _tokenizer(data: bytes, max_tokens: int) -> Tokenizer:
    tokenizer = Tokenizer.from_buffer(data)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _ids(tokenizer: Tokenizer, lines: Sequence[str]) -> list[list[int]]:
    return [tokenizer.encode(line).ids for line in lines]


def _manifest(recipe: Recipe, encoder: Encoder, files: Mapping[str, bytes]) -> bytes:
    content = {
        "format": MANIFEST_FORMAT,
        "name": recipe.name,
        "published_as": recipe.published_as,
        "licence": recipe.licence,
        "dimension": encoder.words.shape[1],
        "max_tokens": recipe.max_tokens,
        "pooling": recipe.pooling,
        "prefixes": {"passage": "", "query": ""},
        "files": {name: {"bytes": len(files[name]), "sha256": sha256(files[name])} for name in sorted(files)},
        "source": {
            "distribution": recipe.requirement,
            "wheel_sha256": recipe.wheel_sha256,
            "files": {member.path: member.sha256 for member in (recipe.weights, recipe.tokenizer)},
        },
    }
    return (json.dumps(content, indent=2) + "\n").encode()
