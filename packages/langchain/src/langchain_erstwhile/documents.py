"""What was found, in LangChain's terms."""

from typing import Any

from langchain_core.documents import Document

from erstwhile import Hit, Provenance

__all__ = ["document_of"]


def document_of(hit: Hit) -> Document:
    """A hit as a document, whose metadata JSON can hold: its id is that of the version, ``metadata["id"]`` that of the memory; times are ISO 8601 texts."""
    version = hit.version
    metadata: dict[str, Any] = {
        "id": version.memory_id,
        "version_id": version.id,
        "type": "turn" if version.type is None else version.type.value,
        "valid_from": version.valid_from.isoformat(),
        "valid_to": None if version.holds.end is None else version.holds.end.isoformat(),
        "system_from": version.system_from.isoformat(),
        "confidence": version.confidence,
        "contested": version.contested,
        "source": _source(version.source),
        "scope": version.scope.parts(),
        "tags": list(version.tags),
        "score": hit.score,
        "relevance": hit.relevance,
        "metadata": version.metadata,
    }
    return Document(id=version.id, page_content=hit.content, metadata=metadata)


def _source(source: Provenance) -> dict[str, Any]:
    named = {
        "kind": source.kind.value,
        "actor": source.actor,
        "session": source.session,
        "turn": source.turn,
        "reference": source.reference,
        "quote": source.quote,
    }
    return {name: value for name, value in named.items() if value is not None}
