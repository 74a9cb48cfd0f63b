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
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from erstwhile.errors import ErstwhileError, StoreClosedError, StoreError, StoreForkedError, StoreUnavailableError

__all__ = ["Connection", "client_of", "confirm"]

T = TypeVar("T")

TIMEOUT: Final = 30
"""Seconds for one request."""
PAUSES: Final = (0.05, 0.25)
"""Seconds before a read is tried again, each drawn out at random to between a half and the whole."""
_STUMBLES: Final = frozenset({"ConnectError", "ReadError", "WriteError", "CloseError", "RemoteProtocolError"})
"""What a dropped connection is called; a timeout is not among them, for the server is then slow already."""
_BUSY: Final = frozenset({429, 502, 503, 504})


class Connection:
    """A Qdrant client, and what it must be used with.

    Args:
        client: The client. In its local mode (``":memory:"`` or a path) it is not safe under threads, so they take turns.
    """

    def __init__(self, client: QdrantClient) -> None:
        self._client: QdrantClient | None = client
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
        with self.using() as client:
            for pause in PAUSES:
                try:
                    return ask(client)
                except (ApiException, QdrantException) as error:
                    if not _passing(error):
                        raise
                    time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads retries, no secret
            return ask(client)

    def close(self, *, client: bool) -> None:
        """Let go of the client; ``client`` says whether to close it too. Calling it again does nothing."""
        with self._turn:
            if self._client is not None and client and os.getpid() == self._process:
                self._client.close()
            self._client = None


def client_of(url: str, api_key: str | None) -> QdrantClient:
    """A client for the server at ``url``; it has asked for nothing yet.

    Raises:
        StoreUnavailableError: The URL cannot be read.
    """
    with suppress(ValueError):
        return QdrantClient(url=url, api_key=api_key, timeout=TIMEOUT, check_compatibility=False)
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
    # A key or a password that was put into the address stays out of messages.
    address = urlsplit(given if "//" in given else f"//{given}")
    port = address.port or options.get("port")
    return f"{address.scheme or 'http'}://{address.hostname or ''}{f':{port}' if port else ''}{address.path.rstrip('/')}"


def _passing(error: Exception) -> bool:
    if isinstance(error, ResponseHandlingException):
        return type(error.source).__name__ in _STUMBLES
    return isinstance(error, QdrantException) or (isinstance(error, UnexpectedResponse) and error.status_code in _BUSY)


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
