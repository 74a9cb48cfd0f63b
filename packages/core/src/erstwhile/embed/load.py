"""From what a user names to an embedder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from erstwhile.embed.folders import HUB_PREFIX, folder_model, hub_model
from erstwhile.embed.models import PROFILES, packaged_model
from erstwhile.embed.onnx import OnnxEmbedder
from erstwhile.errors import ModelNotFoundError

if TYPE_CHECKING:
    from erstwhile.embed.protocol import Embedder


def load_embedder(spec: str | Path | Embedder = "bge-small", *, threads: int | None = None) -> Embedder:
    """The embedder of a profile, a folder, or a hub name.

    Finding is all that happens here: the model is verified and loaded at the first text.

    Args:
        spec: ``"bge-small"`` (the default; 384 dimensions, 512 tokens) or ``"fast"`` (all-MiniLM-L6-v2; 384 dimensions, 256 tokens, twice as fast); the path
            of a folder that sentence-transformers saved with an ONNX export, or of an ``.onnx`` file in it, with a ``query_adapter.npy`` beside it if wanted;
            ``"hf:organisation/name"``, with ``@revision`` if wanted, which downloads the model if the hub's cache does not hold it; or an embedder, which is
            given back.
        threads: Threads that one call with many texts may use; default: two, or one on a single core. It does not change the vectors.

    Raises:
        ModelNotFoundError: nothing goes by that name; the message says what to install.
        ModelCorruptError: a configuration file cannot be read.
        ModelError: the model needs a step that erstwhile does not take.
        MissingDependencyError: a hub name, and huggingface_hub is not installed.
        InvalidInputError: a malformed hub name, or fewer than one thread.
    """
    if not isinstance(spec, str | Path):
        return spec
    if isinstance(spec, str) and spec in PROFILES:
        return OnnxEmbedder(packaged_model(spec), threads=threads)
    if isinstance(spec, str) and spec.startswith(HUB_PREFIX):
        return OnnxEmbedder(hub_model(spec), threads=threads)
    path = Path(spec).expanduser()
    if not path.exists():
        raise ModelNotFoundError(
            f"no embedding model {str(spec)!r}; name a profile ({', '.join(PROFILES)}), a folder that exists, or a hub model as hf:org/name"
        )
    return OnnxEmbedder(folder_model(path), threads=threads)
