"""A judge around a trained pair classifier in ONNX, run on the processor by onnxruntime."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from erstwhile.errors import ModelCorruptError
from erstwhile.inference import INSTALL_AGAIN, check_sha256, open_session, open_tokenizer, pair_feed, pair_inputs, pair_threads, unreadable
from erstwhile.relations import CLASHES, Judgement, Relation

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.judge.protocol import Pair

__all__ = ["MANIFEST_FORMAT", "OnnxJudge"]

MANIFEST_FORMAT: Final = 1
FILES: Final = ("model.onnx", "tokenizer.json")
NEEDED_BY: Final = "this judge"
LONGEST: Final = 16
"""Characters for each token that may be read: a longer pair has too many tokens, unless it is no text, and is not worth counting them."""

_Name = Annotated[str, msgspec.Meta(pattern=r"^[\w.+-]{1,100}$")]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class _File(msgspec.Struct):
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class _Manifest(msgspec.Struct):
    """``manifest.json``, field by field."""

    format: int
    name: _Name
    labels: Annotated[list[Relation], msgspec.Meta(min_length=2)]
    thresholds: dict[Relation, _Share]
    max_tokens: Annotated[int, msgspec.Meta(ge=4)]
    files: dict[str, _File]
    alike: dict[Relation, _Share] = {}
    drawn: dict[Relation, _Share] = {}

    def __post_init__(self) -> None:
        if self.format != MANIFEST_FORMAT:
            raise ValueError(f"its format is {self.format}, and this version of erstwhile reads {MANIFEST_FORMAT}")
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("a label stands twice in labels")
        if self.thresholds.keys() != set(self.labels):
            raise ValueError("thresholds does not give each of the labels its own")
        if missing := [name for name in FILES if name not in self.files]:
            raise ValueError(f"files lacks {' and '.join(missing)}")


class OnnxJudge:
    """A judge around a classifier of pairs of texts, from a folder with ``manifest.json``, ``model.onnx`` and ``tokenizer.json``.

    The manifest gives ``format`` (1), ``name``, ``labels`` (relations, in the order of the model's output), ``thresholds`` (one for each label, 0 to 1),
    ``max_tokens`` and, under ``files``, the ``sha256`` of the other two; and, if it likes, ``alike``: for some labels the least cosine of a pair; and
    ``drawn``: for some labels the threshold of a pair that is `drawn`, where that is higher. The model takes ``input_ids``,
    ``attention_mask`` and, if it likes, ``token_type_ids`` of the earlier and the later content as one pair, int64 or int32 of shape (1, tokens), and its
    first output is a score for each label before softmax, of shape (1, labels).

    Its score is the likeliest label's share; of a clash, the shares of supersedes and contradicts together, for which of the two it is the times of a pair
    tell as well. It abstains where the score stays below the label's threshold, and where a pair has more than ``max_tokens`` tokens: nothing is retired on
    what was not read. Pairs are run one by one, so that none can reach another's numbers, through padding or through a quantisation whose scale is the
    batch's.

    The manifest is read at once; the model is verified and loaded, and anything heavy imported, at the first pair or by `load`. Safe to call from several
    threads.

    Args:
        folder: Where the files are.

    Raises:
        ModelNotFoundError: there is no manifest.
        ModelCorruptError: it is not one that this version reads.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder).expanduser()
        self._manifest = _read_manifest(self._folder / "manifest.json")
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def name(self) -> str:
        """What the judge is called in reasons and records: the manifest's name."""
        return self._manifest.name

    @property
    def fingerprint(self) -> str:
        """Names all that decides its judgements: the files, the labels, the thresholds and the number of tokens. A folder that moved keeps it."""
        content = msgspec.json.encode(self._manifest, order="deterministic")
        return f"{self.name}@{hashlib.sha256(content).hexdigest()[:16]}"

    def load(self) -> None:
        """Verify and load the model now, and not at the first pair. Does nothing the second time.

        Raises:
            ModelNotFoundError: a file is missing.
            ModelCorruptError: a file has another SHA-256 than the manifest says, or is no model or tokenizer that can be run.
            MissingDependencyError: onnxruntime or tokenizers is not installed.
        """
        self._load()

    def judge(self, pairs: Sequence[Pair]) -> Sequence[Judgement | None]:
        """A judgement for each pair, in their order; ``None`` where the model is not sure enough. Raises what `load` raises."""
        if not pairs:
            return []
        loaded = self._load()
        return [self._judgement(loaded.shares(pair.earlier.content, pair.later.content), pair) for pair in pairs]

    def _judgement(self, shares: Sequence[float] | None, pair: Pair) -> Judgement | None:
        if shares is None:
            return None
        # The first of equals, so that a tie is always decided alike.
        score = max(shares)
        relation = self._manifest.labels[shares.index(score)]
        if relation in CLASHES:
            score = min(1.0, sum(share for share, label in zip(shares, self._manifest.labels, strict=True) if label in CLASHES))
        threshold = max(self._manifest.thresholds[relation], self._manifest.drawn.get(relation, 0.0) if pair.drawn else 0.0)
        if pair.cosine < self._manifest.alike.get(relation, -1.0) or score < threshold:
            return None
        reason = f"{self.name} gives {relation} {score:.2f}, and {threshold:.2f} is enough."
        return Judgement(relation=relation, score=score, reason=reason, judge=self.name)

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                for name in FILES:
                    check_sha256(self._folder / name, self._manifest.files[name].sha256)
                self._loaded = _Loaded(self._folder, self._manifest)
            return self._loaded


