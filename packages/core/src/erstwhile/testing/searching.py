"""The part of the store's contract that is about search: the same candidates, in the same order, with the same scores as the reference store."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from erstwhile.errors import MissingDependencyError
from erstwhile.model import MemoryType, Provenance, Scope, SourceKind
from erstwhile.store import Batch, Candidate, ReferenceStore, Row, Search, Store, Where
from erstwhile.testing.case import ANA, BO, StoreCase, put
from erstwhile.testing.rows import DIMENSION, FINGERPRINT, make_row, make_vector, make_version
from erstwhile.testing.strategies import WORDS, rows, wheres
from erstwhile.time import as_utc

try:
    import pytest
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["SearchTests"]

BELIEVED = Where(scopes=(ANA,), believed=True)
TOLERANCE = 1e-5


class SearchTests(StoreCase):
    """Searching."""

    def agree(self, store: Store, stored: Sequence[Row], search: Search) -> tuple[Candidate, ...]:
        """Check that ``store`` answers as the reference store does, and give the answer."""
        oracle = ReferenceStore(fingerprint=FINGERPRINT, dimension=DIMENSION)
        oracle.write(Batch(puts=tuple(stored)))
        found, expected = store.search(search), oracle.search(search)
        assert [candidate.id for candidate in found] == [candidate.id for candidate in expected]
        for candidate, other in zip(found, expected, strict=True):
            assert candidate.dense == pytest.approx(other.dense, abs=TOLERANCE)
            assert candidate.lexical == pytest.approx(other.lexical, abs=TOLERANCE)
            assert candidate.seat == other.seat
        return found

    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors])
    @given(data=st.data())
    def test_search_agrees_with_the_reference(self, data: st.DataObject) -> None:
        """Whatever is stored, asked for and filtered, both channels give what the formulas in plain Python give."""
        within = st.sampled_from([ANA, BO, Scope(user="ana", session="s1")])
        stored = data.draw(st.lists(rows(within=within), min_size=1, max_size=25))
        store = self.make()
        try:
            put(store, *stored)
            for where in data.draw(st.lists(wheres([row.version for row in stored]), min_size=1, max_size=5)):
                words = " ".join(data.draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)))
                limit = data.draw(st.sampled_from([1, 2, 3, 100]))
                self.agree(store, stored, Search(where=where, vector=make_vector(words), text=words, limit=limit, seats=data.draw(st.booleans())))
        finally:
            store.close()

    @pytest.mark.parametrize("limit", [1, 7, 50, 400])
    def test_scores_of_free_vectors(self, store: Store, limit: int) -> None:
        """Vectors with any coordinates are compared exactly, whatever the limit: no candidate is lost to an index or to compression."""
        random = np.random.default_rng(7)
        vectors = random.standard_normal((300, DIMENSION)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = vectors.astype(np.float16).astype(np.float32)
        stored = [Row(version=make_version(f"note {number}", scope=ANA if number % 3 else BO), vector=vector) for number, vector in enumerate(vectors)]
        put(store, *stored)
        found = self.agree(store, stored, Search(where=BELIEVED, vector=vectors[1], text="", limit=limit))
        assert len(found) == min(limit, 200)
        assert max(found, key=lambda candidate: candidate.dense or 0).id == stored[1].version.id

    def test_candidates_come_in_order_of_id(self, store: Store) -> None:
        """The answer does not depend on the order of writing."""
        stored = [make_row(f"coffee in Porto {number}") for number in range(9)]
        put(store, *stored[::2])
        put(store, *stored[1::2][::-1])
        found = self.agree(store, stored, Search(where=BELIEVED, vector=make_vector("coffee"), text="coffee"))
        assert [candidate.id for candidate in found] == [row.version.id for row in stored]

    @pytest.mark.parametrize("limit", [1, 3, 5, 8])
    def test_equals_are_not_cut_apart_at_random(self, store: Store, limit: int) -> None:
        """Where the limit falls among equal scores, the same ones are chosen in every store and whatever the order of writing."""
        stored = [make_row(content) for content in ["tea"] * 4 + ["coffee"] * 30 + ["coffee tea"] * 2]
        put(store, *stored[::-1])
        self.agree(store, stored, Search(where=BELIEVED, vector=make_vector("coffee"), text="coffee", limit=limit))

    @pytest.mark.parametrize("content", ["🙂🚀", "the of and", "?!", "  \n ."])
    def test_texts_without_words(self, store: Store, content: str) -> None:
        """What has no word to search by is found by its vector alone, and counts for no other text's word statistics."""
        stored = [make_row(content), make_row("coffee in Porto"), make_row("coffee")]
        put(store, *stored)
        found = self.agree(store, stored, Search(where=BELIEVED, vector=make_vector(content), text="coffee"))
        assert [candidate.lexical is None for candidate in found] == [True, False, False]
        assert all(candidate.lexical is None for candidate in self.agree(store, stored, Search(where=BELIEVED, vector=make_vector("x"), text=content)))

    def test_words_are_stemmed_and_folded(self, store: Store) -> None:
        """Inflection, letter case and accents do not keep a question from its answer; aliases, tags, who said it and the day count as words."""
        stored = [
            make_row("She RUNS along the river"),
            make_row("a café", tags=("Óbidos",)),
            make_row("the other one", aliases=("Maria",)),
            make_row("hello", type=None, source=Provenance(actor="Berta"), valid_from=as_utc("1999-11-05")),
        ]
        put(store, *stored)
        for text, place in (("running", 0), ("cafe", 1), ("obidos", 1), ("maria", 2), ("berta", 3), ("5 november 1999", 3)):
            found = self.agree(store, stored, Search(where=BELIEVED, vector=make_vector(text), text=text))
            assert [candidate.lexical is not None for candidate in found] == [number == place for number in range(4)], text

    @pytest.mark.parametrize(
        "condition",
        [
            {"types": ("goal",)},
            {"tags": ("red",)},
            {"valid": as_utc("2024-06-01")},
            {"believed": as_utc("2024-02-01")},
            {"session": "none"},
            {"actors": ("ana",)},
            {"kinds": ("stated", "observed")},
            {"confidence": 0.5},
            {"pinned": True},
            {"pinned": True, "believed": True, "valid": as_utc("2024-06-01")},
            {"pinned": False},
            {"quarantined": False},
            {"quarantined": False, "believed": True, "valid": as_utc("2024-06-01")},
        ],
    )
    def test_the_filter_works_inside_the_search(self, store: Store, condition: dict[str, Any]) -> None:
        """What does not match crowds out nothing that does, however much better it scores."""
        sought = {"tags": ("red",), "source": Provenance(actor="ana"), "confidence": 0.9, "pinned": condition.get("pinned", True)}
        wanted = make_row("a tea now and then", type=MemoryType.GOAL, valid_from="2024-05-01", **sought)
        other = {"source": Provenance(kind=SourceKind.TOOL), "confidence": 0.1, "pinned": not sought["pinned"]} | (
            {"quarantine": ("override",)} if "quarantined" in condition else {}
        )
        stored = [make_row("coffee coffee", valid_to="2024-05-01", system_to="2024-05-01", **other) for _ in range(40)] + [wanted]
        put(store, *stored)
        where = Where(**({"scopes": (ANA,)} | condition))
        self.agree(store, stored, Search(where=where, vector=make_vector("coffee"), text="coffee tea", limit=3))

    @pytest.mark.parametrize("valid", ["2024-05-31T23:59:59.999999Z", "2024-06-01", "2024-06-01T00:00:00.000001Z", "2024-07-01", "2025-06-01", "9999-01-01"])
    def test_the_present(self, store: Store, valid: str) -> None:
        """What holds now is found, whether it always held, began, ended or expired meanwhile or is still to come: around the last write, and long after."""
        times = ["2024-01-01", "2024-05-31", "2024-06-01", "2024-06-01T00:00:00.000001Z", "2024-07-01", "2025-06-01"]
        stored = [make_row("coffee", valid_from=start, system_from="2024-06-01") for start in times]
        stored += [make_row("tea", valid_to=end) for end in times[1:]]
        stored += [make_row("coffee tea", expires_at=end, system_to="2024-06-01" if end == times[4] else None) for end in times[1:]]
        put(store, *stored)
        self.agree(store, stored, Search(where=Where(scopes=(ANA,), believed=True, valid=as_utc(valid)), vector=make_vector("coffee"), text="coffee tea"))

    def test_another_scope_changes_nothing(self, store: Store) -> None:
        """One scope's content moves neither the ranking, nor the scores, nor the counts of another: nobody can be probed through word statistics."""
        mine = [make_row("coffee in Porto"), make_row("tea in Lisbon"), make_row("coffee and tea")]
        search = Search(where=BELIEVED, vector=make_vector("coffee"), text="coffee tea lisbon", limit=2)
        put(store, *mine)
        before = store.search(search)
        other = [make_row(content, scope=scope) for content in ("coffee", "tea", "lisbon") for scope in (BO, Scope(user="ana", session="s")) for _ in range(20)]
        put(store, *other)
        assert [candidate.id for candidate in store.search(search)] == [candidate.id for candidate in before]
        for now, then in zip(store.search(search), before, strict=True):
            assert now.dense == pytest.approx(then.dense, abs=1e-6)
            assert now.lexical == pytest.approx(then.lexical, abs=1e-6)
        assert store.count(Where(scopes=(ANA,))) == len(mine)

    def test_a_past_corpus_keeps_its_statistics(self, store: Store) -> None:
        """Word statistics at a past system time are those of then: later writes do not move a past answer."""
        old = [make_row("coffee in Porto", system_to="2024-06-01"), make_row("tea in Lisbon")]
        put(store, *old)
        then = Search(where=Where(scopes=(ANA,), believed=as_utc("2024-03-01")), vector=make_vector("coffee"), text="coffee tea")
        before = store.search(then)
        put(store, *(make_row("coffee", system_from="2024-07-01") for _ in range(30)))
        after = store.search(then)
        assert [candidate.id for candidate in after] == [candidate.id for candidate in before]
        assert [candidate.lexical for candidate in after] == pytest.approx([candidate.lexical for candidate in before], abs=1e-6)

    def test_an_empty_scope_gives_nothing(self, store: Store) -> None:
        """Searching where nothing is kept is no error, in an empty store or beside others."""
        search = Search(where=BELIEVED, vector=make_vector("coffee"), text="coffee")
        assert store.search(search) == ()
        put(store, make_row("coffee", scope=BO))
        assert store.search(search) == ()

    def test_several_scopes_share_their_statistics(self, store: Store) -> None:
        """A read that names several scopes ranks over all of them together."""
        stored = [make_row("coffee"), make_row("tea", scope=BO), make_row("coffee tea", scope=BO), make_row("tea", scope=Scope(user="cy"))]
        put(store, *stored)
        found = self.agree(store, stored, Search(where=Where(scopes=(ANA, BO), believed=True), vector=make_vector("tea"), text="coffee tea"))
        assert len(found) == 3
