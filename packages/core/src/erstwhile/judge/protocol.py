"""The seam: what the engine asks of a judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from erstwhile.model import Version
from erstwhile.relations import Judgement

__all__ = ["Judge", "Pair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two memories of one scope.

    Attributes:
        earlier: The one that holds from earlier on; where both hold from the same time, the one that was there first.
        later: The other one.
        cosine: How alike they are in meaning, -1 to 1: the dot product of their vectors.
    """

    earlier: Version
    later: Version
    cosine: float

    @property
    def same_time(self) -> bool:
        """Whether both are said to hold from the very same time on, so that none is newer in the world."""
        return self.earlier.valid_from == self.later.valid_from

    @property
    def spoken(self) -> bool:
        """Whether both were said in conversations, so that it is known who says "I"."""
        return all(version.source.turn is not None for version in (self.earlier, self.later))

    @property
    def drawn(self) -> bool:
        """Whether one of the two is word for word out of a conversation, where much is left unsaid; what a language model drew in its own words is not."""
        return any(version.source.quote == version.content for version in (self.earlier, self.later))


@runtime_checkable
class Judge(Protocol):
    """Says how memories relate.

    Three promises beyond the signatures: what is said of a pair does not depend on the other pairs of the call; every method may be called from several
    threads at once; and a judge that cannot tell says so, by ``None`` or a low score, for a true memory wrongly retired is worse than a stale one kept.
    """

    @property
    def name(self) -> str:
        """What the judge is called in reasons and records, such as "rules"."""
        ...

    def judge(self, pairs: Sequence[Pair]) -> Sequence[Judgement | None]:
        """A judgement for each pair, in their order; ``None`` where it has nothing to say."""
        ...
