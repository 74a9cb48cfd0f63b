"""The vectors of a second model in a store: how it changes from one model to another while it is read and written.

Each version has a vector of the store's own model, the *first*, and may have one of a second. Before the exchange the second is the model to come, after it
the one that was. Who writes with the first gives a version one vector, and a version that is put in the place of what it was loses the other; so which
versions lack one is read off the rows themselves, after a crash as well, and there is no list of them that could be wrong. What is erased goes with all its
vectors, and a vector is given only to a version that is there.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from erstwhile.errors import InvalidInputError, ModelMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from erstwhile.model import Version
    from erstwhile.store.protocol import Candidate, Row, Search

__all__ = ["SLOTS", "Models", "Second", "SecondState", "Space", "check_rows", "check_search", "mismatch", "of_model"]

SLOTS: Final = ("dense", "dense-2")
"""Under which names the vectors of two models stand, in turn; that of a new store is the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Vectors of one model.

    Attributes:
        fingerprint: The embedding model and preprocessing.
        dimension: Length of a vector.
        slot: Under which name the vectors stand.
    """

    fingerprint: str
    dimension: int
    slot: str = SLOTS[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Which models a store has vectors of.

    Attributes:
        first: The model that it is opened, searched and written with.
        second: The other one, if there is one.
        exchanged: Whether the second is the model that the first took the place of, and not the one to come.
    """

    first: Space
    second: Space | None = None
    exchanged: bool = False

    @property
    def slots(self) -> dict[str, int]:
        """Length of a vector, by the names under which vectors stand."""
        return {space.slot: space.dimension for space in (self.first, self.second) if space is not None}

    def space(self, fingerprint: str) -> Space:
        """The vectors of this model.

        Raises:
            ModelMismatchError: There are none.
        """
        for space in (self.first, self.second):
            if space is not None and space.fingerprint == fingerprint:
                return space
        raise ModelMismatchError(
            f"The store holds no vectors of {fingerprint}, but of {self.first.fingerprint}; nothing was changed. Begin with: erstwhile reembed start MODEL"
        )

    def begun(self, *, fingerprint: str, dimension: int) -> "Models":
        """The same with this model as the second.

        Raises:
            InvalidInputError: It is the first, or there is another second one.
        """
        if fingerprint == self.first.fingerprint:
            raise InvalidInputError(f"The store is of the model {fingerprint} already; name another.")
        if self.second is not None:
            if (self.second.fingerprint, self.second.dimension) == (fingerprint, dimension):
                return self
            raise InvalidInputError(
                f"The store holds vectors of {self.second.fingerprint} beside its own, and has no room for a third model's; remove those first: "
                "erstwhile reembed drop"
            )
        slot = next(slot for slot in SLOTS if slot != self.first.slot)
        return replace(self, second=Space(fingerprint=fingerprint, dimension=dimension, slot=slot), exchanged=False)

    def swapped(self, to: str) -> "Models":
        """The same with the second, which must be this model, as the first, and the first as the second.

        Raises:
            ModelMismatchError: It is another, or there is none.
        """
        space = self.space(to)
        return self if space is self.first else Models(first=space, second=self.first, exchanged=not self.exchanged)

    def dropped(self, fingerprint: str) -> "Models":
        """The same without the vectors of this model.

        Raises:
            InvalidInputError: They are the store's own.
        """
        if fingerprint == self.first.fingerprint:
            raise InvalidInputError(f"The store is of the model {fingerprint}; its own vectors are not removed.")
        return Models(first=self.first) if self.second is not None and self.second.fingerprint == fingerprint else self


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondState:
    """How far a change of model is.

    Attributes:
        fingerprint: The store's model.
        dimension: Length of its vectors.
        second: The other model; ``None`` where there is none.
        second_dimension: Length of its vectors.
        exchanged: Whether the other one is the model that was, and not the one to come.
        versions: Versions of all scopes together.
        lacking: How many of them have no vector of the other model.
        stray: How many have none of the store's own: on a server, what a process wrote that had not learned of the exchange.
    """

    fingerprint: str
    dimension: int
    second: str | None = None
    second_dimension: int = 0
    exchanged: bool = False
    versions: int = 0
    lacking: int = 0
    stray: int = 0

    @classmethod
    def of(cls, models: Models, *, versions: int, lacking: int, stray: int = 0) -> "SecondState":
        """The state of a store with these models."""
        first, second = models.first, models.second
        if second is None:
            return cls(fingerprint=first.fingerprint, dimension=first.dimension, versions=versions, stray=stray)
        return cls(
            fingerprint=first.fingerprint,
            dimension=first.dimension,
            second=second.fingerprint,
            second_dimension=second.dimension,
            exchanged=models.exchanged,
            versions=versions,
            lacking=lacking,
            stray=stray,
        )


