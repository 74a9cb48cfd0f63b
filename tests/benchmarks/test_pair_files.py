"""The pairs of memories are what their README says. Nothing here prints a text: a fault is named by the id of its pair."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from benchmarks.pairs import SETS

from erstwhile import MemoryType
from erstwhile.relations import Relation

FOLDER = Path(__file__).resolve().parents[2] / "tests/data/pairs"
FIELDS = {"part", "id", "old", "new", "relation", "type", "old_at", "new_at", "reason"}
SOURCES = {"stated", "corrected", "tool", "inferred"}
COUNTED = re.compile(r"^\| (\w[\w ]*) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


def _read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def _well_formed(pair: dict[str, Any]) -> bool:
    old_source, new_source = pair.get("old_source", "stated"), pair.get("new_source", "stated")
    old_at, new_at = (date.fromisoformat(pair[side]) for side in ("old_at", "new_at"))
    less_trusted = new_source in ("tool", "inferred") and old_source == "stated"
    return (
        FIELDS <= set(pair) <= FIELDS | {"old_source", "new_source"}
        and re.fullmatch(r"[a-z]-\d{3}", pair["id"]) is not None
        and {old_source, new_source} <= SOURCES
        and all(3 <= len(pair[side].split()) <= 40 for side in ("old", "new"))
        and bool(pair["reason"].strip())
        and (old_at < new_at if pair["relation"] != "contradicts" else old_at == new_at or less_trusted)
    )


@pytest.mark.parametrize("name", SETS)
def test_pairs_have_the_form_that_the_readme_gives(name: str) -> None:
    """Fields, sources, dates and lengths are as promised to whoever writes or reads them."""
    faulty = [pair["id"] for pair in _read(name) if not _well_formed(pair)]
    assert not faulty


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_balanced(name: str) -> None:
    """Four varied pairs and two everyday ones for each type and relation: none is easier by what it is made of."""
    counts = Counter((pair["part"], pair["type"], pair["relation"]) for pair in _read(name))
    assert counts == {(part, str(kind), str(relation)): of for part, of in (("everyday", 2), ("varied", 4)) for kind in MemoryType for relation in Relation}


@pytest.mark.parametrize("name", SETS)
def test_the_readme_counts_the_pairs(name: str) -> None:
    """The table of counts is that of the files."""
    said = {label: [int(number) for number in numbers] for label, *numbers in COUNTED.findall((FOLDER / "README.md").read_text(encoding="utf-8"))}
    counts = Counter(key for pair in _read(name) for key in ((pair["relation"], pair["part"]), ("in all", pair["part"])))
    found = {label: [counts[label, "everyday"], counts[label, "varied"]] for label in (*map(str, Relation), "in all")}
    assert said == {label: [*numbers, sum(numbers)] for label, numbers in found.items()}


def test_no_pair_is_in_two_sets() -> None:
    """What was tuned on is not measured on: neither an id nor a text occurs twice."""
    pairs = [pair for name in SETS for pair in _read(name)]
    ids, texts = Counter(pair["id"] for pair in pairs), Counter((pair["old"].casefold(), pair["new"].casefold()) for pair in pairs)
    twice = [pair["id"] for pair in pairs if ids[pair["id"]] > 1 or texts[pair["old"].casefold(), pair["new"].casefold()] > 1]
    assert not twice
