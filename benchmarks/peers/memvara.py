"""memvara at its default: no model of any kind, its own hashed vectors, and claims read by its rules out of turns that it keeps."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.contract import Settings, Turn
from benchmarks.peers.sqlite import replace_sqlite

replace_sqlite()

from memvara import Episode, Memvara, NullLLM  # noqa: E402 - its store needs the newer SQLite

__all__ = ["Adapter"]


class Adapter:
    """See `benchmarks.peers.contract.Adapter`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._memory = Memvara(str(folder / "memory.db"), llm=NullLLM(), user="bench", **settings)
        self._turns: dict[str, str] = {}

    def add(self, turns: Sequence[Turn]) -> int:
        """One call a session, each turn an episode."""
        scope = self._memory.default_scope
        episodes = [Episode(content=turn.said, scope=scope, role="user", ts=turn.at) for turn in turns]
        receipt = self._memory.add(episodes)
        self._turns |= {episode.id: turn.id for episode, turn in zip(episodes, turns, strict=True)}
        return len(set(receipt.episode_ids))

    def search(self, question: str, k: int) -> list[str]:
        """With the turns, which are found only when asked for. A claim stands for the turns that it was read from."""
        found = self._memory.search(question, k=k, include_episodes=True)
        episodes = [id for result in found for id in ([result.episode.id] if result.kind == "episode" else result.claim.sources)]
        return [self._turns[id] for id in episodes if id in self._turns]

    def close(self) -> None:
        """Close the store."""
        self._memory.close()
