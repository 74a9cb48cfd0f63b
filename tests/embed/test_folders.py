"""Models that are not ours: a folder, or a name on the hub."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Literal

import huggingface_hub
import numpy as np
import onnxruntime
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from erstwhile.embed import load_embedder
from erstwhile.errors import InvalidInputError, MissingDependencyError, ModelCorruptError, ModelError, ModelNotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Build

MEAN = {"word_embedding_dimension": 99, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
CLS = {"word_embedding_dimension": 99, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
RED, GREEN, QUERY, PASSAGE = [1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]


def unit(*words: list[float]) -> np.ndarray:
    mean = np.mean(words, axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


@pytest.mark.parametrize(("pooling", "expected"), [(MEAN, unit(RED, GREEN)), (CLS, unit(RED)), (None, unit(RED, GREEN))])
def test_pooling_of_the_folder(build: Build, pooling: dict[str, Any] | None, expected: np.ndarray) -> None:
    """Vectors are pooled as the folder says, by mean or by first token, and by mean where it is silent; padding and cut left in the tokenizer do not count."""
    embedder = load_embedder(build() if pooling is None else build(pooling=pooling))
    np.testing.assert_allclose(embedder.embed(["red green"], role="passage")[0], expected, atol=1e-6)


def test_dimension_comes_from_the_output(build: Build) -> None:
    """Configuration files lie about the dimension; the model's output does not."""
    assert load_embedder(build(pooling=MEAN)).dimension == 3


@pytest.mark.parametrize("kind", ["plain", "dynamic"])
def test_batch_does_not_matter(build: Build, kind: Literal["plain", "dynamic"]) -> None:
    """A foreign model, dynamically quantised or not, gives a text the same bytes alone and beside a text that would drown it."""
    embedder = load_embedder(build(kind=kind))
    texts = ["red blue", "loud loud", "green blue", "blue"]
    alone = b"".join(embedder.embed([text], role="passage").tobytes() for text in texts)
    assert embedder.embed(texts, role="passage").tobytes() == alone


def test_dynamic_quantisation_would_matter(build: Build) -> None:
    """The premise of the test above: run in one batch, the texts of a dynamically quantised model do change each other."""
    session = onnxruntime.InferenceSession(str(build(kind="dynamic") / "onnx" / "model.onnx"), providers=["CPUExecutionProvider"])

    def run(*ids: list[int]) -> np.ndarray:
        (output,) = session.run(None, {"input_ids": np.array(ids), "attention_mask": np.ones_like(ids)})
        return np.asarray(output[0])

    assert not np.allclose(run([1, 3]), run([1, 3], [4, 4]))


@pytest.mark.parametrize(
    ("prompts", "query", "passage"),
    [
        ({"prompts": {"query": "query ", "passage": "passage "}}, [QUERY, RED], [PASSAGE, RED]),
        ({"prompts": {"query": "query ", "document": "passage "}}, [QUERY, RED], [PASSAGE, RED]),
        ({"prompts": {"query": "query "}, "default_prompt_name": None}, [QUERY, RED], [RED]),
        ({"prompts": {"other": "passage "}, "default_prompt_name": "other"}, [PASSAGE, RED], [PASSAGE, RED]),
        ({"__version__": {}}, [RED], [RED]),
    ],
)
def test_prefixes(build: Build, prompts: dict[str, Any], query: list[list[float]], passage: list[list[float]]) -> None:
    """The model's own prompts are put before queries and passages."""
    embedder = load_embedder(build(prompts=prompts))
    np.testing.assert_allclose(embedder.embed(["red"], role="query")[0], unit(*query), atol=1e-6)
    np.testing.assert_allclose(embedder.embed(["red"], role="passage")[0], unit(*passage), atol=1e-6)


def test_cut_and_case(build: Build) -> None:
    """Text is cut at the folder's number of tokens, and lowercased where it asks for that."""
    embedder = load_embedder(build(bert={"max_seq_length": 2, "do_lower_case": True}))
    np.testing.assert_allclose(embedder.embed(["RED green blue blue"], role="passage")[0], unit(RED, GREEN), atol=1e-6)


@pytest.mark.parametrize("file", ["model.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx"])
def test_where_the_model_lies(build: Build, file: str) -> None:
    """Exporters put the ONNX file in one of a few places; the file itself can be named as well."""
    folder = build(file=file)
    from_folder, from_file = load_embedder(str(folder)), load_embedder(folder / file)
    assert from_folder.fingerprint == from_file.fingerprint
    assert from_folder.embed(["red"], role="query").tobytes() == from_file.embed(["red"], role="query").tobytes()


def test_fingerprint_follows_the_content(build: Build, tmp_path: Path) -> None:
    """A folder that moved is the same model; one whose weights or external data changed is another."""
    folder = build()
    original = load_embedder(folder).fingerprint
    assert load_embedder(shutil.copytree(folder, tmp_path / "moved")).fingerprint == original
    (folder / "onnx" / "model.onnx_data").write_bytes(b"weights")
    assert load_embedder(folder).fingerprint != original


