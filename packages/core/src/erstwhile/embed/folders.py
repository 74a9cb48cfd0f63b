"""Models that are not ours: a folder laid out as sentence-transformers saves it, with an ONNX export, on disk or on the Hugging Face hub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erstwhile.embed.models import QUERY_ADAPTER, EmbeddingModel, Pooling, read_json
from erstwhile.errors import InvalidInputError, MissingDependencyError, ModelError, ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erstwhile.embed.protocol import Role

HUB_PREFIX = "hf:"
DEFAULT_MAX_TOKENS = 512
# The names under which models publish their prompts: sentence-transformers' encode_query and encode_document look for the same ones.
PROMPT_NAMES: dict[Role, tuple[str, ...]] = {"query": ("query",), "passage": ("document", "passage", "corpus")}
SUPPORTED_MODULES = ("Transformer", "Pooling", "Normalize")
HUB_FILES = (
    "*.json",
    "1_Pooling/config.json",
    "model.onnx",
    "model.onnx_data",
    "onnx/model.onnx",
    "onnx/model.onnx_data",
    QUERY_ADAPTER,
)

_HUB_NAME = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")


def folder_model(path: Path) -> EmbeddingModel:
    """The model in a folder, or of one ``.onnx`` file within such a folder.

    Taken from the folder: ``model.onnx`` or ``onnx/model.onnx``, else the first ``.onnx`` file by name; ``tokenizer.json``; pooling from
    ``1_Pooling/config.json`` (default: mean); the cut from ``sentence_bert_config.json`` (default: 512 tokens); prefixes from the prompts of
    ``config_sentence_transformers.json``; and ``query_adapter.npy``, if there is one.

    Raises ModelNotFoundError if a file is missing, ModelError if the model needs a step that erstwhile does not take.
    """
    folder, onnx = _locate(path)
    if not (folder / "tokenizer.json").is_file():
        raise ModelNotFoundError(f"{folder} holds no tokenizer.json; save the tokenizer there in the format of the tokenizers library")
    _refuse_unsupported(folder)
    bert = _optional(folder / "sentence_bert_config.json")
    return EmbeddingModel(
        # The folder's own name stays out: a model that moved is still the same model.
        name="onnx",
        onnx=onnx,
        tokenizer=folder / "tokenizer.json",
        companions=tuple(sorted(file for file in onnx.parent.glob("*data") if file.name.startswith(onnx.stem))),
        pooling=_pooling(folder),
        max_tokens=bert.get("max_seq_length") or min(DEFAULT_MAX_TOKENS, _optional(folder / "config.json").get("max_position_embeddings", DEFAULT_MAX_TOKENS)),
        prefixes=_prefixes(folder),
        lowercase=bool(bert.get("do_lower_case", False)),
        checksums={},
        query_adapter=adapter if (adapter := folder / QUERY_ADAPTER).is_file() else None,
    )


def hub_model(spec: str) -> EmbeddingModel:
    """The model of a hub name such as ``hf:org/name`` or ``hf:org/name@revision``, downloaded unless it is in the hub's cache.

    This is the only place where erstwhile downloads anything, and it is reached only by a name with that prefix.

    Raises InvalidInputError for a malformed name, MissingDependencyError without huggingface_hub, ModelNotFoundError if the hub does not give the model.
    """
    parsed = _HUB_NAME.fullmatch(spec.removeprefix(HUB_PREFIX))
    if parsed is None:
        raise InvalidInputError(f"{spec!r} is not a hub name; write hf:organisation/name or hf:organisation/name@revision")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError as error:
        raise MissingDependencyError('a hub name needs huggingface_hub; run: pip install "erstwhile[hub]"') from error

    def fetched(*, offline: bool) -> EmbeddingModel:
        folder = snapshot_download(parsed["repository"], revision=parsed["revision"], allow_patterns=list(HUB_FILES), local_files_only=offline)
        return folder_model(Path(folder))

    try:
        # The cache first: a model that is here is not asked for again, and does not change under a store that was built with it.
        return fetched(offline=True)
    except (LocalEntryNotFoundError, ModelNotFoundError):
        pass
    try:
        return fetched(offline=False)
    except ModelError:
        raise
    except Exception as error:
        raise ModelNotFoundError(f"the hub did not give {spec!r} ({type(error).__name__}); check the name and the connection") from error


def _locate(path: Path) -> tuple[Path, Path]:
    if path.is_file() and path.suffix == ".onnx":
        return (path.parent if (path.parent / "tokenizer.json").is_file() else path.parent.parent), path
    candidates = [path / "model.onnx", path / "onnx" / "model.onnx", *sorted(path.glob("*.onnx")), *sorted(path.glob("onnx/*.onnx"))]
    for candidate in candidates:
        if candidate.is_file():
            return path, candidate
    raise ModelNotFoundError(f"{path} holds no ONNX model; export one to onnx/model.onnx")


def _refuse_unsupported(folder: Path) -> None:
    if not (folder / "modules.json").is_file():
        return
    for module in read_json(folder / "modules.json", list):
        kind = str(module.get("type", "")).rsplit(".", 1)[-1]
        if kind not in SUPPORTED_MODULES:
            raise ModelError(f"{folder} has a module {kind!r}; erstwhile runs {', '.join(SUPPORTED_MODULES)}: export the rest into the ONNX model")


def _pooling(folder: Path) -> Pooling:
    config = _optional(folder / "1_Pooling" / "config.json")
    modes = {name.removeprefix("pooling_mode_").removesuffix("_tokens").removesuffix("_token") for name, on in config.items() if on is True and "mode" in name}
    if isinstance(config.get("pooling_mode"), str):
        modes = {config["pooling_mode"]}
    if not modes or modes == {"mean"}:
        return "mean"
    if modes == {"cls"}:
        return "cls"
    raise ModelError(f"{folder} pools by {', '.join(sorted(modes))}; erstwhile pools by cls or mean")


def _prefixes(folder: Path) -> Mapping[Role, str]:
    config = _optional(folder / "config_sentence_transformers.json")
    prompts = config.get("prompts") or {}
    default = prompts.get(config.get("default_prompt_name"), "")
    return {role: next((prompts[name] for name in names if prompts.get(name)), default) for role, names in PROMPT_NAMES.items()}


def _optional(path: Path) -> dict[str, Any]:
    return read_json(path, dict) if path.is_file() else {}
