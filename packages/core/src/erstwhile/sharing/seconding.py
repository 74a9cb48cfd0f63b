"""The vectors of a second model in a store that another process holds: the client's side, and that of the process."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from erstwhile.sharing import wire
from erstwhile.sharing.link import Link
from erstwhile.sharing.second import Second as Asked
from erstwhile.store.protocol import Candidate, Row, Search, Store
from erstwhile.store.second import Models, Second, SecondState

if TYPE_CHECKING:
    from erstwhile.sharing.opened import OpenedStore

__all__ = ["OpenedSecond", "SharedSecond", "answer"]


class SharedSecond(Second):
    """See `Second`. Every step can be asked for again where the other process ends before it answers.

    Args:
        link: The connections to the process that holds the store.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def models(self) -> Models:
        """See `Second.models`."""
        return cast("Models", self._link.call(Asked(step="models"), Models))

    def state(self) -> SecondState:
        """See `Second.state`."""
        return cast("SecondState", self._link.call(Asked(step="state"), SecondState))

    def begin(self, *, fingerprint: str, dimension: int) -> None:
        """See `Second.begin`."""
        self._link.call(Asked(step="begin", model=fingerprint, dimension=dimension), None)

    def lacking(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.lacking`."""
        return self._rows(Asked(step="lacking", model=fingerprint, after=after, limit=limit), 0)

    def scan(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.scan`."""
        return self._rows(Asked(step="scan", model=fingerprint, after=after, limit=limit), self.models().space(fingerprint).dimension)

    def _rows(self, asked: Asked, dimension: int) -> tuple[Row, ...]:
        return wire.rows_in(self._link.call(asked, tuple[wire.WireRow, ...]), dimension)

    def fill(self, rows: Iterable[Row], *, fingerprint: str) -> None:
        """See `Second.fill`."""
        self._link.call(Asked(step="fill", model=fingerprint, given=wire.encode(wire.rows_out(rows))), None)

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Second.search`."""
        return cast("tuple[Candidate, ...]", self._link.call(Asked(step="search", given=wire.encode(wire.search_out(search))), tuple[Candidate, ...]))

    def swap(self, to: str) -> bool:
        """See `Second.swap`."""
        return bool(self._link.call(Asked(step="swap", model=to), bool))

    def drop(self, fingerprint: str) -> None:
        """See `Second.drop`."""
        self._link.call(Asked(step="drop", model=fingerprint), None)


class OpenedSecond(Second):
    """See `Second`.

    Args:
        store: A store that changes hands under running calls.
    """

    def __init__(self, store: "OpenedStore") -> None:
        self._store = store

    def models(self) -> Models:
        """See `Second.models`."""
        with self._store.using() as store:
            return store.second.models()

    def state(self) -> SecondState:
        """See `Second.state`."""
        with self._store.using() as store:
            return store.second.state()

    def begin(self, *, fingerprint: str, dimension: int) -> None:
        """See `Second.begin`."""
        with self._store.using() as store:
            store.second.begin(fingerprint=fingerprint, dimension=dimension)

    def lacking(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.lacking`."""
        with self._store.using() as store:
            return store.second.lacking(fingerprint=fingerprint, after=after, limit=limit)

    def scan(self, *, fingerprint: str, after: str | None = None, limit: int) -> tuple[Row, ...]:
        """See `Second.scan`."""
        with self._store.using() as store:
            return store.second.scan(fingerprint=fingerprint, after=after, limit=limit)

    def fill(self, rows: Iterable[Row], *, fingerprint: str) -> None:
        """See `Second.fill`."""
        with self._store.using() as store:
            store.second.fill(rows, fingerprint=fingerprint)

    def search(self, search: Search) -> tuple[Candidate, ...]:
        """See `Second.search`."""
        with self._store.using() as store:
            return store.second.search(search)

    def swap(self, to: str) -> bool:
        """See `Second.swap`."""
        with self._store.using() as store:
            done = store.second.swap(to)
            if done:
                self._store.follow(store.second.models())
        return done

    def drop(self, fingerprint: str) -> None:
        """See `Second.drop`."""
        with self._store.using() as store:
            store.second.drop(fingerprint)


def answer(store: Store, asked: Asked) -> Any:  # noqa: ANN401, PLR0911 - one for each step there is
    """Take a step that a client asks for."""
    second, model = store.second, asked.model
    match asked.step:
        case "models":
            return second.models()
        case "state":
            return second.state()
        case "begin":
            return second.begin(fingerprint=model, dimension=asked.dimension)
        case "lacking":
            return wire.rows_out(second.lacking(fingerprint=model, after=asked.after, limit=asked.limit))
        case "scan":
            return wire.rows_out(second.scan(fingerprint=model, after=asked.after, limit=asked.limit))
        case "fill":
            return second.fill(wire.rows_in(wire.decode(asked.given, tuple[wire.WireRow, ...]), second.models().space(model).dimension), fingerprint=model)
        case "search":
            sent: wire.SearchRows = wire.decode(asked.given, wire.SearchRows)
            models = second.models()
            return second.search(wire.search_in(sent, (models.first if sent.model is None else models.space(sent.model)).dimension))
        case "swap":
            return second.swap(model)
        case "drop":
            return second.drop(model)
