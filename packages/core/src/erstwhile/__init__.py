"""Typed, bi-temporal memory for AI agents, on the user's own machine."""

from erstwhile.config import Settings
from erstwhile.draft import Draft
from erstwhile.embed import Embedder
from erstwhile.engine import Engine
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
from erstwhile.model import Links, MemoryType, Provenance, Scope, SourceKind, Version
from erstwhile.refs import Ref
from erstwhile.results import Action, Change, Hit, Outcome, Recall, Receipt, Stats
from erstwhile.scoped import ScopedMemory
from erstwhile.store import StoreInfo
from erstwhile.time import AsOf, Clock, Instant, Interval
from erstwhile.turns import Message

__all__ = [
    "Action",
    "AsOf",
    "Change",
    "Clock",
    "Draft",
    "Embedder",
    "Engine",
    "ErstwhileError",
    "Hit",
    "Instant",
    "Interval",
    "InvalidInputError",
    "Links",
    "MemoryType",
    "Message",
    "MissingDependencyError",
    "ModelCorruptError",
    "ModelError",
    "ModelMismatchError",
    "ModelNotFoundError",
    "NotFoundError",
    "Outcome",
    "Provenance",
    "Recall",
    "Receipt",
    "Ref",
    "Scope",
    "ScopedMemory",
    "Settings",
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
    "Version",
    "WriteConflictError",
    "open",
]
