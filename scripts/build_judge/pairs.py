"""The pairs to learn from and to develop against. What the judge is measured on in the end is never read here."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
TRAINING = Path(__file__).resolve().parent / "pairs"
JOURNALS = Path(__file__).resolve().parent / "journals"
DEVELOPMENT = ROOT / "tests/data/pairs/tuning.jsonl"
HIDDEN = ("unseen", "sealed")
LABELS = ("duplicate", "refines", "supersedes", "contradicts", "coexists", "unsure")
SYMMETRIC = ("duplicate", "coexists")
GROUPED = "g"
"""How the names of the authors begin who wrote several later texts for each earlier one: g and another letter."""
HELD = 12
"""One in so many of their earlier texts, and of the journals, is held for calibration."""
SPOKEN = "cb"
"""The file of pairs out of conversations that is held for calibration as a whole."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A pair and its label; or, where a teacher labelled it, a share for each of LABELS.

    ``rewordings`` are other texts that say what ``old`` says: the label holds for them as well.
    """

    id: str
    old: str
    new: str
    relation: str
    part: str = ""
    shares: tuple[float, ...] | None = None
    rewordings: tuple[str, ...] = ()

    @property
    def label(self) -> int:
        return LABELS.index(self.relation)

    @property
    def author(self) -> str:
        return self.id.partition("-")[0]


def read(path: Path) -> list[Example]:
    """The pairs of a file. Raises ValueError for one that is held back."""
    return [Example(id=row["id"], old=row["old"], new=row["new"], relation=row["relation"], part=row.get("part", "")) for row in _rows(path)]


def unlabelled(path: Path) -> list[Example]:
    """The pairs of a file that says nothing of how they relate, or whose word is not asked. Raises ValueError for one that is held back."""
    return [Example(id="", old=row["old"], new=row["new"], relation="") for row in _rows(path)]


def _rows(path: Path) -> list[dict[str, Any]]:
    if any(word in str(path.resolve()) for word in HIDDEN):
        raise ValueError(f"{path} is neither for training nor for development")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True, kw_only=True)
class Journal:
    """What one person told an agent.

    ``related`` are the pairs within each thread, with their labels; texts of different threads have nothing to do with each other. ``held`` ones are for
    calibration.
    """

    related: tuple[Example, ...]
    threads: tuple[tuple[str, ...], ...]
    held: bool


def journals() -> list[Journal]:
    """All journals, author by author; a text of its own is a thread of one."""
    return [_journal(json.loads(line)) for path in sorted(JOURNALS.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]


def _journal(row: dict[str, Any]) -> Journal:
    related = []
    for number, thread in enumerate(row["threads"], 1):
        for key, relation in thread["labels"].items():
            old, new = (thread["texts"][int(place) - 1] for place in key.split("-"))
            related.append(Example(id=f"{row['id']}-{number}-{key}", old=old, new=new, relation=relation))
    threads = (*(tuple(thread["texts"]) for thread in row["threads"]), *((text,) for text in row["singles"]))
    return Journal(related=tuple(related), threads=threads, held=zlib.crc32(row["id"].encode()) % HELD == 0)


def training_set(without: Sequence[str] = ()) -> list[Example]:
    """All pairs to learn from, author by author, but for those of the authors ``without`` and for what `calibration_set` holds."""
    return paired_set(without) + [example for journal in journals() if not journal.held for example in journal.related]


def paired_set(without: Sequence[str] = ()) -> list[Example]:
    """The same without the journals: what authors wrote as pairs."""
    every = [example for example in _written() if example.author not in without]
    same = defaultdict(list)
    for example in every:
        if example.relation == "duplicate":
            same[example.old].append(example.new)
    return [replace(example, rewordings=tuple(text for text in same[example.old] if text != example.new)) for example in every if not _held(example)]


def development_set() -> list[Example]:
    """The pairs that settings are chosen on, and thresholds."""
    return read(DEVELOPMENT)


def calibration_set() -> list[Example]:
    """Pairs by authors of the training set that are not learnt: thresholds are chosen on them too."""
    return [example for example in _written() if _held(example)] + [example for journal in journals() if journal.held for example in journal.related]


def spoken_set() -> list[Example]:
    """Pairs that erstwhile drew from conversations and a judge of before took for a clash or a repetition, and some others; they are not learnt."""
    return read(TRAINING / f"{SPOKEN}.jsonl")


def _written() -> list[Example]:
    return [example for path in sorted(TRAINING.glob("*.jsonl")) if path.stem != SPOKEN for example in read(path)]


def _held(example: Example) -> bool:
    """Whether a pair is for calibration: with all others of the same earlier text, and only where authors wrote several later ones for each."""
    author = example.author
    return len(author) > 1 and author.startswith(GROUPED) and zlib.crc32(example.old.encode()) % HELD == 0


def augmented(examples: Sequence[Example], rng: random.Random, *, swaps: float, reworded: float, strangers: float, echoes: float) -> list[Example]:
    """The pairs, symmetric ones sometimes turned round, the earlier text sometimes in other words.

    To them come pairs of texts that have nothing to do with each other, and a text said twice.
    """
    out = []
    for given in examples:
        example = replace(given, old=rng.choice(given.rewordings)) if given.rewordings and rng.random() < reworded else given
        turned = example.shares is None and example.relation in SYMMETRIC and rng.random() < swaps
        out.append(Example(id=example.id, old=example.new, new=example.old, relation=example.relation) if turned else example)
    for _ in range(int(strangers * len(examples))):
        one, other = rng.sample(range(len(examples)), 2)
        out.append(Example(id="stranger", old=examples[one].old, new=examples[other].new, relation="coexists"))
    for _ in range(int(echoes * len(examples))):
        text = rng.choice(examples).old
        out.append(Example(id="echo", old=text, new=rng.choice((text, text.lower(), text.rstrip("."))), relation="duplicate"))
    return out