class _Loaded:
    """A session, its tokenizer, and how the one feeds the other."""

    def __init__(self, folder: Path, manifest: _Manifest) -> None:
        self._onnx = folder / "model.onnx"
        self._labels = len(manifest.labels)
        self._max_tokens = manifest.max_tokens
        self._tokenizer = open_tokenizer(folder / "tokenizer.json", needed_by=NEEDED_BY)
        # What is too long is left alone.
        self._tokenizer.no_truncation()
        self._session = open_session(self._onnx, threads=pair_threads(), needed_by=NEEDED_BY)
        self._inputs = pair_inputs(self._session, self._onnx)
        self._output = self._session.get_outputs()[0].name
        # A model of other labels than the manifest's is found out here, and not in the middle of somebody's write.
        self.shares("a", "b")

    def shares(self, earlier: str, later: str) -> list[float] | None:
        """How likely each label is, in the manifest's order, together 1; ``None`` for a pair that is too long."""
        import numpy as np  # late: importing erstwhile.judge must not import numpy

        if len(earlier) + len(later) > LONGEST * self._max_tokens:
            return None
        encoding = self._tokenizer.encode(earlier, later)
        if not 0 < len(encoding.ids) <= self._max_tokens:
            return None
        feed = pair_feed(encoding, self._inputs)
        try:
            (output,) = self._session.run([self._output], feed)
        except Exception as error:
            raise ModelCorruptError(f"{self._onnx} cannot be run ({type(error).__name__}); export it as a classifier of pairs of texts") from error
        scores = np.asarray(output)
        if scores.shape != (1, self._labels) or not np.isfinite(scores).all():
            raise ModelCorruptError(f"{self._onnx} gave no {self._labels} finite scores, one for each label of its manifest; export it again")
        return [float(share) for share in _softmax(scores[0])]


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    import numpy as np

    exact = scores.astype(np.float64)
    # The greatest is taken off first, so that none overflows.
    powers = np.exp(exact - exact.max())
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares


def _read_manifest(path: Path) -> _Manifest:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except OSError as error:
        raise unreadable(path, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ModelCorruptError(f"{path} is no manifest of a judge ({error}); {INSTALL_AGAIN}") from error
