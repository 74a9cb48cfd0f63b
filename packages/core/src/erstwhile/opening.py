"""Opening an engine: from what a caller says and what the environment sets to a store with its model."""

from dataclasses import replace
from pathlib import Path

from erstwhile.config import MEMORY, Settings
from erstwhile.embed import Embedder
from erstwhile.engine import ChatCall, Engine, load_model
from erstwhile.errors import InvalidInputError
from erstwhile.extract import Extractor
from erstwhile.judge import Judge
from erstwhile.policy import Policy
from erstwhile.rerank import Reranker
from erstwhile.store import Store
from erstwhile.store.server_settings import ServerSettings
from erstwhile.time import Clock, SystemClock

__all__ = ["open_engine"]


def open_engine(
    store: str | Path | None = None,
    *,
    model: str | Path | Embedder | None = None,
    threads: int | None = None,
    durable: bool | None = None,
    shared: bool | None = None,
    api_key: str | None = None,
    server: ServerSettings | None = None,
    clock: Clock | None = None,
    policy: Policy | None = None,
    judge: Judge | ChatCall | None = None,
    extractor: Extractor | ChatCall | None = None,
    reranker: Reranker | None = None,
) -> Engine:
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
        server: How the store is laid out on a Qdrant server, and how that is asked. Default: what ``ERSTWHILE_SERVER`` says, else as the store was made.
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
    if not isinstance(server, ServerSettings | None):
        raise InvalidInputError(f"server: expected ServerSettings, got {type(server).__name__}.")
    settings = Settings.load()
    given = replace(
        settings,
        store=settings.store if store is None else str(store),
        durable=settings.durable if durable is None else durable,
        shared=settings.shared if shared is None else shared,
        api_key=api_key or settings.api_key,
        server=settings.server if server is None else server,
    )
    embedder = load_model(settings.model if model is None else model, threads=threads or settings.threads)
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


def _open_store(settings: Settings, embedder: Embedder) -> Store:
    location, fingerprint, dimension = settings.store, embedder.fingerprint, embedder.dimension
    if not location.strip():
        raise InvalidInputError('The store is an empty text; give a folder, ":memory:" or a URL.')
    if location == MEMORY:
        from erstwhile.store import ReferenceStore

        return ReferenceStore(fingerprint=fingerprint, dimension=dimension)
    if location.lower().startswith(("http://", "https://")):
        from erstwhile.store.server import ServerStore

        return ServerStore.connect(location, fingerprint=fingerprint, dimension=dimension, api_key=settings.api_key, settings=settings.server)

    try:
        # Absolute: a process that changes its working directory must not take the store's files for those of another place.
        path = Path(location).expanduser().absolute()
    except RuntimeError:
        raise InvalidInputError(f"{location}: there is no such user's home on this machine; give the folder itself.") from None
    from erstwhile.sharing.opened import open_store

    return open_store(path, fingerprint=fingerprint, dimension=dimension, durable=settings.durable, shared=settings.shared, idle=settings.idle)
