"""A transfer, from beginning to end: what is refused, the passes, the check, and the mark on the target that says how far it is."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from erstwhile.config import Settings
from erstwhile.embed import Embedder, load_embedder
from erstwhile.errors import InvalidInputError, ModelMismatchError, NotFoundError, StoreCorruptError, WriteConflictError
from erstwhile.moving.carrying import Carrier, Pass, digest_of, held_then
from erstwhile.moving.ends import End, Found, end_of
from erstwhile.store import Store
from erstwhile.store.arrival import Arrival
from erstwhile.store.server_settings import ServerSettings
from erstwhile.time import Clock, SystemClock, as_utc

if TYPE_CHECKING:
    from erstwhile.store.edge import EdgeStore
    from erstwhile.store.server import ServerStore

__all__ = ["Transfer", "TransferProgress", "transfer_store"]

CHECKS: Final = 5
"""How often the target is compared with the source, and put right, before a transfer gives up: each time, something was erased or taken in meanwhile."""

Step = Literal["copying", "catching up", "checking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferProgress:
    """How far a transfer is.

    Attributes:
        step: "copying", "catching up" with what was written meanwhile, or "checking".
        done: Versions that this step has gone through.
        versions: Versions that the source held when the step began.
    """

    step: Step
    done: int
    versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What a transfer did, or would do.

    Attributes:
        source: Where the memories come from.
        target: Where they are now.
        versions: How many there are: in the source at ``as_of``, and in the target.
        copied: How many were written to the target by this call, once more each time they changed.
        removed: How many it removed from the target: what was erased in the source since an earlier call, or meanwhile.
        as_of: The system time: what the source held then is in the target, and nothing later. ``None`` in a dry run.
        sha256: Of the versions, in order of id, in hexadecimal; of either store the same. Empty in a dry run.
        fingerprint: The embedding model behind the target's vectors; it is opened with it.
        embedded: Whether the vectors were made anew, and not carried over.
        resumed: Whether an earlier call had begun.
        dry_run: Whether nothing was done.
    """

    source: str
    target: str
    versions: int
    copied: int = 0
    removed: int = 0
    as_of: datetime | None = None
    sha256: str = ""
    fingerprint: str
    embedded: bool
    resumed: bool
    dry_run: bool = False


def transfer_store(
    source: str | Path,
    target: str | Path,
    *,
    model: str | Path | Embedder | None = None,
    re_embed: bool = False,
    dry_run: bool = False,
    api_key: str | None = None,
    target_api_key: str | None = None,
    server: ServerSettings | None = None,
    progress: Callable[[TransferProgress], None] | None = None,
    clock: Clock | None = None,
) -> Transfer:
    """Carry a whole store over to another place, all scopes and all versions with the same ids, times and vectors. The source stays as it is.

    The target holds what the source held at one system time. What was written while it was copied is caught up with once; then both are read and compared,
    version by version and vector by vector. Whoever writes on may call it again: only what is new is carried over, as long as nobody has written to the target.
    A call that was interrupted is gone on with by the same call; until then the target cannot be opened. What is erased in the source before the call ends is
    not in the target.

    Args:
        source: A folder, or the URL of a Qdrant server. Others may have it open, and write.
        target: The other. There is no store yet, or an empty one, or one that came from ``source`` and was not written to since.
        model: The embedding model of the target. Default: that of the source, whose vectors are carried over and which need not be loaded.
        re_embed: Whether vectors are made anew where ``model`` is another than the source's. Default no: that is refused.
        dry_run: Only check, and tell what would be done. Default no.
        api_key: Key for a Qdrant server. Default: ``QDRANT_API_KEY``.
        target_api_key: Key for that of the target, where it is another. Default: ``api_key``.
        server: How a Qdrant server is asked, and how a new store is laid out there. Default: what ``ERSTWHILE_SERVER`` says.
        progress: Called now and then with how far it is.
        clock: Where to read the time. Default: the machine's clock.

    Raises:
        InvalidInputError: An end stands for no place, both are the same, or the target holds something else.
        NotFoundError: There is no store at ``source``.
        ModelMismatchError: The target is, or shall be, of another model; or the source was given another meanwhile.
        StoreLockedError, StoreUnavailableError, StoreFormatError: An end cannot be opened, read or written. Call again once that is mended.
        StoreCorruptError: The source cannot be read; or the target gives back something else than what was written to it.
        WriteConflictError: Memories were erased in the source, time after time; or somebody writes to the target. Call again.
    """
    if not isinstance(server, ServerSettings | None):
        raise InvalidInputError(f"server: expected ServerSettings, got {type(server).__name__}.")
    given = Settings.load()
    settings = replace(given, server=given.server if server is None else server)
    come, go = end_of(source, settings=settings, api_key=api_key), end_of(target, settings=settings, api_key=target_api_key or api_key)
    if come.location == go.location:
        raise InvalidInputError(f"{come.location} is the source and the target; give another target.")
    found = come.look()
    if found is None:
        raise NotFoundError(f"There is no store at {come.location}; give the folder or the server of one.")
    embedder = _embedder(model, found, come.location, re_embed=re_embed, threads=settings.threads)
    there = go.look()
    _check_model(there, found, embedder, go.location)
    with closing(come.open_source(found)) as held:
        if there is None and dry_run:
            return _plan(held, come, go, found, embedder, resumed=False)
        fingerprint, dimension = (found.fingerprint, found.dimension) if embedder is None else (embedder.fingerprint, embedder.dimension)
        with closing(go.open_target(fingerprint=fingerprint, dimension=dimension)) as made:
            resumed = _resumes(made, come.location, go.location)
            if dry_run:
                return _plan(held, come, go, found, embedder, resumed=resumed)
            done = _carried(held, made, come.location, embedder=embedder, progress=progress or (lambda _: None), clock=clock or SystemClock())
            return replace(_plan(held, come, go, found, embedder, resumed=resumed), dry_run=False, **done)


