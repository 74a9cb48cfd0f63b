"""Which items and which namespaces an operation means; pure, by the rules of LangGraph's own stores."""

import operator
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from typing import Any, Final

from langgraph.store.base import ListNamespacesOp, MatchCondition

__all__ = ["listed", "matches", "reach"]

Namespace = tuple[str, ...]

COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gt": lambda value, bound: float(value) > float(bound),
    "$gte": lambda value, bound: float(value) >= float(bound),
    "$lt": lambda value, bound: float(value) < float(bound),
    "$lte": lambda value, bound: float(value) <= float(bound),
}


def matches(value: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    """Whether a value passes a filter: each key equal, alike within, or compared by ``$eq``, ``$ne``, ``$gt``, ``$gte``, ``$lt`` or ``$lte``.

    Raises:
        ValueError: There is no such comparison, or what is compared by size is no number.
        TypeError: What is compared by size is no number.
    """
    return all(_alike(value.get(key), bound) for key, bound in (wanted or {}).items())


def _alike(value: object, wanted: object) -> bool:
    if isinstance(wanted, Mapping):
        if any(str(key).startswith("$") for key in wanted):
            return all(_compare(value, name, bound) for name, bound in wanted.items())
        return isinstance(value, Mapping) and all(_alike(value.get(key), bound) for key, bound in wanted.items())
    if isinstance(wanted, list | tuple):
        return isinstance(value, list | tuple) and len(value) == len(wanted) and all(map(_alike, value, wanted))
    return value == wanted


def _compare(value: object, name: str, bound: object) -> bool:
    if name not in COMPARISONS:
        raise ValueError(f"Unsupported operator: {name}; use one of {', '.join(COMPARISONS)}.")
    return COMPARISONS[name](value, bound)


def listed(namespaces: Iterable[Namespace], op: ListNamespacesOp) -> list[Namespace]:
    """The namespaces that an operation asks for, cut to its depth, each once and in order.

    Raises:
        ValueError: A condition is neither of prefix nor of suffix.
    """
    meant = {namespace[: op.max_depth] for namespace in namespaces if all(_meets(namespace, condition) for condition in op.match_conditions or ())}
    return sorted(meant)[op.offset : op.offset + op.limit]


def reach(op: ListNamespacesOp) -> Namespace:
    """The deepest namespace under which all lie that an operation asks for: what is elsewhere need not be read."""
    paths = (takewhile(lambda label: label != "*", condition.path) for condition in op.match_conditions or () if condition.match_type == "prefix")
    return max(map(tuple, paths), key=len, default=())


def _meets(namespace: Namespace, condition: MatchCondition) -> bool:
    if condition.match_type not in {"prefix", "suffix"}:
        raise ValueError(f"Unsupported match type: {condition.match_type}; use prefix or suffix.")
    if len(namespace) < len(condition.path):
        return False
    length = len(condition.path)
    part = namespace[:length] if condition.match_type == "prefix" else namespace[len(namespace) - length :]
    return all(wanted in {"*", label} for label, wanted in zip(part, condition.path, strict=True))
