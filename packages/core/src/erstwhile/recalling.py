"""Asking the store: what was found is read, folded and put in order."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from erstwhile.errors import InvalidInputError
from erstwhile.fading import left_of
from erstwhile.mentions import EVER, Mention, asks_when, mentions_of
from erstwhile.model import MemoryType, Scope, SourceKind, Version, check_share, check_text
from erstwhile.policy import Policy
from erstwhile.question import possible_names, proper_names, reckoning_of, without_names, without_times
from erstwhile.rank import FIRST, UNTRUSTED_FIRST, Asked, Ranked, fold, fuse, hits_of, relevant, with_said
from erstwhile.rerank import Reranker, reranked
from erstwhile.results import Hit, Parts
from erstwhile.store import LAST_DAY, Find, Search, Seat, Where, day_of, days_of, names_of, query_terms
from erstwhile.time import AsOf, Instant, Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.ledger import Ledger

__all__ = ["Reader", "conditions", "listed", "named_types"]

T = TypeVar("T")

CHANNEL_LIMIT: Final = 100
"""Candidates from each channel of a search, before they are fused."""
RERANKED: Final = 50
"""So many of the best hits are read by a reranker, however few are wanted: fewer hits are the first of more."""
MOST_NEAREST: Final = 10_000_000
"""More versions than a store that is searched exactly will hold."""
COSINE_DIGITS: Final = 6
EVENT_KNOWN: Final = 0.25
"""How relevant to an event a version must be to say when it was, however few there are: a wrong day would mislead the whole question."""
EVER_DAY: Final = day_of(EVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A question as it is put to the store, once or several times.

    Attributes:
        text: Its words.
        times: Those of them that speak of times.
        days: The days that it speaks of.
        min_relevance: How relevant a hit must be; ``None`` leaves it to `relevant`.
        vector: What to compare by meaning; ``None`` for that of the words.
    """

    text: str
    times: tuple[Mention, ...] = ()
    days: tuple[tuple[int, int], ...] = ()
    min_relevance: float | None = None
    vector: "NDArray[np.float32] | None" = None


