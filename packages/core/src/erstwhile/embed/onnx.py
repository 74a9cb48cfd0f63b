"""Embedding models in ONNX, run on the processor by onnxruntime."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from erstwhile.embed.models import fingerprint, verify
from erstwhile.embed.protocol import checked_texts
from erstwhile.errors import InvalidInputError, ModelCorruptError
from erstwhile.inference import INSTALL_AGAIN, dtype_of, open_session, open_tokenizer, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

    from erstwhile.embed.models import EmbeddingModel
    from erstwhile.embed.protocol import Role

DEFAULT_THREADS = 2
# Larger runs are no faster, hold more memory, and leave less to share out between threads.
RUN_TOKENS = 128
# A product of this size is worth sharing out between two threads, to the same bits, and no more.
SHARING = 2
# From so many runs on, threads take whole runs.
MANY = 4
NEEDED_BY = "embedding"
# Outputs with a vector per token, as exporters call them; the first output otherwise.
TOKEN_OUTPUTS = ("token_embeddings", "last_hidden_state")


class OnnxEmbedder:
    """An embedder around an ONNX encoder and its tokenizer.

    Nothing is read and nothing heavy imported until the first text, or ``load()``. Safe to call from several threads.

    The vectors of the profiles are the same bytes whatever the batch, the number of threads and the run, for one type of processor and one build of
    onnxruntime: texts are batched with others of exactly their length, so that nothing is padded, and pooled one by one, in float64. The texts of other
    models are run one by one, since a model with dynamic quantisation lets the texts of a batch change each other.

    Args:
        model: What to load; `load_embedder` finds it.
        threads: Threads that one call may use; default: two, or one on a single core. A single text uses two at most.

    Raises:
        InvalidInputError: fewer than one thread.
    """

    def __init__(self, model: EmbeddingModel, *, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise InvalidInputError(f"threads is {threads}; use 1 or more")
        self._model = model
        self._threads = threads or min(DEFAULT_THREADS, _available_cores())
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """Names the model's files and the preprocessing. Hashes the files, once, where no manifest tells their checksums.

        Raises ModelNotFoundError if a file is missing.
        """
        if self._fingerprint is None:
            self._fingerprint = fingerprint(self._model)
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector. Loads the model where no manifest tells it; raises what `load` raises."""
        return self._model.dimension or self._load().dimension

    def load(self) -> None:
        """Verify and load the model now, and not at the first text; about 0.2 s. Does nothing the second time.

        Raises:
            ModelNotFoundError: a file is missing.
            ModelCorruptError: a file has another SHA-256 than its manifest says, or is no model or tokenizer that can be run.
            MissingDependencyError: onnxruntime or tokenizers is not installed.
        """
        self._load()

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """Vectors of the texts in their order, shape (len(texts), dimension), float32, each row of length 1.

        Texts are cut after the model's number of tokens. Raises InvalidInputError if texts is one string or the role is unknown, and what `load` raises.
        """
        import numpy as np  # late: importing erstwhile.embed must not import numpy

        listed = checked_texts(texts, role)
        vectors = np.empty((len(listed), self.dimension), dtype=np.float32)
        if not listed:
            return vectors
        loaded = self._load()
        prefix = self._model.prefixes[role]
        encoded = [loaded.encode(prefix + text) for text in listed]
        runs = list(self._runs(encoded))
        for rows, result in zip(runs, loaded.run_all([[encoded[row] for row in rows] for rows in runs]), strict=True):
            vectors[rows] = result
        return loaded.adapted(vectors) if role == "query" else vectors

    def _runs(self, encoded: Sequence[list[int]]) -> Iterator[list[int]]:
        """Positions of texts to run together: of one length in tokens, and within the bound of a run; the longest first, so that threads end together."""
        by_length = sorted(range(len(encoded)), key=lambda row: len(encoded[row]), reverse=True)
        for length, group in groupby(by_length, key=lambda row: len(encoded[row])):
            rows = list(group)
            size = max(1, RUN_TOKENS // length) if self._model.batchable else 1
            yield from (rows[start : start + size] for start in range(0, len(rows), size))

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                verify(self._model)
                self._loaded = _Loaded(self._model, self._threads)
            return self._loaded


class _Loaded:
    """A session, its tokenizer, and how the one feeds the other."""

    def __init__(self, model: EmbeddingModel, threads: int) -> None:
        self._model = model
        self._threads = threads
        self._tokenizer = open_tokenizer(model.tokenizer, needed_by=NEEDED_BY)
        self._tokenizer.enable_truncation(model.max_tokens)
        self._session = self._open(threads=min(threads, SHARING))
        self._lock = threading.Lock()
        self._single: InferenceSession | None = None
        self._inputs = {given.name: given.type for given in self._session.get_inputs()}
        unknown = self._inputs.keys() - {"input_ids", "attention_mask", "token_type_ids", "position_ids"}
        if unknown:
            raise ModelCorruptError(f"{model.onnx} asks for {', '.join(sorted(unknown))}, which erstwhile cannot give; export it as a plain text encoder")
        names = [given.name for given in self._session.get_outputs()]
        self._output = next((name for name in TOKEN_OUTPUTS if name in names), names[0])
        self.dimension = model.dimension or len(self.run([self.encode("")])[0])
        self._adapter = None if model.query_adapter is None else _read_adapter(model.query_adapter, self.dimension)

    def _open(self, *, threads: int) -> InferenceSession:
        return open_session(self._model.onnx, threads=threads, needed_by=NEEDED_BY)

    def encode(self, text: str) -> list[int]:
        """Token ids, cut to the model's length."""
        if self._model.lowercase:
            text = text.lower()
        # A lone surrogate can be in a str but not in UTF-8, which the tokenizer takes.
        ids: list[int] = self._tokenizer.encode(text.encode("utf-8", "replace").decode()).ids
        # A tokenizer without special tokens makes nothing of an empty text, and a model cannot run on nothing.
        return ids or [0]

    def run_all(self, runs: Sequence[Sequence[list[int]]]) -> list[NDArray[np.float32]]:
        """The vectors of each run; see `run`.

        A few runs share their products out between threads, for the sake of the one who waits. Of many, each thread takes whole runs, which is a third
        faster altogether, with a session of its own kind, opened when first needed.
        """
        if self._threads == 1 or len(runs) < MANY:
            return [self.run(batch) for batch in runs]
        with self._lock:
            self._single = self._single or self._open(threads=1)
        with ThreadPoolExecutor(min(self._threads, len(runs)), thread_name_prefix="erstwhile-embed") as pool:
            return list(pool.map(partial(self.run, session=self._single), runs))

    def run(self, batch: Sequence[list[int]], *, session: InferenceSession | None = None) -> NDArray[np.float32]:
        """Vectors of texts of equal length, shape (len(batch), dimension)."""
        import numpy as np

        ids = np.array(batch, dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
            "position_ids": np.broadcast_to(np.arange(ids.shape[1]), ids.shape),
        }
        try:
            (output,) = (session or self._session).run([self._output], {name: feed[name].astype(dtype_of(kind)) for name, kind in self._inputs.items()})
        except Exception as error:
            raise ModelCorruptError(f"{self._model.onnx} cannot be run ({type(error).__name__}); export it as a plain text encoder") from error
        return np.stack([self._vector(rows) for rows in output])

    def adapted(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """The vectors of queries, moved by the query adapter, if there is one."""
        return vectors if self._adapter is None else _moved(vectors, self._adapter)

    def _vector(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Pool (tokens, dimension), or take (dimension,) as pooled already, and bring it to length 1.

        In float64 and one text at a time, so that neither the batch nor the order of a sum can reach a bit of the result.
        """
        import numpy as np

        exact = rows.astype(np.float64)
        if exact.ndim == 2:
            exact = exact[0] if self._model.pooling == "cls" else exact.mean(axis=0)
        length = np.sqrt((exact * exact).sum())
        if exact.ndim != 1 or not np.isfinite(length) or length == 0:
            raise ModelCorruptError(f"{self._model.onnx} gave no usable vector; export it as a plain text encoder")
        vector: NDArray[np.float32] = (exact / length).astype(np.float32)
        return vector


def _read_adapter(path: Path, dimension: int) -> NDArray[np.float64]:
    import numpy as np

    try:
        with path.open("rb") as file:
            matrix = np.lib.format.read_array(file, allow_pickle=False)
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise ModelCorruptError(f"{path} is no matrix in numpy's format; {INSTALL_AGAIN}") from error
    if not (matrix.shape == (dimension + 1, dimension) and matrix.dtype.kind == "f" and np.isfinite(matrix).all()):
        raise ModelCorruptError(f"{path} holds no {dimension + 1} rows of {dimension} finite floats, which this model's queries need; fit it to this model")
    return matrix.astype(np.float64)


def _moved(vectors: NDArray[np.float32], adapter: NDArray[np.float64]) -> NDArray[np.float32]:
    """Row by row and without a library's product, for the same reason as above."""
    import numpy as np

    moved = np.empty_like(vectors)
    for row, vector in enumerate(vectors.astype(np.float64)):
        exact = vector + (vector[:, None] * adapter[:-1]).sum(axis=0) + adapter[-1]
        length = np.sqrt((exact * exact).sum())
        # A vector that the adapter takes to nothing, or beyond all bounds, has no direction left but its own.
        moved[row] = exact / length if 0 < length < np.inf else vector
    return moved


def _available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
