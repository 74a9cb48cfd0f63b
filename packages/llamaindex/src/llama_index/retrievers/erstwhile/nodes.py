"""What was found, in LlamaIndex's terms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from llama_index.core.schema import MetadataMode, NodeRelationship, NodeWithScore, ObjectType, RelatedNodeInfo, TextNode

from erstwhile import AsOf, Hit, InvalidInputError, Links, Provenance, Recall, Scope, Version

__all__ = ["MemoryNode", "nodes_of"]


SHOWN: Final = frozenset({"id", "version_id", "type", "scope", "source", "valid_from", "valid_to", "system_from", "contested"})
"""What of the metadata stands beside a memory's text, or leads to it."""


class MemoryNode(TextNode):
    """A memory as a node: its text as it is for whoever reads it, and fenced as data for a language model.

    Query engines put a node into their prompts as ``get_content(MetadataMode.LLM)`` gives it. That is the memory's line between two lines that no memory can
    forge, with its dates, type and source, as `erstwhile.Recall.pack` renders it. It is worked out from the text and the metadata at hand, so that it stays
    right where a postprocessor changes the text.

    Attributes:
        relevance: How likely it has to do with the question at all, 0 to 1 (`erstwhile.Hit.relevance`). It belongs to one recall and so is no part of the
            metadata: a fusion of several recalls knows a node again by its text and metadata.
    """

    relevance: float = 1.0

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex writes a node down with."""
        return "MemoryNode"

    def get_content(self, metadata_mode: MetadataMode = MetadataMode.NONE) -> str:
        """The text; for a language model, fenced.

        Raises:
            InvalidInputError: Something took away the metadata that the line for a model is made of.
        """
        if metadata_mode is not MetadataMode.LLM or not self.text.strip():
            return self.text
        version = _version(self.metadata, self.text)
        alone = Recall(query=self.text, as_of=AsOf(), hits=(Hit(version=version, score=1.0),))
        return alone.pack(budget_tokens=1, count=lambda _: 1).text


def nodes_of(hits: Sequence[Hit]) -> list[NodeWithScore]:
    """Hits as nodes, best first, with scores that keep that order."""
    return [NodeWithScore(node=_node(hit), score=score) for hit, score in zip(hits, _scores(hits), strict=True)]


def _scores(hits: Sequence[Hit]) -> list[float]:
    # A reranker orders the best of them by a score of its own. Those after them stay after them: what merges lists looks at nothing but the numbers.
    lowest = min((hit.reranked for hit in hits if hit.reranked is not None), default=1.0)
    return [lowest * hit.score if hit.reranked is None else hit.reranked for hit in hits]


def _node(hit: Hit) -> MemoryNode:
    version = hit.version
    metadata = hit.described()
    return MemoryNode(
        id_=version.id,
        text=version.content,
        metadata=metadata,  # type: ignore[call-arg]  # pydantic takes it by its name, and type checkers know the alias alone
        relevance=hit.relevance,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=list(metadata),
        relationships=dict(_relationships(hit)),
    )


def _relationships(hit: Hit) -> list[tuple[NodeRelationship, RelatedNodeInfo]]:
    source = hit.version.source
    if source.session is None or source.turn is None:
        origin = source.reference
        return [] if origin is None else [(NodeRelationship.SOURCE, RelatedNodeInfo(node_id=origin, node_type=ObjectType.DOCUMENT))]
    said = {turn.source.turn: turn.id for turn in hit.neighbours if turn.source.session == source.session and turn.scope == hit.version.scope}
    places = [(NodeRelationship.PREVIOUS, source.turn - 1), (NodeRelationship.NEXT, source.turn + 1)]
    if not hit.version.is_turn:
        places.append((NodeRelationship.SOURCE, source.turn))
    return [(relation, RelatedNodeInfo(node_id=said[place], node_type=ObjectType.TEXT)) for relation, place in places if place in said]


def _version(metadata: dict[str, Any], text: str) -> Version:
    if missing := sorted(SHOWN - set(metadata)):
        raise InvalidInputError(f"The node's metadata has no {', '.join(missing)}, of which its line for a model is made; keep what the retriever put there.")
    ends = metadata["valid_to"]
    return Version(
        id=metadata["version_id"],
        memory_id=metadata["id"],
        content=text,
        type=None if metadata["type"] == "turn" else metadata["type"],
        scope=Scope(**metadata["scope"]),
        source=Provenance(**metadata["source"]),
        valid_from=datetime.fromisoformat(metadata["valid_from"]),
        valid_to=None if ends is None else datetime.fromisoformat(ends),
        system_from=datetime.fromisoformat(metadata["system_from"]),
        links=Links(contradicts=(metadata["id"],) if metadata["contested"] else ()),
    )
