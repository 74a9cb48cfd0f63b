"""The matrix by which the vectors of questions are moved."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from erstwhile.embed import OnnxEmbedder, load_embedder
from erstwhile.embed.models import PROFILES, QUERY_ADAPTER, packaged_model, read_manifest
from erstwhile.errors import ModelCorruptError, ModelNotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embed.conftest import Build

QUESTIONS = ["What does she do for a living?", "", "lactose", "Which of the two boats did they keep?", "word " * 300]
ANSWERS = {
    "What does she do for a living?": "I tune pianos, mostly in schools.",
    "Which instruments can he play?": "My accordion is at the repair shop again.",
    "Is there anything the guests must not eat?": "Jo swells up from hazelnuts.",
    "How do they get to the office?": "The 7:10 ferry was full, so I was late for stand-up.",
    "Why was the launch put off?": "Legal found a clause that nobody had signed.",
}
DISTRACTORS = (
    "What do you do all day, really?",
    "Do you play anything?",
    "What would you like to eat?",
    "See you at the office!",
    "How was the launch?",
    "That sounds lovely.",
)


@pytest.fixture(params=sorted(PROFILES))
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def without(profile: str) -> OnnxEmbedder:
    return OnnxEmbedder(replace(packaged_model(profile), query_adapter=None))


def test_questions_are_moved_as_the_file_says(profile: str) -> None:
    """The formula of the docstring, worked out apart from the code."""
    model = packaged_model(profile)
    assert model.query_adapter is not None
    matrix = np.load(model.query_adapter).astype(np.float64)
    plain = without(profile).embed(QUESTIONS, role="query").astype(np.float64)
    moved = plain + plain @ matrix[:-1] + matrix[-1]
    found = load_embedder(profile).embed(QUESTIONS, role="query")
    np.testing.assert_allclose(found, moved / np.linalg.norm(moved, axis=1, keepdims=True), atol=1e-6)
    assert found.dtype == np.float32
    assert float((found * plain).sum(axis=1).min()) < 0.99


def test_passages_stay(profile: str) -> None:
    """What a store holds, and what is compared when a memory is written, is as it was without an adapter."""
    texts = list(ANSWERS.values())
    assert load_embedder(profile).embed(texts, role="passage").tobytes() == without(profile).embed(texts, role="passage").tobytes()


def test_a_question_has_the_same_bytes_in_any_batch(profile: str) -> None:
    """Recall is deterministic: neither the other questions of a call nor the threads reach a question."""
    alone = b"".join(load_embedder(profile, threads=1).embed([question], role="query").tobytes() for question in QUESTIONS)
    for threads in (1, 2, 4):
        assert load_embedder(profile, threads=threads).embed(QUESTIONS, role="query").tobytes() == alone


def test_a_question_comes_nearer_to_its_answer_than_to_what_sounds_like_it(profile: str) -> None:
    """What it is for: an answer in other words wins more places against small talk that shares the question's."""
    texts = [*ANSWERS.values(), *DISTRACTORS]

    def places(embedder: OnnxEmbedder) -> list[int]:
        # How many texts are nearer to each question than its answer.
        scores = embedder.embed(list(ANSWERS), role="query") @ embedder.embed(texts, role="passage").T
        return [int((row > row[number]).sum()) for number, row in enumerate(scores)]

    assert sum(places(OnnxEmbedder(packaged_model(profile)))) < sum(places(without(profile)))


def test_the_fingerprint_is_of_the_vectors_that_are_kept(profile: str) -> None:
    """With another adapter a store's own vectors are what they were: it is opened as before, and nothing is embedded anew."""
    assert load_embedder(profile).fingerprint == without(profile).fingerprint


def test_a_folder_of_ones_own_may_have_one(build: Build) -> None:
    """Whoever fits an adapter to a model of their own puts it beside the model."""
    folder = build()
    plain = load_embedder(folder)
    before, kept = plain.embed(["red"], role="query"), plain.embed(["red"], role="passage")
    matrix = np.zeros((4, 3))
    matrix[-1] = [0, 1, 0]
    np.save(folder / QUERY_ADAPTER, matrix)
    embedder = load_embedder(folder)
    moved = embedder.embed(["red", "red"], role="query")
    expected = before[0] + matrix[-1]
    np.testing.assert_allclose(moved, [expected / np.linalg.norm(expected)] * 2, atol=1e-6)
    assert embedder.embed(["red"], role="passage").tobytes() == kept.tobytes()


def test_what_is_taken_to_nothing_stays(build: Build) -> None:
    """An adapter that sends a vector to the origin leaves it no direction; its own is kept, and no number is NaN."""
    folder = build()
    before = load_embedder(folder).embed(["red"], role="query")
    np.save(folder / QUERY_ADAPTER, np.concatenate([-np.eye(3), np.zeros((1, 3))]))
    assert load_embedder(folder).embed(["red"], role="query").tobytes() == before.tobytes()


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((3, 3)),
        np.zeros((4, 4)),
        np.zeros(12),
        np.zeros((4, 3), dtype=np.int64),
        np.full((4, 3), np.nan),
        np.array([["a"] * 3] * 4),
    ],
    ids=["no offset", "another model's", "flat", "whole numbers", "no numbers", "words"],
)
def test_an_adapter_that_does_not_fit_is_refused(build: Build, matrix: np.ndarray) -> None:
    """The message names the file and the shape that is needed; nothing is searched with half an adapter."""
    folder = build()
    np.save(folder / QUERY_ADAPTER, matrix)
    with pytest.raises(ModelCorruptError, match=r"query_adapter\.npy holds no 4 rows of 3 finite floats"):
        load_embedder(folder).embed(["a secret"], role="query")


@pytest.mark.parametrize("content", [b"", b"no matrix", b"\x93NUMPY\x01\x00"], ids=["empty", "text", "cut"])
def test_what_is_no_matrix_is_refused(build: Build, content: bytes) -> None:
    """A file that numpy cannot read is told from one of another shape."""
    folder = build()
    (folder / QUERY_ADAPTER).write_bytes(content)
    with pytest.raises(ModelCorruptError, match=r"query_adapter\.npy is no matrix"):
        load_embedder(folder).embed(["red"], role="passage")


def test_nothing_is_unpickled(build: Build, tmp_path: Path) -> None:
    """An array of objects is a program: it is refused unread."""
    folder = build()
    np.save(folder / QUERY_ADAPTER, np.array([[{}] * 3] * 4, dtype=object), allow_pickle=True)
    with pytest.raises(ModelCorruptError, match=r"query_adapter\.npy is no matrix"):
        load_embedder(folder).embed(["red"], role="query")


def test_an_adapter_that_is_gone_is_named(profile: str, tmp_path: Path) -> None:
    """The manifest lists it, so recall without it would find other things than it did: the model is not loaded."""
    folder = shutil.copytree(packaged_model(profile).onnx.parent, tmp_path / "copy")
    (folder / QUERY_ADAPTER).unlink()
    with pytest.raises(ModelNotFoundError, match=r"query_adapter\.npy"):
        OnnxEmbedder(read_manifest(folder / "manifest.json")).load()


def test_a_manifest_without_one_is_refused(profile: str, tmp_path: Path) -> None:
    """The scale that is noted for a model is that of questions that are moved; with others, everything would seem to be known."""
    folder = shutil.copytree(packaged_model(profile).onnx.parent, tmp_path / "copy")
    (folder / QUERY_ADAPTER).unlink()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del manifest["files"][QUERY_ADAPTER]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=r"lacks 'query_adapter\.npy'; reinstall"):
        read_manifest(folder / "manifest.json")
