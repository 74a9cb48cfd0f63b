"""Qdrant Edge's errors, told in ours: plain exceptions, and panics of Rust that derive from BaseException. Either may quote what was stored."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from erstwhile.errors import ErstwhileError, StoreCorruptError, StoreError, StoreLockedError, StoreUnavailableError

__all__ = ["translated"]


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise what goes wrong inside as a `StoreError` about ``path``, with nothing leading back to Qdrant's own words."""
    try:
        yield
    except ErstwhileError:
        raise
    except OSError as error:
        raise StoreUnavailableError(f"{path}: {error.strerror or error}. Check the disk and its permissions, then open the store again.") from error
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)):
            raise
        known = _known(error, path)
        try:
            raise known from None
        finally:
            # Qdrant's own words may quote what it could not read, so nothing leads back to them.
            known.__context__ = None


def _known(error: BaseException, path: Path) -> StoreError:
    text = str(error)
    if "WouldBlock" in text:
        return StoreLockedError(f"{path} is open in another process that does not go by erstwhile's lock; close it there.")
    if "No space left" in text or "Permission denied" in text or "Read-only" in text:
        return StoreUnavailableError(f"{path} cannot be written ({type(error).__name__}). Check the disk's space and permissions, then open the store again.")
    return StoreCorruptError(
        f"{path} could not carry out the operation ({type(error).__name__}: {_unquoted(text)}); open it again, and if that fails restore it from a backup."
    )


def _unquoted(text: str) -> str:
    # What Qdrant says up to where it begins to quote: values that it could not read follow a quotation mark or a bracket.
    said = re.split(r"[\"'`({\[\n]", text, maxsplit=1)[0].strip(" :")
    return said[-160:] or "no reason given"