def _embedder(model: str | Path | Embedder | None, found: Found, place: str, *, re_embed: bool, threads: int | None) -> Embedder | None:
    if model is None:
        if re_embed:
            raise InvalidInputError("Vectors shall be made anew, and no model was named; give the model, with --model or model=….")
        return None
    embedder = load_embedder(model, threads=threads)
    if embedder.fingerprint == found.fingerprint:
        return None
    if not re_embed:
        raise ModelMismatchError(
            f"{place} holds vectors of {found.fingerprint} and the target shall be of {embedder.fingerprint}. Leave the model out, so that they are carried "
            "over; or have them made anew, with --re-embed or re_embed=True."
        )
    return embedder


def _check_model(there: Found | None, found: Found, embedder: Embedder | None, place: str) -> None:
    wanted = found.fingerprint if embedder is None else embedder.fingerprint
    if there is not None and there.fingerprint != wanted:
        raise ModelMismatchError(
            f"{place} is a store of model {there.fingerprint} and what is transferred has vectors of {wanted}. Choose another target; or name the model of the "
            "target and have the vectors made anew, with --model and --re-embed."
        )


def _resumes(target: "EdgeStore | ServerStore", source: str, place: str) -> bool:
    """Whether the target came from this source, wholly or in part, and holds nothing else."""
    arrival, versions = target.arrival, target.info().versions
    if arrival is None:
        if versions:
            raise InvalidInputError(f"{place} holds versions already, {versions:,} of them, that no transfer brought; nothing was done. Give an empty target.")
        return False
    if arrival.source != source:
        raise InvalidInputError(f"{place} is the target of a transfer from {arrival.source}, not from {source}; give that source, or an empty target.")
    if arrival.done and digest_of(target) != (arrival.versions, arrival.sha256):
        raise InvalidInputError(
            f"{place} was written to since the transfer from {source} was done, and what was written there would be lost; nothing was done. Give an empty "
            "target."
        )
    return True


def _plan(source: Store, come: End, go: End, found: Found, embedder: Embedder | None, *, resumed: bool) -> Transfer:
    return Transfer(
        source=come.location,
        target=go.location,
        versions=source.info().versions,
        fingerprint=found.fingerprint if embedder is None else embedder.fingerprint,
        embedded=embedder is not None,
        resumed=resumed,
        dry_run=True,
    )


def _carried(
    source: Store, target: "EdgeStore | ServerStore", place: str, *, embedder: Embedder | None, progress: Callable[[TransferProgress], None], clock: Clock
) -> dict[str, Any]:
    before = target.arrival
    # Not before what was carried over by an earlier call, whatever the clock says.
    earlier = () if before is None or before.as_of is None else (before.as_of,)
    target.note_arrival(Arrival(source=place))
    copied = removed = 0

    def run(step: Step, at: datetime) -> Pass:
        nonlocal copied, removed
        versions = source.info().versions
        carrier = Carrier(
            source=source, target=target, embedder=embedder, told=lambda done: progress(TransferProgress(step=step, done=done, versions=max(done, versions)))
        )
        done = carrier.carry(at)
        copied, removed = copied + done.copied, removed + done.removed
        return done

    at = _standstill(source, clock, earlier)
    if not (last := run("copying", at)).agrees:
        at = _standstill(source, clock, earlier)
        last = run("catching up", at)
    checks = 0
    while not (last.agrees and held_then(source, at) == last.versions == target.info().versions):
        if checks == CHECKS:
            raise _disagreement(last, place)
        checks += 1
        last = run("checking", at)
    target.settle()
    if removed:
        target.compact()
    target.note_arrival(Arrival(source=place, done=True, as_of=at, versions=last.versions, sha256=last.target))
    return {"versions": last.versions, "copied": copied, "removed": removed, "as_of": at, "sha256": last.target}


def _standstill(source: Store, clock: Clock, earlier: tuple[datetime, ...]) -> datetime:
    with source.times.writing(as_utc(clock.now(), name="the clock"), earlier) as at:
        return at


def _disagreement(last: Pass, place: str) -> Exception:
    if last.removed or last.agrees:
        return WriteConflictError(f"Memories were erased in {place} while they were transferred, {CHECKS} times in a row. Transfer again to go on.")
    return StoreCorruptError(
        f"{last.copied:,} versions come back from the target otherwise than they were written to it, after {CHECKS} tries. Check its disk, and transfer again."
    )
