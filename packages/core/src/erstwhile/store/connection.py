"""A connection to Qdrant whose errors say what to do, and which knows when its client must be used by one thread at a time."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from erstwhile.errors import ErstwhileError, StoreClosedError, StoreError, StoreForkedError, StoreUnavailableError

__all__ = ["Connection", "client_of", "confirm", "place_of"]

T = TypeVar("T")

SHORTEST: Final = 0.05
"""Seconds before a request is sent again for the first time; each further time five times as long, and at random between a half and the whole of that."""
LONGEST: Final = 5.0
"""Seconds of the longest such pause; a server that asks for a longer one is not waited for."""
_STUMBLES: Final = frozenset({"ConnectError", "ReadError", "WriteError", "CloseError", "RemoteProtocolError"})
"""What a dropped connection is called; a timeout is not among them, for the server is then slow already."""
_BUSY: Final = frozenset({429, 502, 503, 504})
_TURNED_AWAY: Final = frozenset({429, 503})
"""What says that a request was not begun. Behind a gateway that gave up, 502 and 504, it may still be under way, and overtake what is written next."""


class Connection:
    """A Qdrant client, and what it must be used with.

    Args:
        client: The client. In its local mode (``":memory:"`` or a path) it is not safe under threads, so they take turns.
        retries: How often a request is sent again. Default 2.
    """

    def __init__(self, client: QdrantClient, *, retries: int = 2) -> None:
        self._client: QdrantClient | None = client
        self._retries = retries
        self._process = os.getpid()
        options = client.init_options
        self.local: Final = options.get("location") == ":memory:" or options.get("path") is not None
        self.place: Final = _place(options)
        self._turn: AbstractContextManager[object] = threading.RLock() if self.local else nullcontext()

    @contextmanager
    def using(self) -> Iterator[QdrantClient]:
        """The client, for one or several calls; where it is local, no other thread gets in between."""
        if os.getpid() != self._process:
            raise StoreForkedError(
                f"{self.place} was opened in process {self._process} and is used in its fork {os.getpid()}. Open it in the child, or spawn the child."
            )
        with self._turn:
            if self._client is None:
                raise StoreClosedError(f"{self.place} was closed; open it again.")
            try:
                yield self._client
            except (ErstwhileError, NotImplementedError):
                raise
            except (ApiException, QdrantException, OSError, RuntimeError, ValueError) as error:
                known = _translated(error, self.place)
                try:
                    raise known from None
                finally:
                    # What the server says may quote the request, and so content: nothing leads back to it.
                    known.__context__ = None

    def read(self, ask: Callable[[QdrantClient], T]) -> T:
        """Ask, and ask again where the connection dropped or the server was busy: reading twice is harmless."""
        return self._repeated(ask, again=_passing)

    def write(self, act: Callable[[QdrantClient], models.UpdateResult], *, check: Callable[[], None] = lambda: None) -> None:
        """Write what may be written twice, and write it again where the connection dropped or the server turned it away.

        Args:
            act: Sends the write. The same points put twice, or removed twice, come to the same, as long as nobody else writes to them in between.
            check: Called before each time; raises where somebody else may write to them by now.

        Raises:
            StoreUnavailableError: It was not carried out, or nobody knows whether it was.
        """

        def checked(client: QdrantClient) -> models.UpdateResult:
            check()
            return act(client)

        confirm(self._repeated(checked, again=_turned_away), self.place)

    def _repeated(self, ask: Callable[[QdrantClient], T], *, again: Callable[[Exception], bool]) -> T:
        with self.using() as client:
            for turn in range(self._retries):
                try:
                    return ask(client)
                except (ApiException, QdrantException) as error:
                    wished = _asked_for(error)
                    if wished > LONGEST or not again(error):
                        raise
                own = min(LONGEST, SHORTEST * 5**turn) * random.uniform(0.5, 1)  # noqa: S311 - spreads retries, no secret
                time.sleep(max(wished, own))
            return ask(client)

    def close(self, *, client: bool) -> None:
        """Let go of the client; ``client`` says whether to close it too. Calling it again does nothing."""
        with self._turn:
            if self._client is not None and client and os.getpid() == self._process:
                self._client.close()
            self._client = None


def client_of(url: str, api_key: str | None, *, timeout: int) -> QdrantClient:
    """A client for the server at ``url``, with so many seconds for a request; it has asked for nothing yet.

    Raises:
        StoreUnavailableError: The URL cannot be read.
    """
    with suppress(ValueError):
        return QdrantClient(url=url, api_key=api_key, timeout=timeout, check_compatibility=False)
    raise StoreUnavailableError("The URL of the Qdrant server cannot be read; give one such as http://localhost:6333.")


def confirm(result: models.UpdateResult, place: str) -> None:
    """Make sure that the server carried a write out, and not only took note of it.

    Raises:
        StoreUnavailableError: It did not within its time limit.
    """
    if result.status != models.UpdateStatus.COMPLETED:
        raise StoreUnavailableError(
            f"{place} took the write but did not carry it out in time; it may still. Doing the same again under the same key is harmless."
        )


def _place(options: dict[str, Any]) -> str:
    if options.get("path") is not None:
        return str(options["path"])
    given = str(options.get("url") or options.get("location") or options.get("host") or "localhost")
    if given == ":memory:":
        return given
    return place_of(given, port=options.get("port"))


def place_of(url: str, *, port: int | None = 6333) -> str:
    """What the server at ``url`` is called; ``port`` is the one that is meant where it names none. A key or a password in it stays out."""
    address = urlsplit(url if "//" in url else f"//{url}")
    known = address.port or port
    return f"{address.scheme or 'http'}://{address.hostname or ''}{f':{known}' if known else ''}{address.path.rstrip('/')}"


def _passing(error: Exception) -> bool:
    if isinstance(error, ResponseHandlingException):
        return type(error.source).__name__ in _STUMBLES
    return isinstance(error, QdrantException) or (isinstance(error, UnexpectedResponse) and error.status_code in _BUSY)


def _turned_away(error: Exception) -> bool:
    if isinstance(error, UnexpectedResponse):
        return error.status_code in _TURNED_AWAY
    return _passing(error)


def _asked_for(error: Exception) -> float:
    """The seconds that a server asks to be left alone for; 0 where it does not say."""
    return float(error.retry_after_s) if isinstance(error, ResourceExhaustedResponse) else 0.0


def _translated(error: Exception, place: str) -> StoreError:
    if isinstance(error, ResponseHandlingException):
        reason = type(error.source).__name__
        if "Timeout" in reason:
            return StoreUnavailableError(
                f"{place} did not answer in time ({reason}); a write under way may or may not have been carried out, and doing it again under the same key "
                "is harmless. Check the server and the network."
            )
        if reason in _STUMBLES:
            return StoreUnavailableError(f"No Qdrant server answers at {place} ({reason}); check that it runs, and its address and port.")
        return StoreUnavailableError(f"What answers at {place} does not speak as a Qdrant server does ({reason}); check the address and the server's version.")
    if isinstance(error, UnexpectedResponse):
        return _refused(error.status_code, place)
    if isinstance(error, QdrantException):
        return StoreUnavailableError(f"{place} is busy and asks for less; try again later, or raise its limits.")
    return StoreUnavailableError(f"{place} could not carry out the operation ({type(error).__name__}); check the server and open the store again.")


def _refused(status: int | None, place: str) -> StoreError:
    if status in {401, 403}:
        return StoreUnavailableError(f"{place} refused access (HTTP {status}); give an api_key that may read and write the collection, or set QDRANT_API_KEY.")
    if status == 404:
        return StoreUnavailableError(
            f"{place} has no such collection (HTTP 404): it was removed, or this is no Qdrant server. Check, and open the store again."
        )
    if status == 413:
        return StoreUnavailableError(f"{place} takes no request of this size (HTTP 413); raise its limit, or write less at once.")
    return StoreUnavailableError(f"{place} could not carry out the operation (HTTP {status}); its log says why. Check its disk and open the store again.")
