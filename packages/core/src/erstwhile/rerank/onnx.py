"""A reranker around a cross-encoder in ONNX, run on the processor by onnxruntime."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from erstwhile.errors import InvalidInputError, ModelCorruptError, ModelNotFoundError
from erstwhile.inference import open_session, open_tokenizer, pair_feed, pair_inputs, pair_threads, unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer

__all__ = ["OnnxReranker"]

PLACES: Final = ("model.onnx", "onnx/model.onnx")
"""Where exporters put the model within a folder."""
DECLARED: Final = (("config.json", "max_position_embeddings"), ("tokenizer_config.json", "model_max_length"))
"""Where exporters say how many tokens a model reads."""
DEFAULT_MAX_TOKENS: Final = 512
"""What encoders of the kind of BERT read at most. A model that could read more takes longer, and a memory is seldom as long."""
LEAST_MAX_TOKENS: Final = 16
"""With less there is no room for a question and a text."""
NEEDED_BY: Final = "this reranker"
FETCH_AGAIN: Final = "fetch the model again"
EXPORT_AGAIN: Final = "export a cross-encoder of one output, or of two of which the last means relevant"


class OnnxReranker:
    """A reranker around a cross-encoder, from a folder as Hugging Face exporters write it: ``model.onnx`` or ``onnx/model.onnx``, and ``tokenizer.json``.

    The model takes ``input_ids``, ``attention_mask`` and, if it likes, ``token_type_ids`` of the query and a text as one pair, int64 or int32 of shape
    (1, tokens). Its first output has the shape (1, 1), and the score is its sigmoid; or (1, 2), and the score is the last one's share of the softmax.

    A pair that is too long loses the end of the text. The query is cut too only where it takes more than half of the room, and then to no less than half.
    Pairs are run one by one, so that none can reach another's score, through padding or through a quantisation whose scale is the batch's. The same pair has
    the same score, to the last bit, for one number of threads, one type of processor and one build of onnxruntime.

    The files are looked for at once; the model is loaded, and anything heavy imported, at the first text or by `load`. Safe to call from several threads.

    Args:
        folder: Where the files are; or an ``.onnx`` file by any name, in such a folder or in its ``onnx``.
        max_tokens: Longer pairs are cut, special tokens included; at least 16. Default: the least of 512, ``max_position_embeddings`` in ``config.json`` and
            ``model_max_length`` in ``tokenizer_config.json``, as far as these are there.
        threads: Threads that share one pair out between them; default: two, or one on a single core.

    Raises:
        InvalidInputError: ``max_tokens`` or ``threads`` is too small.
        ModelNotFoundError: the model or its tokenizer is not there.
        ModelCorruptError: a configuration file is not JSON.
    """

    def __init__(self, folder: Path | str, *, max_tokens: int | None = None, threads: int | None = None) -> None:
        if max_tokens is not None and max_tokens < LEAST_MAX_TOKENS:
            raise InvalidInputError(f"max_tokens is {max_tokens}; use {LEAST_MAX_TOKENS} or more")
        if threads is not None and threads < 1:
            raise InvalidInputError(f"threads is {threads}; use 1 or more")
        self._folder, self._onnx = _locate(Path(folder).expanduser())
        self._max_tokens = max_tokens or _declared_tokens(self._folder)
        self._threads = threads or pair_threads()
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def name(self) -> str:
        """What the reranker is called in explanations: the folder's name."""
        return " ".join(self._folder.resolve().name.split()) or "onnx"

    def load(self) -> None:
        """Load the model now, and not at the first text. Does nothing the second time.

        Raises:
            ModelCorruptError: a file is no model or tokenizer that can be run, or the model is not a cross-encoder.
            MissingDependencyError: onnxruntime or tokenizers is not installed.
        """
        self._load()

    def score(self, query: str, texts: Sequence[str]) -> tuple[float, ...]:
        """How relevant each text is to the query, in their order, 0 to 1.

        Raises InvalidInputError if texts is one string or holds what is no string, ModelCorruptError if the model gives what is no finite number, and what
        `load` raises.
        """
        asked, listed = _checked(query, texts)
        if not listed:
            return ()
        loaded = self._load()
        return tuple(loaded.score(asked, text) for text in listed)

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded(self._onnx, self._folder / "tokenizer.json", max_tokens=self._max_tokens, threads=self._threads)
            return self._loaded


