"""The seam: what the engine asks of an extractor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from erstwhile.model import MemoryType, Version

__all__ = ["Drawn", "Extractor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A memory drawn from a turn.

    Attributes:
        turn: Place, in the turns that were handed in, of the one that it was drawn from.
        content: The memory.
        type: Its type.
        type_confidence: How sure the type is, 0 to 1.
        confidence: How sure the memory is, 0 to 1.
        quote: The very words of the turn that it was drawn from.
    """

    turn: int
    content: str
    type: MemoryType
    type_confidence: float = 1.0
    confidence: float = 1.0
    quote: str | None = None


@runtime_checkable
class Extractor(Protocol):
    """Draws typed memories from the turns of a conversation.

    Every method may be called from several threads at once. What is no assertion (a greeting, a question, a supposition, somebody else's words) is not drawn:
    the turn itself is kept in any case.
    """

    @property
    def name(self) -> str:
        """What the extractor is called in records, such as "rules"."""
        ...

    def draw(self, turns: Sequence[Version]) -> Sequence[Drawn]:
        """The memories worth keeping, in the order of the turns, then of the text."""
        ...
