"""What the query adapter is fitted to, and the fit."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from types import ModuleType

BUILD = Path(__file__).resolve().parents[2] / "scripts/build_query_adapter"
DIALOGUES = sorted((BUILD / "dialogues").glob("*.jsonl"))
STORES = sorted((BUILD / "stores").glob("*.jsonl"))
SHORT = 4
"""Words that anybody may say: "What did you tell him?" is longer."""
FORMS = {"question", "keywords", "statement", "request", "broad", "category", "situation"}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"build_query_adapter_{name}", BUILD / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_readme_counts_what_is_there() -> None:
    """The figures of the folder's README are those of its files."""
    told = (BUILD / "README.md").read_text(encoding="utf-8")
    assert f"{sum(len(rows(path)) for path in DIALOGUES)} dialogues" in told
    assert f"{sum(len(rows(path)) for path in STORES)} stores" in told


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_each_dialogue_cites_what_was_said(path: Path) -> None:
    """A citation of a turn that is not there would teach another one."""
    for number, row in enumerate(rows(path), 1):
        turns = {f"{session}:{turn}" for session, talk in enumerate(row["sessions"], 1) for turn in range(1, len(talk["turns"]) + 1)}
        assert all(one["date"] <= other["date"] for one, other in pairwise(row["sessions"])), f"line {number}: a session before the one it follows"
        assert {who for talk in row["sessions"] for who, _ in talk["turns"]} <= set(row["people"]), f"line {number}"
        for asked in row["questions"]:
            assert asked["q"].strip(), f"line {number}"
            assert asked["evidence"], f"line {number}"
            assert set(asked["evidence"]) <= turns, f"line {number}: {asked}"


@pytest.mark.parametrize("path", STORES, ids=lambda path: path.stem)
def test_each_store_cites_what_it_holds(path: Path) -> None:
    """The same for stores of memories."""
    for number, row in enumerate(rows(path), 1):
        for asked in row["questions"]:
            assert asked["form"] in FORMS, f"line {number}"
            assert asked["evidence"], f"line {number}"
            assert all(1 <= place <= len(row["memories"]) for place in asked["evidence"]), f"line {number}: {asked}"


def test_places_have_few_texts_in_common() -> None:
    """But for a greeting or a short question now and then, what was said in one place was said there alone."""
    told = load("texts").read()
    assert len(told) > 100
    texts = Counter(text for each in told for text in set(each.texts) if len(text.split()) > SHORT)
    assert sum(count > 1 for count in texts.values()) < len(texts) / 2000


def test_a_dialogue_is_read_as_it_stands() -> None:
    """The first dialogue, by hand: turns of all sessions in a row, citations as places, speakers' names out of the questions."""
    row, told = rows(DIALOGUES[0])[0], load("texts").read()[0]
    turns = [text for session in row["sessions"] for _, text in session["turns"]]
    assert told.texts == tuple(turns)
    session, turn = map(int, row["questions"][0]["evidence"][0].split(":"))
    assert told.texts[told.evidence[0][0]] == row["sessions"][session - 1]["turns"][turn - 1][1]
    assert not any(name.casefold() in question.casefold().split() for name in row["people"] for question in told.questions)


def turned(seed: int, *, stores: int = 12, width: int = 16) -> list[Any]:
    """Stores in which every question is its answer, turned and blurred by the same matrix."""
    fitting, rng = load("fitting"), np.random.default_rng(seed)
    turn, _ = np.linalg.qr(np.eye(width) + 0.6 * rng.standard_normal((width, width)))
    found = []
    for number in range(stores):
        texts = rng.standard_normal((40, width))
        texts /= np.linalg.norm(texts, axis=1, keepdims=True)
        questions = texts @ turn + 0.05 * rng.standard_normal(texts.shape)
        questions /= np.linalg.norm(questions, axis=1, keepdims=True)
        found.append(fitting.Store(kind="made", author=str(number), texts=texts, questions=questions, evidence=tuple((place,) for place in range(40))))
    return found


def test_what_can_be_learnt_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions of stores that were not learnt are answered far better, where one matrix leads from answers to questions."""
    fitting = load("fitting")
    monkeypatch.setattr(fitting, "EPOCHS", 60)
    monkeypatch.setattr(fitting, "RATE", 1e-2)
    monkeypatch.setattr(fitting, "ECHOES", 0.0)
    monkeypatch.setattr(fitting, "SHARE", 1.0)
    every = turned(0)
    adapter = fitting.fit(every[:10])
    before, after = fitting.found(every[10:], None, 1), fitting.found(every[10:], adapter, 1)
    assert before < 0.5
    assert after > 0.9


def test_what_texts_have_in_common_does_not_count() -> None:
    """A moved question stands at right angles to the mean of each kind's texts, so that none is nearer than another to texts of any sort."""
    fitting, rng = load("fitting"), np.random.default_rng(3)
    every = turned(2, stores=4)
    for number, store in enumerate(every):
        texts = store.texts + (np.eye(16)[number % 2] * 2)
        every[number] = replace(store, kind="even" if number % 2 == 0 else "odd", texts=texts / np.linalg.norm(texts, axis=1, keepdims=True))
    moved = fitting.fit(every)(rng.standard_normal((50, 16)))
    for kind in ("even", "odd"):
        mean = np.concatenate([store.texts for store in every if store.kind == kind]).mean(axis=0)
        assert np.linalg.norm(mean) > 0.5
        np.testing.assert_allclose(moved @ mean, 0, atol=1e-9)


def test_a_fit_can_be_had_again() -> None:
    """The same texts and seed give the same adapter."""
    fitting, every = load("fitting"), turned(1, stores=3)
    one, other = fitting.fit(every), fitting.fit(every)
    assert one.matrix.tobytes() == other.matrix.tobytes()
    assert one.offset.tobytes() == other.offset.tobytes()


def test_the_slope_is_that_of_the_loss() -> None:
    """The derivative, by small steps."""
    fitting, rng = load("fitting"), np.random.default_rng(2)
    scores = rng.standard_normal((4, 7))
    right = np.zeros((4, 7), dtype=bool)
    right[0, 1] = right[1, [0, 6]] = right[2, 3] = right[3, [2, 4, 5]] = True

    def loss(given: np.ndarray) -> float:
        powers = np.exp(given)
        against = np.where(right, 0, powers).sum(axis=1, keepdims=True)
        return float((np.where(right, -np.log(powers / (powers + against)), 0).sum(axis=1) / right.sum(axis=1)).sum())

    slope = np.zeros_like(scores)
    for place in np.ndindex(*scores.shape):
        step = np.zeros_like(scores)
        step[place] = 1e-6
        slope[place] = (loss(scores + step) - loss(scores - step)) / 2e-6
    np.testing.assert_allclose(fitting._slope(scores, right), slope, atol=1e-6)
