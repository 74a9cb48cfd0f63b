"""The extractor that needs no model: it keeps, word for word, the sentences that assert something."""

from collections.abc import Sequence

from erstwhile.extract.protocol import Drawn
from erstwhile.model import Version
from erstwhile.relations import RULES

__all__ = ["RuleExtractor"]


class RuleExtractor:
    """Draws sentences, and clauses that stand by themselves, by rules of English. Safe to share between threads: it holds nothing.

    Content and quote are the same words of the turn. At most 20 memories a turn, the surest where there are more; sentences over 400 characters, code,
    quotations and what tools and system prompts say are left out. Of an agent's turn only what it says that it did, decided or promised is drawn. Time is
    linear in the length of the turn.
    """

    @property
    def name(self) -> str:
        """``rules``."""
        return RULES

    def draw(self, turns: Sequence[Version]) -> Sequence[Drawn]:
        """The memories worth keeping, in the order of the turns, then of the text."""
        # The patterns take tens of milliseconds to compile, which nobody shall pay who only imports erstwhile.
        from erstwhile.extract.drawing import drawn_from

        return tuple(drawn for place, turn in enumerate(turns) for drawn in drawn_from(turn, place=place))
