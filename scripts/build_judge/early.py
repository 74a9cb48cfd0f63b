"""Let an exported judge stop halfway: ``python scripts/build_judge early FOLDER --pairs strangers.jsonl crossed.jsonl``.

Needs torch; README.md says how to run it. Most of what a judge is asked about has nothing to do with each other, and half of its layers see that. So a small
head reads the vectors in the middle; where it sees nothing that the last layer could speak of, the graph gives its answer, and the layers after it are not run
(Schwartz et al. 2020, "The right tool for the job"). What the judge says of any other pair is what it said before, to the bit.

The head learns what the judge itself says. It may stop as often as it misses no more than a few of those pairs that the judge would end or merge.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import classifier
import export
import graph
import numpy as np
import onnx
import pair_graph
import pairs
import torch
from onnx import TensorProto, helper, numpy_helper
from scoring import CONTRADICTS, DUPLICATE, SUPERSEDES
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pairs import Example

LAYER = 6
"""The head reads what this layer gives; the first is 1."""
HIDDEN = 64
EPOCHS, BATCH, RATE, DECAY, DROPOUT = 6, 256, 2e-3, 0.05, 0.1
MISSED = 0.002
"""At most this share of the calibration pairs that the judge would end or merge may be stopped at."""
QUIET = tuple(pairs.LABELS.index(name) for name in ("coexists", "unsure"))
"""Labels by which nothing is ended, merged or noted."""


@dataclass(frozen=True)
class Head:
    """``features @ first + bias``, GELU, ``@ second``, plus ``offset``: the logit of how likely the judge has something to say; it stops below ``least``."""

    first: NDArray[np.float64]
    bias: NDArray[np.float64]
    second: NDArray[np.float64]
    offset: float
    least: float = -np.inf


@dataclass(frozen=True)
class Seen:
    """What a judge makes of some pairs: ``features`` in its middle, shape (pairs, 5 * width), and ``shares``, shape (pairs, labels)."""

    features: NDArray[np.float32]
    shares: NDArray[np.float64]


def main(given: Sequence[str]) -> int:
    """Write the judge that may stop into the folder ``--out``."""
    parser = argparse.ArgumentParser(prog="build_judge early", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a judge's folder, with the thresholds that `calibrate` chose")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, nargs="*", default=[], help="files that `strangers` wrote, to learn from besides the training pairs")
    parser.add_argument("--each", type=int, default=16_000, help="so many of each of these files and of the training pairs, drawn at random")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="AUTHOR", help="learn no pair of theirs")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(given)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)  # noqa: S311 - a sample
    manifest = json.loads((options.folder / "manifest.json").read_text(encoding="utf-8"))
    whole = onnx.load(options.folder / "model.onnx")
    data = (options.folder / "tokenizer.json").read_bytes()
    watched = _watched(whole)
    sources = [pairs.training_set(options.leave_out), *(pairs.unlabelled(path) for path in options.pairs)]
    learnt = _seen(watched, data, [example for source in sources for example in rng.sample(source, min(len(source), options.each))])
    aside = _seen(watched, data, pairs.calibration_set())
    head = _learn(learnt)
    head = Head(head.first, head.bias, head.second, head.offset, least=_least(head, aside, manifest["thresholds"]))
    content = _assembled(whole, head)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "model.onnx").write_bytes(content)
    (options.out / "tokenizer.json").write_bytes(data)
    manifest["files"]["model.onnx"] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (options.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    for name, seen in (("learnt", learnt), ("calibration", aside)):
        stops, told = _logits(head, seen) < head.least, _told(seen, manifest["thresholds"])
        print(f"{name}: stops at {stops.mean():.1%}; misses {(stops & told).sum()} of {told.sum()} that it ends or merges")
    return 0


def _cut(whole: onnx.ModelProto) -> tuple[int, str]:
    """How many nodes there are up to the end of LAYER, and the name of what it gives: (rows, width)."""
    gain = f"layer.{LAYER - 1}.down.norm.gain"
    (place,) = (number for number, node in enumerate(whole.graph.node) if gain in node.input)
    return place + 1, whole.graph.node[place].output[0]


def _features(builder: graph.Builder, hidden: str, width: int) -> str:
    """What the judge's own head would read, of the layer that gave ``hidden``."""
    shape = builder.node("Concat", builder.node("Shape", "input_ids"), builder.int64("early.width", width), axis=0)
    return pair_graph.features(builder, builder.node("Reshape", hidden, shape), pair_graph.masks(builder)[1:])


def _builder(whole: onnx.ModelProto) -> graph.Builder:
    """One whose names go on where those of the model end."""
    builder = graph.Builder()
    builder.nodes = list(whole.graph.node)
    return builder


def _width(whole: onnx.ModelProto) -> int:
    gain = f"layer.{LAYER - 1}.down.norm.gain"
    return int(next(each.dims[0] for each in whole.graph.initializer if each.name == gain))


def _watched(whole: onnx.ModelProto) -> bytes:
    """The model with the features of the middle as a second output."""
    model = onnx.ModelProto()
    model.CopyFrom(whole)
    builder = _builder(whole)
    _, hidden = _cut(whole)
    found = _features(builder, hidden, _width(whole))
    model.graph.node.extend(builder.nodes[len(whole.graph.node) :])
    model.graph.initializer.extend(_new(whole, builder.constants))
    model.graph.output.append(helper.make_tensor_value_info(found, TensorProto.FLOAT, ["batch", 5 * _width(whole)]))
    return bytes(model.SerializeToString())


