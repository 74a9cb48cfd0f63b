"""The models that come with erstwhile, where several processes share a store: the process that serves it runs them for all, so that they are loaded once."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from erstwhile.embed import Embedder, Role, load_embedder
from erstwhile.embed.protocol import checked_texts
from erstwhile.errors import ModelError
from erstwhile.judge import Judge, OnnxJudge, Pair
from erstwhile.relations import Judgement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.sharing.link import Link

__all__ = ["Linked", "SharedEmbedder", "SharedJudge", "shared_judge"]


@runtime_checkable
class Linked(Protocol):
    """A store that another process may serve."""

    def link(self) -> "Link | None":
        """The link to the process that serves it; ``None`` while this process holds it itself."""
        ...


class SharedEmbedder:
    """An embedder that has its texts embedded by the process that serves the store, where there is one.

    Args:
        model: One of the profiles, such as "bge-small".
        threads: As for `load_embedder`.
    """

    def __init__(self, model: str, *, threads: int | None = None) -> None:
        self._model = model
        self._threads = threads
        self._own: Embedder = load_embedder(model, threads=threads)
        self._link: Callable[[], Link | None] = lambda: None
        self._loaded = False

    def follow(self, link: "Callable[[], Link | None]") -> None:
        """From now on ask for the link to the process that serves the store before each text; ``None``: there is none."""
        self._link = link

    @property
    def fingerprint(self) -> str:
        """See `Embedder.fingerprint`."""
        return self._own.fingerprint

    @property
    def dimension(self) -> int:
        """See `Embedder.dimension`."""
        return self._own.dimension

    def embed(self, texts: Sequence[str], *, role: Role) -> "NDArray[np.float32]":
        """See `Embedder.embed`."""
        if (link := self._link()) is None:
            self._loaded = True
            return self._own.embed(texts, role=role)
        listed = checked_texts(texts, role)
        # A process of another installation may lack the model; then it is run here.
        with suppress(ModelError):
            return self._asked(link, listed, role)
        return self._own.embed(listed, role=role)

    def _asked(self, link: "Link", texts: list[str], role: Role) -> "NDArray[np.float32]":
        from erstwhile.sharing import wire

        if self._loaded:
            # What was loaded before the store was shared is let go of.
            self._own, self._loaded = load_embedder(self._model, threads=self._threads), False
        asked = wire.Embed(model=self._model, fingerprint=self.fingerprint, texts=wire.texts_out(texts), role=role)
        with link.apart():
            return wire.unpacked(link.call(asked, bytes), self.dimension).reshape(len(texts), self.dimension)


class SharedJudge:
    """A judge that has its pairs judged by the process that serves the store, where there is one.

    Args:
        make: Makes the judge anew, without loading its model.
        link: The link to that process, if there is one.
    """

    def __init__(self, make: Callable[[], OnnxJudge], link: "Callable[[], Link | None]") -> None:
        self._make = make
        self._own = make()
        self._link = link
        self._loaded = False

    @property
    def name(self) -> str:
        """See `Judge.name`."""
        return self._own.name

    def judge(self, pairs: Sequence[Pair]) -> Sequence[Judgement | None]:
        """See `Judge.judge`."""
        if (link := self._link()) is not None:
            with suppress(ModelError):
                return self._asked(link, pairs)
        self._loaded = True
        return self._own.judge(pairs)

    def _asked(self, link: "Link", pairs: Sequence[Pair]) -> Sequence[Judgement | None]:
        from erstwhile.sharing import wire

        if self._loaded:
            self._own, self._loaded = self._make(), False
        with link.apart():
            found = link.call(wire.JudgePairs(fingerprint=self._own.fingerprint, pairs=wire.pairs_out(pairs)), tuple[Judgement | None, ...])
        return cast("Sequence[Judgement | None]", found)


def shared_judge(make: Callable[[], OnnxJudge | None], link: "Callable[[], Link | None]") -> Judge | None:
    """The judge that comes with erstwhile, shared; ``None`` where it is not installed."""
    first = make()
    return None if first is None else SharedJudge(lambda: cast("OnnxJudge", make()), link)
