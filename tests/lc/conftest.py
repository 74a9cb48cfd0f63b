"""A memory on a clock that stands still."""

from tests.standing import clock, engine

__all__ = ["clock", "engine"]
