"""Make pairs that teach what is no clash, and what is one: ``python scripts/build_judge strangers --out FOLDER``.

strangers.jsonl: texts of one journal and of different threads that look alike and have nothing to do with each other, as what a search of a store finds beside
a memory. crossed.jsonl: later texts of the pairs with other earlier texts of the same author that look alike: news that ends something, beside what it does not
end. heldout.jsonl and crossed_heldout.jsonl: the same of journals and authors that are not learnt; thresholds are chosen on them. negations.jsonl: a text of
the pairs and its denial.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import combine
import numpy as np
import pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pairs import Example

NEAREST = 4
VERB = re.compile(r"\b(is|are|was|were|can|must|will|should)\b(?! not\b)", re.IGNORECASE)
DENIED = re.compile(r"\b(is|are|was|were|can|must|will|should) not\b", re.IGNORECASE)
NO = re.compile(r"\b(not|no|never|nor|none|neither|nobody|nothing|without)\b|n't|\?", re.IGNORECASE)
SHORT = 90
"""Characters of a text that is denied, at most."""


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="build_judge strangers", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder")
    parser.add_argument("--held", nargs="*", default=[], metavar="AUTHOR", help="whose crossed pairs are held out")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="AUTHOR", help="whose texts are crossed with nothing, such as ra")
    parser.add_argument("--negations", type=int, default=700)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args(given)
    rng = random.Random(arguments.seed)  # noqa: S311 - for shuffling
    arguments.out.mkdir(parents=True, exist_ok=True)
    learnt = pairs.paired_set([*arguments.held, *arguments.leave_out])
    held = [example for example in pairs.paired_set() if example.author in arguments.held]
    for name, found in (
        ("strangers", _strangers(held=False)),
        ("heldout", _strangers(held=True)),
        ("crossed", _crossed(learnt)),
        ("crossed_heldout", _crossed(held)),
    ):
        _write(arguments.out / f"{name}.jsonl", found, "coexists")
        print(f"{name}: {len(found)} pairs")
    denied = _denials()
    rng.shuffle(denied)
    _write(arguments.out / "negations.jsonl", denied[: arguments.negations], "supersedes")
    print(f"negations: {min(len(denied), arguments.negations)} of {len(denied)}")
    return 0


def _strangers(*, held: bool) -> list[tuple[str, str]]:
    """Each text of a journal with those of other threads that are nearest to it, as the earlier and as the later one."""
    found = {}
    for journal in pairs.journals():
        if journal.held is not held:
            continue
        texts = [text for thread in journal.threads for text in thread]
        thread_of = np.array([number for number, thread in enumerate(journal.threads) for _ in thread])
        units = combine.vectors(texts)
        near = units @ units.T
        near[thread_of[:, None] == thread_of[None, :]] = -1
        for row, best in enumerate(np.argsort(-near, axis=1)[:, :NEAREST]):
            found.update(dict.fromkeys((texts[row], texts[other]) for other in best.tolist()))
    return list(found)


def _crossed(examples: Iterable[Example]) -> list[tuple[str, str]]:
    """Each later text with those of its author's earlier texts that are nearest to it and that it was not written for."""
    found = {}
    written = defaultdict(list)
    for example in examples:
        written[example.author].append(example)
    for told in written.values():
        earlier, later = sorted({example.old for example in told}), sorted({example.new for example in told})
        near = combine.vectors(later) @ combine.vectors(earlier).T
        place = {text: number for number, text in enumerate(earlier)}, {text: number for number, text in enumerate(later)}
        near[[place[1][example.new] for example in told], [place[0][example.old] for example in told]] = -1
        for row, best in enumerate(np.argsort(-near, axis=1)[:, :NEAREST]):
            found.update(dict.fromkeys((earlier[other], later[row]) for other in best.tolist() if earlier[other] != later[row]))
    return list(found)


def _denials() -> list[tuple[str, str]]:
    """Short texts with one verb that can be denied, and one that is: each against the other way round."""
    found = {}
    for text in sorted({text for example in pairs.training_set() for text in (example.old, example.new)}):
        if len(text) > SHORT:
            continue
        if len(DENIED.findall(text)) == 1 and len(NO.findall(text)) == 1:
            found[text, DENIED.sub(r"\1", text)] = None
        elif len(VERB.findall(text)) == 1 and not NO.search(text):
            found[text, VERB.sub(r"\1 not", text)] = None
    return list(found)


def _write(path: Path, found: Iterable[tuple[str, str]], relation: str) -> None:
    lines = [{"id": f"{path.stem}-{number}", "old": old, "new": new, "relation": relation} for number, (old, new) in enumerate(found, 1)]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
