"""Which peers are measured, what each is given, what its figures are to be read with, and which cannot be measured here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["DEFAULT", "OFFLINE", "PEERS", "UNMEASURED", "Environment", "Peer"]

MINILM: Final = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What is installed for a peer.

    Attributes:
        name: Name of its folder, and of its file in ``requirements``.
        projects: Distributions of this workspace that are built and installed with it.
        constrained: Whether the versions are those of constraints.txt, in place of a file in ``requirements``.
    """

    name: str
    projects: tuple[str, ...] = ()
    constrained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A row of the table.

    Attributes:
        adapter: Module with its ``Adapter``.
        distribution: The distribution whose version is shown.
        environment: What it runs in.
        embedder: What makes its vectors.
        replaced: What would make them, and why it does not; ``None`` where it is the peer's own.
        settings: What its adapter is built with.
        notes: What else its figures are to be read with.
        variables: Environment variables that it needs.
        asked: Whether it is measured only when it is named.
    """

    adapter: str
    distribution: str
    environment: Environment
    embedder: str
    replaced: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    asked: bool = False


MEMVARA: Final = Environment(name="memvara")
SUPERLOCALMEMORY: Final = Environment(name="superlocalmemory")
SUPERLOCAL: Final[Mapping[str, Any]] = {
    "adapter": "benchmarks.peers.superlocalmemory",
    "distribution": "superlocalmemory",
    "environment": SUPERLOCALMEMORY,
    "embedder": f"{MINILM}, float32",
    "replaced": "nomic-embed-text-v1.5, which is on a hub",
}
OTHER_SQLITE: Final = "SQLite of pysqlite3-binary in place of the interpreter's"
RERANKER_OFF: Final = "its cross-encoder, on a hub, is off"

PEERS: Final[Mapping[str, Peer]] = {
    "erstwhile": Peer(
        adapter="benchmarks.peers.erstwhile",
        distribution="erstwhile",
        environment=Environment(name="erstwhile", projects=("erstwhile", "erstwhile-judge-mini", "erstwhile-model-bge-small"), constrained=True),
        embedder="bge-small-en-v1.5, int8",
        notes=("durable writes; memories are drawn from turns and compared as they are written",),
    ),
    "plain": Peer(
        adapter="benchmarks.peers.plain",
        distribution="qdrant-client",
        environment=Environment(name="plain", projects=("erstwhile-model-bge-small",)),
        embedder="bge-small-en-v1.5, int8",
        notes=("local mode: dense vectors and BM25 with IDF, fused by RRF",),
    ),
    "mem0": Peer(
        adapter="benchmarks.peers.mem0",
        distribution="mem0ai",
        environment=Environment(name="mem0"),
        embedder=f"{MINILM}, float32",
        replaced="text-embedding-3-small of OpenAI, which needs a key",
        notes=("infer=False; dense alone, as installed by default: its keyword search needs an extra whose model is on a hub",),
        variables={"MEM0_TELEMETRY": "False", "OPENAI_API_KEY": "none: no model is called"},
    ),
    "superlocalmemory": Peer(
        **SUPERLOCAL, notes=(RERANKER_OFF, "mode A, verbatim and vectors at once; facts and graph, which its daemon makes later, are not there", OTHER_SQLITE)
    ),
    "superlocalmemory-complete": Peer(
        **SUPERLOCAL, settings={"complete": True}, notes=(RERANKER_OFF, "mode A, each write waits for facts and graph", OTHER_SQLITE), asked=True
    ),
    "mcp-memory-service": Peer(
        adapter="benchmarks.peers.mcp_memory_service",
        distribution="mcp-memory-service-lite",
        environment=Environment(name="mcp_memory_service", projects=("erstwhile-model-minilm",)),
        embedder=f"{MINILM}, int8",
        replaced=f"{MINILM} in float32, which is fetched from a server",
        notes=("turns carry a conversation id, or its filter of near-duplicates would refuse some", OTHER_SQLITE),
        variables={"MCP_MEMORY_ONNX_ALLOW_DOWNLOAD": "0", "MCP_MDNS_ENABLED": "false"},
    ),
    "engram": Peer(
        adapter="benchmarks.peers.engram",
        distribution="engram-search",
        environment=Environment(name="engram"),
        embedder=f"{MINILM}, float32",
        replaced="bge-large-en-v1.5, which is on a hub",
        notes=("a document a turn, by default six turns; its cross-encoder, on a hub, is off as its configuration has it",),
    ),
    "memvara": Peer(
        adapter="benchmarks.peers.memvara",
        distribution="memvara",
        environment=MEMVARA,
        embedder="its own hashed vectors",
        notes=("a search gives three turns at most; claims stand for the turns they were read from", OTHER_SQLITE),
    ),
    "memvara-ten-turns": Peer(
        adapter="benchmarks.peers.memvara",
        distribution="memvara",
        environment=MEMVARA,
        embedder="its own hashed vectors",
        settings={"read_max_episodes": 10},
        notes=("read_max_episodes=10 in place of 3", OTHER_SQLITE),
    ),
}
DEFAULT: Final = tuple(name for name, peer in PEERS.items() if not peer.asked)

OFFLINE: Final[Mapping[str, str]] = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "POSTHOG_DISABLED": "1",
    "SENTRY_DSN": "",
    "TRANSFORMERS_OFFLINE": "1",
}
"""For every peer: nothing is asked of a hub, and nothing is told to anybody."""

UNMEASURED: Final[Mapping[str, str]] = {
    "Memanto": "its service needs a cloud key",
    "Graphiti / Zep, Hindsight, LangMem": "each write needs a language model",
    "server-memory": "no ranking: its search is for words that are there letter for letter",
    "mcp-server-qdrant": "its models are on a hub; what it does otherwise is the dense half of the row of plain qdrant-client",
    "MemPalace, coremem": "no adapter was written",
}
"""Peers that are not in the table, each with the reason."""
