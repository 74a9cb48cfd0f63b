"""mcp-memory-service, by the service behind its tools and its REST interface. Its model, all-MiniLM-L6-v2 in ONNX, is fetched from a server at first use.

Turns carry a conversation id, as its documentation has it for conversations: without one, a turn that resembles another of the last day is refused.
"""

import asyncio
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.contract import Settings, Turn
from benchmarks.peers.minilm import int8_folder
from benchmarks.peers.sqlite import replace_sqlite

replace_sqlite()

from mcp_memory_service.services.memory_service import MemoryService  # noqa: E402 - its store needs an SQLite that loads extensions
from mcp_memory_service.storage.factory import create_storage_instance  # noqa: E402

__all__ = ["Adapter"]

EXPECTED = ".cache/mcp_memory/onnx_models/all-MiniLM-L6-v2/onnx"
"""Where it looks for its model, within the home folder."""


class Adapter:
    """See `benchmarks.peers.contract.Adapter`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        _lay_out_model(Path.home() / EXPECTED)
        self._loop = asyncio.new_event_loop()
        self._storage = self._loop.run_until_complete(create_storage_instance(str(folder / "memory.db")))
        if getattr(self._storage, "embedding_backend_degraded", False):
            raise RuntimeError("It did not take the model and fell back to hashed vectors.")
        self._service = MemoryService(self._storage, **settings)
        self._turns: dict[str, str] = {}

    def add(self, turns: Sequence[Turn]) -> int:
        """One call a turn: there is none for several."""
        return self._loop.run_until_complete(self._add(turns))

    async def _add(self, turns: Sequence[Turn]) -> int:
        before = len(self._turns)
        for turn in turns:
            metadata = {"turn": turn.id, "at": turn.at.isoformat()}
            stored = await self._service.store_memory(turn.said, tags=[turn.speaker], metadata=metadata, conversation_id=turn.session)
            if stored["success"]:
                self._turns[stored["memory"]["content_hash"]] = turn.id
        return len(self._turns) - before

    def search(self, question: str, k: int) -> list[str]:
        """By meaning, its default."""
        found = self._loop.run_until_complete(self._service.retrieve_memories(question, n_results=k))
        if "error" in found:
            raise RuntimeError(found["error"])
        return [self._turns[memory["content_hash"]] for memory in found["memories"]]

    def close(self) -> None:
        """Close the store."""
        closed = self._storage.close()
        if closed is not None:
            self._loop.run_until_complete(closed)
        self._loop.close()


def _lay_out_model(folder: Path) -> None:
    source = int8_folder()
    folder.mkdir(parents=True)
    shutil.copy(source / "model.onnx", folder)
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    # The peer's own model is told what is padding. This one is not: it embeds text by text, so there need be none.
    (folder / "tokenizer.json").write_text(json.dumps({**tokenizer, "padding": None}), encoding="utf-8")
