"""Whose memory is meant."""

from collections.abc import Mapping

from erstwhile import Engine, InvalidInputError, Scope, ScopedMemory

__all__ = ["ScopeLike", "memory_of"]

ScopeLike = Scope | Mapping[str, str]
"""A scope, or its parts by name, such as ``{"user": "ana"}``."""


def memory_of(memory: Engine | ScopedMemory, scope: ScopeLike | None = None) -> ScopedMemory:
    """The memory of one scope.

    Args:
        memory: What `erstwhile.open` gave, or the memory of one scope, which can be of no other.
        scope: Whose memory, where an engine is given.

    Raises:
        InvalidInputError: Nobody's memory was named, or two were, or what was given cannot be used.
    """
    if not isinstance(memory, Engine | ScopedMemory):
        raise InvalidInputError(f"memory: expected what erstwhile.open() gives, or its scope(…), got {type(memory).__name__}.")
    wanted = scope if isinstance(scope, Scope | None) else _scope(scope)
    if isinstance(memory, Engine):
        if wanted is None:
            raise InvalidInputError('Nobody\'s memory was named; give scope={"user": …}, or the memory of one scope: engine.scope(user=…).')
        return memory.scope(wanted)
    if wanted is None or wanted == memory.scope:
        return memory
    raise InvalidInputError("A scope was given for the memory of another one; give the engine in its place, which has the memories of all.")


def _scope(parts: object) -> Scope:
    if not isinstance(parts, Mapping):
        raise InvalidInputError(f"scope: expected a Scope or its parts by name, got {type(parts).__name__}.")
    if unknown := sorted(str(name) for name in parts if name not in ("tenant", "user", "agent", "session", "project")):
        raise InvalidInputError(f"scope: {', '.join(unknown)[:80]} is no part of a scope; name tenant, user, agent, session or project.")
    return Scope(**parts)
