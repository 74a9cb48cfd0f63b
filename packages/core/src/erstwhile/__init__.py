"""Typed, bi-temporal memory for AI agents, on the user's own machine."""

from erstwhile.answering import Answer
from erstwhile.auditing import Audit, Finding, FindingKind, Repair, Repaired
from erstwhile.backup import Backup, restore
from erstwhile.config import Settings
from erstwhile.consolidation import Consolidated, Consolidation, Left, Step, StepKind
from erstwhile.draft import Draft, TypeName
from erstwhile.embed import Embedder, load_embedder
from erstwhile.engine import ChatCall, Engine
from erstwhile.errors import (
    ErstwhileError,
    InvalidInputError,
    MissingDependencyError,
    ModelCorruptError,
    ModelError,
    ModelMismatchError,
    ModelNotFoundError,
    NotFoundError,
    StoreClosedError,
    StoreCorruptError,
    StoreError,
    StoreForkedError,
    StoreFormatError,
    StoreLockedError,
    StoreUnavailableError,
    WriteConflictError,
)
from erstwhile.extract import Drawn, Extractor
from erstwhile.guard import Masked, OnSecret, Secret, cues_of, find_secrets, masked_value
from erstwhile.judge import Judge, LlmJudge, OnnxJudge, Pair
from erstwhile.model import Confirmation, Links, MemoryType, Provenance, Scope, SourceKind, Version
from erstwhile.moving import Transfer, TransferProgress, transfer_store
from erstwhile.opening import open_engine as open  # noqa: A004 - `erstwhile.open()` is the front door
from erstwhile.packing import Pack, pack
from erstwhile.policy import Policy, Rule
from erstwhile.reembedding import Backfill, ModelChange, ModelCheck, Reembedding
from erstwhile.refs import Ref
from erstwhile.relations import Claim, Judgement, Relation, Tie
from erstwhile.rerank import OnnxReranker, Reranker
from erstwhile.results import Action, Change, Conflict, Doomed, Hit, Observed, Outcome, Parts, Recall, Receipt, Settlement, Stats
from erstwhile.scoped import ScopedMemory
from erstwhile.store import StoreInfo
from erstwhile.store.server_settings import ServerSettings
from erstwhile.time import AsOf, Clock, Instant, Interval
from erstwhile.transfer.exporting import Export
from erstwhile.turns import Message

__all__ = [
    "Action",
    "Answer",
    "AsOf",
    "Audit",
    "Backfill",
    "Backup",
    "Change",
    "ChatCall",
    "Claim",
    "Clock",
    "Confirmation",
    "Conflict",
    "Consolidated",
    "Consolidation",
    "Doomed",
    "Draft",
    "Drawn",
    "Embedder",
    "Engine",
    "ErstwhileError",
    "Export",
    "Extractor",
    "Finding",
    "FindingKind",
    "Hit",
    "Instant",
    "Interval",
    "InvalidInputError",
    "Judge",
    "Judgement",
    "Left",
    "Links",
    "LlmJudge",
    "Masked",
    "MemoryType",
    "Message",
    "MissingDependencyError",
    "ModelChange",
    "ModelCheck",
    "ModelCorruptError",
    "ModelError",
    "ModelMismatchError",
    "ModelNotFoundError",
    "NotFoundError",
    "Observed",
    "OnSecret",
    "OnnxJudge",
    "OnnxReranker",
    "Outcome",
    "Pack",
    "Pair",
    "Parts",
    "Policy",
    "Provenance",
    "Recall",
    "Receipt",
    "Reembedding",
    "Ref",
    "Relation",
    "Repair",
    "Repaired",
    "Reranker",
    "Rule",
    "Scope",
    "ScopedMemory",
    "Secret",
    "ServerSettings",
    "Settings",
    "Settlement",
    "SourceKind",
    "Stats",
    "Step",
    "StepKind",
    "StoreClosedError",
    "StoreCorruptError",
    "StoreError",
    "StoreForkedError",
    "StoreFormatError",
    "StoreInfo",
    "StoreLockedError",
    "StoreUnavailableError",
    "Tie",
    "Transfer",
    "TransferProgress",
    "TypeName",
    "Version",
    "WriteConflictError",
    "cues_of",
    "find_secrets",
    "load_embedder",
    "masked_value",
    "open",
    "pack",
    "restore",
    "transfer_store",
]
