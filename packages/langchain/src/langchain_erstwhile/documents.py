"""What was found, in LangChain's terms."""

from langchain_core.documents import Document

from erstwhile import Hit

__all__ = ["document_of"]


def document_of(hit: Hit) -> Document:
    """A hit as a document, whose metadata JSON can hold: its id is that of the version, ``metadata["id"]`` that of the memory; times are ISO 8601 texts."""
    return Document(id=hit.version.id, page_content=hit.content, metadata={**hit.described(), "score": hit.score, "relevance": hit.relevance})
