"""Where versions are kept. Other modules see the protocol and its operations only."""

from erstwhile.store.lexical import document_terms, query_terms
from erstwhile.store.protocol import TURN, Batch, Candidate, ClaimLostError, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.reference import ReferenceStore
from erstwhile.store.seats import LAST_DAY, Seat, day_of, days_of, name_mark, names_of
from erstwhile.store.times import Moment, Times

__all__ = [
    "LAST_DAY",
    "TURN",
    "Batch",
    "Candidate",
    "ClaimLostError",
    "Find",
    "Moment",
    "ReferenceStore",
    "Row",
    "Search",
    "Seat",
    "Store",
    "StoreInfo",
    "Times",
    "Where",
    "day_of",
    "days_of",
    "document_terms",
    "name_mark",
    "names_of",
    "query_terms",
]
