"""What the trained judge learnt from, held apart from what it is measured on."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from erstwhile.model import MemoryType
from erstwhile.relations import Relation

ROOT = Path(__file__).resolve().parents[2]
TRAINING = sorted((ROOT / "scripts/build_judge/pairs").glob("*.jsonl"))
JOURNALS = sorted((ROOT / "scripts/build_judge/journals").glob("*.jsonl"))
HELD_BACK = sorted((ROOT / "tests/data/pairs").glob("*.jsonl"))


@cache
def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def shape(text: str) -> str:
    """A text without case, spaces and punctuation, hashed: a test that fails must not show what is held back."""
    return hashlib.sha256("".join(filter(str.isalnum, text.casefold())).encode()).hexdigest()


def shapes(path: Path) -> set[str]:
    return {shape(row[side]) for row in rows(path) for side in ("old", "new")}


def written(path: Path) -> set[str]:
    """The texts of a file of journals, as `shape` has them."""
    return {shape(text) for row in rows(path) for text in (*row["singles"], *(text for thread in row["threads"] for text in thread["texts"]))}


def test_there_are_pairs_on_both_sides() -> None:
    """The tests below compare something with something."""
    assert {path.stem for path in HELD_BACK} >= {"tuning", "unseen", "sealed"}
    assert sum(len(rows(path)) for path in TRAINING) > 25_000
    assert sum(len(rows(path)) for path in JOURNALS) > 100


@pytest.mark.parametrize("path", HELD_BACK, ids=lambda path: path.stem)
def test_no_text_to_measure_on_was_trained_on(path: Path) -> None:
    """A figure from these files says how the judge does on what it never saw, neither as a pair nor as half of one."""
    learnt = set().union(*map(shapes, TRAINING), *map(written, JOURNALS))
    both = len(shapes(path) & learnt)
    assert both == 0, f"{both} texts of {path.name} are among the training pairs"


@pytest.mark.parametrize("path", TRAINING, ids=lambda path: path.stem)
def test_each_pair_is_one_that_can_be_learnt_from(path: Path) -> None:
    """A reader finds the same five fields on every line, with a relation and a type that erstwhile knows."""
    wrong = [
        number
        for number, row in enumerate(rows(path), 1)
        if list(row) != ["id", "old", "new", "relation", "type"]
        or not row["id"].startswith(f"{path.stem}-")
        or not (row["old"].strip() and row["new"].strip())
        or row["relation"] not in set(Relation)
        or row["type"] not in set(MemoryType)
    ]
    assert not wrong, f"{path.name}: lines {wrong}"


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: path.stem)
def test_each_journal_labels_every_pair_of_a_thread(path: Path) -> None:
    """What is not labelled in a journal is of two threads, and so unrelated: nothing may be left out by mistake."""
    for number, row in enumerate(rows(path), 1):
        assert list(row) == ["id", "who", "threads", "singles"], f"{path.name}: line {number}"
        assert row["id"] == f"{path.stem}-{number:02d}"
        for thread in row["threads"]:
            wanted = {f"{one}-{other}" for one, other in combinations(range(1, len(thread["texts"]) + 1), 2)}
            assert set(thread["labels"]) == wanted, f"{row['id']}: {thread['labels']}"
            assert set(thread["labels"].values()) <= set(Relation)
            assert thread["type"] in set(MemoryType)


def test_each_pair_stands_once() -> None:
    """A pair that stood twice would count twice, and one with two labels teaches nothing."""
    every = [row for path in TRAINING for row in rows(path)]
    assert not [id for id, count in Counter(row["id"] for row in every).items() if count > 1]
    assert not [pair for pair, count in Counter((row["old"].lower(), row["new"].lower()) for row in every).items() if count > 1]


def test_the_table_counts_what_is_there() -> None:
    """The figures of the folder's README are those of its files."""
    lines = (ROOT / "scripts/build_judge/pairs/README.md").read_text(encoding="utf-8").splitlines()
    head, _, *table = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    relations = head[2:]
    counted = [[path.name, rows(path)] for path in TRAINING]
    counted.append(["together", [row for path in TRAINING for row in rows(path)]])
    expected = [[name, str(len(every)), *(str(sum(row["relation"] == relation for row in every)) for relation in relations)] for name, every in counted]
    assert table == expected
    assert set(relations) == set(Relation)
