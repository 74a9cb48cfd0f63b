"""Whose memory is meant: the one that was fixed, or the one that a run's context names."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from erstwhile import Engine, InvalidInputError, Scope, ScopedMemory

__all__ = ["Memory", "ScopeOf", "memory_of", "run_memory", "session_of"]

Memory = Engine | ScopedMemory
"""An engine, whose scope a run's context names; or the memory of one scope, for every run."""

ScopeOf = Callable[[Any], Scope | Mapping[str, Any] | None]
"""From a run's context to a scope."""

PARTS: Final = ("tenant", "user", "agent", "project")
SESSIONS: Final = ("session", "session_id", "thread_id")


def memory_of(memory: Memory, scope: Scope | Mapping[str, Any] | None, *, how: str) -> ScopedMemory:
    """The memory of a scope.

    Args:
        memory: The engine, or the memory of one scope, which can be of no other.
        scope: The scope, or its parts.
        how: How a scope can be given, for the error where none was.

    Raises:
        InvalidInputError: None was given, or one for a memory that has its own, or it cannot be used.
    """
    if isinstance(memory, ScopedMemory):
        if scope is None or scope == memory.scope:
            return memory
        raise InvalidInputError("A scope was given for the memory of another one; give the engine in its place, which has the memories of all.")
    if not isinstance(memory, Engine):
        raise InvalidInputError(f"memory: expected what erstwhile.open() gives, or its scope(…), got {type(memory).__name__}.")
    if scope is None:
        raise InvalidInputError(f"Nobody's memory was named; {how}.")
    if isinstance(scope, Scope):
        return memory.scope(scope)
    if unknown := sorted(set(scope) - {*PARTS, "session"}):
        raise InvalidInputError(f"scope: {', '.join(map(str, unknown))[:80]} is no part of a scope; name tenant, user, agent, session or project.")
    return memory.scope(Scope(**scope))


def run_memory(memory: Memory, scope: Scope | Mapping[str, Any] | ScopeOf | None, context: object) -> ScopedMemory:
    """The memory of a run: of the scope that was given, or that a function makes of its context, else of the one that the context names.

    Raises:
        InvalidInputError: There is none, or it cannot be used.
    """
    given = scope(context) if callable(scope) else scope
    if given is None and not isinstance(memory, ScopedMemory):
        given = _scope_of(context)
    return memory_of(memory, given, how='give the run context={"user": …}, or scope=erstwhile.Scope(user=…) to what remembers for it')


def _scope_of(context: object) -> Scope | None:
    """The scope that a run's context names: its ``tenant``, ``user``, ``agent`` and ``project``, or the same with ``_id``; ``None`` where it names none.

    Args:
        context: A mapping, or an object with attributes, such as a dataclass or a pydantic model.

    Raises:
        InvalidInputError: A part is no text that can be used.
    """
    named = {part: value for part in PARTS for value in [_named(context, part, f"{part}_id")] if value is not None}
    return Scope(**named) if named else None


def session_of(context: object, thread: str | None) -> str | None:
    """The conversation that a run belongs to: its context's ``session``, ``session_id`` or ``thread_id``, else its thread."""
    return _named(context, *SESSIONS) or thread


def _named(context: object, *names: str) -> str | None:
    for name in names:
        value = context.get(name) if isinstance(context, Mapping) else getattr(context, name, None)
        if value is not None:
            return value if isinstance(value, str) else str(value)
    return None
