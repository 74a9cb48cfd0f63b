"""An embedder without a model: for tests, and for a store that needs no meaning."""

from __future__ import annotations

import hashlib
import math
import re
from typing import TYPE_CHECKING

from erstwhile.embed.protocol import checked_texts
from erstwhile.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.embed.protocol import Role

DIMENSIONS = (64, 256)

_WORD = re.compile(r"\w+")


class HashingEmbedder:
    """Texts that share words get similar vectors; meaning plays no part.

    A word's hash gives a sign per coordinate; a text takes the sign of the sum over its words (SimHash, Charikar 2002), divided by the square root of the
    dimension. That root is a power of two, so each coordinate and every dot product of two vectors is exact in float32: scores are the same on every
    machine. Letter case and word order do not count.

    Args:
        dimension: Length of a vector, 64 or 256; default 64.

    Raises:
        InvalidInputError: another dimension.
    """

    def __init__(self, dimension: int = 64) -> None:
        if dimension not in DIMENSIONS:
            raise InvalidInputError(f"dimension is {dimension}; use 64 or 256")
        self._dimension = dimension

    @property
    def fingerprint(self) -> str:
        """Names the hash, its version and the dimension."""
        return f"hashing-{self._dimension}@1"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        """Vectors of the texts, shape (len(texts), dimension); the role changes nothing.

        Raises InvalidInputError if texts is one string, or the role is unknown.
        """
        import numpy as np  # late: importing erstwhile.embed must not import numpy

        listed = checked_texts(texts, role)
        vectors = np.empty((len(listed), self._dimension), dtype=np.float32)
        for row, text in enumerate(listed):
            words = sorted(_WORD.findall(text.casefold()))
            # The last line settles ties, which an even number of words would leave in many coordinates, by the text itself: a fixed rule
            # would make all short texts alike.
            signs = [2 * self._signs(word) for word in words] + [self._signs(" ".join(words))]
            vectors[row] = np.sign(np.sum(signs, axis=0))
        return vectors / np.float32(math.isqrt(self._dimension))

    def _signs(self, word: str) -> NDArray[np.int64]:
        import numpy as np

        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=self._dimension // 8).digest()
        bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8))
        return bits.astype(np.int64) * 2 - 1
