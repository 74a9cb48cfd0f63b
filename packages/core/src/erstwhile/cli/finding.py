"""What one look of `doctor` found."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Finding", "State"]


class State(StrEnum):
    """How it is."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing is wrong."""
    WRONG = "wrong"
    MENDED = "mended"
    """It was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one look found.

    Attributes:
        name: What was looked at.
        state: How it is.
        summary: One line for people; where something is wrong, with what to do.
        facts: The same for programs.
    """

    name: str
    state: State
    summary: str
    facts: dict[str, Any] = field(default_factory=dict)
