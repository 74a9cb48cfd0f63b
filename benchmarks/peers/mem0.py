"""mem0ai with ``infer=False``: what is added is kept as it is, and no language model is called. Its own embedder is OpenAI's, which needs a key."""

from collections.abc import Sequence
from pathlib import Path

from mem0 import Memory

from benchmarks.peers.contract import Settings, Turn
from benchmarks.peers.minilm import DIMENSION, sentence_transformer_folder

__all__ = ["Adapter"]

USER = "bench"


class Adapter:
    """See `benchmarks.peers.contract.Adapter`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._memory = Memory.from_config(
            {
                "embedder": {"provider": "huggingface", "config": {"model": sentence_transformer_folder(), "embedding_dims": DIMENSION}},
                "vector_store": {"provider": "qdrant", "config": {"path": str(folder / "qdrant"), "embedding_model_dims": DIMENSION}},
                "history_db_path": str(folder / "history.db"),
                **settings,
            }
        )

    def add(self, turns: Sequence[Turn]) -> int:
        """One call a turn: metadata is given by call."""
        kept = 0
        for turn in turns:
            message = {"role": "user", "name": turn.speaker, "content": turn.said}
            added = self._memory.add([message], user_id=USER, metadata={"turn": turn.id, "at": turn.at.isoformat()}, infer=False)
            kept += len(added["results"])
        return kept

    def search(self, question: str, k: int) -> list[str]:
        """Its default threshold stays."""
        found = self._memory.search(question, top_k=k, filters={"user_id": USER})
        return [result["metadata"]["turn"] for result in found["results"]]

    def close(self) -> None:
        """Close its databases."""
        self._memory.close()
