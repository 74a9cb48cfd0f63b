"""The reranker around a cross-encoder."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest

from erstwhile.errors import InvalidInputError, MissingDependencyError, ModelCorruptError, ModelNotFoundError
from erstwhile.rerank import OnnxReranker, reranked
from erstwhile.rerank import onnx as module
from erstwhile.results import Hit
from erstwhile.testing import RerankerSuite, make_version

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Build, Kind

QUERY = "what"
FULL = ("a " * 100).strip()
"""More words than any pair here has room for."""


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


class TestContract(RerankerSuite):
    """It keeps to the contract, whatever the model's outputs, inputs and quantisation."""

    @pytest.fixture(autouse=True, params=["plain", "two labels", "types", "dynamic"])
    def _folder(self, build: Build, request: pytest.FixtureRequest) -> None:
        self.folder = build(kind=request.param)

    def make(self) -> OnnxReranker:
        return OnnxReranker(self.folder)


def test_one_output_is_a_sigmoid(build: Build) -> None:
    """A model with one output gives the score before the sigmoid, as cross-encoders are exported."""
    assert OnnxReranker(build()).score(QUERY, ["a good one", "fair", "a", "bad"]) == pytest.approx([sigmoid(2), sigmoid(1), 0.5, sigmoid(-2)])


def test_two_outputs_are_a_softmax(build: Build) -> None:
    """Of two outputs the last means relevant, and the score is its share."""
    assert OnnxReranker(build(kind="two labels")).score(QUERY, ["good", "a", "bad"]) == pytest.approx([sigmoid(2), 0.5, sigmoid(-3)])


def test_hits_come_in_the_order_of_relevance(build: Build) -> None:
    """From a recall and a folder to the new order."""
    texts = ["a bad one", "a fair one", "a good one", "another fair one"]
    hits = [Hit(version=make_version(text), score=1 - place / 10) for place, text in enumerate(texts)]
    ordered = reranked(hits, OnnxReranker(build()).score(QUERY, [hit.content for hit in hits]))
    assert [hit.content for hit in ordered] == ["a good one", "a fair one", "another fair one", "a bad one"]


def test_large_scores_do_not_overflow(build: Build) -> None:
    """A model that is very sure gives 1 or 0, and not what is no number."""
    assert OnnxReranker(build()).score(QUERY, ["loud loud loud", "bad " * 450]) == (1.0, pytest.approx(0.0))


def test_the_side_reaches_the_model(build: Build) -> None:
    """A model that asks for it is told which words are the text's."""
    reranker = OnnxReranker(build(kind="types"))
    assert reranker.score("good", ["a"]) == (0.5,)
    assert reranker.score("a", ["good"]) == pytest.approx([sigmoid(2)])


def test_inputs_of_32_bits(build: Build) -> None:
    """Some exporters make the inputs int32."""
    assert OnnxReranker(build(kind="int32")).score(QUERY, ["good"]) == pytest.approx([sigmoid(2)])


def test_a_batch_would_matter(build: Build) -> None:
    """The premise of the contract's test of independence: run in one batch, the pairs of a dynamically quantised model do change each other."""
    session = onnxruntime.InferenceSession(str(build(kind="dynamic") / "model.onnx"), providers=["CPUExecutionProvider"])

    def run(*ids: list[int]) -> float:
        (output,) = session.run(None, {"input_ids": np.array(ids), "attention_mask": np.ones_like(ids)})
        return float(output[0][0])

    assert run([4]) == pytest.approx(1)
    assert run([4], [6]) != pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("query", "text", "score"),
    [
        # Sixteen tokens, of which three are the model's own: room for thirteen.
        (QUERY, "a " * 11 + "good", sigmoid(2)),
        (QUERY, "a " * 12 + "good", 0.5),
        ("a a a a a good", FULL, sigmoid(2)),
        ("a a a a a good", "good " + FULL, sigmoid(4)),
        ("a a a a a good", "a a a a a a good", sigmoid(4)),
        ("a a a a a good", "a a a a a a a good", sigmoid(2)),
        ("good " + FULL, "good " + FULL, sigmoid(4)),
        ("a " * 7 + "good", FULL, 0.5),
        ("a " * 7 + "good", "a a a a good", sigmoid(4)),
    ],
)
def test_a_long_pair_is_cut_at_the_end_of_the_text(build: Build, query: str, text: str, score: float) -> None:
    """A text loses its end; a query keeps at least half of the room, and all that the text leaves, whatever cut the tokenizer's file asks for."""
    assert OnnxReranker(build(), max_tokens=16).score(query, [text]) == pytest.approx([score])


