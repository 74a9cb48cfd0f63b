"""Which of the thirteen types a text is, told by its words: no model."""

from erstwhile.model import MemoryType

__all__ = ["kind_of"]


def kind_of(text: str) -> tuple[MemoryType, float]:
    """The type of an untyped text, and how sure it is, 0 to 1. What carries no cue is a fact, at 0.3.

    A statement that a commitment was kept or called off, or a goal reached or dropped, is an event: nothing is left to do. Only the first 1,000 characters
    are read.
    """
    # The patterns take tens of milliseconds to compile, which nobody shall pay who only imports erstwhile.
    from erstwhile.extract.scoring import weighed

    return weighed(text)
