"""The turns of one conversation, in the memory that they were kept in."""

from erstwhile import Receipt, ScopedMemory, Version

__all__ = ["DEFAULT_SESSION", "erase_conversation", "said_in"]

DEFAULT_SESSION = "default"
"""The conversation where none is named, as `observe` has it."""


def said_in(memory: ScopedMemory, session: str) -> tuple[Version, ...]:
    """The turns of a conversation, in the order in which they were said."""
    kept = memory.snapshot(session=session, turns=True)
    return tuple(sorted((version for version in kept if version.is_turn), key=lambda turn: (turn.source.turn or 0, turn.id)))


def erase_conversation(memory: ScopedMemory, session: str) -> Receipt | None:
    """Remove the turns of a conversation for good, and what was drawn from them; ``None`` where there are none."""
    turns = said_in(memory, session)
    return memory.erase(*turns) if turns else None
