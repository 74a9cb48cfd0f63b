"""A clock that stands still until it is told to move."""

from datetime import datetime, timedelta

from erstwhile.time import Instant, as_utc

__all__ = ["FixedClock"]


class FixedClock:
    """A clock for tests.

    Args:
        now: What it shows. Default: 2025-01-01, midnight in UTC.
    """

    def __init__(self, now: Instant = "2025-01-01") -> None:
        self._now = as_utc(now)

    def now(self) -> datetime:
        """What it shows."""
        return self._now

    def set(self, now: Instant) -> None:
        """Show this from now on; it may lie in the past, as when a machine's clock is set back."""
        self._now = as_utc(now)

    def advance(self, by: timedelta = timedelta(days=1)) -> datetime:
        """Move by so much, a day by default, and give the new time."""
        self._now += by
        return self._now