class _Loaded:
    """A session, its tokenizer, and how the one feeds the other."""

    def __init__(self, onnx: Path, tokenizer: Path, *, max_tokens: int, threads: int) -> None:
        self._onnx = onnx
        self._tokenizer = _open_tokenizer(tokenizer, max_tokens)
        self._session = open_session(onnx, threads=threads, needed_by=NEEDED_BY, mend=FETCH_AGAIN)
        self._inputs = pair_inputs(self._session, onnx)
        self._output = self._session.get_outputs()[0].name
        # A model of another kind is found out here, and not in the middle of somebody's question.
        self.score("a", "b")

    def score(self, query: str, text: str) -> float:
        """How relevant the text is, 0 to 1."""
        import numpy as np  # late: importing erstwhile.rerank must not import numpy

        encoding = self._tokenizer.encode(query, text)
        feed = pair_feed(encoding, self._inputs)
        try:
            (output,) = self._session.run([self._output], feed)
        except Exception as error:
            tokens = len(encoding.ids)
            raise ModelCorruptError(f"{self._onnx} cannot be run on {tokens} tokens ({type(error).__name__}); lower max_tokens, or {EXPORT_AGAIN}") from error
        scores = np.asarray(output)
        if scores.shape not in {(1, 1), (1, 2)}:
            raise ModelCorruptError(f"{self._onnx} gives a pair an output of shape {scores.shape}; {EXPORT_AGAIN}")
        if not np.isfinite(scores).all():
            raise ModelCorruptError(f"{self._onnx} gave a score that is not a finite number; {FETCH_AGAIN}, or {EXPORT_AGAIN}")
        exact = [float(score) for score in scores[0]]
        # The softmax of two is the sigmoid of their difference.
        return _sigmoid(exact[-1] - (exact[0] if len(exact) == 2 else 0.0))


def _sigmoid(value: float) -> float:
    # Of what is below 0 the power only, so that none overflows.
    power = math.exp(-abs(value))
    return (1.0 if value >= 0 else power) / (1.0 + power)


def _checked(query: str, texts: Sequence[str]) -> tuple[str, list[str]]:
    """What the tokenizer takes; InvalidInputError for what no reranker accepts. The message never quotes a text."""
    if isinstance(texts, str):
        raise InvalidInputError("score takes a sequence of texts and was given one string; pass [text]")
    given = [query, *texts]
    for place, text in enumerate(given):
        if not isinstance(text, str):
            raise InvalidInputError(f"{f'texts[{place - 1}]' if place else 'query'} is a {type(text).__name__}; give a str")
    # A lone surrogate can be in a str but not in UTF-8, which the tokenizer takes.
    asked, *listed = (text.encode("utf-8", "replace").decode() for text in given)
    return asked, listed


def _locate(path: Path) -> tuple[Path, Path]:
    """The folder with the tokenizer, and the model."""
    if path.is_file() and path.suffix == ".onnx":
        folder, onnx = (path.parent if (path.parent / "tokenizer.json").is_file() else path.parent.parent), path
    else:
        found = next((path / place for place in PLACES if (path / place).is_file()), None)
        if found is None:
            raise ModelNotFoundError(f"{path} holds no {' and no '.join(PLACES)}; export a cross-encoder there, or give the .onnx file itself")
        folder, onnx = path, found
    if not (folder / "tokenizer.json").is_file():
        raise ModelNotFoundError(f"{folder} holds no tokenizer.json; save the tokenizer there in the format of the tokenizers library")
    return folder, onnx


def _declared_tokens(folder: Path) -> int:
    """The least that the folder says; what makes no sense, as some exporters write it for "no bound", says nothing."""
    said = [_read_json(folder / file).get(field) for file, field in DECLARED if (folder / file).is_file()]
    return min([DEFAULT_MAX_TOKENS, *(value for value in said if isinstance(value, int) and value >= LEAST_MAX_TOKENS)])


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise unreadable(path, error, mend=FETCH_AGAIN) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ModelCorruptError(f"{path} holds no JSON object; {FETCH_AGAIN}") from error


def _open_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    tokenizer = open_tokenizer(path, needed_by=NEEDED_BY, mend=FETCH_AGAIN)
    added = tokenizer.num_special_tokens_to_add(is_pair=True)
    if not 0 < added <= max_tokens // 2:
        raise ModelCorruptError(
            f"{path} puts {added} tokens of its own into a pair of {max_tokens}; save it with the post-processor of the model, which keeps the texts apart"
        )
    # The longer one first: whichever takes no more than half of the room stays whole.
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")
    return tokenizer
