"""The contract of a store, whole."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from erstwhile.errors import MissingDependencyError, ModelMismatchError, StoreClosedError, WriteConflictError
from erstwhile.model import MAX_CONTENT, Links, MemoryType, Provenance, Scope, SourceKind
from erstwhile.store import Batch, Find, Row, Search, Store, Where
from erstwhile.testing.case import ANA, BO, everything, ids_of, put
from erstwhile.testing.changing import ChangingTests
from erstwhile.testing.filtering import FilterTests
from erstwhile.testing.rows import make_row, make_vector
from erstwhile.testing.searching import SearchTests
from erstwhile.time import as_utc
from erstwhile.versions import new_id

try:
    import pytest
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["StoreSuite"]

PATIENCE = 60
"""Seconds after which a thread that does not end has hung."""


class StoreSuite(ChangingTests, FilterTests, SearchTests):
    """What every store must keep to. Inherit from it, define `make`, and pytest does the rest.

    ``make()`` gives a new, empty store for vectors of `fingerprint` and `dimension`. A store that outlives its process also defines ``reopen``, and one that
    can be used after it was closed says ``closes = False``, and one that holds vectors of one model only ``changes = False``.
    """

    def test_an_empty_store(self, store: Store) -> None:
        """A new store answers every question, with nothing."""
        assert store.find(Find(where=everything())) == ()
        assert store.count(everything()) == 0
        assert store.latest() is None
        assert list(store.all(everything())) == []
        store.erase(everything())
        store.settle()

    def test_info(self, store: Store) -> None:
        """A store knows its model and counts the versions of all scopes, and nothing of its own."""
        put(store, make_row(), make_row(scope=BO))
        with store.claim(["a name"]):
            info = store.info()
        assert (info.fingerprint, info.dimension, info.versions) == (self.fingerprint, self.dimension, 2)
        assert info.kind
        assert info.location

    @pytest.mark.parametrize(
        "content", ["a", "x" * MAX_CONTENT, "日本語 " * 8_000, "🙂", 'quotes " \\ and\nlines\t\u2028', "مرحبا", "e\u0301 \u00e9", "\ufeff\u200b."]
    )
    def test_content_comes_back_as_it_was(self, store: Store, content: str) -> None:
        """Every character of what was said is kept, the longest text included."""
        row = make_row(content[:MAX_CONTENT])
        put(store, row)
        (found,) = store.find(Find(where=everything()))
        assert found.version == row.version

    def test_every_part_comes_back_as_it_was(self, store: Store) -> None:
        """A version is read back whole: provenance, times, links, metadata and all."""
        row = make_row(
            type=MemoryType.PREFERENCE,
            scope=Scope(tenant="t", user="ána", agent="a", session="s", project="p"),
            source=Provenance(kind=SourceKind.TOOL, actor="web", session="s1", turn=3, reference="https://example.test/?q=ü", quote="« so »"),
            valid_from="1685-03-01T00:00:00.000001Z",
            valid_to="2255-03-01T00:00:00.999999Z",
            system_from="2024-01-01T00:00:00.123456Z",
            system_to="2024-01-01T00:00:00.123457Z",
            expires_at="9999-12-31T23:59:59.999999Z",
            confidence=0.1,
            importance=0.0,
            pinned=True,
            tags=("red", "blå"),
            aliases=("N. N.",),
            metadata={"a": {"b": [1, 2.5, None, True, "ü"]}, "": {}, "big": 2**53},
            links=Links(supersedes=(new_id(),), corrects=(new_id(),), contradicts=(new_id(),), derived_from=(new_id(), "x")),
            keys=("k1", "k2"),
        )
        put(store, row)
        (found,) = store.find(Find(where=everything(row.version.scope)))
        assert found.version == row.version

    def test_vectors_come_when_asked_for(self, store: Store) -> None:
        """A vector is read back to the bit, so that a version can be appended again without embedding it; and is not sent where it is not needed."""
        row = make_row("coffee in Porto")
        put(store, row)
        (bare,) = store.find(Find(where=everything()))
        (full,) = store.find(Find(where=everything(), vectors=True))
        assert bare.vector is None
        assert full.vector is not None
        assert row.vector is not None
        assert full.vector.dtype == row.vector.dtype
        assert full.vector.tobytes() == row.vector.tobytes()
        assert [one.vector is None for one in store.all(everything(), vectors=True)] == [False]

    @pytest.mark.parametrize("limit", [1, 4, 24, 25, 26, 1_000])
    def test_pages(self, store: Store, limit: int) -> None:
        """Pages come in order of id, without gaps or repeats, whatever their size and the order of writing."""
        stored = [make_row(f"note {number}") for number in range(25)]
        put(store, *stored[10:])
        put(store, *stored[:10], *(make_row("other", scope=BO) for _ in range(5)))
        found: list[str] = []
        after = None
        while page := store.find(Find(where=everything(), after=after, limit=limit)):
            assert len(page) <= limit
            found += ids_of(page)
            after = page[-1].version.id
        assert found == ids_of(stored) == ids_of(store.all(everything()))

    def test_a_page_goes_on_after_what_is_gone(self, store: Store) -> None:
        """An id that was erased, or was never there, still marks a place."""
        stored = [make_row() for _ in range(6)]
        put(store, *stored)
        gone = stored[2].version.id
        store.erase(Where(scopes=(ANA,), ids=(gone,)))
        assert ids_of(store.find(Find(where=everything(), after=gone, limit=2))) == ids_of(stored[3:5])
        assert store.find(Find(where=everything(), after=stored[-1].version.id)) == ()
        assert ids_of(store.find(Find(where=everything(), after="00000000-0000-7000-8000-000000000000"))) == ids_of([*stored[:2], *stored[3:]])

    def test_a_scan_finds_every_scope(self, store: Store) -> None:
        """What keeps the store whole reads all of it, page by page, in order of id, with vectors where they are asked for."""
        rows = [make_row(f"tea {place}", scope=scope) for place, scope in enumerate((ANA, BO, ANA, Scope(project="p"), BO))]
        put(store, *rows)
        assert [row.version for row in store.whole()] == [row.version for row in rows]
        first = store.scan(limit=2)
        assert ids_of(first) == ids_of(rows[:2])
        assert first[0].vector is None
        assert ids_of(store.scan(after=rows[1].version.id, limit=2)) == ids_of(rows[2:4])
        (last,) = store.scan(after=rows[3].version.id, vectors=True)
        assert last.vector is not None
        assert (last.vector == rows[4].vector).all()
        assert store.scan(after=rows[4].version.id) == ()

    def test_a_row_takes_the_place_of_what_it_was(self, store: Store) -> None:
        """Closing a version leaves one row of it, found as closed and no longer as believed."""
        row = make_row("coffee")
        put(store, row)
        closed = make_row("coffee", id=row.version.id, memory_id=row.version.memory_id, system_to="2024-06-01")
        later = make_row("tea", memory_id=row.version.memory_id, system_from="2024-06-01")
        store.write(Batch(puts=(closed, later), believed=(row.version.id,)))
        assert [one.version for one in store.find(Find(where=everything()))] == [closed.version, later.version]
        assert ids_of(store.find(Find(where=Where(scopes=(ANA,), believed=True)))) == [later.version.id]
        found = store.search(Search(where=Where(scopes=(ANA,), believed=True), vector=make_vector("coffee"), text="coffee tea"))
        assert [candidate.id for candidate in found] == [later.version.id]

    def test_a_conflict_writes_nothing(self, store: Store) -> None:
        """If one of the versions that a plan builds on is closed or gone, none of the batch is written."""
        standing, closed = make_row("tea"), make_row("coffee", system_to="2024-06-01")
        put(store, standing, closed)
        attempt = make_row("tea", id=standing.version.id, memory_id=standing.version.memory_id, system_to="2024-06-01")
        for stale in (closed.version.id, new_id()):
            with pytest.raises(WriteConflictError):
                store.write(Batch(puts=(attempt, make_row("new")), believed=(standing.version.id, stale)))
        assert [row.version for row in store.find(Find(where=everything()))] == [standing.version, closed.version]

    def test_a_large_batch(self, store: Store) -> None:
        """A batch of any size is one write."""
        stored = [make_row(f"note {number}") for number in range(1_500)]
        put(store, *stored)
        assert store.count(everything()) == len(stored)
        assert ids_of(store.all(everything())) == ids_of(stored)

    def test_latest(self, store: Store) -> None:
        """The latest system time of any scope is known, that of a closed belief included, so that a clock that jumped back cannot go below it."""
        put(store, make_row(system_from="1685-03-01"))
        assert store.latest() == as_utc("1685-03-01")
        put(store, make_row(system_from="2024-03-01T00:00:00.000001Z", valid_from="2200-01-01"), make_row(system_from="2023-01-01", scope=BO))
        assert store.latest() == as_utc("2024-03-01T00:00:00.000001Z")
        put(store, make_row(system_to="2254-03-01T00:00:00.000007Z", scope=BO))
        assert store.latest() == as_utc("2254-03-01T00:00:00.000007Z")

    def test_erase_removes_what_is_meant(self, store: Store) -> None:
        """Erasing removes every version meant, from every kind of read, and nothing else."""
        mine, kept, other = make_row("coffee"), make_row("coffee tea", tags=("red",)), make_row("coffee", scope=BO)
        closed = make_row("coffee", memory_id=mine.version.memory_id, system_to="2024-06-01")
        put(store, mine, kept, other, closed)
        store.erase(Where(scopes=(ANA,), memory_ids=(mine.version.memory_id, other.version.memory_id)))
        assert ids_of(store.all(everything(ANA, BO))) == ids_of([kept, other])
        assert store.info().versions == 2
        found = store.search(Search(where=everything(ANA, BO), vector=make_vector("coffee"), text="coffee"))
        assert [candidate.id for candidate in found] == ids_of([kept, other])
        store.erase(everything())
        assert store.count(everything()) == 0
        assert store.count(everything(BO)) == 1

    def test_erased_words_leave_the_statistics(self, store: Store) -> None:
        """What was erased leaves no trace in the scores of what stays."""
        stay = [make_row("coffee"), make_row("tea")]
        put(store, *stay)
        search = Search(where=Where(scopes=(ANA,), believed=True), vector=make_vector("coffee"), text="coffee tea")
        before = store.search(search)
        put(store, *(make_row("coffee", tags=("gone",)) for _ in range(20)))
        store.erase(Where(scopes=(ANA,), tags=("gone",)))
        for now, then in zip(store.search(search), before, strict=True):
            assert now.id == then.id
            assert now.dense == pytest.approx(then.dense, abs=1e-6)
            assert now.lexical == pytest.approx(then.lexical, abs=1e-6)

    def test_compacting_changes_no_answer(self, store: Store) -> None:
        """What stays is the same to every read after the files were rewritten, and can be written to as before; a store may also say that it cannot."""
        stay = [make_row("coffee", tags=("red",)), make_row("tea", scope=BO), make_row("coffee tea", system_to="2024-06-01")]
        put(store, *stay, gone := make_row("coffee"))
        store.erase(Where(scopes=(ANA,), ids=(gone.version.id,)))
        search = Search(where=everything(ANA, BO), vector=make_vector("coffee"), text="coffee")
        before = store.search(search), store.latest(), store.info().versions
        assert store.compact() in (True, False)
        assert (store.search(search), store.latest(), store.info().versions) == before
        found = sorted(store.all(everything(ANA, BO), vectors=True), key=lambda row: row.version.id)
        assert [row.version for row in found] == [row.version for row in sorted(stay, key=lambda row: row.version.id)]
        assert all(row.vector is not None and row.vector.tobytes() == make_vector(row.version.content).tobytes() for row in found)
        put(store, more := make_row("milk", tags=("red",)))
        assert ids_of(store.find(Find(where=Where(scopes=(ANA,), tags=("red",))))) == ids_of([stay[0], more])
        store.settle()

    def test_scopes(self, store: Store) -> None:
        """Every scope that holds a version is listed, whole and once; one that was erased is not."""
        odd = Scope(tenant='t"\\', user="ána 日", session="s")
        assert store.scopes() == ()
        put(store, make_row(), make_row(), make_row(scope=BO), make_row(scope=odd, system_to="2024-06-01"))
        assert store.scopes() == tuple(sorted((ANA, BO, odd), key=lambda scope: scope.key))
        store.erase(everything(BO))
        assert BO not in store.scopes()

    def test_claims_exclude(self, store: Store) -> None:
        """Writers that claim the same name take turns, so that what is read and planned under a claim is still so when it is written."""
        row = make_row("0")
        put(store, row)
        where = Where(scopes=(ANA,), believed=True)
        start = threading.Barrier(4)

        def add_one(_: int) -> None:
            start.wait(PATIENCE)
            for _ in range(5):
                with store.claim(["b", row.version.memory_id, "a"]):
                    (old,) = store.find(Find(where=where, vectors=True))
                    now = old.version.system_from + timedelta(seconds=1)
                    closed = make_row(
                        old.version.content, id=old.version.id, memory_id=row.version.memory_id, system_from=old.version.system_from, system_to=now
                    )
                    more = make_row(str(int(old.version.content) + 1), memory_id=row.version.memory_id, system_from=now)
                    store.write(Batch(puts=(closed, more), believed=(old.version.id,)))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add_one, range(4)))
        (last,) = store.find(Find(where=where))
        assert last.version.content == "20"
        assert store.count(everything()) == 21

    def test_a_claim_ends_with_its_block(self, store: Store) -> None:
        """An error inside a claim does not lock others out; claiming nothing is allowed."""
        with pytest.raises(ZeroDivisionError), store.claim(["a", "b"]):
            _ = 1 / 0
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: put_under(store, ["b", "a", "a"])).result(PATIENCE)
        with store.claim([]):
            put(store, make_row())
        assert store.count(everything()) == 2

    def test_threads(self, store: Store) -> None:
        """A store is safe to use from several threads: nothing is lost and no read sees nonsense."""
        start = threading.Barrier(6)

        def write(number: int) -> None:
            start.wait(PATIENCE)
            for place in range(10):
                with store.claim([f"writer {number}"]):
                    put(store, make_row(f"coffee {number} {place}"), make_row(f"tea {number} {place}"))
                store.settle()

        def read(_: int) -> None:
            start.wait(PATIENCE)
            for _ in range(10):
                found = store.search(Search(where=everything(), vector=make_vector("coffee"), text="coffee"))
                assert len({candidate.id for candidate in found}) == len(found)
                assert ids_of(rows := store.find(Find(where=everything()))) == sorted(ids_of(rows))

        with ThreadPoolExecutor(6) as pool:
            done = [pool.submit(write, number) for number in range(4)] + [pool.submit(read, number) for number in range(2)]
            for one in done:
                one.result(PATIENCE)
        assert store.count(everything()) == 80

    def test_closing(self) -> None:
        """Closing twice is harmless; using a closed store is an error that says so."""
        store = self.make()
        put(store, make_row())
        store.close()
        store.close()
        if not self.closes:
            return
        search = Search(where=everything(), vector=make_vector("tea"), text="tea")
        uses = (
            lambda: store.find(Find(where=everything())),
            lambda: store.search(search),
            lambda: store.count(everything()),
            lambda: put(store, make_row()),
            lambda: store.erase(everything()),
            store.latest,
            store.info,
        )
        for use in uses:
            with pytest.raises(StoreClosedError):
                use()

    def test_what_was_written_is_there_when_it_is_opened_again(self) -> None:
        """A store keeps its versions, vectors, word statistics and times from one process to the next."""
        store = self.make()
        stored = [make_row("coffee in Porto"), make_row("tea", system_from="2024-02-01"), make_row("gone")]
        put(store, *stored)
        store.erase(Where(scopes=(ANA,), ids=(stored[2].version.id,)))
        search = Search(where=everything(), vector=make_vector("coffee"), text="coffee tea")
        before = store.search(search)
        store = self.reopen(store)
        try:
            assert [row.version for row in store.all(everything())] == [row.version for row in stored[:2]]
            assert store.latest() == as_utc("2024-02-01")
            assert store.search(search) == before
            assert self.agree(store, stored[:2], search) == before
        finally:
            store.close()

    def test_another_model_is_refused(self) -> None:
        """Vectors of two models are never mixed, and a refusal leaves the store as it was."""
        store = self.make()
        put(store, make_row())
        with pytest.raises(ModelMismatchError, match="another-model@1"):
            self.reopen(store, fingerprint="another-model@1")
        with pytest.raises(ModelMismatchError):
            self.reopen(store, dimension=2 * self.dimension)
        store = self.reopen(store)
        assert store.count(everything()) == 1
        store.close()


def put_under(store: Store, names: list[str]) -> Row:
    """Write a row under a claim, and give it."""
    row = make_row()
    with store.claim(names):
        put(store, row)
    return row
