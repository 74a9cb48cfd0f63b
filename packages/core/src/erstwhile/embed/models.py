"""Which files make up an embedding model, how text is prepared for it, and the checksums that are verified before anything is loaded."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from erstwhile.errors import ModelCorruptError, ModelNotFoundError
from erstwhile.inference import INSTALL_AGAIN, check_sha256, file_sha256, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erstwhile.embed.protocol import Role

MANIFEST_FORMAT = 1
FINGERPRINT_FORMAT = 1
REINSTALL = "reinstall the model"
QUERY_ADAPTER = "query_adapter.npy"

T = TypeVar("T", dict[str, Any], list[Any])
Pooling = Literal["cls", "mean"]


@dataclass(frozen=True, kw_only=True)
class EmbeddingModel:
    """An ONNX encoder with its tokenizer, found but not yet loaded.

    Attributes:
        name: First part of the fingerprint.
        onnx: The model file.
        tokenizer: The tokenizers file.
        companions: Further files whose content the model depends on, such as external weights.
        pooling: How token vectors become one vector: the first token's, or the mean of all.
        max_tokens: Longer texts are cut after so many tokens, special tokens included.
        prefixes: Put before a text, by role.
        lowercase: Whether texts are lowercased before the tokenizer.
        dimension: Length of a vector; None: the model's output tells.
        checksums: SHA-256 that files must have, in hex; files left out are taken as they are.
        batchable: Whether a text's vector is known not to depend on texts of the same length in its batch. If not, texts are run one by one.
        query_adapter: A matrix of shape (dimension + 1, dimension) in numpy's format, by which the vectors of queries are moved: ``v`` becomes
            ``v + v @ matrix[:-1] + matrix[-1]``, of length 1 again. ``None``: they stay as they are.
    """

    name: str
    onnx: Path
    tokenizer: Path
    pooling: Pooling
    max_tokens: int
    prefixes: Mapping[Role, str]
    companions: tuple[Path, ...] = ()
    lowercase: bool = False
    dimension: int | None = None
    checksums: Mapping[Path, str]
    batchable: bool = False
    query_adapter: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A model that comes as a distribution of its own."""

    module: str
    install: str


PROFILES = {
    "bge-small": Profile(module="erstwhile_model_bge_small", install="pip install erstwhile-model-bge-small"),
    "fast": Profile(module="erstwhile_model_minilm", install='pip install "erstwhile[fast]"'),
}


def packaged_model(profile: str) -> EmbeddingModel:
    """The model of a profile.

    Raises ModelNotFoundError if its distribution is not installed, ModelCorruptError if its manifest cannot be read.
    """
    wanted = PROFILES[profile]
    spec = importlib.util.find_spec(wanted.module)
    if spec is None or not spec.submodule_search_locations:
        raise ModelNotFoundError(f'the embedding model "{profile}" is not installed; run: {wanted.install}')
    return read_manifest(Path(spec.submodule_search_locations[0]) / "manifest.json")


def read_manifest(path: Path) -> EmbeddingModel:
    """The model that a manifest of ours describes, its files beside it.

    Raises ModelNotFoundError if there is no manifest, ModelCorruptError if it is not one that this version reads.
    """
    manifest = read_json(path, dict)
    if manifest.get("format") != MANIFEST_FORMAT:
        raise ModelCorruptError(f"{path} has format {manifest.get('format')!r}; this version of erstwhile reads {MANIFEST_FORMAT}; {REINSTALL}")
    try:
        return EmbeddingModel(
            name=manifest["name"],
            onnx=path.with_name("model.onnx"),
            tokenizer=path.with_name("tokenizer.json"),
            pooling=manifest["pooling"],
            max_tokens=manifest["max_tokens"],
            prefixes=manifest["prefixes"],
            dimension=manifest["dimension"],
            checksums={path.with_name(name): manifest["files"][name]["sha256"] for name in ("model.onnx", "tokenizer.json", QUERY_ADAPTER)},
            batchable=True,
            query_adapter=path.with_name(QUERY_ADAPTER),
        )
    except (KeyError, TypeError) as error:
        raise ModelCorruptError(f"{path} lacks {error}; {REINSTALL}") from error


def verify(model: EmbeddingModel) -> None:
    """Check every file that the manifest gives a checksum for; call it before the model is loaded.

    Raises ModelNotFoundError if a file is missing, ModelCorruptError if one has another SHA-256 than the manifest says.
    """
    for path, expected in model.checksums.items():
        check_sha256(path, expected, mend=REINSTALL)


def fingerprint(model: EmbeddingModel) -> str:
    """Name of the model, and a hash of all that decides its vectors: files, pooling, prefixes, cut and normalisation.

    Not the query adapter: with another one, the vectors that a store holds are what they were, and need not be made anew.

    Reads the files whose checksum is not known yet. Raises ModelNotFoundError if one is missing.
    """
    files = (model.onnx, model.tokenizer, *model.companions)
    content = {
        "format": FINGERPRINT_FORMAT,
        "files": [model.checksums.get(path) or file_sha256(path) for path in files],
        "pooling": model.pooling,
        "prefixes": dict(model.prefixes),
        "max_tokens": model.max_tokens,
        "lowercase": model.lowercase,
        "normalised": "l2",
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"{model.name}@{digest[:16]}"


def read_json(path: Path, kind: type[T]) -> T:
    """A JSON object (``dict``) or array (``list``) from a file.

    Raises ModelNotFoundError if the file is missing, ModelCorruptError if it holds something else.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise ModelCorruptError(f"{path} is not valid JSON; {INSTALL_AGAIN}") from error
    if not isinstance(content, kind):
        raise ModelCorruptError(f"{path} holds no JSON {kind.__name__}; {INSTALL_AGAIN}")
    return content
