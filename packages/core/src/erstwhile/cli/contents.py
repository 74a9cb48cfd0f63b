"""What `doctor` finds of what a store holds, and its repair."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from erstwhile.cli.finding import Finding, State
from erstwhile.cli.output import many
from erstwhile.errors import ErstwhileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erstwhile.embed import Embedder
    from erstwhile.store.mending import Condition

__all__ = ["contents"]

NAMED: Final = 20
"""So many ids are told on one line; with --json, all of them."""


def contents(path: Path, model: str, threads: int | None, *, repair: bool) -> Finding:
    """Read all of a store, and where it is damaged and that is wanted, make it anew from what can be read.

    Raises:
        ErstwhileError: It cannot be looked at.
    """
    from erstwhile.store.folder import StoreFolder
    from erstwhile.store.mending import examine

    embedder = _embedder(model, threads)
    folder = StoreFolder(path)
    try:
        condition = examine(folder, dimension=1 if embedder is None else embedder.dimension)
        facts: dict[str, Any] = {
            "wrong": condition.wrong,
            "versions": len(condition.rows),
            "noted": condition.noted,
            "unreadable": condition.unreadable,
            "missing": condition.missing,
            "from_log": condition.from_log,
        }
        if not condition.wrong:
            summary = f"{many(len(condition.rows), 'version')} read, each as it was written, and found by every index"
            return Finding(name="contents", state=State.OK, summary=summary, facts=facts)
        if not condition.rows:
            return Finding(name="contents", state=State.WRONG, summary=_said(condition, "nothing can be got back; restore a backup"), facts=facts)
        if not repair:
            what = f"{many(len(condition.rows), 'version')} can be got back{_losses(condition)}: run `erstwhile doctor --repair`, or restore a backup"
            return Finding(name="contents", state=State.WRONG, summary=_said(condition, what), facts=facts)
        return _repaired(folder, condition, embedder, facts)
    finally:
        folder.release()


def _repaired(folder: Any, condition: "Condition", embedder: "Embedder | None", facts: dict[str, Any]) -> Finding:  # noqa: ANN401 - a StoreFolder
    from erstwhile.store.mending import mend

    fingerprint = condition.fingerprint or (embedder.fingerprint if embedder else None)
    dimension = condition.dimension or (embedder.dimension if embedder else None)
    if fingerprint is None or dimension is None:
        return Finding(
            name="contents", state=State.WRONG, summary=_said(condition, "nothing says which model it is of: give --model, or restore a backup"), facts=facts
        )
    fits = embedder is not None and (embedder.fingerprint, embedder.dimension) == (fingerprint, dimension)
    mended = mend(folder, condition, fingerprint=fingerprint, dimension=dimension, embed=_embed(embedder) if embedder is not None and fits else None)
    facts |= {"mended": True, "versions": mended.versions, "embedded": mended.embedded, "lost": mended.lost, "kept": mended.kept}
    what = f"made anew with {many(mended.versions, 'version')}{_losses(condition, mended.lost)}"
    if mended.embedded:
        what += f", {mended.embedded:,} of them with a new vector"
    if condition.from_log:
        what += f"; {many(len(condition.from_log), 'version')} came from the log alone: what among them was erased before, erase again"
    if mended.kept:
        what += f"; what was there before is in {mended.kept}: remove it once all is well"
    return Finding(name="contents", state=State.MENDED, summary=_said(condition, what), facts=facts)


def _said(condition: "Condition", what: str) -> str:
    return f"{' '.join(condition.wrong)} Now: {what}"


def _losses(condition: "Condition", lost: Sequence[str] | None = None) -> str:
    gone = condition.unreadable if lost is None else lost
    told = ""
    if gone:
        told += f", {many(len(gone), 'version')} not ({', '.join(gone[:NAMED])}{' …' if len(gone) > NAMED else ''})"
    if condition.missing:
        told += f", and {condition.missing:,} of which not even the ids are left"
    return told


def _embedder(model: str, threads: int | None) -> "Embedder | None":
    from erstwhile.embed import load_embedder

    try:
        return load_embedder(model, threads=threads)
    except ErstwhileError:
        # The finding on the model says what is wrong with it; the store may do without.
        return None


def _embed(embedder: "Embedder") -> "Callable[[Sequence[str]], NDArray[np.float32]]":
    import numpy as np

    return lambda texts: embedder.embed(texts, role="passage").astype(np.float16).astype(np.float32)
