"""How a key and its value are laid out as memories; pure.

An item is one memory for ever: a put is a better belief in its place, a deletion ends it, and a put after that has it begin again. So its history is that of
one memory, and what the store held at some time is what was believed then. Its value stands in the metadata, as JSON text, so that it comes back as it was
given whatever a store does to numbers. Its content is the first text it is searched by; where there are more, each has a memory of its own, which points
at the item. Tags lead to an item by its key, and to all that lies under a namespace.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from langgraph.store.base import Item, SearchItem

from erstwhile import InvalidInputError, Version
from langchain_erstwhile.texts import UNKEEPABLE, keepable

__all__ = ["Address", "ItemVersion", "Kept", "Namespace", "Part", "Wanted", "searched_under", "told", "under"]

Namespace = tuple[str, ...]
DEEPEST: Final = 30
"""Parts of a namespace; each takes two of a memory's 64 tags."""
SECOND: Final = 1 / 60
"""In minutes."""
CENTURY: Final = 100 * 365 * 24 * 60
"""In minutes."""


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Address:
    """Where an item lies.

    Attributes:
        namespace: Its namespace.
        key: Its key there.
    """

    namespace: Namespace
    key: str

    @property
    def tag(self) -> str:
        """The tag of the item alone."""
        return f"item {_digest(self.namespace, self.key)}"

    @property
    def parts_tag(self) -> str:
        """The tag of what else it is searched by."""
        return f"part of {_digest(self.namespace, self.key)}"

    @property
    def prefixes(self) -> tuple[Namespace, ...]:
        """Every namespace that it lies under, from the root on.

        Raises:
            InvalidInputError: They are too many.
        """
        if len(self.namespace) > DEEPEST:
            raise InvalidInputError(f"The namespace has {len(self.namespace)} parts and at most {DEEPEST} are kept; join some of them.")
        return tuple(self.namespace[:length] for length in range(len(self.namespace) + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the memories that an item is kept in.

    Attributes:
        name: What it always goes by: its idempotency key.
        content: What it is searched by.
        tags: What leads to it.
        metadata: The item, or where it lies.
    """

    name: str
    content: str
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An item to be put.

    Attributes:
        address: Where.
        value: Its value, as JSON text.
        texts: What it is searched by, each once; none where it is not.
        ttl: How long it is kept after it was last written or read, in minutes; ``None`` for ever.
    """

    address: Address
    value: str
    texts: tuple[str, ...]
    ttl: float | None

    @classmethod
    def of(cls, address: Address, value: Mapping[str, Any], texts: Iterable[str], ttl: float | None) -> Self:
        """The item, checked; its texts are not asked for before JSON is known to hold the value.

        Raises:
            InvalidInputError: JSON cannot hold the value, the namespace is too deep, or the time to live is not from a second to a hundred years.
        """
        if ttl is not None and not SECOND <= ttl <= CENTURY:
            raise InvalidInputError(f"ttl is {ttl!r:.40}; give minutes, from a second to a hundred years, or None for ever.")
        return cls(address=address, value=_json(address, value), texts=tuple(dict.fromkeys(filter(str.strip, map(keepable, texts)))), ttl=ttl)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The memories to keep it in: the item itself, and one for each further text."""
        where, searched = self.address, tuple(map(searched_under, self.address.prefixes))
        named: dict[str, Any] = {"namespace": list(where.namespace), "key": where.key}
        plain = f"{'/'.join(where.namespace)} {where.key}"
        item = Part(
            name=where.tag,
            content=self.texts[0] if self.texts else keepable(plain),
            tags=(where.tag, *map(under, where.prefixes), *(searched if self.texts else ())),
            metadata={**named, "value": self.value, "ttl": self.ttl, "searched": bool(self.texts), "written": None},
        )
        others = (
            Part(name=f"{where.tag}, text {place}", content=text, tags=(where.parts_tag, *searched), metadata={**named, "text": place})
            for place, text in enumerate(self.texts[1:], start=1)
        )
        return (item, *others)


@dataclass(frozen=True, slots=True)
class Kept:
    """An item as it was read from a version."""

    version: Version

    @property
    def address(self) -> Address:
        """Where it lies."""
        return Address(tuple(self.version.metadata["namespace"]), self.version.metadata["key"])

    @property
    def value(self) -> dict[str, Any]:
        """Its value."""
        value: dict[str, Any] = json.loads(self.version.metadata["value"])
        return value

    @property
    def whole(self) -> bool:
        """Whether it is the item itself, and not a further text that it is searched by."""
        return "text" not in self.version.metadata

    @property
    def searched(self) -> bool:
        """Whether it is searched by meaning."""
        return bool(self.version.metadata["searched"])

    @property
    def ttl(self) -> float | None:
        """How long it is kept after it was last written or read, in minutes; ``None`` for ever."""
        ttl: float | None = self.version.metadata["ttl"]
        return ttl

    @property
    def counted_from(self) -> datetime:
        """Since when its time to live is counted."""
        return self.version.system_from

    @property
    def written(self) -> datetime:
        """When its value was put: a version that only puts off its expiry says whose value it keeps."""
        kept = self.version.metadata["written"]
        return self.version.system_from if kept is None else datetime.fromisoformat(kept)

    @property
    def read_again(self) -> Mapping[str, Any]:
        """The metadata of a version that only puts off its expiry."""
        return {**self.version.metadata, "written": self.written.isoformat()}

    @property
    def ended(self) -> bool:
        """Whether it was deleted."""
        return self.version.valid_to is not None

    def item(self) -> Item:
        """It, as LangGraph has it."""
        where = self.address
        return Item(value=self.value, key=where.key, namespace=where.namespace, created_at=self.version.valid_from, updated_at=self.written)

    def found(self, score: float | None) -> SearchItem:
        """It, as LangGraph has what was searched."""
        where = self.address
        return SearchItem(namespace=where.namespace, key=where.key, value=self.value, created_at=self.version.valid_from, updated_at=self.written, score=score)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemVersion:
    """What a key held for a while.

    Attributes:
        value: The value; ``None`` where the key was deleted.
        since: From when on it was held, or deleted.
        until: Until when; ``None`` for now.
        expires_at: When it expired, or will; ``None`` for never.
    """

    value: dict[str, Any] | None
    since: datetime
    until: datetime | None
    expires_at: datetime | None


def told(versions: Iterable[Version]) -> tuple[ItemVersion, ...]:
    """The history of an item, oldest first, from every version of its memory. What only put off its expiry is part of what it put off."""
    history: list[ItemVersion] = []
    for version in sorted(versions, key=lambda version: (version.system_from, version.id)):
        kept = Kept(version)
        if version.metadata["written"] is not None and not kept.ended and history:
            history[-1] = replace(history[-1], until=version.system_to, expires_at=version.expires_at)
        else:
            value = None if kept.ended else kept.value
            history.append(ItemVersion(value=value, since=version.system_from, until=version.system_to, expires_at=version.expires_at))
    return tuple(history)


def under(prefix: Namespace) -> str:
    """The tag of all items under a namespace."""
    return f"under {_digest(prefix)}"


def searched_under(prefix: Namespace) -> str:
    """The tag of all that is searched by meaning under a namespace."""
    return f"searched under {_digest(prefix)}"


def _json(address: Address, value: Mapping[str, Any]) -> str:
    try:
        plain = json.dumps(dict(value), ensure_ascii=False)
        return json.dumps(dict(value)) if UNKEEPABLE.search(plain) else plain
    except (TypeError, ValueError, RecursionError):
        where = f"{'/'.join(address.namespace)} {address.key}"
        raise InvalidInputError(f"The value at {where[:120]!r} cannot be written as JSON; use text, numbers, booleans, null, lists and mappings.") from None
