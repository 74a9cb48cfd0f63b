"""The engine: opens a store with its embedding model, and hands out the memory of each scope."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self

from erstwhile import care
from erstwhile.backup import Backup, backup
from erstwhile.config import MEMORY, Settings
from erstwhile.embed import Embedder, load_embedder
from erstwhile.embed.models import PROFILES
from erstwhile.erasure import remaining
from erstwhile.errors import InvalidInputError
from erstwhile.extract import Extractor, LlmExtractor, RuleExtractor
from erstwhile.judge import Cascade, Judge, LlmJudge, RuleJudge, shipped_judge
from erstwhile.ledger import Ledger
from erstwhile.model import Scope
from erstwhile.policy import Policy
from erstwhile.reembedding import Reembedding
from erstwhile.relating import Resolver
from erstwhile.rerank import Reranker
from erstwhile.results import Doomed, Receipt
from erstwhile.scoped import ScopedMemory
from erstwhile.sharing import Linked, SharedEmbedder, shared_judge
from erstwhile.store import Store, StoreInfo
from erstwhile.time import Clock, SystemClock
from erstwhile.transfer.exporting import Export

if TYPE_CHECKING:
    from erstwhile._aio import AsyncEngine
    from erstwhile.sharing.link import Link

__all__ = ["ChatCall", "Engine", "open_engine"]

BUDGET: Final = 160
"""Characters of a new memory and its likeliest rivals that are put to a model in one write: one pair, or two short ones, at two to six milliseconds each."""


class ChatCall(Protocol):
    """Any callable from a prompt to an answer: a text, a mapping or a pydantic model."""

    def __call__(self, prompt: str, /) -> object:
        """Answer the prompt."""
        ...


def open_engine(
    store: str | Path | None = None,
    *,
    model: str | Path | Embedder | None = None,
    threads: int | None = None,
    durable: bool | None = None,
    shared: bool | None = None,
    api_key: str | None = None,
    clock: Clock | None = None,
    policy: Policy | None = None,
    judge: Judge | ChatCall | None = None,
    extractor: Extractor | ChatCall | None = None,
    reranker: Reranker | None = None,
) -> "Engine":
    """Open a store of memories, and make it if it does not exist.

    Args:
        store: A folder; ``":memory:"`` for a store that is gone when it is closed; or the URL of a Qdrant server, ``http://…`` or ``https://…``. Default:
            ``ERSTWHILE_STORE``, else a folder among the user's data.
        model: ``"bge-small"`` (default), ``"fast"``, a folder with an ONNX sentence embedding model, ``"hf:organisation/name"`` (downloads it), or any
            `Embedder`.
        threads: Threads of the embedding model.
        durable: Whether a write on the embedded store survives a power cut once it returned. Default yes. Without it, it survives the end of the process.
        shared: How an embedded store is opened that other processes may open as well. By default in this process, as long as it is the only one, and from then
            on through a process of erstwhile's own that serves it to all and ends when nobody needs it. ``True``: through such a process from the start, which
            suits servers that stay: the model is loaded once and kept warm. ``False``: in this process only; others are refused.
        api_key: Key for a Qdrant server.
        clock: Where to read the time. Default: the machine's clock.
        policy: What a new memory may do to old ones. Default: the one in ``ERSTWHILE_POLICY``, else the shipped one.
        judge: Asked about pairs of memories that the on-device judge cannot tell: a `Judge`, or any callable from a prompt to an answer (a text, a mapping or a
            pydantic model). Where it fails, the on-device judgement stands. Default: none.
        extractor: Draws memories from turns in place of the on-device rules: an `Extractor`, or such a callable, with the rules as what it falls back to.
        reranker: Reads the 50 best hits of each recall together with the question and puts them into an order of its own, such as an `OnnxReranker`. Default:
            none.

    Raises:
        StoreLockedError: Another process has the folder open and does not share it, does not answer, or runs another release of erstwhile; or this one was
            not to share it, and another has it.
        StoreCorruptError: The store cannot be read.
        StoreUnavailableError: It cannot be reached or written.
        ModelMismatchError: It holds vectors of another model.
        ModelNotFoundError: There is no such model.
    """
    if not isinstance(store, str | Path | None):
        raise InvalidInputError(f"store: expected a folder, a URL or ':memory:', got {type(store).__name__}.")
    if threads is not None and (type(threads) is not int or threads < 1):
        raise InvalidInputError(f"threads is {threads!r:.40}; give a whole number from 1.")
    if shared is not None and type(shared) is not bool:
        raise InvalidInputError(f"shared is {shared!r:.40}; give True, False, or nothing.")
    settings = Settings.load()
    given = replace(
        settings,
        store=settings.store if store is None else str(store),
        durable=settings.durable if durable is None else durable,
        shared=settings.shared if shared is None else shared,
        api_key=api_key or settings.api_key,
    )
    embedder = _load(settings.model if model is None else model, threads=threads or settings.threads)
    opened = _open_store(given, embedder)
    try:
        return Engine(
            store=opened,
            embedder=embedder,
            clock=clock or SystemClock(),
            policy=settings.policy if policy is None else policy,
            judge=judge,
            extractor=extractor,
            reranker=reranker,
        )
    except BaseException:
        opened.close()
        raise


def _load(model: str | Path | Embedder, *, threads: int | None) -> Embedder:
    if isinstance(model, str) and model in PROFILES:
        return SharedEmbedder(model, lambda: load_embedder(model, threads=threads))
    return load_embedder(model, threads=threads)


def _open_store(settings: Settings, embedder: Embedder) -> Store:
    location, fingerprint, dimension = settings.store, embedder.fingerprint, embedder.dimension
    if not location.strip():
        raise InvalidInputError('The store is an empty text; give a folder, ":memory:" or a URL.')
    if location == MEMORY:
        from erstwhile.store import ReferenceStore

        return ReferenceStore(fingerprint=fingerprint, dimension=dimension)
    if location.lower().startswith(("http://", "https://")):
        from erstwhile.store.server import ServerStore

        return ServerStore.connect(location, fingerprint=fingerprint, dimension=dimension, api_key=settings.api_key)

    try:
        # Absolute: a process that changes its working directory must not take the store's files for those of another place.
        path = Path(location).expanduser().absolute()
    except RuntimeError:
        raise InvalidInputError(f"{location}: there is no such user's home on this machine; give the folder itself.") from None
    from erstwhile.sharing.opened import open_store

    return open_store(path, fingerprint=fingerprint, dimension=dimension, durable=settings.durable, shared=settings.shared, idle=settings.idle)


def _judge(given: Judge | ChatCall | None, link: "Callable[[], Link | None]") -> Judge:
    shipped = shared_judge(shipped_judge, link)
    judges: list[Judge] = [RuleJudge()] if shipped is None else [RuleJudge(), shipped]
    if isinstance(given, Judge):
        judges.append(given)
    elif callable(given):
        judges.append(LlmJudge(given))
    elif given is not None:
        raise InvalidInputError(f"judge: expected a Judge or a callable from a prompt to an answer, got {type(given).__name__}.")
    return Cascade(judges, budget=BUDGET)


def _extractor(given: Extractor | ChatCall | None) -> Extractor:
    if given is None:
        return RuleExtractor()
    if isinstance(given, Extractor):
        return given
    if callable(given):
        return LlmExtractor(given, RuleExtractor())
    raise InvalidInputError(f"extractor: expected an Extractor or a callable from a prompt to an answer, got {type(given).__name__}.")


def _checked(reranker: object) -> Reranker | None:
    # A class has the methods of its instances, and would only fail at the first recall.
    if reranker is None or (isinstance(reranker, Reranker) and not isinstance(reranker, type)):
        return reranker
    raise InvalidInputError(f"reranker: expected a Reranker, got {type(reranker).__name__}; `OnnxReranker(folder)` makes one.")


class Engine:
    """An open store with its embedding model.

    Make one with `erstwhile.open`. Safe to use from several threads. Close it, or use it in a ``with`` block.

    Args:
        store: Where versions are kept.
        embedder: Turns text into vectors; the one whose vectors the store holds.
        clock: Where to read the time.
        policy: What a new memory may do to old ones. Default: the shipped one.
        judge: Asked about what the on-device judge cannot tell.
        extractor: Draws memories from turns. Default: on-device rules.
        reranker: Puts the best hits of a recall into an order of its own. Default: none.
    """

    def __init__(
        self,
        *,
        store: Store,
        embedder: Embedder,
        clock: Clock,
        policy: Policy | None = None,
        judge: Judge | ChatCall | None = None,
        extractor: Extractor | ChatCall | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.policy = policy or Policy()
        self._opened = Ledger(store=store, embedder=embedder, clock=clock, retention=self.policy.retention)
        self._link: Callable[[], Link | None] = store.link if isinstance(store, Linked) else lambda: None
        if isinstance(embedder, SharedEmbedder):
            embedder.follow(self._link)
        self._resolver = Resolver(judge=_judge(judge, self._link), policy=self.policy)
        self._extractor = _extractor(extractor)
        self._reranker = _checked(reranker)

    @property
    def _ledger(self) -> Ledger:
        return self._opened.current

    def _succeed(self, embedder: Embedder) -> None:
        self._ledger.succeed(embedder)

    def scope(
        self,
        scope: Scope | None = None,
        *,
        tenant: str | None = None,
        user: str | None = None,
        agent: str | None = None,
        session: str | None = None,
        project: str | None = None,
        also: Iterable[Scope] = (),
    ) -> ScopedMemory:
        """The memory of one scope, through which everything is read and written.

        Args:
            scope: The scope, instead of its parts.
            tenant: The customer or organisation.
            user: The person.
            agent: The agent.
            session: One conversation or run.
            project: The project or workspace.
            also: Further scopes that reads take in. Writes go to the scope itself only.

        Raises:
            InvalidInputError: No part was given, or a scope and parts.
        """
        if not isinstance(scope, Scope | None):
            raise InvalidInputError(f"scope: expected a Scope, got {type(scope).__name__}; name its parts, such as user=….")
        others = tuple(also) if hasattr(also, "__iter__") else None
        if others is None or not all(isinstance(other, Scope) for other in others):
            raise InvalidInputError("also: expected a list of Scope objects.")
        if scope is None:
            scope = Scope(tenant=tenant, user=user, agent=agent, session=session, project=project)
        elif any(part is not None for part in (tenant, user, agent, session, project)):
            raise InvalidInputError("Both a Scope and parts of one were given; give either.")
        return ScopedMemory(self._ledger, scope=scope, also=others, resolver=self._resolver, extractor=self._extractor, reranker=self._reranker)

    def now(self) -> datetime:
        """The time by this engine's clock, in UTC: what has been written carries this system time or an earlier one, and every later write a later one."""
        return self._ledger.reading_time()

    def info(self) -> StoreInfo:
        """What the store says of itself: its kind and place, the model behind its vectors, how many versions it holds in all."""
        return self._ledger.store.info()

    def scopes(self, *, user: str | None = None) -> tuple[Scope, ...]:
        """Every scope that holds anything, erased ones left out; with ``user``, those of this user, whatever their other parts.

        For whoever runs the store: a memory's own verbs never reach beyond the scopes that they name.
        """
        return care.scopes_of(self._ledger, user)

    def would_erase_user(self, user: str) -> tuple[Doomed, ...]:
        """What `erase_user` would remove, one for each scope; nothing is changed.

        Raises:
            NotFoundError: No scope names this user.
        """
        return care.would_erase_user(self._ledger, user)

    def erase_user(self, user: str, *, compact: bool = True, by: str | None = None, reason: str | None = None) -> tuple[Receipt, ...]:
        """Remove one user for good: everything in every scope that names them, whatever its other parts. This cannot be undone.

        What other scopes say of them stays: it is the memory of others.

        Args:
            user: The user, by the exact name.
            compact: Whether the store's files are rewritten afterwards, as in `ScopedMemory.erase`. Default yes.
            by: Who asks for it; the receipts say so.
            reason: Why; the receipts say so.

        Returns:
            A receipt for each scope.

        Raises:
            NotFoundError: No scope names this user.
        """
        return care.erase_user(self._ledger, user, compact=compact, by=by, reason=reason)

    def would_expire(self, *, evidence: bool = False) -> tuple[Doomed, ...]:
        """What `expire` would remove now, one for each scope where there is something; nothing is changed."""
        return care.would_expire(self._ledger, self.policy.retention, evidence=evidence)

    def expire(self, *, evidence: bool = False, compact: bool = True, by: str | None = None, reason: str | None = None) -> tuple[Receipt, ...]:
        """Remove for good what has expired, in all scopes, and whatever was derived from it. This cannot be undone.

        A memory goes once all that is believed of it has expired: by its ``expires_at``, or by the policy's ``retention`` where it has none. Being contested
        does not keep it. A pinned one goes by its own ``expires_at`` only.

        Args:
            evidence: Whether the turns that the memories were drawn from go too, as in `ScopedMemory.erase`. Default no.
            compact: Whether the store's files are rewritten afterwards. Default yes.
            by: Who asks for it; the receipts say so.
            reason: Why; the receipts say so. Default: that it had expired.

        Returns:
            A receipt for each scope where something was removed.
        """
        return care.expire(self._ledger, self.policy.retention, evidence=evidence, compact=compact, by=by, reason=reason)

    def compact(self) -> bool:
        """Rewrite the store's files, if anything was erased since that was last done, so that no byte of it is left in them.

        Returns:
            Whether no byte is left. ``False`` on a server, which tidies up in its own time.

        Raises:
            StoreUnavailableError: There is no room for the copy; nothing was changed.
        """
        return self._ledger.store.compact()

    def verify(self, receipt: Receipt) -> int:
        """How many versions there are now of the memories that a receipt says were erased: 0, unless a backup or an export brought some back."""
        return remaining(self._ledger.store, receipt)

    def export(self, path: str | Path, *, user: str | None = None, scope: Scope | None = None, form: str = "jsonl") -> Export:
        """Write everything that is kept of one user, in all scopes that name them, or of one scope, to a file that only you can read.

        Every version goes: what is believed, and what was superseded, corrected, retracted or has expired; memories and turns, with times, provenance, links
        and conflicts.

        Args:
            path: The file; one that is there is replaced once the new one is whole.
            user: Whose.
            scope: One scope, in place of ``user``.
            form: "jsonl", which `take_in` reads back exactly (`erstwhile.transfer.exporting` says how it is made up); or "markdown", to read.

        Returns:
            What was exported, in numbers.

        Raises:
            InvalidInputError: Neither a user nor a scope was given, or both; or the file cannot be written.
            NotFoundError: No scope names this user.
        """
        return care.export(self._ledger, path, user=user, scope=scope, form=form)

    def take_in(self, path: str | Path) -> int:
        """Put back what `export` wrote as JSONL: the same versions, in the same scopes, with the same ids and times on both axes. Vectors are made anew.

        What is there already stays as it is; so taking in twice does no harm, and taking in what was erased since brings it back.

        Returns:
            How many versions were written.

        Raises:
            InvalidInputError: It is no export, or it is not whole; nothing was written.
        """
        return care.take_in(self._ledger, path)

    def backup(self, path: str | Path) -> Backup:
        """Back the store up, all of its scopes, while it is in use: `erstwhile.restore` makes a store from the file.

        The backup holds what was known at one system time. Writes go on meanwhile, and are not in it. Where something is erased meanwhile, the backup is
        begun anew, so that what is erased is in none that is made.

        Args:
            path: The file. A backup that is there is replaced once the new one is whole; anything else there is refused.

        Raises:
            InvalidInputError: There is something else at ``path``, or a folder.
            StoreUnavailableError: It cannot be written; what was there before is there still.
            StoreCorruptError: The store cannot be read. `erstwhile doctor` says what is wrong.
            WriteConflictError: Memories were erased all the time.
        """
        return backup(self._ledger, path)

    def reembed(self, model: str | Path | Embedder | None = None, *, threads: int | None = None) -> Reembedding:
        """The change of the store's memories to another embedding model, while it is in use; nothing is done yet.

        Args:
            model: The model to change to, or to go back to, as in `erstwhile.open`. ``None``: only to ask how far a change is, or to drop one.
            threads: Threads of that model.
        """
        other = None if model is None else _load(model, threads=threads)
        if isinstance(other, SharedEmbedder):
            other.follow(self._link)
        return Reembedding(lambda: self._ledger, other, switch=self._succeed)

    @cached_property
    def aio(self) -> "AsyncEngine":
        """The same engine for ``await``: every call runs in a worker thread."""
        from erstwhile._aio import AsyncEngine

        return AsyncEngine(self)

    def close(self) -> None:
        """Close the store. What was acknowledged is kept. Calling it again does nothing."""
        self._ledger.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
