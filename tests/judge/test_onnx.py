"""The judge around a trained classifier of pairs."""

from __future__ import annotations

import json
import math
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from erstwhile.errors import MissingDependencyError, ModelCorruptError, ModelNotFoundError
from erstwhile.judge import OnnxJudge, Pair
from erstwhile.relations import Relation
from erstwhile.testing import JudgeSuite, make_version

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Build, Kind

SURE = math.exp(3) / (math.exp(3) + 2)
"""How likely a label is to which one word gives 3, and nothing gives anything to the two others."""


def pair(earlier: str, later: str) -> Pair:
    return Pair(earlier=make_version(earlier), later=make_version(later, valid_from="2024-06-01"), cosine=0.5)


class TestContract(JudgeSuite):
    """The judge keeps to the contract, with a model that knows few words and one that knows the side they are on."""

    @pytest.fixture(autouse=True, params=["plain", "types"])
    def _folder(self, build: Build, request: pytest.FixtureRequest) -> None:
        self.folder = build(kind=request.param)

    def make(self) -> OnnxJudge:
        return OnnxJudge(self.folder)


@pytest.mark.parametrize(
    ("later", "relation"), [("We like tea", Relation.COEXISTS), ("We migrated to it", Relation.SUPERSEDES), ("It is so again", Relation.DUPLICATE)]
)
def test_the_likeliest_label_is_the_judgement(build: Build, later: str, relation: Relation) -> None:
    """Labels come in the manifest's order, the score is the softmax of the model's output, and a person can read why."""
    judge = OnnxJudge(build())
    (found,) = judge.judge([pair("We use Postgres", later)])
    assert found is not None
    assert (found.relation, found.score, found.judge, found.ends) == (relation, pytest.approx(SURE), "tiny-1", False)
    assert found.reason == f"tiny-1 gives {relation} 0.91, and 0.80 is enough."


@pytest.mark.parametrize(("threshold", "relation"), [(0.9, Relation.SUPERSEDES), (0.92, None)])
def test_each_label_has_its_threshold(build: Build, threshold: float, relation: Relation | None) -> None:
    """What is not sure enough for its own label is no judgement, however low the thresholds of the others."""
    judge = OnnxJudge(build(thresholds={"coexists": 0, "supersedes": threshold, "duplicate": 0}))
    (found,) = judge.judge([pair("We use Postgres", "We migrated to it")])
    assert (found and found.relation) == relation


@pytest.mark.parametrize("side", ["earlier", "later"])
def test_what_is_out_of_a_conversation_has_a_threshold_of_its_own(build: Build, side: str) -> None:
    """It counts where it is the higher one, and where either text is out of a conversation."""
    stated = pair("We use Postgres", "We migrated to it")
    version = getattr(stated, side)
    drawn = replace(stated, **{side: replace(version, source=replace(version.source, quote=version.content))})
    higher, lower = (
        OnnxJudge(build(drawn={"supersedes": 0.92})),
        OnnxJudge(build(drawn={"supersedes": 0.1}, thresholds=dict.fromkeys(("coexists", "supersedes", "duplicate"), 0.92))),
    )
    assert [found is None for found in higher.judge([stated, drawn])] == [False, True]
    assert [found is None for found in lower.judge([stated, drawn])] == [True, True]


def test_large_scores_do_not_overflow(build: Build) -> None:
    """A model that is very sure gives 1, and not what is no number."""
    (found,) = OnnxJudge(build()).judge([pair("loud", "loud loud")])
    assert found is not None
    assert (found.relation, found.score) == (Relation.DUPLICATE, 1.0)


def test_a_pair_that_is_too_long_is_not_judged(build: Build) -> None:
    """Nothing is judged on a part of it; what just fits is, whatever cut the tokenizer's file asks for."""
    judge = OnnxJudge(build())
    fits, too_long = judge.judge([pair("a b c d e f", "g h i j k l migrated"), pair("a b c d e f", "g h i j k l m migrated")])
    assert fits is not None
    assert too_long is None


def test_the_side_reaches_the_model(build: Build) -> None:
    """A model that asks for it is told which text is the later one."""
    earlier, later = OnnxJudge(build(kind="types")).judge([pair("We migrated to it", "a"), pair("a", "We migrated to it")])
    assert earlier is None
    assert later is not None


