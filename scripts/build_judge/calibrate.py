"""Choose the thresholds of an exported judge: ``python scripts/build_judge calibrate FOLDER --heldout FILE --crossed FILE``.

It runs in the environment of the checkout, for what counts is what becomes of a pair: the rules are asked first, and what the judge says is held against
claims, values and names. So pairs go through both, with a judge that abstains from nothing, and thresholds are chosen on what is left.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pairs
import scoring

from erstwhile.claims.reading import read
from erstwhile.embed import load_embedder
from erstwhile.judge import Cascade, OnnxJudge, Pair, RuleJudge
from erstwhile.judge.onnx import FILES
from erstwhile.relations import CLASHES, Relation
from erstwhile.testing import make_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pairs import Example

    from erstwhile.embed import Embedder
    from erstwhile.model import Version
    from erstwhile.relations import Judgement

DEVELOPMENT_ENDED, CALIBRATION_ENDED, STRANGERS_ENDED, CROSSED_ENDED = 0.005, 0.01, 0.004, 0.003
"""At most these shares of the pairs that supersede nothing may be called a clash: of the development set, which rules were fitted to; of the calibration set;
of strangers, which a store is full of; and of crossed pairs, news beside what it was not written for, some of which clash all the same. Shares in the mean over
the labels: what leaves open whether the earlier text still holds is mistaken for its end three times as often as the rest, and is a tenth of the calibration
set, but a quarter of the pairs that a judge is measured on (tests/data/pairs)."""
STRANGERS_MERGED = 0.003
"""At most this share of the strangers may be called a repetition."""
SPOKEN_ENDED, SPOKEN_MERGED = 0.02, 0.015
"""At most these shares of the pairs out of conversations that supersede nothing, or repeat nothing, may be called so where a pair is drawn: some three for two
thousand memories that were drawn from these. A judge of before was in doubt of most of these pairs, or they would not be among them."""
PRECISION = 0.93
"""At least this share of the pairs that are called a repetition must be one."""
LATER = "2024-06-01"
"""When the later text of each pair begins to hold; the earlier one does half a year before."""


@dataclass(frozen=True)
class Found:
    """What became of some pairs.

    Attributes:
        clash: How sure it is of each that the two clash: 1 where the rules are, 0 where neither says so.
        merge: The same, that the second repeats the first.
        labels: Places in LABELS.
    """

    clash: NDArray[np.float64]
    merge: NDArray[np.float64]
    labels: NDArray[np.int64]

    def ends(self, rate: float) -> float:
        """The threshold at which a share of ``rate`` of what clashes with nothing is called a clash, in the mean over the labels."""
        return scoring.balanced_threshold(self.false, self.labels[np.isin(self.labels, scoring.NEGATIVE)], rate)

    @property
    def false(self) -> NDArray[np.float64]:
        """How sure it is of a clash where there is none."""
        return self.clash[np.isin(self.labels, scoring.NEGATIVE)]


def calibrated(folder: Path, heldout: Path, crossings: Path) -> tuple[dict[str, float], dict[str, float]]:
    """The thresholds of the judge in ``folder`` that have a rule, and those for what is drawn from conversations; ``heldout`` are the strangers."""
    with tempfile.TemporaryDirectory() as name:
        judges, embedder = (RuleJudge(), _open(folder, Path(name))), load_embedder()
        development, aside, strangers, crossed = (
            _found(judges, embedder, examples) for examples in (pairs.development_set(), pairs.calibration_set(), pairs.read(heldout), pairs.read(crossings))
        )
        spoken = _found(judges, embedder, pairs.spoken_set(), drawn=True)
    limits = ((development, DEVELOPMENT_ENDED), (aside, CALIBRATION_ENDED), (strangers, STRANGERS_ENDED), (crossed, CROSSED_ENDED))
    ends = max(found.ends(rate) for found, rate in limits)
    sure, labels = (np.concatenate(each) for each in ((development.merge, aside.merge), (development.labels, aside.labels)))
    merges = max(scoring.precise(sure, labels == scoring.DUPLICATE, PRECISION), scoring.threshold(strangers.merge, STRANGERS_MERGED))
    drawn = scoring.threshold(spoken.false, SPOKEN_ENDED), scoring.threshold(spoken.merge[spoken.labels != scoring.DUPLICATE], SPOKEN_MERGED)
    # Rounded up, never down.
    ends, merges, *drawn = (min(1.0, math.ceil(at * 1000) / 1000) for at in (ends, merges, *drawn))
    for title, found, at in (
        ("development", development, (ends, merges)),
        ("calibration", aside, (ends, merges)),
        ("strangers", strangers, (ends, merges)),
        ("crossed", crossed, (ends, merges)),
        ("conversations", spoken, drawn),
    ):
        print(f"{title}: {(found.false >= at[0]).mean():.2%} false", *_recalls(found, *at), sep=", ")
    return tuple({"supersedes": at[0], "contradicts": at[0], "duplicate": at[1]} for at in ((ends, merges), drawn))


def _open(folder: Path, copy: Path) -> OnnxJudge:
    """The same judge, that says what it holds for likeliest however unsure it is."""
    for file in FILES:
        shutil.copyfile(folder / file, copy / file)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest |= {"thresholds": dict.fromkeys(manifest["thresholds"], 0.0), "drawn": {}}
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return OnnxJudge(copy)


def _found(judges: tuple[RuleJudge, OnnxJudge], embedder: Embedder, examples: Sequence[Example], *, drawn: bool = False) -> Found:
    """What becomes of these pairs; if they are drawn, as sentences out of a conversation."""
    earlier = embedder.embed([example.old for example in examples], role="passage")
    later = embedder.embed([example.new for example in examples], role="passage")
    cosines = (earlier * later).sum(axis=1)
    given = [
        Pair(earlier=_version(example.old, drawn=drawn), later=_version(example.new, drawn=drawn, valid_from=LATER), cosine=float(cosine))
        for example, cosine in zip(examples, cosines, strict=True)
    ]
    judged = Cascade(judges).judge(given)
    labels = np.array([example.label for example in examples])
    return Found(clash=_sure(judged, judges[1].name, CLASHES), merge=_sure(judged, judges[1].name, (Relation.DUPLICATE,)), labels=labels)


def _version(content: str, *, drawn: bool, **parts: str) -> Version:
    version = make_version(content, **parts)
    return replace(version, source=replace(version.source, quote=content if drawn else None), claims=read(content, version.source.actor).claims)


def _sure(judged: Sequence[Judgement], model: str, relations: Sequence[Relation]) -> NDArray[np.float64]:
    return np.array([0.0 if each.relation not in relations else each.score if each.judge == model else 1.0 for each in judged])


def _recalls(found: Found, ends: float, merges: float) -> list[str]:
    rows = ((scoring.SUPERSEDES, found.clash >= ends), (scoring.DUPLICATE, found.merge >= merges))
    return [f"{called[found.labels == label].mean():.1%} of {pairs.LABELS[label]} found" for label, called in rows if (found.labels == label).any()]


def main(given: Sequence[str]) -> int:
    """Write the thresholds into the folder's manifest."""
    parser = argparse.ArgumentParser(prog="build_judge calibrate", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="with model.onnx, tokenizer.json and manifest.json, as `export` writes it")
    parser.add_argument("--heldout", type=Path, required=True, help="the heldout.jsonl that `strangers` wrote")
    parser.add_argument("--crossed", type=Path, required=True, help="the crossed_heldout.jsonl that it wrote")
    arguments = parser.parse_args(given)
    path = arguments.folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    chosen, drawn = calibrated(arguments.folder, arguments.heldout, arguments.crossed)
    manifest["thresholds"] |= chosen
    manifest["drawn"] = drawn
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    print(f"thresholds {manifest['thresholds']}; out of conversations {drawn}")
    return 0
