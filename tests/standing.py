"""Fixtures of more than one folder: a memory on a clock that stands still. A folder's conftest imports those that it wants."""

from collections.abc import Iterator

import pytest

import erstwhile
from erstwhile.embed import HashingEmbedder
from erstwhile.testing import FixedClock

__all__ = ["clock", "engine"]


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at midnight of 2025-06-01."""
    return FixedClock("2025-06-01")


@pytest.fixture
def engine(clock: FixedClock) -> Iterator[erstwhile.Engine]:
    """A memory whose vectors know words and no meaning."""
    with erstwhile.open(":memory:", model=HashingEmbedder(), clock=clock) as opened:
        yield opened
