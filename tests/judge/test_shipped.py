"""The trained judge that comes with erstwhile."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import pytest
from tests.conflicts.said import said

from erstwhile.judge import Cascade, OnnxJudge, Pair, RuleJudge, shipped_judge
from erstwhile.judge.onnx import FILES
from erstwhile.relations import Relation
from erstwhile.testing import JudgeSuite, make_version

FOLDER = Path(str(files("erstwhile_judge_mini")))
BUILD = Path(__file__).resolve().parents[2] / "scripts/build_judge"
PLAIN = (
    ("My manager is Dana.", "My new manager is Priya.", Relation.SUPERSEDES),
    ("My favourite colour is blue.", "Blue is my favourite colour.", Relation.DUPLICATE),
    ("The standup is at nine.", "My sister plays the violin.", Relation.COEXISTS),
)

NEWS = (
    ("I work at Acme", "I joined Globex last week", "My wife joined Globex last week"),
    ("I'm single", "I got married", "My sister got married"),
    ("I use VS Code", "I've been on Neovim since January", "I tried Neovim yesterday"),
    ("I have a dog named Rex", "My dog died", "I have a cat named Tom"),
    ("I take lisinopril 10 mg", "My doctor switched me to losartan", "My father takes losartan"),
    ("I'm looking for a job", "I got the job at Globex", "My brother got the job at Globex"),
    ("I live in Berlin", "We bought a house in Porto and moved in last week", "I visited Porto"),
    ("Alice is my manager", "I report to Bob now", "Bob is the tech lead of the data team"),
    ("My knee hurts", "My knee is fine again", "My elbow is fine again"),
    ("The project uses Python 3.10", "The project uses Python 3.12", "The project also uses Node 20"),
)
"""What was known, news that makes an end of it without naming it, and news that does not."""


def pair(earlier: str, later: str) -> Pair:
    return Pair(earlier=make_version(earlier), later=make_version(later, valid_from="2024-06-01"), cosine=0.6)


PAIRS = [pair(earlier, later) for earlier, later, _ in PLAIN]


def shipped() -> OnnxJudge:
    judge = shipped_judge()
    assert judge is not None
    return judge


@pytest.fixture(scope="module")
def judge() -> OnnxJudge:
    """Loaded once: nothing that a test does to it changes it."""
    loaded = shipped()
    loaded.load()
    return loaded


@pytest.mark.parametrize(("known", "ending", "beside"), NEWS)
def test_everyday_news_ends_what_was_known(judge: OnnxJudge, known: str, ending: str, beside: str) -> None:
    """It need not name what it puts an end to; what is told of somebody or something else ends nothing."""
    both = Cascade([RuleJudge(), judge]).judge([said(known, ending), said(known, beside)])
    assert [found.relation is Relation.SUPERSEDES for found in both] == [True, False]


class TestContract(JudgeSuite):
    """It keeps to the contract of every judge."""

    def make(self) -> OnnxJudge:
        return shipped()


def test_it_is_what_its_manifest_says(judge: OnnxJudge) -> None:
    """Nobody runs a model that was damaged or exchanged on the way; every relation has its label; the name is the one that records will carry."""
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in FILES} == {name: manifest["files"][name]["sha256"] for name in FILES}
    assert set(manifest["labels"]) <= set(Relation)
    assert judge.name == "pairs-bge-w7a8"


def test_it_says_where_it_comes_from() -> None:
    """The licence travels with the model, and so does what was changed."""
    assert "Apache License" in (FOLDER / "LICENSE").read_text(encoding="utf-8")
    notice = (FOLDER / "NOTICE").read_text(encoding="utf-8")
    assert "bge-small-en-v1.5" in notice
    assert "MIT License" in (FOLDER / "LICENSE-MIT").read_text(encoding="utf-8")
    assert "Changes:" in notice


@pytest.mark.parametrize(("earlier", "later", "relation"), PLAIN, ids=[relation for *_, relation in PLAIN])
def test_a_plain_pair_is_judged_right_or_not_at_all(judge: OnnxJudge, earlier: str, later: str, relation: Relation) -> None:
    """What anybody would see is not taken for something else."""
    (found,) = judge.judge([pair(earlier, later)])
    assert found is None or found.relation == relation


def test_it_knows_something(judge: OnnxJudge) -> None:
    """It does not pass the test above by never saying a word."""
    assert any(judge.judge(PAIRS))


def test_a_second_run_gives_the_same_scores(judge: OnnxJudge) -> None:
    """To the last bit, by the same judge and by a new one: what a write decides can be repeated."""
    first = [judge._load().shares(each.earlier.content, each.later.content) for each in PAIRS]
    assert [judge._load().shares(each.earlier.content, each.later.content) for each in PAIRS] == first
    again = shipped()
    assert [again._load().shares(each.earlier.content, each.later.content) for each in PAIRS] == first


def test_threads_give_the_same_scores(judge: OnnxJudge) -> None:
    """Several threads at one judge, from its first pair on, and none sees the numbers of another."""
    expected = list(judge.judge(PAIRS))
    fresh = shipped()
    with ThreadPoolExecutor(4) as pool:
        assert all(list(found) == expected for found in pool.map(lambda _: fresh.judge(PAIRS), range(8), timeout=60))


def build(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(BUILD), *arguments], capture_output=True, text=True, check=False)


def test_installing_copies_a_judge_under_the_shipped_name(tmp_path: Path) -> None:
    """One command puts an exported judge into its package: the files as they are, the manifest with the name."""
    exported = tmp_path / "exported"
    exported.mkdir()
    for name in FILES:
        (exported / name).write_bytes((FOLDER / name).read_bytes())
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    (exported / "manifest.json").write_text(json.dumps(manifest | {"name": "a-trial"}), encoding="utf-8")
    result = build("install", str(exported), "--package", str(tmp_path / "package"))
    assert result.returncode == 0, result.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "package").iterdir()} == {
        name: (FOLDER / name).read_bytes() for name in ("manifest.json", *FILES)
    }


def test_a_damaged_judge_is_not_installed(tmp_path: Path) -> None:
    """What is no judge never becomes the shipped one, and leaves what is there alone."""
    for name in ("manifest.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    result = build("install", str(tmp_path), "--package", str(tmp_path / "package"))
    assert result.returncode == 1
    assert re.search("was not installed: .*SHA-256", result.stderr)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