@pytest.mark.parametrize(
    ("configs", "room"),
    [
        ({}, 512),
        ({"config": {"max_position_embeddings": 20}}, 20),
        ({"tokenizer_config": {"model_max_length": 24}}, 24),
        ({"config": {"max_position_embeddings": 24}, "tokenizer_config": {"model_max_length": 20}}, 20),
        ({"config": {"max_position_embeddings": 8194}}, 512),
        ({"tokenizer_config": {"model_max_length": 1000000000000000019884624838656}}, 512),
        ({"tokenizer_config": {"model_max_length": 1e30}, "config": {"max_position_embeddings": -1}}, 512),
        ({"tokenizer_config": {"model_max_length": None}, "config": {"max_position_embeddings": "many"}}, 512),
    ],
)
def test_the_folder_says_how_much_is_read(build: Build, configs: dict[str, Any], room: int) -> None:
    """Pairs are cut to what the model was made for, and to 512 tokens where the folder says nothing of use."""
    reranker = OnnxReranker(build(**configs))
    fits = "a " * (room - 5) + "good"
    assert reranker.score(QUERY, [fits, "a " + fits]) == pytest.approx([sigmoid(2), 0.5])


def test_what_is_given_comes_before_what_the_folder_says(build: Build) -> None:
    """A caller may want less, for speed, or know better."""
    folder = build(config={"max_position_embeddings": 20})
    assert OnnxReranker(folder, max_tokens=40).score(QUERY, ["a " * 30 + "good"]) == pytest.approx([sigmoid(2)])


@pytest.mark.parametrize("file", ["model.onnx", "onnx/model.onnx"])
def test_where_the_model_lies(build: Build, file: str) -> None:
    """Exporters put the model in one of two places."""
    reranker = OnnxReranker(str(build(file=file)))
    assert reranker.score(QUERY, ["good"]) == pytest.approx([sigmoid(2)])
    assert reranker.name == "tiny-reranker"


@pytest.mark.parametrize("file", ["other.onnx", "onnx/model_quantized.onnx"])
def test_a_file_may_be_named(build: Build, file: str) -> None:
    """Where a folder holds several models, or one by another name, the file says which; the reranker is still called after the folder."""
    folder = build(file=file)
    reranker = OnnxReranker(folder / file)
    assert reranker.score(QUERY, ["good"]) == pytest.approx([sigmoid(2)])
    assert reranker.name == "tiny-reranker"
    with pytest.raises(ModelNotFoundError, match=r"no model\.onnx and no onnx/model\.onnx.*give the \.onnx file itself"):
        OnnxReranker(folder)


@pytest.mark.parametrize(("folder", "name"), [("two\nlines ", "two lines"), (" ", "onnx")])
def test_the_name_is_one_line(build: Build, tmp_path: Path, folder: str, name: str) -> None:
    """A folder's name goes into explanations, whatever its owner typed."""
    assert OnnxReranker(build().rename(tmp_path / folder)).name == name


def test_missing_parts_are_named(build: Build, tmp_path: Path) -> None:
    """A wrong path is told at once, and says what is missing there."""
    with pytest.raises(ModelNotFoundError, match=r"model\.onnx"):
        OnnxReranker(tmp_path / "nowhere")
    folder = build()
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelNotFoundError, match=r"tokenizer\.json"):
        OnnxReranker(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"x": ' + b"[" * 100_000])
def test_a_configuration_that_is_none(build: Build, name: str, content: bytes) -> None:
    """A damaged file is named, and not passed over."""
    folder = build()
    (folder / name).write_bytes(content)
    with pytest.raises(ModelCorruptError, match=name):
        OnnxReranker(folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_that_is_something_else(build: Build, name: str) -> None:
    """A folder that was put together wrongly is an error of ours that names the file."""
    folder = build()
    (folder / name).write_text("{}", encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=name):
        OnnxReranker(folder).load()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("three labels", r"shape \(1, 3\)"),
        ("flat", r"shape \(1,\)"),
        ("infinite", "not a finite number"),
        ("strange input", "pixels"),
        ("broken", "cannot be run"),
    ],
)
def test_a_model_of_another_kind(build: Build, kind: Kind, message: str) -> None:
    """What is not a cross-encoder is found out when it is loaded, and not in the middle of a question."""
    with pytest.raises(ModelCorruptError, match=message):
        OnnxReranker(build(kind=kind)).load()


