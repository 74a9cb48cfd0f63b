"""A memory on a clock that stands still, and on one that goes."""

from collections.abc import Iterator

import pytest

import erstwhile
from erstwhile.embed import HashingEmbedder
from erstwhile.testing import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at midnight of 2025-06-01."""
    return FixedClock("2025-06-01")


@pytest.fixture
def engine(clock: FixedClock) -> Iterator[erstwhile.Engine]:
    """A memory whose vectors know words and no meaning."""
    with erstwhile.open(":memory:", model=HashingEmbedder(), clock=clock) as opened:
        yield opened
