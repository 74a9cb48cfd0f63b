"""engram-search by its Python interface: its pipeline over the documents of its own ingestion, a turn each. Its own model, bge-large, is on a hub.

Its ingestion puts six turns into a document by default, and adds documents of preferences and topics: none of these could be told from the turn that is asked
for. The cross-encoder is off, as its configuration has it by default (the published figures have it on); it is on a hub too.
"""

from collections.abc import Sequence
from pathlib import Path

from engram.backends.base import Document
from engram.backends.faiss_backend import FaissBackend
from engram.ingestion.parser import session_to_documents
from engram.retrieval.embedder import Embedder
from engram.retrieval.pipeline import RetrievalPipeline

from benchmarks.peers.contract import Settings, Turn
from benchmarks.peers.minilm import DIMENSION, sentence_transformer_folder

__all__ = ["Adapter"]

ROLES = ("user", "assistant")


class Adapter:
    """See `benchmarks.peers.contract.Adapter`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._embedder = Embedder(sentence_transformer_folder())
        self._embedder.encode_query("load")
        self._backend = FaissBackend(path=folder / "store", dimension=DIMENSION)
        self._pipeline = RetrievalPipeline(embedder=self._embedder, use_reranker=False, **settings)
        self._documents: list[Document] = []
        self._turns: dict[str, str] = {}

    def add(self, turns: Sequence[Turn]) -> int:
        """One batch a session. The two speakers take the roles that it knows, and keep their names."""
        names = dict(zip(ROLES, dict.fromkeys(turn.speaker for turn in turns), strict=False))
        roles = {name: role for role, name in names.items()}
        made = session_to_documents(
            [{"role": roles[turn.speaker], "content": turn.text} for turn in turns],
            session_id=turns[0].session,
            timestamp=turns[0].at.date().isoformat(),
            include_assistant=True,
            generate_preference_doc=False,
            generate_topic_doc=False,
            chunk_max_turns=1,
            speaker_names=names,
        )
        vectors = self._embedder.encode_documents([document["text"] for document in made])
        documents = [
            Document(id=document["id"], text=document["text"], embedding=vector.tolist(), metadata=document["metadata"])
            for document, vector in zip(made, vectors, strict=True)
        ]
        self._backend.add(documents)
        self._documents += documents
        self._turns |= {document.id: turn.id for document, turn in zip(documents, turns, strict=True)}
        return len(documents)

    def search(self, question: str, k: int) -> list[str]:
        """Dense, BM25 and names, fused by rank over all documents."""
        return [self._turns[document.id] for document in self._pipeline.search(question, documents=self._documents, top_k=k)]

    def close(self) -> None:
        """Nothing is open."""
