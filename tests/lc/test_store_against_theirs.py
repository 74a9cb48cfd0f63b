"""Ours beside LangGraph's own store in memory: whatever is done to both, both answer the same."""

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from langgraph.store.base import GetOp, ListNamespacesOp, MatchCondition, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore

from erstwhile.embed import HashingEmbedder
from langchain_erstwhile import ErstwhileStore

LABELS = st.sampled_from(["a", "b", "*c", "ab"])
NAMESPACES = st.lists(LABELS, min_size=1, max_size=3).map(tuple)
PREFIXES = st.lists(LABELS, max_size=2).map(tuple)
KEYS = st.sampled_from(["k1", "k2", "K1"])
WORDS = st.sampled_from(["red", "blue", "red car", "blue boat", "green"])
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.5]) | WORDS
DEEP = st.dictionaries(st.sampled_from("xy"), LEAVES)
NUMBERS = st.lists(st.integers(-3, 3), max_size=3, unique=True)
VALUES = st.fixed_dictionaries({"text": WORDS}, optional={"n": st.integers(0, 5), "deep": DEEP, "list": NUMBERS})
INDEXES = st.sampled_from([None, None, False, ["text"], ["text", "list[*]"], ["nothing"]])
COMPARED = st.dictionaries(st.sampled_from(["$eq", "$ne"]), st.integers(0, 5), min_size=1)
FILTERS = st.none() | st.fixed_dictionaries({}, optional={"text": WORDS, "n": st.integers(0, 5) | COMPARED, "deep": DEEP})
CONDITIONS = st.builds(MatchCondition, st.sampled_from(["prefix", "suffix"]), st.lists(LABELS | st.just("*"), min_size=1, max_size=2).map(tuple))
PUTS = st.builds(PutOp, NAMESPACES, KEYS, VALUES, INDEXES, st.none()) | st.builds(PutOp, NAMESPACES, KEYS, st.none(), st.none(), st.none())


class _Hashing:
    """The same vectors for both."""

    dims = 64

    def __call__(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = HashingEmbedder().embed(texts, role="passage").tolist()
        return vectors


class BothStores(RuleBasedStateMachine):
    """Every operation on both, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        index: Any = {"dims": 64, "embed": _Hashing(), "fields": ["text"]}
        self.theirs = InMemoryStore(index=index)
        self.ours = ErstwhileStore(":memory:", index=index)
        self.put: list[tuple[tuple[str, ...], str, Any]] = []

    def teardown(self) -> None:
        """Close ours."""
        self.ours.close()

    @rule(puts=st.lists(PUTS, min_size=1, max_size=4))
    def write(self, puts: list[PutOp]) -> None:
        """Put and delete, several at once."""
        assert self.ours.batch(puts) == [None] * len(puts)
        for op in puts:
            # Theirs keeps the vectors of an older value's texts, and fails where two puts of one batch have a text in common.
            self.theirs._vectors[op.namespace].pop(op.key, None)
            self.theirs.batch([op])
        self.put += [(op.namespace, op.key, op.value) for op in puts]

    @rule(namespace=NAMESPACES, key=KEYS)
    def get(self, namespace: tuple[str, ...], key: str) -> None:
        """What a key holds."""
        theirs, ours = (store.batch([GetOp(namespace, key)])[0] for store in (self.theirs, self.ours))
        assert _item(theirs) == _item(ours)

    @rule(prefix=PREFIXES, given=FILTERS)
    def search(self, prefix: tuple[str, ...], given: dict[str, Any] | None) -> None:
        """What lies under a namespace and passes a filter."""
        theirs, ours = (store.batch([SearchOp(prefix, given, limit=100)])[0] for store in (self.theirs, self.ours))
        assert sorted(map(repr, map(_item, theirs))) == sorted(map(repr, map(_item, ours)))

    @rule(prefix=PREFIXES, given=FILTERS, query=WORDS)
    def nearest(self, prefix: tuple[str, ...], given: dict[str, Any] | None, query: str) -> None:
        """What lies nearest in meaning, with its score, and in its order as far as that is no matter of equals."""
        theirs, ours = (store.batch([SearchOp(prefix, given, limit=100, query=query)])[0] for store in (self.theirs, self.ours))
        assert sorted(map(_scored, theirs)) == sorted(map(_scored, ours))
        assert [_scored(item)[0] for item in theirs] == [_scored(item)[0] for item in ours]

    @rule(conditions=st.lists(CONDITIONS, max_size=2).map(tuple), depth=st.none() | st.integers(1, 3), limit=st.integers(1, 4), offset=st.integers(0, 2))
    def namespaces(self, conditions: tuple[MatchCondition, ...], depth: int | None, limit: int, offset: int) -> None:
        """Which namespaces there are; theirs also lists those that hold nothing any more, so these are taken out of it first."""
        for namespace in [namespace for namespace, items in self.theirs._data.items() if not items]:
            del self.theirs._data[namespace]
        op = ListNamespacesOp(conditions, depth, limit, offset)
        assert self.theirs.batch([op]) == self.ours.batch([op])

    @invariant()
    def no_version_is_lost(self) -> None:
        """What was put last stands at the end of each key's history."""
        for namespace, key, value in self.put[-1:]:
            history = self.ours.history(namespace, key)
            assert (history[-1].value if history else None) == value


def _item(item: Any) -> Any:  # noqa: ANN401 - an item, or None
    return None if item is None else (item.namespace, item.key, item.value)


def _scored(item: Any) -> tuple[float, tuple[str, ...], str]:  # noqa: ANN401
    # Half precision rounds nothing here: the vectors of both are plus or minus an eighth.
    return (-9.0 if item.score is None else round(item.score, 5), item.namespace, item.key)


TestBothStores = BothStores.TestCase
TestBothStores.settings = settings(
    max_examples=40, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
