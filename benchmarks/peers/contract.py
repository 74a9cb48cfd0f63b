"""What a peer is asked to do, and what it is given. It is imported in every peer's environment, so it needs nothing but Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Adapter", "Settings", "Turn"]

Settings = Mapping[str, Any]
"""What an adapter is built with, as JSON can hold it: whatever differs between the rows of one peer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a conversation.

    Attributes:
        id: What evidence and answers name it by.
        session: The session it was said in.
        speaker: Who said it.
        text: What was said.
        at: When, aware.
    """

    id: str
    session: str
    speaker: str
    text: str
    at: datetime

    @property
    def said(self) -> str:
        """The text with its speaker, for peers that have no place for a name that their search would see."""
        return f"{self.speaker}: {self.text}"

    def as_json(self) -> dict[str, str]:
        """As it crosses the pipe."""
        return {"id": self.id, "session": self.session, "speaker": self.speaker, "text": self.text, "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, values: Mapping[str, str]) -> "Turn":
        """What `as_json` gave."""
        return cls(**{**values, "at": datetime.fromisoformat(values["at"])})  # type: ignore[arg-type]


class Adapter(Protocol):
    """A peer behind two calls. Each adapter's module has a class ``Adapter``, built with a folder of its own and its settings."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Open an empty memory that keeps everything under ``folder``, its model loaded."""

    def add(self, turns: Sequence[Turn]) -> int:
        """Keep the turns of one session, in order, and say how many were kept. They can be searched when it returns."""

    def search(self, question: str, k: int) -> Sequence[str]:
        """Ids of turns, best first: what the ``k`` best results stand for."""

    def close(self) -> None:
        """Let go of everything."""
