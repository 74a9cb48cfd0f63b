"""Typed, bi-temporal memory for AI agents, on the user's own machine."""

from erstwhile.answering import Answer
from erstwhile.config import Settings
from erstwhile.draft import Draft
from erstwhile.embed import Embedder, load_embedder
from erstwhile.engine import ChatCall, Engine
from erstwhile.engine import open_engine as open  # noqa: A004 - `erstwhile.open()` is the front door
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
from erstwhile.judge import Judge, LlmJudge, OnnxJudge, Pair
from erstwhile.model import Confirmation, Links, MemoryType, Provenance, Scope, SourceKind, Version
from erstwhile.packing import Pack
from erstwhile.policy import Policy, Rule
from erstwhile.refs import Ref
from erstwhile.relations import Claim, Judgement, Relation, Tie
from erstwhile.rerank import OnnxReranker, Reranker
from erstwhile.results import Action, Change, Conflict, Hit, Observed, Outcome, Parts, Recall, Receipt, Settlement, Stats
from erstwhile.scoped import ScopedMemory
from erstwhile.store import StoreInfo
from erstwhile.time import AsOf, Clock, Instant, Interval
from erstwhile.turns import Message

__all__ = [
    "Action",
    "Answer",
    "AsOf",
    "Change",
    "ChatCall",
    "Claim",
    "Clock",
    "Confirmation",
    "Conflict",
    "Draft",
    "Drawn",
    "Embedder",
    "Engine",
    "ErstwhileError",
    "Extractor",
    "Hit",
    "Instant",
    "Interval",
    "InvalidInputError",
    "Judge",
    "Judgement",
    "Links",
    "LlmJudge",
    "MemoryType",
    "Message",
    "MissingDependencyError",
    "ModelCorruptError",
    "ModelError",
    "ModelMismatchError",
    "ModelNotFoundError",
    "NotFoundError",
    "Observed",
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
    "Ref",
    "Relation",
    "Reranker",
    "Rule",
    "Scope",
    "ScopedMemory",
    "Settings",
    "Settlement",
    "SourceKind",
    "Stats",
    "StoreClosedError",
    "StoreCorruptError",
    "StoreError",
    "StoreForkedError",
    "StoreFormatError",
    "StoreInfo",
    "StoreLockedError",
    "StoreUnavailableError",
    "Tie",
    "Version",
    "WriteConflictError",
    "load_embedder",
    "open",
]