class Second(ABC):
    """The vectors of a second model in a store. Safe to use from several threads."""

    grace: float = 0.0
    """Seconds after an exchange for which a write that was under way may still bring a vector of the old model alone."""

    @abstractmethod
    def models(self) -> Models:
        """Which models there are vectors of."""

    @abstractmethod
    def state(self) -> SecondState:
        """Which models there are, and how many versions lack a vector: all of them are counted."""

    @abstractmethod
    def begin(self, *, fingerprint: str, dimension: int) -> None:
        """Make room for vectors of a second model. Where there is room for them already, nothing is done.

        Raises:
            InvalidInputError: It is the store's own, or there is another second one.
        """

    @abstractmethod
    def lacking(self, *, fingerprint: str, after: str | None = None, limit: int) -> "tuple[Row, ...]":
        """Rows that have no vector of this model, in order of id, given without any vector."""

    @abstractmethod
    def fill(self, rows: "Iterable[Row]", *, fingerprint: str) -> None:
        """Give the versions of these rows, as far as they are still there, these vectors of this model. Nothing else of them changes.

        Raises:
            ModelMismatchError: The store has no vectors of this model.
        """

    @abstractmethod
    def scan(self, *, fingerprint: str, after: str | None = None, limit: int) -> "tuple[Row, ...]":
        """As `Store.scan`, with the vectors of this model; rows that lack one come without."""

    @abstractmethod
    def search(self, search: "Search") -> "tuple[Candidate, ...]":
        """The best by meaning alone, by the model that the search names."""

    @abstractmethod
    def swap(self, to: str) -> bool:
        """Make this model the store's own, durably and at once, and the one that was the second: unless a version lacks a vector of it.

        Returns:
            Whether it is the store's own now. ``False``: some version lacks a vector, and nothing was changed.

        Raises:
            ModelMismatchError: The store has no vectors of this model.
        """

    @abstractmethod
    def drop(self, fingerprint: str) -> None:
        """Remove the vectors of this model, and their bytes. Where there are none, nothing is done.

        Raises:
            InvalidInputError: It is the store's own model.
        """


def mismatch(place: str, *, models: Models, fingerprint: str, dimension: int | None = None) -> ModelMismatchError:
    """That a store holds vectors of another model, and what to do."""
    own, other, length = models.first, models.second, "" if dimension is None else f" ({dimension})"
    said = f"{place} holds vectors of {own.fingerprint} ({own.dimension} numbers each) and was used with {fingerprint}{length}. Open it with its own model"
    if other is None or other.fingerprint != fingerprint:
        return ModelMismatchError(f"{said}, or change the model of its memories: erstwhile reembed start NEW_MODEL --model ITS_MODEL")
    if models.exchanged:
        return ModelMismatchError(f"{said}, which took the place of that one, or go back: erstwhile reembed rollback OLD_MODEL --model ITS_MODEL")
    return ModelMismatchError(f"{said}, which is being changed to that one, or finish that: erstwhile reembed swap NEW_MODEL --model ITS_MODEL")


def check_search(place: str, models: Models, search: "Search") -> None:
    """Make sure that a search is by the store's own model, where it says which it is.

    Raises:
        ModelMismatchError: It is not.
    """
    if search.fingerprint is not None and search.fingerprint != models.first.fingerprint:
        raise mismatch(place, models=models, fingerprint=search.fingerprint, dimension=len(search.vector))


def check_rows(place: str, models: Models, rows: "Iterable[Row]") -> None:
    """Make sure that rows to be written are of the store's own model: it may have become another since they were planned.

    Raises:
        ModelMismatchError: One is not.
    """
    for row in rows:
        if row.version.fingerprint != models.first.fingerprint:
            raise mismatch(place, models=models, fingerprint=row.version.fingerprint or "a model that is not named")


def of_model(version: "Version", fingerprint: str) -> "Version":
    """A version as a store with this model gives it: what it was written with may have been another."""
    return version if version.fingerprint == fingerprint else replace(version, fingerprint=fingerprint)
