"""Where versions are kept. Other modules see the protocol and its operations only."""

from erstwhile.store.lexical import document_terms, query_terms, version_terms
from erstwhile.store.protocol import TURN, Batch, Candidate, ClaimLostError, Find, Row, Search, Seat, Store, StoreInfo, Where, days_of, names_of
from erstwhile.store.reference import ReferenceStore
from erstwhile.store.times import Moment, Times

__all__ = [
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
    "days_of",
    "document_terms",
    "names_of",
    "query_terms",
    "version_terms",
]
