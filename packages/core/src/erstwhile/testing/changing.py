"""What every store must keep to while it changes from one embedding model to another."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from erstwhile.embed import HashingEmbedder
from erstwhile.errors import InvalidInputError, MissingDependencyError, ModelMismatchError
from erstwhile.store import Batch, Find, Row, Search, Store
from erstwhile.testing.case import StoreCase, everything, ids_of, put
from erstwhile.testing.rows import make_row, make_vector
from erstwhile.time import as_utc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

try:
    import pytest
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["ChangingTests"]

NEXT: Final = HashingEmbedder(256)
"""The model to come: its vectors are of another length."""


class ChangingTests(StoreCase):
    """The vectors of a second model."""

    @pytest.fixture
    def changing(self, store: Store) -> Store:
        """A store of three versions that is being changed."""
        if not self.changes:
            pytest.skip("the store holds vectors of one model only")
        put(store, *[make_row(f"coffee number {number}") for number in range(3)])
        store.second.begin(fingerprint=NEXT.fingerprint, dimension=NEXT.dimension)
        return store

    def test_which_versions_lack_a_vector(self, changing: Store) -> None:
        """All of them at first; then those that were not filled; and those that were written, or closed, since."""
        second, model = changing.second, NEXT.fingerprint
        rows = second.lacking(fingerprint=model, limit=10)
        assert [row.vector for row in rows] == [None] * 3
        assert ids_of(second.lacking(fingerprint=model, after=rows[0].version.id, limit=1)) == ids_of(rows[1:2])
        second.fill(_given(rows[:2]), fingerprint=model)
        assert ids_of(second.lacking(fingerprint=model, limit=10)) == ids_of(rows[2:])
        state = second.state()
        assert (state.versions, state.lacking, state.stray, state.second) == (3, 1, 0, model)
        new = make_row("written meanwhile")
        (old,) = (row for row in changing.all(everything(), vectors=True) if row.version.id == rows[0].version.id)
        changing.write(Batch(puts=(_closed(old), new), believed=(old.version.id,)))
        assert ids_of(second.lacking(fingerprint=model, limit=10)) == sorted([old.version.id, rows[2].version.id, new.version.id])

    def test_an_exchange(self, changing: Store) -> None:
        """It is refused while a vector lacks; after it all is read, found and written by the new model, and by the old one nothing."""
        second, model = changing.second, NEXT.fingerprint
        rows = second.lacking(fingerprint=model, limit=10)
        second.fill(_given(rows[1:]), fingerprint=model)
        assert not second.swap(model)
        assert changing.info().fingerprint == self.fingerprint
        second.fill(_given(rows[:1]), fingerprint=model)
        assert second.swap(model)
        assert second.swap(model)
        info, state = changing.info(), second.state()
        assert (info.fingerprint, info.dimension, info.versions) == (model, NEXT.dimension, 3)
        assert (state.second, state.second_dimension, state.exchanged, state.lacking) == (self.fingerprint, self.dimension, True, 0)
        read = list(changing.all(everything(), vectors=True))
        assert [row.version.fingerprint for row in read] == [model] * 3
        assert [row.vector.tolist() for row in read if row.vector is not None] == [_vector(row.version.content).tolist() for row in rows]
        search = Search(where=everything(), vector=_vector("coffee number 2"), text="", limit=1, fingerprint=model)
        assert [candidate.id for candidate in changing.search(search)] == [rows[2].version.id]
        with pytest.raises(ModelMismatchError, match="reembed"):
            changing.search(Search(where=everything(), vector=make_vector("coffee"), text="", fingerprint=self.fingerprint))
        with pytest.raises(ModelMismatchError):
            put(changing, make_row("planned before"))
        put(changing, _of_next("written after"))
        assert changing.count(everything()) == 4
        assert second.state().lacking == 1

    def test_there_is_a_way_back(self, changing: Store) -> None:
        """What was written after the exchange lacks a vector of the old model, and is there after it was given one."""
        second, model = changing.second, NEXT.fingerprint
        second.fill(_given(second.lacking(fingerprint=model, limit=10)), fingerprint=model)
        assert second.swap(model)
        put(changing, _of_next("written after"))
        assert not second.swap(self.fingerprint)
        (late,) = second.lacking(fingerprint=self.fingerprint, limit=10)
        second.fill([Row(version=late.version, vector=make_vector(late.version.content))], fingerprint=self.fingerprint)
        assert second.swap(self.fingerprint)
        state = second.state()
        assert (state.fingerprint, state.second, state.exchanged, state.lacking) == (self.fingerprint, model, False, 0)
        search = Search(where=everything(), vector=make_vector("written after"), text="", limit=1, fingerprint=self.fingerprint)
        assert [candidate.id for candidate in changing.search(search)] == [late.version.id]

    def test_what_was_erased_does_not_come_back(self, changing: Store) -> None:
        """A vector that was made before an erasure, and is given after it, brings nothing back."""
        second, model = changing.second, NEXT.fingerprint
        rows = second.lacking(fingerprint=model, limit=10)
        changing.erase(everything())
        second.fill(_given(rows), fingerprint=model)
        assert changing.info().versions == 0
        assert second.scan(fingerprint=model, limit=10) == ()

    def test_both_can_be_read_and_asked(self, changing: Store) -> None:
        """Until the exchange, a check reads and asks the new vectors beside the old ones, and who reads for others sees none of them."""
        second, model = changing.second, NEXT.fingerprint
        rows = second.lacking(fingerprint=model, limit=10)
        second.fill(_given(rows[:2]), fingerprint=model)
        read = second.scan(fingerprint=model, limit=10)
        assert ids_of(read) == ids_of(rows)
        assert [None if row.vector is None else row.vector.shape for row in read] == [(NEXT.dimension,)] * 2 + [None]
        assert ids_of(second.scan(fingerprint=model, after=rows[0].version.id, limit=1)) == ids_of(rows[1:2])
        where, vector = everything(), _vector("coffee number 1")
        assert [each.id for each in second.search(Search(where=where, vector=vector, text="coffee", limit=1, fingerprint=model))] == [rows[1].version.id]
        (found,) = second.search(Search(where=where, vector=make_vector("coffee number 2"), text="coffee", limit=1, fingerprint=self.fingerprint))
        assert (found.id, found.lexical) == (rows[2].version.id, None)
        (row,) = changing.find(Find(where=where, limit=1, vectors=True))
        assert row.vector is not None
        assert row.vector.shape == (self.dimension,)

    def test_it_can_be_given_up(self, changing: Store) -> None:
        """One model to come at a time, and never the store's own; once it is dropped, another begins with nothing."""
        second, model = changing.second, NEXT.fingerprint
        second.fill(_given(second.lacking(fingerprint=model, limit=10)), fingerprint=model)
        second.begin(fingerprint=model, dimension=NEXT.dimension)
        assert second.state().lacking == 0
        with pytest.raises(InvalidInputError, match="already"):
            second.begin(fingerprint=self.fingerprint, dimension=self.dimension)
        with pytest.raises(InvalidInputError, match="drop"):
            second.begin(fingerprint="a third", dimension=self.dimension)
        with pytest.raises(InvalidInputError):
            second.drop(self.fingerprint)
        second.drop(model)
        second.drop(model)
        assert second.state().second is None
        for call in (second.swap, lambda to: second.fill((), fingerprint=to), lambda to: second.lacking(fingerprint=to, limit=1)):
            with pytest.raises(ModelMismatchError):
                call(model)
        second.begin(fingerprint="a third", dimension=self.dimension)
        assert second.state().lacking == 3
        assert changing.count(everything()) == 3

    def test_it_outlives_a_closing(self, changing: Store) -> None:
        """Closed in the middle of it, and after the exchange, the store goes on where it was, and is opened with its own model alone."""
        model = NEXT.fingerprint
        rows = changing.second.lacking(fingerprint=model, limit=10)
        changing.second.fill(_given(rows[:2]), fingerprint=model)
        store = self.reopen(changing)
        assert ids_of(store.second.lacking(fingerprint=model, limit=10)) == ids_of(rows[2:])
        store.second.fill(_given(rows[2:]), fingerprint=model)
        assert store.second.swap(model)
        with pytest.raises(ModelMismatchError, match="rollback"):
            self.reopen(store)
        store = self.reopen(store, fingerprint=model, dimension=NEXT.dimension)
        put(store, _of_next("written after"))
        assert store.count(everything()) == 4
        store.second.drop(self.fingerprint)
        store = self.reopen(store, fingerprint=model, dimension=NEXT.dimension)
        vector = _vector("written after")
        assert len(store.search(Search(where=everything(), vector=vector, text="", fingerprint=model))) == 4
        store.close()


def _vector(text: str) -> "NDArray[np.float32]":
    vector: NDArray[np.float32] = NEXT.embed([text], role="passage")[0]
    return vector


def _given(rows: tuple[Row, ...]) -> list[Row]:
    return [Row(version=row.version, vector=_vector(row.version.content)) for row in rows]


def _of_next(content: str) -> Row:
    return Row(version=make_row(content, fingerprint=NEXT.fingerprint).version, vector=_vector(content))


def _closed(row: Row) -> Row:
    return replace(row, version=replace(row.version, system_to=as_utc("2024-02-01")))