def test_inputs_of_32_bits(build: Build) -> None:
    """Some exporters make the inputs int32."""
    (found,) = OnnxJudge(build(kind="int32")).judge([pair("a", "We migrated to it")])
    assert found is not None


def test_nothing_is_loaded_before_it_is_needed(build: Build) -> None:
    """Opening a memory does not wait for the judge's model; no pairs need none."""
    folder = build()
    (folder / "model.onnx").unlink()
    judge = OnnxJudge(str(folder))
    assert judge.judge([]) == []
    with pytest.raises(ModelNotFoundError, match=r"model\.onnx cannot be read"):
        judge.judge([pair("a", "b")])


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    """A wrong path is told at once, and told from a damaged model."""
    with pytest.raises(ModelNotFoundError, match=r"manifest\.json"):
        OnnxJudge(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"name": ""},
        {"name": "two\nlines"},
        {"labels": ["coexists"]},
        {"labels": ["coexists", "supersedes", "supersedes"]},
        {"labels": ["coexists", "supersedes", "replaces"]},
        {"thresholds": {"coexists": 0.8}},
        {"thresholds": {"coexists": 0.8, "supersedes": 0.8, "duplicate": 80}},
        {"thresholds": {"coexists": 0.8, "supersedes": 0.8, "duplicate": 0.8, "unsure": 0.8}},
        {"max_tokens": 0},
        {"max_tokens": "many"},
        {"files": {}},
        {"files": {"model.onnx": {"sha256": "0" * 64}}},
        {"files": {"model.onnx": {"sha256": "0"}, "tokenizer.json": {"sha256": "0"}}},
    ],
)
def test_a_manifest_that_makes_no_sense(build: Build, change: dict[str, Any]) -> None:
    """A manifest is checked as a whole before anything is judged by it."""
    folder = build(**change)
    with pytest.raises(ModelCorruptError, match="manifest of a judge"):
        OnnxJudge(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": 1}', b"[" * 100_000, b'{"x": ' + b"[" * 100_000])
def test_a_manifest_that_is_none(build: Build, content: bytes) -> None:
    """Any file in its place is an error that names it."""
    folder = build()
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ModelCorruptError, match=r"manifest\.json"):
        OnnxJudge(folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_that_changed_is_not_loaded(build: Build, name: str) -> None:
    """A judge decides what is retired: not one byte of it may be another than was published."""
    folder = build()
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    with pytest.raises(ModelCorruptError, match="SHA-256"):
        OnnxJudge(folder).load()


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_that_is_something_else(build: Build, name: str) -> None:
    """A folder that was put together wrongly, checksums and all, is an error of ours that names the file."""
    folder = build()
    (folder / name).write_text("{}", encoding="utf-8")
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    files[name] = {"sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}
    (folder / "manifest.json").write_text(json.dumps(json.loads((folder / "manifest.json").read_text(encoding="utf-8")) | {"files": files}), encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=name):
        OnnxJudge(folder).load()


@pytest.mark.parametrize(
    ("kind", "message"),
    [("two labels", "3 finite scores"), ("infinite", "3 finite scores"), ("strange input", "pixels"), ("broken", "cannot be run")],
)
def test_a_model_of_another_kind(build: Build, kind: Kind, message: str) -> None:
    """A model that does not fit its manifest is found out when it is loaded, and not in the middle of a write."""
    with pytest.raises(ModelCorruptError, match=message):
        OnnxJudge(build(kind=kind)).load()


@pytest.mark.parametrize("module", ["onnxruntime", "tokenizers"])
def test_a_missing_dependency(build: Build, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """The error has the line that mends it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=f"pip install {module}"):
        OnnxJudge(build()).load()


def test_the_fingerprint_follows_what_decides(build: Build, tmp_path: Path) -> None:
    """A folder that moved is the same judge; other thresholds, labels in another order and another model are another one."""
    first = OnnxJudge(build()).fingerprint
    assert OnnxJudge(shutil.copytree(tmp_path / "judge", tmp_path / "moved")).fingerprint == first
    assert first.startswith("tiny-1@")
    others = [
        OnnxJudge(build(thresholds={"coexists": 0.8, "supersedes": 0.9, "duplicate": 0.8})).fingerprint,
        OnnxJudge(build(labels=["supersedes", "coexists", "duplicate"])).fingerprint,
        OnnxJudge(build(max_tokens=17)).fingerprint,
        OnnxJudge(build(kind="types")).fingerprint,
    ]
    assert len({first, *others}) == 5
