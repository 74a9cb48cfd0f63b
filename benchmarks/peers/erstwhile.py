"""erstwhile, by its front door: turns are observed, memories drawn from them and compared, as a user's would be."""

from collections.abc import Sequence
from pathlib import Path

import erstwhile
from benchmarks.peers.contract import Settings, Turn

__all__ = ["Adapter"]


class Adapter:
    """See `benchmarks.peers.contract.Adapter`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._engine = erstwhile.open(folder / "store", **settings)
        self._memory = self._engine.scope(user="bench")
        self._ids: dict[str, str | None] = {}

    def add(self, turns: Sequence[Turn]) -> int:
        """One call of `observe` a session."""
        messages = [erstwhile.Message(role="user", name=turn.speaker, content=turn.text, at=turn.at, id=turn.id) for turn in turns]
        observed = self._memory.observe(messages, session=turns[0].session)
        self._ids |= {turn.id: turn.source.reference for turn in observed.turns}
        return len(observed.turns)

    def search(self, question: str, k: int) -> list[str]:
        """A memory stands for the turn it was drawn from, and for those that the same recall folded into it."""
        hits = self._memory.recall(question, k=k)
        return [id for hit in hits for id in (hit.version.source.reference, *map(self._ids.get, hit.evidence)) if id]

    def close(self) -> None:
        """Close the store."""
        self._engine.close()
