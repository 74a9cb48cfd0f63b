"""The text half of results, for clients that show a model nothing else: memories fenced as data, and beside them what is needed to go on."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from erstwhile import AsOf, Hit, Recall, Version
from erstwhile_mcp.answers import Item

__all__ = ["fenced", "numbered", "shown"]

WHOLE = 10_000_000
"""A budget that takes whatever was admitted already."""


def fenced(versions: Iterable[Version], *, as_of: AsOf | None = None) -> tuple[str, tuple[Version, ...]]:
    """Versions as a block for a prompt that nothing in them can break out of; and in which order they stand there."""
    recall = Recall(query="", as_of=as_of or AsOf(), hits=tuple(Hit(version=version, score=0.0) for version in versions))
    packed = recall.pack(budget_tokens=WHOLE)
    return packed.text, tuple(hit.version for hit in packed.hits)


def shown(versions: Sequence[Version], items: Sequence[Item]) -> list[Version]:
    """The versions, each with the content that its item shows."""
    return [replace(version, content=item.content) if item.clipped else version for version, item in zip(versions, items, strict=True)]


def numbered(versions: Sequence[Version], *, belief: bool = False) -> str:
    """The ids behind the numbers of a block, a line each."""
    return "\n".join(f"[{number}] memory_id {version.memory_id}{_belief(version) if belief else ''}" for number, version in enumerate(versions, start=1))


def _belief(version: Version) -> str:
    until = "still believed" if version.system_to is None else f"believed until {version.system_to.isoformat()}"
    return f", believed from {version.system_from.isoformat()}, {until}"
