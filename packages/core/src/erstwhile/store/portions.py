"""Rows in portions that a server takes in one request."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from erstwhile.store.lexical import version_terms
from erstwhile.store.protocol import Row

__all__ = ["bytes_of", "portions"]

NUMBER_BYTES: Final = 22
"""A number of a vector as JSON at most: a sixteen-bit one, written as a float64, and its comma."""
WORD_BYTES: Final = NUMBER_BYTES + 11
"""A word at most: its number, of 32 bits, and its weight."""
FIELD_BYTES: Final = 4_096
"""What else a point holds at most: names of fields, times, ids."""
ESCAPED: Final = 4
"""Times that the bytes of a version come at most: as JSON within JSON, where a quotation mark takes twice as much, and tags stand beside it once more."""


def bytes_of(row: Row) -> int:
    """What a row takes in a request, in bytes, rather too much than too little."""
    numbers = 0 if row.vector is None else len(row.vector)
    version = ESCAPED * len(msgspec.json.encode(row.version))
    return version + NUMBER_BYTES * numbers + WORD_BYTES * len(version_terms(row.version)) + FIELD_BYTES


def portions(rows: Iterable[Row], *, most: int, most_bytes: int) -> Iterator[tuple[Row, ...]]:
    """Rows in their order, so many at a time that neither their number nor their bytes go beyond what is given; one that is larger comes alone."""
    held: list[Row] = []
    weight = 0
    for row in rows:
        own = bytes_of(row)
        if held and (len(held) == most or weight + own > most_bytes):
            yield tuple(held)
            held, weight = [], 0
        held.append(row)
        weight += own
    if held:
        yield tuple(held)
