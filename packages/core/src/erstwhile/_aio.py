"""The async face: every method of the sync engine, run in a worker thread.

There are no twins to keep in step: the methods are looked up on the sync object. Their types for editors and type checkers stand in ``_aio.pyi``, which
``scripts/write_async_stub.py`` writes from the sync classes and a test keeps current.
"""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from erstwhile.engine import Engine
from erstwhile.scoped import ScopedMemory

__all__ = ["AsyncEngine", "AsyncScopedMemory"]


class _AsyncFace:
    _sync: object

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method = None if name.startswith("_") else getattr(type(self._sync), name, None)
        if not callable(method):
            raise AttributeError(  # noqa: TRY004 - what a missing attribute is called
                f"{type(self).__name__} has no method {name!r}."
            )
        bound = functools.partial(method, self._sync)

        @functools.wraps(method)
        async def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - typed in the stub
            return await asyncio.to_thread(bound, *args, **kwargs)

        return call


class AsyncScopedMemory(_AsyncFace):
    """The verbs of `ScopedMemory`, to be awaited. Get one from `ScopedMemory.aio` or `AsyncEngine.scope`.

    Cancelling an ``await`` stops the waiting and not the write: what was begun is carried out whole.
    """

    def __init__(self, memory: ScopedMemory) -> None:
        self._sync = memory


class AsyncEngine(_AsyncFace):
    """The engine, to be awaited. Get one from `Engine.aio`, and close it, or use it in an ``async with`` block."""

    def __init__(self, engine: Engine) -> None:
        self._sync: Engine = engine

    def scope(self, *args: Any, **kwargs: Any) -> AsyncScopedMemory:  # noqa: ANN401 - typed in the stub
        """The memory of one scope; see `Engine.scope`. It does no work, so it is not awaited."""
        return AsyncScopedMemory(self._sync.scope(*args, **kwargs))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.to_thread(self._sync.close)
