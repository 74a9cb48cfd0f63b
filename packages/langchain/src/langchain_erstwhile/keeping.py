"""Items, read from and written to the memory of one scope."""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from erstwhile import Action, AsOf, Draft, Engine, Interval, MemoryType, NotFoundError, Receipt, ScopedMemory, Version
from langchain_erstwhile.items import Address, ItemVersion, Kept, Namespace, Part, Wanted, searched_under, told, under

__all__ = ["Keeping"]

EVER: Final = Interval(start=datetime(1, 1, 1, tzinfo=UTC))
"""All of valid time: what has ended and what has expired is believed still, and found by it."""
TICK: Final = timedelta(microseconds=1)
"""The least difference between two times."""
FINEST: Final = 100
"""So many times at most a time to live is counted anew before it would have run out."""


class Keeping:
    """The items of one scope. Writes take turns.

    Args:
        engine: The store and its clock.
        memory: The memory that the items are kept in, and nothing else.
    """

    def __init__(self, engine: Engine, memory: ScopedMemory) -> None:
        self._engine = engine
        self._memory = memory
        self._writing = threading.Lock()

    def get(self, addresses: Collection[Address], *, as_of: AsOf | None = None) -> dict[Address, Kept]:
        """The items at these addresses, as far as there are any."""
        return _by_address(self._tagged([address.tag for address in addresses], as_of=as_of))

    def under(self, prefix: Namespace, *, as_of: AsOf | None = None) -> tuple[Kept, ...]:
        """All items under a namespace, in order of creation."""
        found = self._tagged([under(prefix)], as_of=as_of)
        return tuple(sorted(found, key=lambda kept: (kept.version.valid_from, kept.address.namespace, kept.address.key)))

    def nearest(self, text: str, prefix: Namespace, k: int, *, as_of: AsOf | None = None) -> tuple[list[tuple[Kept, float]], bool]:
        """The items that lie nearest to a text, each with the best cosine of its texts; and whether those were all there are.

        Args:
            text: The text.
            prefix: The namespace.
            k: So many texts of items are looked at.
            as_of: The point to ask about.
        """
        hits = self._memory.nearest(text, k=k, tags=[searched_under(prefix)], as_of=as_of)
        scores: dict[Address, float] = {}
        for hit in hits:
            scores.setdefault(Kept(hit.version).address, hit.dense or 0.0)
        # What is searched by further texts of its own was found by one of those, and is read by its key.
        items = {kept.address: kept for hit in hits if (kept := Kept(hit.version)).whole}
        items |= self.get([address for address in scores if address not in items], as_of=as_of)
        return [(items[address], score) for address, score in scores.items() if address in items], len(hits) < k

    def put(self, wanted: Sequence[Wanted]) -> None:
        """Put items, new ones and new versions of old ones."""
        with self._writing:
            there = self._there([item.address for item in wanted])
            fresh: list[tuple[Part, float | None]] = []
            for item in wanted:
                for part in item.parts:
                    old = there.pop(part.name, None)
                    if old is None:
                        fresh.append((part, item.ttl))
                    else:
                        self._correct(old, part, item.ttl)
            drafts = [self._draft(part, ttl) for part, ttl in fresh]
            for (part, ttl), outcome in zip(fresh, self._memory.remember_many(drafts, relate=False), strict=True):
                # Another process was first.
                if outcome.action is Action.UNCHANGED:
                    self._correct(outcome.version, part, ttl)
            # What is left are texts that these items had before.
            self._end(there.values())

    def delete(self, addresses: Sequence[Address]) -> None:
        """Have the items end; their history stays."""
        with self._writing:
            self._end(self._there(addresses).values())

    def put_off(self, kept: Iterable[Kept]) -> None:
        """Count the time to live of items anew, from now; not again within a hundredth of it, for each time is a write."""
        for item in kept:
            if item.ttl is not None and self._engine.now() - item.counted_from > timedelta(minutes=item.ttl) / FINEST:
                # Of that very version: whoever put another value meanwhile said how long it is kept.
                with contextlib.suppress(NotFoundError):
                    self._memory.correct(item.version, expires_at=self._expiry(item.ttl), metadata=item.read_again)

    def history(self, address: Address) -> tuple[ItemVersion, ...]:
        """All that was ever held at an address, oldest first."""
        found = self._ever([address.tag])
        return told(self._memory.history(found[0].memory_id)) if found else ()

    def erase(self, prefix: Namespace, key: str | None = None) -> Receipt | None:
        """Remove all items under a namespace for good, or the one with a key in it, those that ended included; ``None`` where there are none."""
        return self._erase(lambda: self._ever([under(prefix) if key is None else Address(prefix, key).tag]))

    def sweep(self) -> Receipt | None:
        """Remove for good what has expired; ``None`` where nothing has."""

        def expired() -> tuple[Version, ...]:
            now = self._engine.now()
            return tuple(version for version in self._ever([under(())]) if version.valid_to is None and version.expires_at and version.expires_at <= now)

        return self._erase(expired)

    def _erase(self, find: Callable[[], Iterable[Version]]) -> Receipt | None:
        with self._writing:
            doomed = self._there([Kept(version).address for version in find()])
            return self._memory.erase(*(version.memory_id for version in doomed.values())) if doomed else None

    def _there(self, addresses: Collection[Address]) -> dict[str, Version]:
        # By what they always go by; what has ended begins again under the same name.
        found = self._ever([tag for address in addresses for tag in (address.tag, address.parts_tag)])
        return {_name(version): version for version in found}

    def _correct(self, old: Version, part: Part, ttl: float | None) -> None:
        now = self._engine.now()
        end = old.holds.end
        begins = old.valid_from if end is None or end > now else max(now, end)
        self._memory.correct(
            old.memory_id,
            part.content,
            valid_from=begins,
            valid_to=None,
            expires_at=self._expiry(ttl),
            tags=part.tags,
            metadata=part.metadata,
        )

    def _draft(self, part: Part, ttl: float | None) -> Draft:
        return Draft(content=part.content, type=MemoryType.ARTIFACT, tags=part.tags, metadata=part.metadata, key=part.name, expires_at=self._expiry(ttl))

    def _expiry(self, ttl: float | None) -> datetime | None:
        return None if ttl is None else self._engine.now() + timedelta(minutes=ttl)

    def _end(self, versions: Iterable[Version]) -> None:
        for version in versions:
            if version.valid_to is None:
                self._memory.correct(version.memory_id, valid_to=max(self._engine.now(), version.valid_from + TICK))

    def _tagged(self, tags: Sequence[str], *, as_of: AsOf | None) -> list[Kept]:
        return [Kept(version) for version in self._memory.snapshot(tags=tags, as_of=as_of)] if tags else []

    def _ever(self, tags: Sequence[str]) -> tuple[Version, ...]:
        return self._memory.snapshot(tags=tags, during=EVER) if tags else ()


def _by_address(found: Iterable[Kept]) -> dict[Address, Kept]:
    return {kept.address: kept for kept in found}


def _name(version: Version) -> str:
    place: Mapping[str, object] = version.metadata
    tag = Address(tuple(version.metadata["namespace"]), version.metadata["key"]).tag
    return f"{tag}, text {place['text']}" if "text" in place else tag
