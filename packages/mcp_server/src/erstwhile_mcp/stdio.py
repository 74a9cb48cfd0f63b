"""The server over stdin and stdout: until stdin ends, or a signal asks it to."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from erstwhile_mcp.keeper import Keeper
from erstwhile_mcp.settings import ServerSettings
from erstwhile_mcp.starting import kept

if TYPE_CHECKING:
    from mcp.server import MCPServer

__all__ = ["serve_stdio"]

log = logging.getLogger("erstwhile_mcp")


def serve_stdio(settings: ServerSettings, keeper: Keeper) -> None:
    """Serve until stdin ends, and return; or until a signal comes, and end the process with 0. What was acknowledged by then is kept."""
    with kept():
        from erstwhile_mcp.server import build

        server = build(settings, keeper)
    asyncio.run(_serve(server, keeper))


async def _serve(server: "MCPServer[None]", keeper: Keeper) -> None:
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    with _on_signals(lambda: loop.call_soon_threadsafe(asked.set)):
        serving = asyncio.create_task(server.run_stdio_async())
        waiting = asyncio.create_task(asked.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            waiting.cancel()
            serving.result()
            return
        log.info("A signal ends the server.")
        await keeper.close()
        sys.stderr.flush()
        # The thread that reads stdin waits for a line that need not come, and the interpreter would wait for the thread.
        os._exit(0)


@contextmanager
def _on_signals(stop: Callable[[], object]) -> Iterator[None]:
    def stopping(_number: int, _frame: FrameType | None) -> None:
        stop()

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    before = {number: signal.signal(number, stopping) for name in names if (number := getattr(signal, name, None)) is not None}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
