"""Documents as memories: the passages that a LlamaIndex pipeline makes, kept as artifacts with their source."""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import Any, Final

from llama_index.core.schema import BaseNode, MetadataMode

from erstwhile import Draft, Engine, Instant, Interval, MemoryType, Outcome, Provenance, ScopedMemory, SourceKind, Version, masked_value
from llama_index.memory.erstwhile.scoping import ScopeLike, memory_of
from llama_index.memory.erstwhile.speech import keepable

__all__ = ["Ingested", "aremember_nodes", "end_document", "remember_nodes"]

LONGEST: Final = {"tag": 256, "actor": 256, "reference": 2_048}
"""Characters of a tag, and of the parts of a source (`erstwhile.Draft`, `erstwhile.Provenance`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of the passages of some documents.

    Attributes:
        written: Passages that are new, or took the place of older ones, in order.
        unchanged: Passages that were there already. Nothing was written of them.
        ended: Passages that ended with nothing in their place.
    """

    written: tuple[Outcome, ...] = ()
    unchanged: tuple[Version, ...] = ()
    ended: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    content: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What to do to a document: passages to write, each with the versions whose place it takes; versions that stay; versions that end."""

    write: tuple[tuple[_Passage, tuple[Version, ...]], ...]
    keep: tuple[Version, ...]
    end: tuple[Version, ...]


def remember_nodes(memory: Engine | ScopedMemory, nodes: Iterable[BaseNode], *, scope: ScopeLike | None = None, at: Instant | None = None) -> Ingested:
    """Remember the passages of documents, such as ``pipeline.run(documents=…)`` gives them, as artifacts with their document as the source.

    Give all passages of a document at once. What the document said before is compared with them: a passage that is still there is not written again, one that
    changed takes the place of the one it was, and one that is gone ends. What was there before stays in history, and can be asked about by its time.

    The document is the node's ``ref_doc_id``, else the node itself: give your documents ids of their own that stay the same, as ``SimpleDirectoryReader`` does
    with ``filename_as_id``. Passages are compared with those of their document alone: they end nothing that a person said, and clash with nothing. One that
    gives orders to a model is kept apart, as from any source that may not, and goes with its document all the same. What text cannot hold, such as the NUL that
    some readers give, becomes U+FFFD.

    Args:
        memory: An engine, from `erstwhile.open`, or the memory of one scope.
        nodes: The passages, in the order of the documents. Those without text are left out. A text that comes twice in a document is kept once.
        scope: Whose memory, where ``memory`` is an engine: a `Scope`, or its parts as a mapping.
        at: Since when the documents read so. Default: now, by the machine's clock.

    Raises:
        InvalidInputError: Nobody's memory was named; or a passage is longer than 32,768 characters, has metadata that JSON cannot hold, or holds what looks
            like a secret and the policy refuses that: of its document nothing was written, and of those after it.
    """
    scoped, time = memory_of(memory, scope), _time(at)
    done = [_remember(scoped, document, passages, time) for document, passages in _documents(nodes).items()]
    return Ingested(
        written=tuple(outcome for each in done for outcome in each.written),
        unchanged=tuple(version for each in done for version in each.unchanged),
        ended=tuple(outcome for each in done for outcome in each.ended),
    )


async def aremember_nodes(memory: Engine | ScopedMemory, nodes: Iterable[BaseNode], *, scope: ScopeLike | None = None, at: Instant | None = None) -> Ingested:
    """The same as `remember_nodes`, in a worker thread."""
    return await asyncio.to_thread(remember_nodes, memory, nodes, scope=scope, at=at)


def end_document(memory: Engine | ScopedMemory, document: str, *, scope: ScopeLike | None = None, at: Instant | None = None) -> tuple[Outcome, ...]:
    """End all passages of a document that is gone. They stay in history; to remove them for good, erase them.

    Args:
        memory: An engine, from `erstwhile.open`, or the memory of one scope.
        document: The document's id.
        scope: Whose memory, where ``memory`` is an engine.
        at: Since when it is gone. Default: now, by the machine's clock.

    Returns:
        What was done to each passage; nothing where there is no such document.
    """
    return _remember(memory_of(memory, scope), document, [], _time(at)).ended


def _remember(memory: ScopedMemory, document: str, passages: Sequence[_Passage], time: datetime) -> Ingested:
    # What is kept apart is part of the document too.
    held = memory.snapshot(during=Interval(start=time), types=[MemoryType.ARTIFACT], tags=[_tag(document)], quarantined=None)
    mine = [version for version in held if version.scope == memory.scope]
    there = {version.content for version in mine}
    # Where the policy masks secrets, what is there is without them.
    passages = [passage if passage.content in there else _as_masked(passage, there) for passage in passages]
    changes = _changes(sorted(mine, key=lambda version: (version.metadata.get("passage", 0), version.id)), passages)
    drafts = [_draft(document, passage, places, time) for passage, places in changes.write]
    return Ingested(
        written=memory.remember_many(drafts, relate=False),
        unchanged=changes.keep,
        ended=tuple(_end(memory, version, time) for version in changes.end),
    )


def _documents(nodes: Iterable[BaseNode]) -> dict[str, list[_Passage]]:
    documents: dict[str, dict[str, _Passage]] = {}
    for node in nodes:
        passages = documents.setdefault(node.ref_doc_id or node.node_id, {})
        content = keepable(node.get_content(metadata_mode=MetadataMode.NONE))
        if content.strip():
            passages.setdefault(content, _Passage(content=content, metadata={**node.metadata, "node_id": node.node_id, "passage": len(passages)}))
    return {document: list(passages.values()) for document, passages in documents.items()}


def _as_masked(passage: _Passage, there: Collection[str]) -> _Passage:
    masked = masked_value(passage.content)[0]
    return replace(passage, content=masked) if masked in there else passage


def _changes(held: Sequence[Version], passages: Sequence[_Passage]) -> _Changes:
    """What makes of the passages held those given: what is in both stays, also where it moved, and what stands between takes the place of what stood there."""
    before, after = [version.content for version in held], [passage.content for passage in passages]
    both = set(before) & set(after)
    write: list[tuple[_Passage, tuple[Version, ...]]] = []
    end: list[Version] = []
    for how, from_old, to_old, from_new, to_new in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if how == "equal":
            continue
        old = [version for version in held[from_old:to_old] if version.content not in both]
        new = [passage for passage in passages[from_new:to_new] if passage.content not in both]
        # One for one, and what is left over of the old goes to the last of the new.
        write += [(passage, tuple(old[place:] if place == len(new) - 1 else old[place : place + 1])) for place, passage in enumerate(new)]
        end += [] if new else old
    return _Changes(write=tuple(write), keep=tuple(version for version in held if version.content in both), end=tuple(end))


def _draft(document: str, passage: _Passage, places: Sequence[Version], time: datetime) -> Draft:
    name = passage.metadata.get("file_name")
    actor = keepable(name).strip()[: LONGEST["actor"]] if isinstance(name, str) else ""
    return Draft(
        content=passage.content,
        type=MemoryType.ARTIFACT,
        source=Provenance(kind=SourceKind.TOOL, actor=actor or "document", reference=keepable(document)[: LONGEST["reference"]]),
        valid_from=time,
        tags=(_tag(document),),
        metadata=passage.metadata,
        supersedes=tuple(dict.fromkeys(version.memory_id for version in places)),
    )


def _end(memory: ScopedMemory, version: Version, time: datetime) -> Outcome:
    # What would end before it began never held.
    return memory.correct(version, valid_to=time, source=version.source) if time > version.valid_from else memory.retract(version)


def _time(at: Instant | None) -> datetime:
    return Interval(start=datetime.now(UTC) if at is None else at).start


def _tag(document: str) -> str:
    tag = f"document:{document}"
    fits = len(tag) <= LONGEST["tag"] and keepable(tag) == tag
    return tag if fits else f"document:{hashlib.sha256(document.encode(errors='surrogatepass')).hexdigest()}"
