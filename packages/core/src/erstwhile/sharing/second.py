"""What is said of the vectors of a second model between a process that holds a store and its clients."""

from typing import Literal

import msgspec

__all__ = ["Second"]


class Second(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """A method of `Store.second`.

    Attributes:
        step: Which.
        model: The fingerprint of the model that is meant.
        dimension: Length of its vectors.
        after: Only ids greater than this one.
        limit: At most so many rows.
        given: The rows or the search, encoded.
    """

    step: Literal["models", "state", "begin", "lacking", "scan", "fill", "search", "swap", "drop"]
    model: str = ""
    dimension: int = 0
    after: str | None = None
    limit: int = 0
    given: bytes = b""
