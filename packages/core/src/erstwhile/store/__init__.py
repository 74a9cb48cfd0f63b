"""Where versions are kept. Other modules see the protocol and its operations only."""

from erstwhile.store.lexical import document_terms, query_terms
from erstwhile.store.protocol import TURN, Batch, Candidate, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.reference import ReferenceStore
from erstwhile.store.seats import LAST_DAY, Seat, day_of, days_of, name_mark, names_of

__all__ = [
    "LAST_DAY",
    "TURN",
    "Batch",
    "Candidate",
    "Find",
    "ReferenceStore",
    "Row",
    "Search",
    "Seat",
    "Store",
    "StoreInfo",
    "Where",
    "day_of",
    "days_of",
    "document_terms",
    "name_mark",
    "names_of",
    "query_terms",
]
