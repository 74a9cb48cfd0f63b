"""Every error that erstwhile raises on purpose.

    ErstwhileError
    ├── InvalidInputError (also ValueError)
    ├── NotFoundError (also LookupError)
    ├── WriteConflictError
    ├── MissingDependencyError (also ImportError)
    ├── ModelError
    │   ├── ModelNotFoundError
    │   ├── ModelCorruptError
    │   └── ModelMismatchError
    └── StoreError
        ├── StoreClosedError
        ├── StoreLockedError
        ├── StoreForkedError
        ├── StoreCorruptError
        ├── StoreFormatError
        └── StoreUnavailableError

A message says what was wrong, which value, and what to do about it. It never carries the content of a memory: messages end up in logs.
"""

import re

__all__ = [
    "ErstwhileError",
    "InvalidInputError",
    "MissingDependencyError",
    "ModelCorruptError",
    "ModelError",
    "ModelMismatchError",
    "ModelNotFoundError",
    "NotFoundError",
    "StoreClosedError",
    "StoreCorruptError",
    "StoreError",
    "StoreForkedError",
    "StoreFormatError",
    "StoreLockedError",
    "StoreUnavailableError",
    "WriteConflictError",
    "shown",
]


def shown(text: str) -> str:
    """A text that was given where a word, a time or an id belongs, for a message: itself if it is one short word, else only its length.

    Somebody's memory given in the wrong place must not end up in a log.
    """
    return repr(text) if len(text) <= 40 and re.fullmatch(r"[\w:.+-]*", text) else f"a text of {len(text):,} characters"


class ErstwhileError(Exception):
    """Base of every error raised by erstwhile."""


class InvalidInputError(ErstwhileError, ValueError):
    """An argument cannot be used. Nothing was written."""


class NotFoundError(ErstwhileError, LookupError):
    """No such memory or version in the scope that was asked. Nothing was written."""


class WriteConflictError(ErstwhileError):
    """Other writers kept changing the same memory and every attempt to plan against it lost. Nothing was written; try again."""


class MissingDependencyError(ErstwhileError, ImportError):
    """An optional dependency is not installed. The message holds the install command."""


class ModelError(ErstwhileError):
    """Something is wrong with the embedding model."""


class ModelNotFoundError(ModelError):
    """The model is not where it was looked for."""


class ModelCorruptError(ModelError):
    """A model file does not match the SHA-256 in its manifest, or cannot be loaded."""


class ModelMismatchError(ModelError):
    """The store holds vectors of another model than the one it is opened with."""


class StoreError(ErstwhileError):
    """Something is wrong with the store."""


class StoreClosedError(StoreError):
    """The store was closed, and then used."""


class StoreLockedError(StoreError):
    """Another process holds the store and does not share it, does not answer, or runs another release; the message names it."""


class StoreForkedError(StoreError):
    """The process forked after it opened the store. Open the store in the child, or start the child with ``spawn``."""


class StoreCorruptError(StoreError):
    """The store's files cannot be read back as what was written."""


class StoreFormatError(StoreError):
    """The store was written in a format that this version of erstwhile does not read."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached or cannot take writes: a full or read-only disk, a server that does not answer."""
