"""Versions and rows to test stores with."""

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from erstwhile.embed import HashingEmbedder
from erstwhile.model import MemoryType, Scope, Version
from erstwhile.store import Row
from erstwhile.time import as_utc
from erstwhile.versions import new_id

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DIMENSION", "FINGERPRINT", "make_row", "make_vector", "make_version"]

_TIMES: Final = ("valid_from", "valid_to", "system_from", "system_to", "expires_at")


@cache
def _embedder() -> HashingEmbedder:
    return HashingEmbedder()


FINGERPRINT: Final = _embedder().fingerprint
DIMENSION: Final = _embedder().dimension


def make_version(content: str = "Ana lives in Porto", **parts: Any) -> Version:  # noqa: ANN401 - any part of a version
    """A version for tests: a fact of the user Ana that holds, and is believed, since 2024-01-01, where ``parts`` does not say otherwise.

    Args:
        content: The text.
        parts: Any other attribute of `Version`; times may be given as text.
    """
    usual: dict[str, Any] = {
        "id": new_id(),
        "memory_id": new_id(),
        "type": MemoryType.FACT,
        "scope": Scope(user="ana"),
        "valid_from": "2024-01-01",
        "system_from": "2024-01-01",
        "fingerprint": FINGERPRINT,
    }
    given = usual | parts
    times = {name: as_utc(given[name]) for name in _TIMES if given.get(name) is not None}
    return Version(content=content, **(given | times))


def make_vector(text: str) -> "NDArray[np.float32]":
    """A vector for a text: float32 of length 1, the same for the same words."""
    vector: NDArray[np.float32] = _embedder().embed([text], role="passage")[0]
    return vector


def make_row(version: Version | str = "Ana lives in Porto", **parts: Any) -> Row:  # noqa: ANN401 - any part of a version
    """A row for tests, with the vector of its content; ``version`` may be the content, and ``parts`` as for `make_version`."""
    made = version if isinstance(version, Version) else make_version(version, **parts)
    return Row(version=made, vector=make_vector(made.content))