def test_a_tokenizer_that_runs_the_two_together(build: Build) -> None:
    """Without what stands between query and text, a cross-encoder gives scores that mean nothing."""
    with pytest.raises(ModelCorruptError, match=r"tokenizer\.json puts 0 tokens"):
        OnnxReranker(build(separated=False)).load()


def test_what_is_not_a_number_is_no_score(build: Build) -> None:
    """A model that fails on one text says so, without the text, and does not put it anywhere in the order."""
    reranker = OnnxReranker(build())
    with pytest.raises(ModelCorruptError, match="not a finite number") as caught:
        reranker.score(QUERY, ["good", "nothing private"])
    assert "private" not in f"{caught.value} {caught.value.__cause__}"
    assert reranker.score(QUERY, ["good"]) == pytest.approx([sigmoid(2)])


def test_a_pair_longer_than_the_model_reads(build: Build) -> None:
    """A folder that does not say how little its model reads fails with what mends it, and without the text."""
    folder = build(kind="twelve positions")
    with pytest.raises(ModelCorruptError, match=r"cannot be run on 13 tokens .* lower max_tokens") as caught:
        OnnxReranker(folder).score(QUERY, ["a " * 8 + "private"])
    assert "private" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("settings", [{"max_tokens": 15}, {"max_tokens": 0}, {"threads": 0}])
def test_settings_that_make_no_sense(build: Build, settings: dict[str, int]) -> None:
    """They are refused at once, with their value."""
    (name, value), *_ = settings.items()
    with pytest.raises(InvalidInputError, match=f"{name} is {value}"):
        OnnxReranker(build(), **settings)


def test_texts_that_are_none_are_refused(build: Build) -> None:
    """One text by mistake is not taken for a list of letters, and no message quotes what was given."""
    reranker = OnnxReranker(build())
    wrong: list[tuple[Any, Any]] = [(QUERY, "private"), (QUERY, ["a", b"private"]), (["private"], ["a"])]
    for query, texts in wrong:
        with pytest.raises(InvalidInputError) as caught:
            reranker.score(query, texts)
        assert "private" not in str(caught.value)


def test_a_lone_surrogate_is_scored(build: Build) -> None:
    """What a terminal or a file system may hand over is no reason to fail a question."""
    assert OnnxReranker(build()).score("\ud800", ["good \udfff"]) == pytest.approx([sigmoid(2)])


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_any_number_of_threads(build: Build, threads: int) -> None:
    """A model runs on as many as it is given."""
    assert OnnxReranker(build(), threads=threads).score(QUERY, ["good"]) == pytest.approx([sigmoid(2)])


def test_it_is_loaded_once(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that ask at the same time do not each load a model."""
    opened: list[Path] = []
    everybody = threading.Barrier(8)
    check, open_session = module._checked, module.open_session

    def checked(query: str, texts: list[str]) -> object:
        everybody.wait(timeout=60)
        return check(query, texts)

    def counted(path: Path, *, threads: int, **words: str) -> object:
        opened.append(path)
        return open_session(path, threads=threads, **words)

    monkeypatch.setattr(module, "_checked", checked)
    monkeypatch.setattr(module, "open_session", counted)
    reranker = OnnxReranker(build())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: reranker.score(QUERY, ["good"]), range(8), timeout=60))
    assert len(opened) == 1


def test_nothing_is_loaded_before_it_is_needed(build: Build) -> None:
    """Opening a memory does not wait for the model, and a recall that found nothing needs none."""
    folder = build()
    reranker = OnnxReranker(folder)
    (folder / "model.onnx").write_bytes(b"no model any more")
    assert reranker.score(QUERY, []) == ()
    with pytest.raises(ModelCorruptError, match=r"model\.onnx"):
        reranker.score(QUERY, ["good"])


def test_importing_and_opening_is_cheap(build: Build) -> None:
    """Who has no reranker pays nothing for it, and who has one pays at the first question."""
    code = "import json, sys; import erstwhile; from erstwhile.rerank import OnnxReranker; OnnxReranker(sys.argv[1]); print(json.dumps(sorted(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code, str(build())], capture_output=True, check=True, text=True)
    assert not {name.partition(".")[0] for name in json.loads(printed.stdout)} & {"numpy", "onnxruntime", "tokenizers"}


@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers"])
def test_a_missing_dependency(build: Build, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """The error has the line that mends it."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingDependencyError, match=f"pip install {missing}"):
        OnnxReranker(build()).load()
