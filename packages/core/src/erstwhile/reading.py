"""The verbs that read the memory of one scope."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from erstwhile import timeline
from erstwhile.answering import Answer, answer
from erstwhile.errors import InvalidInputError
from erstwhile.model import MAX_CONTENT, MemoryType, Scope, SourceKind, Version, check_share, check_text
from erstwhile.policy import Policy
from erstwhile.recalling import Reader, conditions, named_types
from erstwhile.refs import Ref, resolve
from erstwhile.rerank import Reranker
from erstwhile.results import Change, Hit, Recall, Stats
from erstwhile.store import TURN, Where
from erstwhile.surroundings import around, with_neighbours
from erstwhile.time import AsOf, Instant, Interval, as_utc
from erstwhile.versions import in_order

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["ReadableMemory"]

MAX_K: Final = 1_000
MAX_NEAREST: Final = 100_000
MAX_NEIGHBOURS: Final = 20
"""So many before and after each of a recall's hits; they are read together."""
MAX_AROUND: Final = 1_000
"""So many before and after one turn."""


class ReadableMemory:
    """What can be read of the memory of one scope; `ScopedMemory` adds what can be written.

    Args:
        ledger: The store, the embedding model and the clock.
        scope: What is read.
        also: Further scopes that reads take in.
        reranker: Puts the best hits of a recall into an order of its own. Default: none.
        policy: How far each kind of source is trusted. Default: the shipped one.
    """

    def __init__(self, ledger: "Ledger", *, scope: Scope, also: tuple[Scope, ...] = (), reranker: Reranker | None = None, policy: Policy | None = None) -> None:
        self._opened = ledger
        self.scope = scope
        self._reading = (reranker, policy)
        self._reads = (scope, *(other for other in dict.fromkeys(also) if other != scope))

    @property
    def _ledger(self) -> "Ledger":
        return self._opened.current

    @property
    def _reader(self) -> Reader:
        return Reader(self._ledger, *self._reading)

    def recall(
        self,
        query: str,
        *,
        k: int = 10,
        as_of: AsOf | Instant | None = None,
        during: Interval | None = None,
        types: Iterable[MemoryType | str] | None = None,
        tags: Iterable[str] | None = None,
        actors: Iterable[str] | None = None,
        source_kinds: Iterable[SourceKind | str] | None = None,
        session: str | None = None,
        min_confidence: float = 0.0,
        pinned: bool | None = None,
        turns: bool = True,
        quarantined: bool | None = False,
        min_relevance: float | None = None,
        neighbours: int = 0,
        vector: Sequence[float] | None = None,
    ) -> Recall:
        """Find what matters to a question, by meaning and by words.

        Args:
            query: The question, in plain words.
            k: At most so many hits, 1 to 1,000.
            as_of: The point to ask about: an `AsOf`, or a time in the world. Default: what holds now, as best known now.
            during: What held at some time within, in place of one point of valid time.
            types: Only these types; turns have none and are left out then.
            tags: Only what carries one of these tags.
            actors: Only what one of these said or did: the names that are the actors of its source, such as "user".
            source_kinds: Only what came to be known in one of these ways. ``set(SourceKind) - {SourceKind.TOOL}`` leaves out what tools said.
            session: Only what was said in this session, memories drawn from it included.
            min_confidence: Only what is at least so sure, 0 to 1. Turns are as sure as can be. Default 0: all.
            pinned: ``True`` for the profile alone, ``False`` for what does not belong to it. Default: both.
            turns: Whether verbatim turns are found too. Default yes.
            quarantined: ``True`` for what is kept apart, because it gives orders and comes from a source that may not; ``None`` for that too. Default: none
                of it.
            min_relevance: How relevant a hit must be, 0 to 1 (`Hit.relevance`); 0 for whatever comes nearest. Default: no hit at all where the best is no
                more relevant than the best of so many strangers would be (0.1 in a small scope, 0.2 in a large one), for then nothing is known of what was
                asked; and none much less relevant than the best.
            neighbours: Up to how many places before and after a hit, 0 to 20, the turns of the same session are brought along, in `Hit.neighbours`. They are
                taken as they stood at the point asked about, whatever else was asked for. Default 0: none.
            vector: What to compare by meaning, in place of the question's own vector: one of the store's model, of any length but 0, embedded as a
                question is (``role="query"``), for a caller who has done so already or wants what is like another text. Words, names and times are
                still those of the question. Default: the question is embedded.

        Raises:
            InvalidInputError: Something given cannot be used.
        """
        check_text(query, name="query", limit=MAX_CONTENT)
        if vector is not None:
            self._ledger.direction(vector)
        least = None if min_relevance is None else check_share(min_relevance, name="min_relevance")
        k, reach = _whole(k, "k", least=1, most=MAX_K), _whole(neighbours, "neighbours", least=0, most=MAX_NEIGHBOURS)
        wanted = conditions(
            self._reads,
            types=types,
            tags=tags,
            actors=actors,
            source_kinds=source_kinds,
            session=session,
            min_confidence=min_confidence,
            pinned=pinned,
            turns=turns,
            quarantined=quarantined,
        )

        def ask(where: Where) -> tuple[Hit, ...]:
            return self._ledger.following(lambda ledger: found(ledger, where))

        def found(ledger: "Ledger", where: Where) -> tuple[Hit, ...]:
            meant = None if vector is None else ledger.direction(vector)
            hits = Reader(ledger, *self._reading).find(query, where, k, min_relevance=least, vector=meant)
            return with_neighbours(ledger.store, hits, where, reach)

        point, hits = self._reader.ask(ask, wanted, as_of, during)
        return Recall(query=query, as_of=point, hits=hits)

    def nearest(self, text: str, *, k: int = 10, as_of: AsOf | Instant | None = None, tags: Iterable[str] | None = None) -> Recall:
        """What lies nearest to a text in meaning, and nothing else that `recall` weighs: no words, no times, no cut-off; nothing is folded or reranked.

        For what is laid out by somebody else's rules, such as a store of keys and values; to answer a question, `recall` is better. Turns are left out.

        Args:
            text: The text.
            k: So many, or all there are, 1 to 100,000.
            as_of: The point to ask about, as in `recall`. Default: now.
            tags: Only what carries one of these tags.

        Returns:
            Hits in order of `Hit.dense`, the exact cosine; what is equally near is in order of id. The score is the cosine too, 0 where that is negative.

        Raises:
            InvalidInputError: Something given cannot be used.
        """
        check_text(text, name="text", limit=MAX_CONTENT)
        k = _whole(k, "k", least=1, most=MAX_NEAREST)
        wanted = conditions(self._reads, tags=tags, turns=False)

        def nearest(where: Where) -> tuple[Hit, ...]:
            return self._ledger.following(lambda ledger: Reader(ledger, *self._reading).nearest(text, where, k))

        point, hits = self._reader.ask(nearest, wanted, as_of, None)
        return Recall(query=text, as_of=point, hits=hits)

    def answer(
        self,
        question: str,
        *,
        llm: Callable[[str], object],
        k: int = 10,
        budget_tokens: int = 2_000,
        count: Callable[[str], int] | None = None,
        as_of: AsOf | Instant | None = None,
        during: Interval | None = None,
        types: Iterable[MemoryType | str] | None = None,
    ) -> Answer:
        """Answer a question with a language model of your own, from what is recalled and nothing else. Where nothing is, the model is not asked.

        Args:
            question: The question, in plain words.
            llm: From a prompt to an answer: text, a mapping, or an object with ``model_dump``. What it raises reaches the caller.
            k: From at most so many hits.
            budget_tokens: What the memories in the prompt may take, in tokens.
            count: Counts the tokens of a text. Default: an estimate.
            as_of, during, types: As for `recall`.

        Returns:
            The answer, with the ids of the memories that it rests on; or why there is none.

        Raises:
            InvalidInputError: Something given cannot be used.
        """
        found = self.recall(question, k=k, as_of=as_of, during=during, types=types)
        return answer(found, llm, budget_tokens=budget_tokens, count=count)

    def snapshot(
        self,
        *,
        as_of: AsOf | Instant | None = None,
        during: Interval | None = None,
        types: Iterable[MemoryType | str] | None = None,
        tags: Iterable[str] | None = None,
        actors: Iterable[str] | None = None,
        source_kinds: Iterable[SourceKind | str] | None = None,
        session: str | None = None,
        min_confidence: float = 0.0,
        pinned: bool | None = None,
        turns: bool = False,
        quarantined: bool | None = False,
    ) -> tuple[Version, ...]:
        """Everything that holds at a point, in order of valid time. The arguments are those of `recall`; turns are left out by default."""
        wanted = conditions(
            self._reads,
            types=types,
            tags=tags,
            actors=actors,
            source_kinds=source_kinds,
            session=session,
            min_confidence=min_confidence,
            pinned=pinned,
            turns=turns,
            quarantined=quarantined,
        )
        _, versions = self._reader.ask(self._all, wanted, as_of, during)
        return in_order(versions)

    def profile(self, *, as_of: AsOf | Instant | None = None) -> tuple[Version, ...]:
        """Everything pinned that holds at a point: what always counts, whatever is asked. The most important first, then in order of valid time.

        It stands apart from `recall`, which finds a pinned memory only where it fits the question; ``recall(…, pinned=False)`` leaves out what is here. Pin a
        memory when it is remembered, or later by ``correct(ref, pinned=True)``; ``correct(ref, pinned=False)`` takes it out again.

        Args:
            as_of: The point to ask about, as in `recall`. Default: now.

        Raises:
            InvalidInputError: It cannot be used.
        """
        _, versions = self._reader.ask(self._all, Where(scopes=self._reads, pinned=True, quarantined=False), as_of, None)
        return tuple(sorted(versions, key=lambda version: (-version.importance, version.valid_from, version.id)))

    def around(self, ref: Ref, *, before: int = 1, after: int = 1) -> tuple[Version, ...]:
        """The turns around a turn, in the order in which they were said, itself included; or those around the turns that a memory was drawn from.

        Turns keep their places in a session: one that was erased or retracted leaves a gap, which counts as a place. A memory that was drawn from no turn
        counts as said where its source says; without that, there is nothing around it.

        Args:
            ref: The turn or the memory; or one version of it: its id, a `Version` or a `Hit`.
            before: Up to how many places before, 0 to 1,000.
            after: Up to how many places after, 0 to 1,000.

        Raises:
            InvalidInputError: Something given cannot be used.
            NotFoundError: There is no such memory, or nothing of it is believed any more.
        """
        reach = {name: _whole(value, name, least=0, most=MAX_AROUND) for name, value in (("before", before), ("after", after))}
        return around(self._ledger, self._reads, ref, **reach)

    def history(self, ref: Ref) -> tuple[Version, ...]:
        """Every version of one memory that was ever written, in the order in which they were believed, then of valid time.

        Raises:
            NotFoundError: There is no such memory in this scope.
        """
        memory_id = resolve(self._ledger.store, self._reads, ref).memory_id
        versions = self._all(Where(scopes=self._reads, memory_ids=(memory_id,)))
        return tuple(sorted(versions, key=lambda version: (version.system_from, version.valid_from, version.id)))

    def changes(self, since: Instant, until: Instant | None = None, *, turns: bool = False) -> tuple[Change, ...]:
        """What was written in system time ``[since, until)``, a change for each memory and write, oldest first.

        Args:
            since: From when.
            until: Until when. Default: up to now.
            turns: Whether turns that were kept count too. Default no.

        Raises:
            InvalidInputError: ``until`` is not after ``since``.
        """
        window = Interval(start=as_utc(since, name="since"), end=None if until is None else as_utc(until, name="until"))
        found = self._all(Where(scopes=self._reads, types=named_types(None, turns=turns), changed=window))
        return timeline.changes_between(found, window=window)

    def stats(self) -> Stats:
        """Counts over this scope alone."""
        now, scopes, count = self._ledger.reading_time(), (self.scope,), self._ledger.store.count
        by_type = {name: count(Where(scopes=scopes, types=(name,), quarantined=False, believed=True, valid=now)) for name in MemoryType}
        return Stats(
            versions=count(Where(scopes=scopes)),
            believed=count(Where(scopes=scopes, types=tuple(MemoryType), quarantined=False, believed=True)),
            holding=sum(by_type.values()),
            turns=count(Where(scopes=scopes, types=(TURN,), believed=True)),
            quarantined=count(Where(scopes=scopes, quarantined=True, believed=True)),
            by_type={name.value: number for name, number in by_type.items() if number},
        )

    def _all(self, where: Where) -> tuple[Version, ...]:
        return tuple(row.version for row in self._ledger.store.all(where))


def _whole(value: int, name: str, *, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise InvalidInputError(f"{name} is {value!r:.40}; give a whole number from {least} to {most:,}.")
    return value
