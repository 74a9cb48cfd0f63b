"""A search on a shard of Qdrant Edge: both channels in one call."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import qdrant_edge as qdrant

from erstwhile.store import schema
from erstwhile.store.edge_points import all_of, filter_of
from erstwhile.store.lexical import query_terms
from erstwhile.store.protocol import Candidate, Search
from erstwhile.store.selection import best_of_ranked, candidates

__all__ = ["search_shard"]


@dataclass(frozen=True, slots=True)
class _Channel:
    """One channel of a search: the same query under filters that share no version, whose answers add up."""

    query: qdrant.Query
    filters: tuple[qdrant.Filter, ...]
    params: qdrant.SearchParams
    vectors: list[str] | bool

    def requests(self, limit: int) -> list[qdrant.QueryRequest]:
        return [
            qdrant.QueryRequest(limit=limit, query=self.query, filter=chosen, params=self.params, with_payload=False, with_vector=self.vectors)
            for chosen in self.filters
        ]


def search_shard(shard: qdrant.EdgeShard, search: Search, *, slot: str, exactly: bool, settled: bool) -> tuple[Candidate, ...]:
    """See `Store.search`.

    Args:
        shard: Where.
        search: What.
        slot: Under which name the vectors stand that its vector is compared with.
        exactly: Whether float32 vectors are scanned, in place of int8 ones with exact rescoring.
        settled: Whether the valid time asked about is not before any system time in the store, which makes filters cheaper.
    """
    channels = _channels(search, slot, exactly=exactly, settled=settled)
    requests = [request for channel in channels.values() for request in channel.requests(search.limit + 1)]
    answers = iter(shard.query_batch(qdrant.QueryBatchRequest(requests)))
    points: dict[int, qdrant.ScoredPoint] = {}
    found = {
        name: best_of_ranked(partial(_more, shard, channel, points), _scores((next(answers) for _ in channel.filters), points), search.limit)
        for name, channel in channels.items()
    }
    return candidates(
        found[schema.DENSE],
        found.get(schema.WORDS, {}),
        lambda number: schema.seat_of(points[number].vector),
        written=lambda number: str(points[number].id),
    )


def _channels(search: Search, slot: str, *, exactly: bool, settled: bool) -> dict[str, _Channel]:
    filters = tuple(all_of(part) for part in (schema.settled_clauses(search.where) if settled else (schema.clauses(search.where),)))
    scan = qdrant.QuantizationSearchParams(rescore=True, oversampling=2.0)
    dense = qdrant.SearchParams(exact=exactly, quantization=scan)
    vectors: list[str] | bool = [schema.SEAT] if search.seats else False
    channels = {schema.DENSE: _Channel(qdrant.Query.Nearest(search.vector.tolist(), slot), filters, dense, vectors)}
    if terms := query_terms(search.text):
        sparse = qdrant.SparseVector(list(terms), list(terms.values()))
        corpus = qdrant.SearchParams(idf=qdrant.IdfParams(corpus=filter_of(search.where.corpus)))
        # One filter here, since the word statistics are counted anew for each request.
        either = filters if len(filters) == 1 else (qdrant.Filter(should=list(filters)),)
        channels[schema.WORDS] = _Channel(qdrant.Query.Nearest(sparse, schema.WORDS), either, corpus, vectors)
    return channels


def _more(shard: qdrant.EdgeShard, channel: _Channel, points: dict[int, qdrant.ScoredPoint], limit: int) -> Mapping[int, float]:
    return _scores(shard.query_batch(qdrant.QueryBatchRequest(channel.requests(limit))), points)


def _scores(answers: Iterable[Sequence[qdrant.ScoredPoint]], points: dict[int, qdrant.ScoredPoint]) -> Mapping[int, float]:
    """The score of each point, by the number that its id is; the points themselves are put into ``points``."""
    # Of hundreds of points a few are chosen, and reading anything of a point makes it anew: so the rest of each is left until then.
    scores: dict[int, float] = {}
    for answer in answers:
        for point in answer:
            if isinstance(id := point.id, UUID):
                scores[number := id.int] = point.score
                points[number] = point
    return scores
