"""What a caller points at: a memory, or one version of it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, runtime_checkable
from uuid import UUID

from erstwhile import timeline
from erstwhile.errors import InvalidInputError, NotFoundError
from erstwhile.model import Scope, Version
from erstwhile.store import Find, Store, Where

__all__ = ["HasMemory", "Ref", "Target", "as_refs", "resolve"]

_ID_LIKE: Final = re.compile(r"[0-9a-fA-F-]{1,64}")


@runtime_checkable
class HasMemory(Protocol):
    """Anything that belongs to a memory: a version, a hit, an outcome, a change."""

    @property
    def memory_id(self) -> str:
        """The memory."""
        ...


Ref = str | HasMemory
"""How to point at a memory: its id, the id of one of its versions, or anything a call returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A memory that was pointed at.

    Attributes:
        memory_id: The memory.
        version_id: The one version meant, ``None`` for the memory as a whole.
    """

    memory_id: str
    version_id: str | None = None

    def pick(self, believed: Sequence[Version], *, at: datetime) -> Version:
        """The version meant, out of the believed ones of the memory.

        Raises:
            NotFoundError: It is not believed any more.
        """
        if self.version_id is not None:
            if named := [version for version in believed if version.id == self.version_id]:
                return named[0]
            raise NotFoundError(f"Version {self.version_id} is not believed any more; see history({self.memory_id}) for what took its place.")
        if (current := timeline.current(believed, at=at)) is None:
            raise NotFoundError(f"Nothing of memory {self.memory_id} is believed any more; see its history, and remember it anew if it holds.")
        return current


def as_refs(refs: Ref | Iterable[Ref]) -> tuple[str, ...]:
    """The ids behind one or several refs, in order, each once.

    Raises:
        InvalidInputError: One is neither an id nor anything that has a memory.
    """
    several = (refs,) if isinstance(refs, str) or isinstance(refs, HasMemory) else refs  # noqa: SIM101 - a text is told first, at a tenth of the cost
    if not isinstance(several, Iterable):
        raise InvalidInputError(f"Expected a memory id or what a call returned, got {type(refs).__name__}.")
    return tuple(dict.fromkeys(_id(ref) for ref in several))


def resolve(store: Store, scope: Scope, ref: Ref) -> Target:
    """Find what ``ref`` points at, within one scope.

    Raises:
        InvalidInputError: It is not an id.
        NotFoundError: There is no such memory or version in this scope.
    """
    given = _id(ref)
    if store.find(Find(where=Where(scopes=(scope,), memory_ids=(given,)), limit=1)):
        return Target(memory_id=given)
    if rows := store.find(Find(where=Where(scopes=(scope,), ids=(given,)), limit=1)):
        return Target(memory_id=rows[0].version.memory_id, version_id=given)
    raise NotFoundError(f"There is no memory or version {given} in this scope; check the id and the scope.")


def _id(ref: Ref) -> str:
    given = ref if isinstance(ref, str) else getattr(ref, "memory_id", None)
    if not isinstance(given, str):
        raise InvalidInputError(f"Expected a memory id or what a call returned, got {type(ref).__name__}.")
    try:
        return str(UUID(given))
    except ValueError:
        # A memory's content given by mistake must not end up in a log.
        shown = repr(given) if _ID_LIKE.fullmatch(given) else f"A text of {len(given):,} characters"
        raise InvalidInputError(f"{shown} is not an id; ids look like 01890a5d-ac96-774b-bcce-b302099a8057.") from None
