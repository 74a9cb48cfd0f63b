"""Timing a call many times, and what is said of the times: pure arithmetic on lists of seconds."""

import gc
import math
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, TypeVar

__all__ = ["MILLI", "Values", "percentile", "rate", "spread", "timed", "timings"]

T = TypeVar("T")

MILLI: Final = 1_000.0

Values = dict[str, float | int | str | list[str] | None]
"""What a benchmark found, by name. A name ends in its unit: ``_ms``, ``_s``, ``_mb``, ``_per_s``."""


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest of ``values`` that at least ``share`` of them, 0 to 1, do not exceed (nearest rank): always a value that was measured.

    Raises:
        ValueError: There are no values, or the share is not one.
    """
    ordered = sorted(values)
    if not ordered or not 0 <= share <= 1:
        raise ValueError(f"{len(ordered)} values, share {share}: give at least one value and a share from 0 to 1.")
    return ordered[max(1, math.ceil(share * len(ordered))) - 1]


def spread(name: str, seconds: Sequence[float]) -> Values:
    """Median, 95th percentile and longest in milliseconds, and how many there were."""
    return {
        f"{name}_p50_ms": round(percentile(seconds, 0.5) * MILLI, 3),
        f"{name}_p95_ms": round(percentile(seconds, 0.95) * MILLI, 3),
        f"{name}_max_ms": round(max(seconds) * MILLI, 3),
        f"{name}_times": len(seconds),
    }


def rate(count: int, seconds: float) -> float:
    """How many a second."""
    return round(count / seconds, 1)


def timed(call: Callable[[], object]) -> float:
    """Seconds that one call took."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def timings(call: Callable[[T], object], arguments: Sequence[T], *, warm_up: int) -> list[float]:
    """Seconds of each call, in order; the first ``warm_up`` calls are made and not counted.

    The collector of garbage runs as it would in a user's program, but starts clean.
    """
    for argument in arguments[:warm_up]:
        call(argument)
    gc.collect()
    return [timed(partial(call, argument)) for argument in arguments[warm_up:]]
