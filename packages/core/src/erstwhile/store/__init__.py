"""Where versions are kept. Other modules see the protocol and its operations only."""

from erstwhile.store.protocol import TURN, Batch, Candidate, Find, Row, Search, Store, StoreInfo, Where
from erstwhile.store.reference import ReferenceStore

__all__ = ["TURN", "Batch", "Candidate", "Find", "ReferenceStore", "Row", "Search", "Store", "StoreInfo", "Where"]