class Reader:
    """Asks one store about some scopes.

    Args:
        ledger: The store and the clock.
        reranker: Puts the best hits into an order of its own. Default: none.
        policy: How far each kind of source is trusted. Default: the shipped one.
    """

    def __init__(self, ledger: "Ledger", reranker: Reranker | None = None, policy: Policy | None = None) -> None:
        self._ledger = ledger
        self._reranker = reranker
        self._policy = policy or Policy()

    def find(self, query: str, where: Where, k: int, *, min_relevance: float | None, vector: "NDArray[np.float32] | None" = None) -> tuple[Hit, ...]:
        """The best ``k`` hits, folded, as far as they have to do with the question; "last summer" is the last one before the time asked about."""
        asked_at = where.valid or (where.believed if isinstance(where.believed, datetime) else self._ledger.reading_time())
        times = mentions_of(query, said_at=asked_at)
        days = (*(days_of(mention.interval) for mention in times), *self._reckoned(query, where, times))
        question = _Question(text=query, times=times, days=days, min_relevance=min_relevance, vector=vector)
        hits = self._reordered(query, self._relevant(question, where, max(-(-k // FIRST) * FIRST, 0 if self._reranker is None else RERANKED)))
        return self._with_said(question, where, hits)[:k]

    def nearest(self, text: str, where: Where, k: int) -> tuple[Hit, ...]:
        """The ``k`` nearest by the cosine alone."""
        vector = self._ledger.embed([text], role="query")[0]
        store, wanted, limit, model = self._ledger.store, min(k, self._ledger.store.count(where)), k, self._ledger.embedder.fingerprint
        # A store leaves out the last of many equals; asked for more, it gives them as well.
        while len(found := store.search(Search(where=where, vector=vector, text="", limit=limit, fingerprint=model))) < wanted and limit < MOST_NEAREST:
            limit *= 4
        rows = store.all(replace(where, ids=tuple(candidate.id for candidate in found)), vectors=True) if found else ()
        hits = (_by_meaning(row.version, _cosine(row.vector, vector)) for row in rows if row.vector is not None)
        return tuple(sorted(hits, key=lambda hit: (-(hit.dense or 0.0), hit.version.id))[:k])

    def _relevant(self, question: _Question, where: Where, k: int) -> tuple[Hit, ...]:
        named = self._named(question.text, where)
        vector = question.vector
        if vector is None:
            vector = self._ledger.embed([without_names(question.text, named)], role="query")[0]
        timeless = without_times(question.text, question.times)
        asked = Asked(
            floor=self._ledger.scale.floor,
            ceiling=self._ledger.scale.ceiling,
            terms=frozenset(query_terms(timeless)),
            named=named,
            names=frozenset(query_terms(" ".join(proper_names(timeless)))) - _owners(where),
            days=question.days,
            when=asks_when(question.text),
        )
        model, limit = self._ledger.embedder.fingerprint, max(CHANNEL_LIMIT, k)
        found = self._ledger.store.search(Search(where=where, vector=vector, text=question.text, limit=limit, seats=True, fingerprint=model))
        hits = self._read(fuse(found, asked), where, k, asked)
        return relevant(hits, question.min_relevance, among=min(len(found), 2 * CHANNEL_LIMIT), asked=asked)

    def _reckoned(self, query: str, where: Where, times: Sequence[Mention]) -> tuple[tuple[int, int], ...]:
        """The days before or after an event that the question names, where something is known of it; what is known of it best says when it was."""
        if (reckoning := reckoning_of(query, times)) is None:
            return ()
        known = replace(where.corpus, valid=where.valid, quarantined=where.quarantined)
        if not (hits := self._relevant(_Question(text=reckoning.event, min_relevance=EVENT_KNOWN), known, FIRST)):
            return ()
        seat = Seat.of(hits[0].version)
        start, end = seat.times[0] if seat.times else (seat.day, seat.day + 1)
        return ({"before": (EVER_DAY, start), "after": (start, LAST_DAY), "until": (EVER_DAY, end)}[reckoning.side],)

    def _with_said(self, question: _Question, where: Where, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        """Where none of the first hits comes of a trusted source: with the best of what such sources say, if it answers as though nobody else had spoken."""
        if not hits or any(self._trusted(hit.version) for hit in hits[: UNTRUSTED_FIRST + 1]):
            return hits
        trusted = tuple(kind for kind in SourceKind if self._policy.trusts(kind) and (where.kinds is None or kind in where.kinds))
        said = self._relevant(question, replace(where, kinds=trusted), FIRST) if trusted else ()
        return with_said(hits, said[0]) if said else hits

    def _trusted(self, version: Version) -> bool:
        return self._policy.trusts(version.source.kind)

    def _reordered(self, query: str, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        if self._reranker is None:
            return hits
        best, others = hits[:RERANKED], hits[RERANKED:]
        return (*reranked(best, self._reranker.score(query, [hit.content for hit in best])), *others)

    def _named(self, query: str, where: Where) -> frozenset[str]:
        """Names in a question that somebody who speaks in these scopes goes by."""
        words = set(possible_names(query))
        named: set[str] = set()
        # One look-up for each who is named, and one that finds nobody.
        while words and (rows := self._ledger.store.find(Find(where=replace(where.corpus, names=tuple(sorted(words))), limit=1))):
            found = words & names_of(rows[0].version.source.actor)
            named |= found
            words -= found
        return frozenset(named)

    def _read(self, ranked: Sequence[Ranked], where: Where, k: int, asked: Asked) -> tuple[Hit, ...]:
        # Reading content costs more than finding it, so no more is read than is needed: half as many again as the hits wanted, what these fold with wherever
        # it ranks, and further only where that left too few, what has faded and gives way to others left aside. What was closed or erased since it was found
        # is not read, and left out.
        found = {item.candidate.id for item in ranked}
        read: dict[str, Hit] = {}
        hits: tuple[Hit, ...] = ()
        step = k + k // 2
        for start in range(0, len(ranked), step):
            fresh = self._versions(where, ids={item.candidate.id for item in ranked[start : start + step]} - read.keys())
            while fresh:
                read |= hits_of(ranked, fresh, asked)
                turns = tuple(id for id, version in fresh.items() if version.is_turn)
                drawn = self._versions(where, derived_from=turns) if turns else {}
                sources = {id for version in fresh.values() for id in version.links.derived_from} & (found - read.keys())
                fresh = {id: drawn[id] for id in drawn.keys() & (found - read.keys())} | self._versions(where, ids=sources)
            hits = fold(read, trusted=self._trusted)
            if sum(left_of(hit.version) == 1 for hit in hits) >= k:
                break
        return hits[:k]

    def _versions(self, where: Where, *, ids: Collection[str] | None = None, derived_from: tuple[str, ...] | None = None) -> dict[str, Version]:
        if ids is not None and not ids:
            return {}
        wanted = replace(where, ids=None if ids is None else tuple(ids), derived_from=derived_from)
        return {row.version.id: row.version for row in self._ledger.store.all(wanted)}

    def ask(self, ask: Callable[[Where], T], conditions: Where, as_of: AsOf | Instant | None, during: Interval | None) -> tuple[AsOf, T]:
        """Ask about a point in time, and say which it was.

        Raises:
            InvalidInputError: It lies in the future of the store, or makes no sense together with ``during``.
        """
        # "Believed now" is cheap to ask, but sees what is written while it is answered. If anything was, the question is put again for the system time that
        # the answer is given for, so that the same answer can be had again.
        moment = self._ledger.moment()
        point, where = _at(conditions, as_of, during, now=moment.time)
        answer = ask(where)
        if where.believed is True and self._ledger.writes != moment.writes:
            answer = ask(replace(where, believed=point.system))
        return point, answer


def _owners(where: Where) -> frozenset[int]:
    """The words of the names by which the user and the agent of the scopes go: they are no strangers, though no memory may name them."""
    names = (name for scope in where.scopes for name in (scope.user, scope.agent) if name is not None)
    return frozenset(query_terms(" ".join(names)))


def _cosine(one: "NDArray[np.float32]", other: "NDArray[np.float32]") -> float:
    # Exact, whatever a store's own arithmetic: equal vectors have equal cosines though their numbers were rounded.
    import numpy as np

    first, second = one.astype(np.float64), other.astype(np.float64)
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return round(float(first @ second) / lengths, COSINE_DIGITS) if lengths else 0.0


def _by_meaning(version: Version, cosine: float) -> Hit:
    share = max(0.0, cosine)
    return Hit(version=version, score=share, dense=cosine, relevance=share, parts=Parts(dense=share))


def _at(given: Where, as_of: AsOf | Instant | None, during: Interval | None, *, now: datetime) -> tuple[AsOf, Where]:
    asked = AsOf.of(as_of)
    if asked.system is not None and asked.system > now:
        raise InvalidInputError(f"as_of: system time {asked.system.isoformat()} lies in the future; nothing was believed then yet. Leave it out for now.")
    system, believed = asked.system or now, True if asked.system is None else asked.system
    if during is None:
        valid = asked.valid or system
        return AsOf(valid=valid, system=system), replace(given, believed=believed, valid=valid)
    if not isinstance(during, Interval):
        raise InvalidInputError(f"during: expected an Interval, got {type(during).__name__}.")
    if asked.valid is not None:
        raise InvalidInputError("Both during and a valid time in as_of were given; give either.")
    return AsOf(system=system), replace(given, believed=believed, during=during)


def conditions(
    scopes: tuple[Scope, ...],
    *,
    types: Iterable[MemoryType | str] | None = None,
    tags: Iterable[str] | None = None,
    actors: Iterable[str] | None = None,
    source_kinds: Iterable[SourceKind | str] | None = None,
    session: str | None = None,
    min_confidence: float = 0.0,
    pinned: bool | None = None,
    turns: bool,
    quarantined: bool | None = False,
) -> Where:
    """What to look among; the arguments are those of `ScopedMemory.recall`.

    Raises:
        InvalidInputError: One of them cannot be used.
    """
    for name, value in (("pinned", pinned), ("quarantined", quarantined)):
        if not isinstance(value, bool | None):
            raise InvalidInputError(f"{name}: expected True, False or None, got {type(value).__name__}.")
    return Where(
        scopes=scopes,
        types=named_types(types, turns=turns),
        tags=_names(tags, "tags"),
        actors=_names(actors, "actors"),
        kinds=None if source_kinds is None else tuple(SourceKind.of(kind) for kind in _kinds(source_kinds, "source_kinds")),
        session=None if session is None else check_text(session, name="session"),
        # Nothing is less sure than 0, and a condition that always holds would cost a look at every version.
        confidence=check_share(min_confidence, name="min_confidence") or None,
        pinned=pinned,
        quarantined=quarantined,
    )


def _names(values: Iterable[str] | None, name: str) -> tuple[str, ...] | None:
    return None if values is None else tuple(check_text(value, name=f"each of {name}") for value in listed(values, name))


def named_types(types: Iterable[MemoryType | str] | None, *, turns: bool) -> tuple[str, ...] | None:
    """The types asked for; all but turns where none are named and turns are not wanted."""
    if types is None:
        return None if turns else tuple(MemoryType)
    return tuple(MemoryType.of(kind) for kind in _kinds(types, "types"))


def _kinds(values: Iterable[str], name: str) -> tuple[str, ...]:
    # One alone needs no list: its name cannot be mistaken for a list of letters.
    return (values,) if isinstance(values, str) else listed(values, name)


def listed(values: Iterable[str], name: str) -> tuple[str, ...]:
    """The values as a tuple; InvalidInputError for one text in place of a list."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise InvalidInputError(f"{name}: expected a list of texts, got {values.__class__.__name__}.")
    return tuple(values)
