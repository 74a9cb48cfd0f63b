"""superlocalmemory by its Python interface, mode A (no language model). Its own embedder, nomic-embed-text-v1.5, and its cross-encoder are on a hub.

A write is kept verbatim and given its vector at once, as its daemon does; facts, entities and graph follow in the background. With ``complete``, each write
waits for all of that, as ``slm remember --sync`` does: seconds a turn.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.contract import Settings, Turn
from benchmarks.peers.minilm import DIMENSION, sentence_transformer_folder
from benchmarks.peers.sqlite import replace_sqlite

replace_sqlite()

from superlocalmemory.core.config import EmbeddingConfig, SLMConfig  # noqa: E402 - its vectors need an SQLite that loads extensions
from superlocalmemory.core.engine import MemoryEngine  # noqa: E402
from superlocalmemory.core.engine_ingestion import canonical_store, local_trusted_actor_id  # noqa: E402
from superlocalmemory.storage.models import Mode  # noqa: E402

__all__ = ["Adapter"]

SOURCE = "python-api"
PATIENCE_S = 30.0
"""For the vectors of one session."""


class Adapter:
    """See `benchmarks.peers.contract.Adapter`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        # Or it would print a warning for every vector that has not the length of its own model's.
        logging.getLogger("superlocalmemory.storage.embedding_codec").setLevel(logging.ERROR)
        config = SLMConfig.for_mode(Mode.A, base_dir=folder / "slm")
        config.embedding = EmbeddingConfig(model_name=sentence_transformer_folder(), dimension=DIMENSION, provider="sentence-transformers")
        config.retrieval.use_cross_encoder = False
        self._complete = bool(settings.get("complete"))
        self._engine = MemoryEngine(config)
        self._engine.initialize()
        # Its worker loads the model at the first text, and only a loaded one gives vectors at once.
        if not self._engine.embedder.embed("load"):
            raise RuntimeError("Its embedding worker gave no vector.")
        self._facts: dict[str, str] = {}

    def add(self, turns: Sequence[Turn]) -> int:
        """One call a turn, then the vectors of the session."""
        kept = [self._keep(turn) for turn in turns]
        for turn, facts in zip(turns, kept, strict=True):
            self._facts |= dict.fromkeys(facts, turn.id)
        if not self._complete:
            wanted = [fact for facts in kept for fact in facts]
            reached = self._engine.enrich_new_facts_now(wanted, timeout_s=PATIENCE_S)
            if reached < len(wanted):
                raise RuntimeError(f"{len(wanted) - reached} of {len(wanted)} facts have no vector.")
        return sum(bool(facts) for facts in kept)

    def _keep(self, turn: Turn) -> list[str]:
        about = {"session_id": turn.session, "session_date": turn.at.isoformat(), "speaker": turn.speaker}
        if self._complete:
            actor = local_trusted_actor_id(SOURCE)
            return list(canonical_store(self._engine, turn.said, source_type=SOURCE, trusted_actor_id=actor, require_complete=True, **about))
        return list(self._engine.store(turn.said, **about))

    def search(self, question: str, k: int) -> list[str]:
        """A fact stands for the turn that it was first read from."""
        found = self._engine.recall(question, limit=k).results
        return [self._facts[result.fact.fact_id] for result in found if result.fact.fact_id in self._facts]

    def close(self) -> None:
        """Close the engine, which ends its worker."""
        self._engine.close()
