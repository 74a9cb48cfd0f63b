"""The memories of other systems, from the files that they write.

| system | file | checked against |
|---|---|---|
| the official server-memory | its store: JSON lines of entities and relations | files of the server |
| mcp-memory-service | an object with ``export_metadata`` and ``memories`` | the project's own reader of it |
| mem0 | a list of memories, or an object with one: ``results``, ``memories`` or ``records`` | its documentation and another project's reader |

A structured export that mem0's platform makes by a schema of the user's own has no form that could be read in general; ``get_all`` gives what is read here.
"""

from collections.abc import Iterator
from datetime import datetime

from erstwhile.draft import Draft
from erstwhile.errors import InvalidInputError
from erstwhile.model import MemoryType, Provenance, SourceKind
from erstwhile.transfer.fields import Fields
from erstwhile.transfer.tidying import kind, labels, moment, name, pieces

__all__ = ["is_graph_line", "is_mem0", "is_service_export", "read_graph_line", "read_mem0", "read_service_export"]

MEM0_LISTS = ("results", "memories", "records")


def is_graph_line(value: object) -> bool:
    """Whether a decoded line is one of server-memory's."""
    return isinstance(value, dict) and (
        (value.get("type") == "entity" and "observations" in value) or (value.get("type") == "relation" and "relationType" in value)
    )


def read_graph_line(line: Fields) -> tuple[Draft, ...]:
    """A memory for each observation of an entity, which it names, or for a relation. The file tells no times: they hold from when they are imported.

    Raises:
        InvalidInputError: A field is missing or of the wrong kind.
    """
    if line.raw("type") == "relation":
        one, verb, other = (_needed(line, field) for field in ("from", "relationType", "to"))
        return _drafts(f"{one} {verb.replace('_', ' ')} {other}", system="server-memory", reference=one, type=MemoryType.RELATIONSHIP)
    entity, sort = _needed(line, "name"), name(line.raw("entityType"))
    found: list[Draft] = []
    for observation in line.items("observations"):
        for piece in pieces(observation):
            content = piece if entity.lower() in piece.lower() else f"{entity}: {piece}"
            found += _drafts(content, system="server-memory", reference=entity, tags=() if sort is None else (sort,))
    return tuple(found)


def is_service_export(value: object) -> bool:
    """Whether a decoded document is an export of mcp-memory-service."""
    return isinstance(value, dict) and "export_metadata" in value and isinstance(value.get("memories"), list)


def read_service_export(document: Fields) -> Iterator[Draft]:
    """Its memories, each from when it was created.

    Raises:
        InvalidInputError: A field is of the wrong kind.
    """
    for memory in document.within("memories"):
        yield from _drafts(
            memory.raw("content"),
            system="mcp-memory-service",
            reference=name(memory.raw("content_hash")),
            at=moment(memory.raw("created_at"), place=f"{memory.place}: created_at"),
            type=kind(memory.raw("memory_type")),
            tags=labels(memory.raw("tags")),
        )


def is_mem0(value: object) -> bool:
    """Whether a decoded document holds mem0's memories."""
    first = next(iter(_of_mem0(value)), None)
    return isinstance(first, dict) and isinstance(first.get("memory"), str)


def _of_mem0(value: object) -> list[object]:
    if isinstance(value, dict):
        value = next((value[key] for key in MEM0_LISTS if isinstance(value.get(key), list)), None)
    return value if isinstance(value, list) else []


def read_mem0(value: object, *, place: str) -> Iterator[Draft]:
    """Its memories, each from when it was created.

    Raises:
        InvalidInputError: A field is of the wrong kind.
    """
    for number, each in enumerate(_of_mem0(value)):
        memory = Fields(each, place=f"{place}, memory {number}")
        yield from _drafts(
            memory.raw("memory"),
            system="mem0",
            reference=name(memory.raw("id")),
            at=moment(memory.raw("created_at"), place=f"{memory.place}: created_at"),
            tags=labels(memory.raw("categories")),
        )


def _needed(line: Fields, field: str) -> str:
    found = name(line.raw(field))
    if found is None:
        raise InvalidInputError(f"{line.place}: {field} is missing, or no text.")
    return found


def _drafts(
    content: object, *, system: str, reference: str | None, at: datetime | None = None, type: MemoryType | None = None, tags: tuple[str, ...] = ()
) -> tuple[Draft, ...]:
    source = Provenance(kind=SourceKind.IMPORTED, actor="user", reference=f"{system}:{reference}" if reference else system)
    return tuple(Draft(content=piece, source=source, valid_from=at, type=type, tags=tags) for piece in pieces(content))
