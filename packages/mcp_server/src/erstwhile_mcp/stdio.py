"""The server over stdin and stdout: until stdin ends, or a signal asks it to."""

import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING

from erstwhile_mcp.ending import on_signals
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
    with on_signals(lambda: loop.call_soon_threadsafe(asked.set)):
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
