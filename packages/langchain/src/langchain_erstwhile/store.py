"""LangGraph's store on erstwhile: keys and values whose every version is kept."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FunctionType, TracebackType
from typing import Any, Final, Self, TypeVar

from langgraph.store.base import (
    BaseStore,
    GetOp,
    IndexConfig,
    Item,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    TTLConfig,
    ensure_embeddings,
    get_text_at_path,
    validate_op_namespace,
)

import erstwhile
from erstwhile import AsOf, Embedder, Engine, Instant, InvalidInputError, OnSecret, Receipt, Scope, masked_value
from langchain_erstwhile.embeddings import ErstwhileEmbeddings
from langchain_erstwhile.items import Address, ItemVersion, Kept, Wanted
from langchain_erstwhile.keeping import Keeping
from langchain_erstwhile.matching import listed, matches, reach
from langchain_erstwhile.texts import keepable
from langchain_erstwhile.vectors import LangChainEmbedder, embedded_ahead

__all__ = ["ErstwhileStore"]

T = TypeVar("T")

SCOPE: Final = Scope(agent="langgraph-store")
WIDER: Final = 4
"""So many times more is looked at where what was found did not pass the filter."""
MOST: Final = 100_000
"""So many of the nearest can be asked for."""


class ErstwhileStore(BaseStore):
    """A `BaseStore` for LangGraph whose values have a history.

    A put over a key is a new version, and a deletion ends the item; `get` and `search` give what is there now, `get_as_of`, `search_as_of` and `history` what
    was there, and `erase` removes for good. Values come back as JSON reads them. Search by meaning needs no configuration: it runs on this machine.

    Args:
        memory: An engine, from `erstwhile.open`; or what that opens: a folder, ``":memory:"`` or the URL of a Qdrant server. Default: the user's own store.
        scope: What the items are kept under. Nothing else should be: memories of people belong into scopes of their own. Default: agent "langgraph-store".
        index: What items are searched by, as LangGraph has it: ``fields`` (default: the whole value), and ``embed`` with ``dims`` for a model of your own,
            which only a store that is opened here can have. Default: the whole value, by the engine's model.
        ttl: As LangGraph has it: ``default_ttl`` in minutes, ``refresh_on_read``. What has expired is not served any more; `sweep_ttl` removes it.

    Raises:
        InvalidInputError: Something given cannot be used.
        ModelMismatchError: The store holds vectors of another model.
    """

    supports_ttl = True

    def __init__(
        self,
        memory: Engine | str | Path | None = None,
        *,
        scope: Scope = SCOPE,
        index: IndexConfig | Mapping[str, Any] | None = None,
        ttl: TTLConfig | None = None,
    ) -> None:
        if not isinstance(scope, Scope):
            raise InvalidInputError(f"scope: expected a Scope, got {type(scope).__name__}; such as erstwhile.Scope(agent=…).")
        self.index_config = None if index is None else dict(index)
        self.ttl_config = ttl
        self._fields: tuple[str, ...] = tuple((index or {}).get("fields") or ["$"])
        self._model = _model(index or {})
        self._owned = not isinstance(memory, Engine)
        self._engine = memory if isinstance(memory, Engine) else erstwhile.open(memory, model=self._model)
        if self._model is not None and self._engine.info().fingerprint != self._model.fingerprint:
            raise InvalidInputError('index: the engine has an embedding model of its own; leave out "embed", or give the folder to open in its place.')
        self._keeping = Keeping(self._engine, self._engine.scope(scope))

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations, as LangGraph does: reads first, as if nothing were put yet; of several puts to one key the last."""
        listed_ops = list(ops)
        for op in listed_ops:
            validate_op_namespace(op)
        gets = [op for op in listed_ops if isinstance(op, GetOp)]
        items = self._keeping.get({Address(op.namespace, op.key) for op in gets}) if gets else {}
        self._keeping.put_off({kept.address: kept for op in gets if op.refresh_ttl and (kept := items.get(Address(op.namespace, op.key)))}.values())
        results = [self._read(op, items) for op in listed_ops]
        last = {Address(op.namespace, op.key): op for op in listed_ops if isinstance(op, PutOp)}
        wanted = [self._wanted(address, op) for address, op in last.items() if op.value is not None]
        if wanted:
            self._keeping.put(wanted)
        if gone := [address for address, op in last.items() if op.value is None]:
            self._keeping.delete(gone)
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """The same, in a worker thread; embeddings of your own are awaited first."""
        listed_ops = list(ops)
        puts = [op for op in listed_ops if isinstance(op, PutOp) and op.value is not None] if isinstance(self._model, LangChainEmbedder) else []
        passages = [part.content for op in puts for part in self._wanted(Address(op.namespace, op.key), op).parts]
        queries = [op.query for op in listed_ops if isinstance(op, SearchOp)]
        return await self._awaited(lambda: self.batch(listed_ops), queries=queries, passages=passages)

    def get_as_of(self, namespace: tuple[str, ...], key: str, as_of: Instant) -> Item | None:
        """What a key held at some time, as far as it was not erased since. Its time to live is not counted anew.

        Raises:
            InvalidInputError: The time lies in the future, or the namespace is none.
        """
        address = Address(_place(namespace), key)
        kept = self._keeping.get([address], as_of=AsOf(system=as_of)).get(address)
        return None if kept is None else kept.item()

    async def aget_as_of(self, namespace: tuple[str, ...], key: str, as_of: Instant) -> Item | None:
        """The same, in a worker thread."""
        return await asyncio.to_thread(self.get_as_of, namespace, key, as_of)

    def search_as_of(
        self,
        namespace_prefix: tuple[str, ...],
        /,
        *,
        as_of: Instant,
        query: str | None = None,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        limit: int = 10,
        offset: int = 0,
    ) -> list[SearchItem]:
        """What `search` would have given at some time, as far as it was not erased since.

        Raises:
            InvalidInputError: The time lies in the future, or the namespace is none.
        """
        op = SearchOp(_place(namespace_prefix), filter, limit, offset, query, refresh_ttl=False)
        return [kept.found(score) for kept, score in self._search(op, AsOf(system=as_of))]

    async def asearch_as_of(
        self,
        namespace_prefix: tuple[str, ...],
        /,
        *,
        as_of: Instant,
        query: str | None = None,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        limit: int = 10,
        offset: int = 0,
    ) -> list[SearchItem]:
        """The same, in a worker thread."""
        return await self._awaited(
            lambda: self.search_as_of(namespace_prefix, as_of=as_of, query=query, filter=filter, limit=limit, offset=offset), queries=[query]
        )

    def history(self, namespace: tuple[str, ...], key: str) -> tuple[ItemVersion, ...]:
        """All that a key ever held, oldest first, its deletions included; nothing where it never held anything, or was erased.

        Raises:
            InvalidInputError: The namespace is none.
        """
        return self._keeping.history(Address(_place(namespace), key))

    async def ahistory(self, namespace: tuple[str, ...], key: str) -> tuple[ItemVersion, ...]:
        """The same, in a worker thread."""
        return await asyncio.to_thread(self.history, namespace, key)

    def erase(self, namespace: tuple[str, ...], key: str | None = None) -> Receipt | None:
        """Remove an item for good, or all under a namespace: every version, those deleted long ago included. This cannot be undone.

        Returns:
            A receipt, with counts that were verified by reading back; ``None`` where there was nothing.

        Raises:
            InvalidInputError: The namespace is none; nothing was removed.
        """
        return self._keeping.erase(_place(namespace), key)

    async def aerase(self, namespace: tuple[str, ...], key: str | None = None) -> Receipt | None:
        """The same, in a worker thread."""
        return await asyncio.to_thread(self.erase, namespace, key)

    def sweep_ttl(self) -> int:
        """Remove for good what has expired, its history included, and say how many items that were."""
        receipt = self._keeping.sweep()
        return 0 if receipt is None else receipt.memories

    async def asweep_ttl(self) -> int:
        """The same, in a worker thread."""
        return await asyncio.to_thread(self.sweep_ttl)

    def close(self) -> None:
        """Close what was opened here; an engine that was given stays open."""
        if self._owned:
            self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _read(self, op: Op, items: Mapping[Address, Kept]) -> Result:
        match op:
            case GetOp():
                kept = items.get(Address(op.namespace, op.key))
                return None if kept is None else kept.item()
            case SearchOp():
                found = self._search(op, None)
                if op.refresh_ttl:
                    self._keeping.put_off(kept for kept, _ in found)
                return [kept.found(score) for kept, score in found]
            case ListNamespacesOp():
                return listed({kept.address.namespace for kept in self._keeping.under(reach(op))}, op)
            case PutOp():
                return None
        raise ValueError(f"Unknown operation type: {type(op)}")

    def _search(self, op: SearchOp, as_of: AsOf | None) -> Sequence[tuple[Kept, float | None]]:
        end = op.offset + op.limit
        scored: list[tuple[Kept, float | None]] = []
        query = keepable(op.query or "").strip()
        if query:
            scored = self._scored(query, op, end, as_of)
        if len(scored) < end:
            seen = {kept.address for kept, _ in scored}
            others = (kept for kept in self._keeping.under(op.namespace_prefix, as_of=as_of) if not (query and kept.searched))
            scored += [(kept, None) for kept in others if kept.address not in seen and matches(kept.value, op.filter)]
        return scored[op.offset : end]

    def _scored(self, query: str, op: SearchOp, wanted: int, as_of: AsOf | None) -> list[tuple[Kept, float | None]]:
        looked_at = max(1, wanted)
        while True:
            nearest, all_of_them = self._keeping.nearest(query, op.namespace_prefix, min(looked_at, MOST), as_of=as_of)
            found: list[tuple[Kept, float | None]] = [(kept, score) for kept, score in nearest if matches(kept.value, op.filter)]
            if len(found) >= wanted or all_of_them or looked_at >= MOST:
                return found
            looked_at *= WIDER

    def _wanted(self, address: Address, op: PutOp) -> Wanted:
        fields: Iterable[str] = () if op.index is False else self._fields if op.index is None else op.index
        value: Mapping[str, Any] = op.value or {}
        if self._engine.policy.secrets is OnSecret.MASK:
            value = self._masked(address, value)
        texts = (text for field in fields for text in get_text_at_path(value, field))
        return Wanted.of(address, value, texts, op.ttl)

    def _masked(self, address: Address, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if masked_value({"namespace": list(address.namespace), "key": address.key})[1]:
            raise InvalidInputError(
                "The key or its namespace holds what looks like a secret, and would not be found again without it; name the item otherwise."
            )
        masked: dict[str, Any] = masked_value(value)[0]
        return masked

    async def _awaited(self, call: Callable[[], T], *, queries: Iterable[str | None], passages: Sequence[str] = ()) -> T:
        if not isinstance(self._model, LangChainEmbedder):
            return await asyncio.to_thread(call)
        asked = [text for query in queries if (text := keepable(query or "").strip())]
        with embedded_ahead(await self._model.ahead(queries=asked, passages=passages)):
            return await asyncio.to_thread(call)


def _place(namespace: object) -> tuple[str, ...]:
    # Under a bare text nothing lies, and an erasure that found nothing would look like one that was not needed.
    if isinstance(namespace, str) or not isinstance(namespace, Sequence) or not all(isinstance(label, str) for label in namespace):
        raise InvalidInputError('namespace: expected a tuple of texts, such as ("users", "ana").')
    return tuple(namespace)


def _model(index: Mapping[str, Any]) -> Embedder | None:
    embed = index.get("embed")
    if embed is None:
        return None
    if isinstance(embed, ErstwhileEmbeddings):
        return embed.embedder
    dims = index.get("dims")
    if type(dims) is not int or dims < 1:
        raise InvalidInputError(f'index["dims"] is {dims!r:.40}; give the length of the vectors that "embed" makes.')
    return LangChainEmbedder(ensure_embeddings(embed), dimension=dims, name=_named(embed))


def _named(embed: object) -> str:
    # What tells one vector space from another, as far as that can be told from outside.
    if isinstance(embed, str):
        return embed
    kind = embed if isinstance(embed, FunctionType) else type(embed)
    model = next((str(value) for name in ("model", "model_name", "model_id") if (value := getattr(embed, name, None))), "")
    return f"{kind.__module__}.{kind.__qualname__} {model}".strip()
