"""The verbs: everything that is written to, or read from, the memory of one scope."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from erstwhile import writing
from erstwhile.draft import Draft
from erstwhile.erasure import Order, compacted, doomed, erase
from erstwhile.errors import InvalidInputError
from erstwhile.extract import Extractor
from erstwhile.model import MemoryType, Provenance, Scope
from erstwhile.observing import observe
from erstwhile.recalling import listed
from erstwhile.refs import Ref, as_refs, origins
from erstwhile.relating import Resolver
from erstwhile.rerank import Reranker
from erstwhile.results import Conflict, Doomed, Observed, Outcome, Receipt, Settlement
from erstwhile.settling import open_conflicts, settle
from erstwhile.tending import TendedMemory
from erstwhile.time import Instant, as_utc
from erstwhile.turns import Message
from erstwhile.undoing import undo
from erstwhile.versions import KEEP, Keep

if TYPE_CHECKING:
    from erstwhile._aio import AsyncScopedMemory
    from erstwhile.ledger import Ledger

__all__ = ["ScopedMemory"]


class ScopedMemory(TendedMemory):
    """The memory of one scope. Get one from `Engine.scope`.

    Args:
        ledger: The store, the embedding model and the clock.
        scope: What is written to, and read.
        also: Further scopes that reads take in.
        resolver: Decides what a new memory does to old ones.
        extractor: Draws memories from turns.
        reranker: Puts the best hits of a recall into an order of its own. Default: none.
    """

    def __init__(
        self,
        ledger: "Ledger",
        *,
        scope: Scope,
        also: tuple[Scope, ...] = (),
        resolver: Resolver,
        extractor: Extractor,
        reranker: Reranker | None = None,
    ) -> None:
        super().__init__(ledger, scope=scope, also=also, resolver=resolver, reranker=reranker)
        self._extractor = extractor

    @cached_property
    def aio(self) -> "AsyncScopedMemory":
        """The same verbs for ``await``: every call runs in a worker thread."""
        from erstwhile._aio import AsyncScopedMemory

        return AsyncScopedMemory(self)

    def remember(
        self,
        content: str,
        *,
        type: MemoryType | str | None = None,
        valid_from: Instant | None = None,
        valid_to: Instant | None = None,
        supersedes: Ref | Iterable[Ref] = (),
        source: Provenance | None = None,
        derived_from: Ref | Iterable[Ref] = (),
        confidence: float = 1.0,
        importance: float = 0.5,
        pinned: bool = False,
        tags: Iterable[str] = (),
        aliases: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        expires_at: Instant | None = None,
        key: str | None = None,
        relate: bool = True,
    ) -> Outcome:
        """Remember something. It is durable on return, and the next recall finds it.

        It is compared with what the scope holds already: it may end an older memory, confirm it, stand beside it or clash with it. The outcome says which,
        and why; `undo` takes it back.

        Args:
            content: The text, 1 to 32,768 characters.
            type: Its type. Default: that of the memory it ends, else what its words tell.
            valid_from: Since when it holds. Default: now.
            valid_to: Until when. Default: until changed.
            supersedes: The memory, or memories, that it ends: ids, or anything a call returned. It joins the oldest of them, and is compared with no other.
            source: Where it comes from. Default: stated by the user.
            derived_from: The turns or memories that it was drawn from: what a call returned, or ids. Erasing one of them erases this too.
            confidence: How sure, 0 to 1.
            importance: How much it matters, 0 to 1.
            pinned: Whether it is always part of the profile.
            tags: Labels to filter by, at most 64.
            aliases: Other names that it should be found under, at most 64.
            metadata: Anything that JSON can hold, at most 64 KiB.
            expires_at: From when on it no longer holds, whatever ``valid_to`` says.
            key: Idempotency key: a second call with the same key changes nothing and returns what the first one wrote. So does the same content by the same
                actor from the same turn or reference. Without either, the same content is not written again while it is believed and holds; whatever else
                was given is not taken over then (`correct` does that).
            relate: Whether it is compared with what the scope holds. Default yes; without, it is kept as it is and ends nothing.

        Raises:
            InvalidInputError: Something given cannot be used; nothing was written.
            NotFoundError: There is no such memory to supersede in this scope; nothing was written.
            StoreError: The store cannot be used; nothing was written.
        """
        draft = Draft(
            content=content,
            type=None if type is None else MemoryType.of(type),
            source=Provenance() if source is None else source,
            valid_from=_instant(valid_from, "valid_from"),
            valid_to=_instant(valid_to, "valid_to"),
            expires_at=_instant(expires_at, "expires_at"),
            confidence=confidence,
            importance=importance,
            pinned=pinned,
            tags=listed(tags, "tags"),
            aliases=listed(aliases, "aliases"),
            metadata={} if metadata is None else metadata,
            derived_from=origins(derived_from),
            supersedes=as_refs(supersedes),
            key=key,
        )
        return self._ledger.following(lambda ledger: writing.remember_one(ledger, self.scope, draft, resolver=self._resolver, relate=relate))

    def remember_many(self, drafts: Iterable[Draft | str | Mapping[str, Any]], *, relate: bool = True) -> tuple[Outcome, ...]:
        """Remember many at once, in order: embedded together, each written whole, all of them durable on return.

        Args:
            drafts: `Draft` objects, mappings with the same keys, or bare texts. All of them are checked before the first is written.
            relate: Whether each is compared with what the scope holds by then. Default yes.

        Raises:
            InvalidInputError: One cannot be used; nothing was written.
            NotFoundError: One supersedes a memory that is not there, or not believed any more; nothing was written.
            StoreError: The store failed on the way. What was written before stays, and writing the same again is harmless.
        """
        if isinstance(drafts, (str, Mapping, Draft)) or not isinstance(drafts, Iterable):
            raise InvalidInputError(f"Expected a list of drafts, got one {drafts.__class__.__name__}; put it in a list.")
        given = tuple(drafts)
        return self._ledger.following(lambda ledger: writing.remember(ledger, self.scope, given, resolver=self._resolver, relate=relate))

    def observe(self, messages: Iterable[Message | Mapping[str, Any]], *, session: str | None = None, draw: bool = True) -> Observed:
        """Keep the turns of a conversation, verbatim, and draw memories from what they assert.

        Turns are evidence: they accumulate and are never superseded. The memories drawn are typed, hold from when they were said, and are compared with what
        the scope holds, as by `remember`. Greetings, questions and suppositions are kept as turns only; what an assistant says counts as inferred.
        Secrets are masked, as the policy says; what a tool, a page, a document or a model says and gives orders is kept apart, and nothing is drawn from it.

        Args:
            messages: In order. `Message` objects, or mappings with ``role`` and ``content`` and where known ``at`` (when it was said), ``name``, ``id`` and
                ``session``. Those without any text are left out.
            session: The conversation. Default: "default".
            draw: Whether memories are drawn. Default yes.

        Returns:
            The turns, in order, those kept before included, and what became of each memory drawn. A message with an id or a time is kept once, however often
            it is observed.

        Raises:
            InvalidInputError: One cannot be used; the error names its place; nothing was written.
        """
        extractor = self._extractor if draw else None
        return observe(self._ledger, self.scope, messages, session=session, extractor=extractor, resolver=self._resolver)

    def correct(
        self,
        ref: Ref,
        content: str | Keep = KEEP,
        *,
        type: MemoryType | str | Keep = KEEP,
        valid_from: Instant | Keep = KEEP,
        valid_to: Instant | Keep | None = KEEP,
        expires_at: Instant | Keep | None = KEEP,
        confidence: float | Keep = KEEP,
        importance: float | Keep = KEEP,
        pinned: bool | Keep = KEEP,
        tags: Iterable[str] | Keep = KEEP,
        aliases: Iterable[str] | Keep = KEEP,
        metadata: Mapping[str, Any] | Keep = KEEP,
        source: Provenance | None = None,
        derived_from: Ref | Iterable[Ref] = (),
        at: Instant | None = None,
    ) -> Outcome:
        """Put a better belief in the place of one that was wrong, over the same time. What is not given stays as it is.

        To say that something was true and ended, give ``valid_to``. To say that it never was, use `retract`.

        Args:
            ref: The memory; or one version of it: its id, a `Version` or a `Hit`.
            content: What is believed instead.
            type: The right type.
            valid_from: The right start.
            valid_to: The right end; ``None`` for until changed.
            expires_at: The right expiry; ``None`` for never.
            confidence: The right confidence.
            importance: The right importance.
            pinned: Whether it is pinned.
            tags: The right tags, in place of the old.
            aliases: The right aliases, in place of the old.
            metadata: The right metadata, in place of the old.
            source: Where the correction comes from. Default: corrected by the same actor; a tool's or a model's stays a tool's or a model's.
            derived_from: The turns or memories that the correction was drawn from, beside those of what it corrects. Erasing one of them erases the memory.
            at: Which version of the memory: the one that holds then. Default: now.

        Raises:
            InvalidInputError: Something given cannot be used or holds a secret; the source may not correct what a more trusted one said; or it is a turn:
                turns are evidence and stay verbatim.
            NotFoundError: There is no such memory, or nothing of it is believed any more.
        """
        given = {
            "content": content,
            "type": type,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "expires_at": expires_at,
            "confidence": confidence,
            "importance": importance,
            "pinned": pinned,
            "tags": tags if isinstance(tags, Keep) else listed(tags, "tags"),
            "aliases": aliases if isinstance(aliases, Keep) else listed(aliases, "aliases"),
            "metadata": metadata,
        }
        when, drawn = _instant(at, "at"), origins(derived_from)
        policy = self._resolver.policy
        return self._ledger.following(lambda ledger: writing.correct(ledger, self.scope, ref, given, source=source, drawn_from=drawn, at=when, policy=policy))

    def retract(self, ref: Ref) -> Outcome:
        """Stop asserting a memory, or one version of it (its id, a `Version` or a `Hit`), as if it had never been said. Its history stays.

        Raises:
            NotFoundError: There is no such memory, or nothing of it is believed any more.
        """
        return self._ledger.following(lambda ledger: writing.retract(ledger, self.scope, ref))

    def conflicts(self) -> tuple[Conflict, ...]:
        """The conflicts that nobody has settled, oldest first: both sides, with their sources, and why they clash."""
        return open_conflicts(self._ledger, self._reads)

    def resolve(self, conflict: Conflict | str, how: Settlement | str, *, text: str | None = None) -> Outcome:
        """Settle a conflict. `undo` opens it again.

        Args:
            conflict: The conflict, its id, or the id of its newer memory.
            how: "keep-new", "keep-old", "keep-both" or "merge".
            text: To merge: what takes the place of both.

        Raises:
            InvalidInputError: There is no such settlement, or the text is missing or out of place; nothing was written.
            NotFoundError: No such conflict is open in this scope.
        """
        return self._ledger.following(lambda ledger: settle(ledger, self.scope, conflict, how, text=text, policy=self._resolver.policy))

    def undo(self, ref: Ref) -> Outcome:
        """Take back what a write did to other memories: what it ended holds again, what it confirmed is as it was, what it opened or settled is as it was.

        What the write brought stands by itself from then on; retract it, if it is wrong. What was believed in between stays in history. Undoing an undoing
        does it again.

        Args:
            ref: What the write returned, or a version that it wrote (its id, a `Version` or a `Hit`); or a memory, for the last write to it.

        Raises:
            InvalidInputError: The write did nothing to any other memory, or what it wrote was changed since; nothing was written.
            NotFoundError: There is no such memory in this scope.
        """
        return self._ledger.following(lambda ledger: undo(ledger, self.scope, ref, policy=self._resolver.policy))

    def erase(
        self,
        *refs: Ref,
        everything: bool = False,
        evidence: bool = False,
        compact: bool = True,
        by: str | None = None,
        reason: str | None = None,
    ) -> Receipt:
        """Remove memories for good: every version, its vectors and index entries, and whatever was derived from it. This cannot be undone.

        Words of theirs that others hold go too: what a turn keeps of the one that it answers, what a write found about them.

        Args:
            refs: The memories or turns.
            everything: All that this scope holds, in place of ``refs``.
            evidence: Whether the turns that the memories were drawn from go too, and with them whatever else was drawn from those. Default no; the receipt
                lists those that stay.
            compact: Whether the store's files are rewritten, so that no byte of it is left in them. Default yes. On an embedded store that takes some three
                seconds for ten thousand versions, with reads and writes going on meanwhile; for many erasures in a row, say no and call `Engine.compact`.
            by: Who asks for it; the receipt says so.
            reason: Why; the receipt says so.

        Returns:
            A receipt, with counts that were verified by reading back. Keep it, and `Engine.verify` tells later whether anything is there again.

        Raises:
            InvalidInputError: Neither refs nor ``everything`` were given, or both; nothing was removed.
            NotFoundError: There is no such memory in this scope; nothing was removed.
        """
        order = Order(scope=self.scope, refs=as_refs(refs), everything=everything, evidence=evidence, by=by, reason=reason)
        receipt = self._ledger.following(lambda ledger: erase(ledger, order))
        return compacted(self._ledger.store, (receipt,))[0] if compact else receipt

    def would_erase(self, *refs: Ref, everything: bool = False, evidence: bool = False) -> Doomed:
        """What `erase` would remove, called with the same; nothing is changed.

        Raises:
            InvalidInputError, NotFoundError: As `erase` does.
        """
        return doomed(self._ledger.store, Order(scope=self.scope, refs=as_refs(refs), everything=everything, evidence=evidence))


def _instant(value: Instant | None, name: str) -> datetime | None:
    return None if value is None else as_utc(value, name=name)
