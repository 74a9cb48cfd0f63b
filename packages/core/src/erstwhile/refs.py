"""What a caller points at: a memory, or one version of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from erstwhile import timeline
from erstwhile.errors import InvalidInputError, NotFoundError, shown
from erstwhile.model import Scope, Version
from erstwhile.results import Hit, Outcome
from erstwhile.store import Find, Store, Where

__all__ = ["HasMemory", "Ref", "Target", "as_refs", "origins", "resolve"]


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
    return tuple(dict.fromkeys(_id(ref) for ref in _several(refs)))


def resolve(store: Store, scopes: tuple[Scope, ...], ref: Ref) -> Target:
    """Find what ``ref`` points at, within some scopes. A version, or a hit, points at that very version; whatever else a call returned, at the memory.

    Raises:
        InvalidInputError: It is not an id.
        NotFoundError: There is no such memory or version in these scopes.
    """
    exact = _version(ref)
    given = _id(ref) if exact is None else exact.id
    if exact is None and store.find(Find(where=Where(scopes=scopes, memory_ids=(given,)), limit=1)):
        return Target(memory_id=given)
    if rows := store.find(Find(where=Where(scopes=scopes, ids=(given,)), limit=1)):
        return Target(memory_id=rows[0].version.memory_id, version_id=given)
    raise NotFoundError(f"There is no memory or version {given} in this scope; check the id and the scope.")


def _version(ref: Ref) -> Version | None:
    if isinstance(ref, Hit):
        return ref.version
    return ref if isinstance(ref, Version) else None


def origins(refs: Ref | Iterable[Ref]) -> tuple[str, ...]:
    """The ids that something was drawn from: of versions where a call returned them, else as given, for a source may be the caller's own.

    Raises:
        InvalidInputError: One is neither a text nor anything that has a memory.
    """
    return tuple(dict.fromkeys(ref if isinstance(ref, str) else _origin(ref) for ref in _several(refs)))


def _origin(ref: HasMemory) -> str:
    version = ref.version if isinstance(ref, Outcome) else _version(ref)
    return _id(ref) if version is None else version.id


def _several(refs: Ref | Iterable[Ref]) -> Iterable[Ref]:
    if isinstance(refs, str) or isinstance(refs, HasMemory):  # noqa: SIM101 - a text is told first, at a tenth of the cost
        return (refs,)
    if not isinstance(refs, Iterable):
        raise InvalidInputError(f"Expected a memory id or what a call returned, got {type(refs).__name__}.")
    return refs


def _id(ref: Ref) -> str:
    given = ref if isinstance(ref, str) else getattr(ref, "memory_id", None)
    if not isinstance(given, str):
        raise InvalidInputError(f"Expected a memory id or what a call returned, got {type(ref).__name__}.")
    try:
        return str(UUID(given))
    except ValueError:
        raise InvalidInputError(f"{shown(given)} is not an id; ids look like 01890a5d-ac96-774b-bcce-b302099a8057.") from None