def _new(whole: onnx.ModelProto, constants: dict[str, NDArray[Any]]) -> list[onnx.TensorProto]:
    """Those of them that the model does not have: equal ones have equal names."""
    known = {each.name for each in whole.graph.initializer}
    return [numpy_helper.from_array(array, name) for name, array in constants.items() if name not in known]


def _seen(watched: bytes, data: bytes, examples: Sequence[Example]) -> Seen:
    tokenizer = classifier.make_tokenizer(data)
    session = export.open_session(watched)

    def run(example: Example) -> list[NDArray[np.float32]]:
        found: list[NDArray[np.float32]] = session.run(None, export.feed(tokenizer, example.old, example.new))
        return found

    with ThreadPoolExecutor(2) as pool:
        scores, features = (np.concatenate(each) for each in zip(*pool.map(run, examples), strict=True))
    return Seen(features=features, shares=export.softmax(scores))


def _learn(seen: Seen) -> Head:
    """Fit a head to how likely the judge says anything but QUIET."""
    given = torch.from_numpy(seen.features)
    middle, spread = given.mean(0), given.std(0) + 1e-3
    given = (given - middle) / spread
    wanted = torch.from_numpy(1 - seen.shares[:, QUIET].sum(axis=1)).float()
    net = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(given.shape[1], HIDDEN), nn.GELU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, 1))
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=EPOCHS * -(-len(given) // BATCH))
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(given)).split(BATCH):
            loss = nn.functional.binary_cross_entropy_with_logits(net(given[chosen])[:, 0], wanted[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rates.step()
    first, second = (layer for layer in net if isinstance(layer, nn.Linear))
    scale, shift = spread.double().numpy(), middle.double().numpy()
    weight = first.weight.detach().double().numpy() / scale
    bias = first.bias.detach().double().numpy() - weight @ shift
    return Head(weight.T, bias, second.weight.detach().double().numpy().T, float(second.bias.detach()[0]))


def _logits(head: Head, seen: Seen) -> NDArray[np.float64]:
    inner = torch.from_numpy(seen.features.astype(np.float64) @ head.first + head.bias)
    found: NDArray[np.float64] = nn.functional.gelu(inner).numpy() @ head.second[:, 0] + head.offset
    return found


def _told(seen: Seen, thresholds: dict[str, float]) -> NDArray[np.bool_]:
    """Which pairs the judge would end or merge."""
    clash = seen.shares[:, [SUPERSEDES, CONTRADICTS]].sum(axis=1)
    found: NDArray[np.bool_] = (clash >= thresholds["supersedes"]) | (seen.shares[:, DUPLICATE] >= thresholds["duplicate"])
    return found


def _least(head: Head, seen: Seen, thresholds: dict[str, float]) -> float:
    return float(np.quantile(_logits(head, seen)[_told(seen, thresholds)], MISSED, method="lower"))


def _assembled(whole: onnx.ModelProto, head: Head) -> bytes:
    """The model with all that follows LAYER in a branch that is taken only where the head sees reason to."""
    builder = _builder(whole)
    end, hidden = _cut(whole)
    features = _features(builder, hidden, _width(whole))
    inner = builder.node("Add", builder.node("MatMul", features, builder.float32("early.first", head.first)), builder.float32("early.bias", head.bias))
    second = builder.node("MatMul", builder.node("Gelu", inner), builder.float32("early.second", head.second))
    logit = builder.node("Add", second, builder.float32("early.offset", head.offset))
    stops = builder.node("Less", builder.node("ReduceMax", logit, keepdims=0), builder.float32("early.least", head.least))
    before = [*whole.graph.node[:end], *builder.nodes[len(whole.graph.node) :]]
    # What is said instead: the share of "coexists" is what the head makes it, and the other labels have the rest alike.
    others = np.full((1, len(pairs.LABELS)), -np.log(len(pairs.LABELS) - 1))
    chosen = np.zeros((1, len(pairs.LABELS)))
    others[0, QUIET[0]], chosen[0, QUIET[0]] = 0, 1
    answer = graph.Builder()
    answer.nodes = list(builder.nodes)
    lifted = answer.node("Mul", logit, answer.float32("early.others", 1 - chosen))
    answer.nodes.append(helper.make_node("Add", [lifted, answer.float32("early.answer", others)], ["scores.early"], name="scores.early"))
    late = [*whole.graph.node[end:-1], helper.make_node("Identity", [whole.graph.node[-1].input[0]], ["scores.late"], name="scores.late")]
    inside = {name for node in late for name in node.output}
    shapes, late_shapes = ([each for each in whole.graph.value_info if (each.name in inside) is late_ones] for late_ones in (False, True))

    def branch(name: str, nodes: Sequence[onnx.NodeProto], known: Sequence[onnx.ValueInfoProto] = ()) -> onnx.GraphProto:
        output = helper.make_tensor_value_info(f"scores.{name}", TensorProto.FLOAT, ["batch", len(pairs.LABELS)])
        return helper.make_graph(nodes, name, [], [output], value_info=known)

    branches: dict[str, Any] = {"then_branch": branch("early", answer.nodes[len(builder.nodes) :]), "else_branch": branch("late", late, late_shapes)}
    choice = helper.make_node("If", [stops], ["scores"], name="scores", **branches)
    constants = _new(whole, builder.constants | answer.constants)
    proto = helper.make_graph([*before, choice], "pairs", whole.graph.input, whole.graph.output, [*whole.graph.initializer, *constants], value_info=shapes)
    made = helper.make_model(proto, opset_imports=whole.opset_import, ir_version=whole.ir_version, producer_name="erstwhile", producer_version="1")
    onnx.checker.check_model(made, full_check=True)
    serialised: bytes = made.SerializeToString(deterministic=True)
    return serialised
