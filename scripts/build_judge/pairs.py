"""The pairs to learn from and to develop against. What the judge is measured on in the end is never read here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
TRAINING = Path(__file__).resolve().parent / "pairs"
DEVELOPMENT = ROOT / "tests/data/pairs/tuning.jsonl"
HIDDEN = ("unseen", "sealed")
LABELS = ("duplicate", "refines", "supersedes", "contradicts", "coexists", "unsure")
SYMMETRIC = ("duplicate", "coexists")


@dataclass(frozen=True, kw_only=True)
class Example:
    """A pair and its label; or, where a teacher labelled it, a share for each of LABELS."""

    id: str
    old: str
    new: str
    relation: str
    part: str = ""
    shares: tuple[float, ...] | None = None

    @property
    def label(self) -> int:
        return LABELS.index(self.relation)


def read(path: Path) -> list[Example]:
    """The pairs of a file. Raises ValueError for one that is held back."""
    if any(word in str(path.resolve()) for word in HIDDEN):
        raise ValueError(f"{path} is neither for training nor for development")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Example(id=row["id"], old=row["old"], new=row["new"], relation=row["relation"], part=row.get("part", "")) for row in rows]


def training_set(limit: int | None = None) -> list[Example]:
    """All pairs to learn from, author by author; the first ``limit`` of them."""
    return [example for path in sorted(TRAINING.glob("*.jsonl")) for example in read(path)][:limit]


def development_set() -> list[Example]:
    """The pairs that thresholds and settings are chosen on."""
    return read(DEVELOPMENT)


def augmented(examples: Sequence[Example], rng: random.Random, *, swaps: float, strangers: float, echoes: float) -> list[Example]:
    """The pairs, symmetric ones sometimes turned round; plus pairs of texts that have nothing to do with each other, and a text said twice."""
    out = []
    for example in examples:
        turned = example.shares is None and example.relation in SYMMETRIC and rng.random() < swaps
        out.append(Example(id=example.id, old=example.new, new=example.old, relation=example.relation) if turned else example)
    for _ in range(int(strangers * len(examples))):
        one, other = rng.sample(range(len(examples)), 2)
        out.append(Example(id="stranger", old=examples[one].old, new=examples[other].new, relation="coexists"))
    for _ in range(int(echoes * len(examples))):
        text = rng.choice(examples).old
        out.append(Example(id="echo", old=text, new=rng.choice((text, text.lower(), text.rstrip("."))), relation="duplicate"))
    return out
