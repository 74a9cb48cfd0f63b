"""Files of models, checked and opened for onnxruntime, and the inputs of a model that reads pairs of texts: what `embed`, `judge` and `rerank` share."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final, Literal

from erstwhile.errors import MissingDependencyError, ModelCorruptError, ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

__all__ = [
    "INSTALL_AGAIN",
    "check_sha256",
    "dtype_of",
    "file_sha256",
    "open_session",
    "open_tokenizer",
    "pair_feed",
    "pair_inputs",
    "pair_threads",
    "unreadable",
]

INSTALL_AGAIN: Final = "fetch or install the model again"
"""What mends a file that is missing, damaged or no model, as an error says it."""
ERRORS_ONLY: Final = 3
REQUIRED: Final = frozenset({"input_ids", "attention_mask"})
OPTIONAL: Final = frozenset({"token_type_ids"})
PAIR_THREADS: Final = 2
"""A pair is shared out between so many: a third faster than with one, to the same bits."""


def unreadable(path: Path, error: OSError, *, mend: str = INSTALL_AGAIN) -> ModelNotFoundError:
    """The error that says that a file of a model cannot be read, and why."""
    return ModelNotFoundError(f"{path} cannot be read ({error.strerror}); {mend}")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises ModelNotFoundError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def check_sha256(path: Path, expected: str, *, mend: str = INSTALL_AGAIN) -> None:
    """Raises ModelCorruptError if a file has another SHA-256 than its manifest says, ModelNotFoundError if it cannot be read."""
    found = file_sha256(path)
    if found != expected:
        raise ModelCorruptError(f"{path} has SHA-256 {found[:12]}…, its manifest says {expected[:12]}…; {mend}")


def open_session(path: Path, *, threads: int, needed_by: str, mend: str = INSTALL_AGAIN) -> InferenceSession:
    """A model on the processor, that shares each product out between ``threads``.

    Args:
        path: The ``.onnx`` file.
        threads: How many.
        needed_by: What needs onnxruntime, as an error says it: "this judge".
        mend: What to do about a file that cannot be loaded, as an error says it.

    Raises:
        MissingDependencyError: onnxruntime is not installed.
        ModelCorruptError: the file is no model that it loads.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(f"{needed_by} needs onnxruntime; run: pip install onnxruntime") from error
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = ERRORS_ONLY
    # An arena keeps the memory of the longest text for good, and is no faster here.
    options.enable_cpu_mem_arena = False
    # Threads wait for work by spinning while a text is run, which is what makes sharing pay, and not after it.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelCorruptError(f"{path} is not a model that this version of onnxruntime loads; {mend}") from error


def open_tokenizer(path: Path, *, needed_by: str, mend: str = INSTALL_AGAIN) -> Tokenizer:
    """A tokenizer that pads nothing; whether and how it cuts is left to the caller to say, for the file's own cut is that of whoever saved it last.

    Args:
        path: The file, ``tokenizer.json``.
        needed_by: What needs tokenizers, as in `open_session`.
        mend: What to do about a file that cannot be read, as in `open_session`.

    Raises:
        MissingDependencyError: tokenizers is not installed.
        ModelCorruptError: the file is no tokenizer that it reads.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingDependencyError(f"{needed_by} needs tokenizers; run: pip install tokenizers") from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise ModelCorruptError(f"{path} is not a tokenizer that this version of tokenizers reads; {mend}") from error
    # Files come with the padding of whoever saved them last.
    tokenizer.no_padding()
    return tokenizer


def dtype_of(kind: str) -> Literal["int32", "int64"]:
    """The numbers that an input takes, by its type as onnxruntime names it; some exporters make the inputs int32."""
    return "int32" if kind == "tensor(int32)" else "int64"


def pair_threads() -> int:
    """Threads that share one pair out between them where the caller does not say: two, or one on a single core."""
    return min(PAIR_THREADS, os.cpu_count() or 1)


def pair_inputs(session: InferenceSession, path: Path) -> Mapping[str, str]:
    """The inputs of a model of pairs, from name to type.

    Raises:
        ModelCorruptError: it does not take ``input_ids`` and ``attention_mask``, or takes more than these and ``token_type_ids``.
    """
    inputs: dict[str, str] = {given.name: given.type for given in session.get_inputs()}
    if not REQUIRED <= inputs.keys() <= REQUIRED | OPTIONAL:
        raise ModelCorruptError(f"{path} takes {', '.join(sorted(inputs))}; export it to take input_ids, attention_mask and, if it needs them, token_type_ids")
    return inputs


def pair_feed(encoding: Encoding, inputs: Mapping[str, str]) -> dict[str, NDArray[np.integer]]:
    """What is fed to these inputs for one encoded pair, each of shape (1, tokens)."""
    import numpy as np  # late: importing erstwhile must not import numpy

    given = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask, "token_type_ids": encoding.type_ids}
    return {name: np.array([given[name]], dtype=dtype_of(kind)) for name, kind in inputs.items()}
