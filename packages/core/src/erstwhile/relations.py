"""How two memories can relate, and what a memory says where that can be told."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["CLASHES", "PERSON", "RULES", "UPKEEP", "Claim", "Judgement", "Relation", "Tie"]

RULES: Final = "rules"
"""The name of the judge that needs no model."""
PERSON: Final = "person"
"""Stands for a person, where a conflict was settled by one."""
UPKEEP: Final = "upkeep"
"""Stands for housekeeping, where it and nobody's words brought a version about: a tie of the version to its own memory, with the reason."""


class Relation(StrEnum):
    """How a later memory relates to an earlier one, by the time in the world from which each holds."""

    DUPLICATE = "duplicate"
    """It says the same again."""
    REFINES = "refines"
    """It adds detail; both are true."""
    SUPERSEDES = "supersedes"
    """From then on it holds, and the earlier one no longer does."""
    CONTRADICTS = "contradicts"
    """Both cannot be true, and nothing tells which is."""
    COEXISTS = "coexists"
    """Both are true."""
    UNSURE = "unsure"
    """They may clash; it could not be judged."""


CLASHES: Final = (Relation.SUPERSEDES, Relation.CONTRADICTS)
"""Relations of two that cannot both hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a text says about something, its words in normal form.

    Attributes:
        subject: Of whom or what. ``@user`` and the like stand for who speaks.
        attribute: Which attribute, such as "live in".
        value: The value.
        positive: Whether it is said to be so; ``False`` for "not" and "no longer".
        single: Whether the attribute has one value at a time; ``None`` where that cannot be told.
    """

    subject: str
    attribute: str
    value: str
    positive: bool = True
    single: bool | None = None

    @property
    def slot(self) -> str:
        """What it is about: one text for subject and attribute."""
        return f"{self.subject} | {self.attribute}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a judge says of a pair.

    Attributes:
        relation: How the later relates to the earlier.
        score: How sure, 0 to 1.
        reason: One line for people. It may quote the memories; it goes where they go, never into a log.
        ends: Whether the later one says that the earlier one ended, and puts nothing in its place.
        explicit: Whether the later one says in so many words that it corrects or replaces, or is no further record beside it.
        judge: Who judged: "rules", the name of a model, a person.
    """

    relation: Relation
    score: float
    reason: str
    ends: bool = False
    explicit: bool = False
    judge: str = RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """What a write found about another memory, kept with the version that it wrote.

    Attributes:
        memory_id: The other memory.
        version_id: The version of it that was judged.
        relation: How the later of the two relates to the earlier.
        score: How sure the judge was, 0 to 1.
        reason: Why, in one line.
        judge: Who judged.
    """

    memory_id: str
    version_id: str
    relation: Relation
    score: float
    reason: str
    judge: str = RULES
