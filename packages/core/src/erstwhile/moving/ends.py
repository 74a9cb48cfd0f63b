"""Where a transfer comes from, and where it goes: a folder, or a Qdrant server."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from erstwhile.config import MEMORY, Settings
from erstwhile.errors import InvalidInputError, StoreFormatError
from erstwhile.store import Store
from erstwhile.store.server_settings import ServerSettings

if TYPE_CHECKING:
    from erstwhile.store.edge import EdgeStore
    from erstwhile.store.server import ServerStore

__all__ = ["End", "Found", "end_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is there already.

    Attributes:
        fingerprint: The embedding model behind its vectors.
        dimension: Length of a vector.
        layout: How it is laid out on a server; empty for a folder.
    """

    fingerprint: str
    dimension: int
    layout: Mapping[str, Any] = field(default_factory=dict)


class End(Protocol):
    """One end of a transfer."""

    @property
    def location(self) -> str:
        """Where it is, in words that are the same each time."""
        ...

    def look(self) -> Found | None:
        """What is there; ``None`` where there is no store. Nothing is made."""
        ...

    def open_source(self, found: Found) -> Store:
        """The store that is there, in use by others or not."""
        ...

    def open_target(self, *, fingerprint: str, dimension: int) -> "EdgeStore | ServerStore":
        """The store that is there, or a new one, which may be the target of a transfer that is not done."""
        ...


def end_of(given: object, *, settings: Settings, api_key: str | None) -> End:
    """The end that a path or a URL stands for.

    Raises:
        InvalidInputError: It stands for none.
    """
    if not isinstance(given, str | Path) or not str(given).strip() or "\0" in str(given):
        raise InvalidInputError("Expected a folder or the URL of a Qdrant server; got an empty text, or something else.")
    if str(given) == MEMORY:
        raise InvalidInputError(f"{MEMORY} is gone when it is closed, so nothing can be transferred from it or to it; give a folder or a URL.")
    if str(given).lower().startswith(("http://", "https://")):
        return _Server(url=str(given), settings=replace(settings, api_key=api_key or settings.api_key))
    try:
        return _Folder(path=Path(given).expanduser().resolve(), settings=settings)
    except (OSError, RuntimeError) as error:
        raise InvalidInputError(f"{given} is not a path ({error}); give the folder itself.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    path: Path
    settings: Settings

    @property
    def location(self) -> str:
        return str(self.path)

    def look(self) -> Found | None:
        from erstwhile.store.folder import StoreFolder

        if not StoreFolder.is_store(self.path):
            return None
        models = StoreFolder.models_of(self.path)
        if models is None:
            raise StoreFormatError(f"{self.path} holds a store whose manifest cannot be read; `erstwhile doctor` says what is wrong.")
        return Found(fingerprint=models.first.fingerprint, dimension=models.first.dimension)

    def open_source(self, found: Found) -> Store:
        from erstwhile.sharing.opened import open_store

        settings = self.settings
        return open_store(self.path, fingerprint=found.fingerprint, dimension=found.dimension, durable=True, shared=settings.shared, idle=settings.idle)

    def open_target(self, *, fingerprint: str, dimension: int) -> "EdgeStore":
        from erstwhile.store.edge import EdgeStore
        from erstwhile.store.folder import StoreFolder

        if self.path.exists() and not StoreFolder.is_store(self.path) and (not self.path.is_dir() or any(self.path.iterdir())):
            raise InvalidInputError(f"{self.path} is there and holds no store; give a folder that is empty, or not there yet.")
        return EdgeStore(self.path, fingerprint=fingerprint, dimension=dimension, arriving=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    url: str
    settings: Settings

    @property
    def location(self) -> str:
        from erstwhile.store.server import place_of

        try:
            return place_of(self.url)
        except ValueError:
            raise InvalidInputError("The URL of the Qdrant server cannot be read; give one such as http://localhost:6333.") from None

    def look(self) -> Found | None:
        from erstwhile.store.server import look

        manifest = look(self.url, api_key=self.settings.api_key, settings=self.settings.server)
        if manifest is None:
            return None
        first = manifest.models.first
        return Found(fingerprint=first.fingerprint, dimension=first.dimension, layout=manifest.layout)

    def open_source(self, found: Found) -> Store:
        # What is said of a layout concerns a store that is made, and this one is.
        server = self.settings.server
        return self._open(found.fingerprint, found.dimension, None if server is None else server.laid_out(found.layout), arriving=False)

    def open_target(self, *, fingerprint: str, dimension: int) -> "ServerStore":
        return self._open(fingerprint, dimension, self.settings.server, arriving=True)

    def _open(self, fingerprint: str, dimension: int, server: ServerSettings | None, *, arriving: bool) -> "ServerStore":
        from erstwhile.store.server import ServerStore

        return ServerStore.connect(self.url, fingerprint=fingerprint, dimension=dimension, api_key=self.settings.api_key, settings=server, arriving=arriving)