@pytest.mark.parametrize(
    ("configs", "message"),
    [
        ({"pooling": {"pooling_mode_max_tokens": True}}, "pools by max"),
        ({"pooling": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}}, "pools by cls, mean"),
        ({"pooling": {"pooling_mode": "lasttoken"}}, "pools by lasttoken"),
        ({"modules": [{"type": "sentence_transformers.models.Transformer"}, {"type": "sentence_transformers.models.Dense"}]}, "Dense"),
    ],
)
def test_unsupported_step_is_refused(build: Build, configs: dict[str, Any], message: str) -> None:
    """A step that erstwhile does not take is an error, and not a wrong vector."""
    with pytest.raises(ModelError, match=message):
        load_embedder(build(**configs))


def test_supported_steps_are_taken(build: Build) -> None:
    """The usual three modules of sentence-transformers load."""
    kinds = ("Transformer", "Pooling", "Normalize")
    folder = build(modules=[{"type": f"sentence_transformers.models.{kind}"} for kind in kinds], pooling={"pooling_mode": "mean"})
    assert load_embedder(folder).dimension == 3


def test_broken_files_are_named(build: Build) -> None:
    """A file that is no model, no tokenizer or no JSON is named, with what to do about it."""
    folder = build()
    (folder / "1_Pooling" / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=r"config\.json"):
        load_embedder(folder)
    folder = build(pooling=MEAN)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=r"tokenizer\.json"):
        load_embedder(folder).embed(["red"], role="query")
    folder = build()
    (folder / "onnx" / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelCorruptError, match=r"model\.onnx"):
        load_embedder(folder).embed(["red"], role="query")


def test_failing_run_does_not_quote_the_text(build: Build) -> None:
    """Errors end up in logs, which must not hold what was to be remembered."""
    with pytest.raises(ModelCorruptError, match="cannot be run") as caught:
        load_embedder(build(kind="broken")).embed(["red secret"], role="query")
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"


def test_missing_parts_are_named(build: Build, tmp_path: Path) -> None:
    """A folder without a model or a tokenizer says which one it lacks."""
    folder = build()
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelNotFoundError, match=r"tokenizer\.json"):
        load_embedder(folder)
    with pytest.raises(ModelNotFoundError, match=r"no ONNX model"):
        load_embedder(tmp_path)


class Hub:
    """Stands in for the hub: a folder, whether it is cached, and the calls made."""

    def __init__(self, folder: Path, *, cached: bool) -> None:
        self.folder, self.cached = folder, cached
        self.calls: list[tuple[str, str | None, bool]] = []

    def snapshot_download(self, repo_id: str, *, revision: str | None, allow_patterns: list[str], local_files_only: bool) -> str:
        self.calls.append((repo_id, revision, local_files_only))
        if local_files_only and not self.cached:
            raise LocalEntryNotFoundError("not cached")
        return str(self.folder)


@pytest.mark.parametrize("cached", [True, False])
def test_hub_name_is_fetched_on_request(build: Build, monkeypatch: pytest.MonkeyPatch, cached: bool) -> None:
    """A name with hf: is taken from the cache, and downloaded only if it is not there."""
    hub = Hub(build(pooling=MEAN), cached=cached)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.snapshot_download)
    embedder = load_embedder("hf:org/name@v1.2")
    np.testing.assert_allclose(embedder.embed(["red green"], role="query")[0], unit(RED, GREEN), atol=1e-6)
    assert hub.calls == [("org/name", "v1.2", True)] + [("org/name", "v1.2", False)] * (not cached)


def test_half_a_download_is_completed(build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache that an interrupted download left without the model is filled, and not taken for the model."""
    complete = build()

    def snapshot_download(repo_id: str, *, local_files_only: bool, **_: object) -> str:
        return str(tmp_path / "half" if local_files_only else complete)

    (tmp_path / "half").mkdir()
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    assert load_embedder("hf:org/name").dimension == 3


def test_nothing_else_reaches_the_hub(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """No download without the user's asking: profiles, folders and bare names never touch the hub."""
    monkeypatch.setattr(huggingface_hub, "snapshot_download", pytest.fail)
    for spec in ("bge-small", "fast", build()):
        load_embedder(spec).embed(["red"], role="query")
    with pytest.raises(ModelNotFoundError, match="hf:"):
        load_embedder("org/name")


def test_hub_trouble_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection, no such name, a malformed name and a missing library each say what to do."""

    def offline(*_: object, local_files_only: bool, **__: object) -> str:
        raise LocalEntryNotFoundError("not cached") if local_files_only else ConnectionError("offline")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(ModelNotFoundError, match="connection"):
        load_embedder("hf:org/name")
    with pytest.raises(InvalidInputError, match="hub name"):
        load_embedder("hf:../../etc")
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "erstwhile\[hub\]"'):
        load_embedder("hf:org/name")
