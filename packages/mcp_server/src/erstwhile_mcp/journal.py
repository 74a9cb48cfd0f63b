"""What goes to stderr: when, how grave and what, and never what was remembered."""

import logging
import sys
import traceback
from copy import copy
from types import TracebackType
from typing import Final

__all__ = ["Reserved", "keep_journal"]

LEVELS: Final = ("debug", "info", "warning", "error")


class Reserved(logging.Formatter):
    """Tells where an unexpected exception arose, and not what it says: its message may hold anything, a memory included."""

    def format(self, record: logging.LogRecord) -> str:
        fresh = copy(record)
        # Another handler may have left it there, with all that it says.
        fresh.exc_text = None
        return super().format(fresh)

    def formatException(  # noqa: N802 - logging's own name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        kind, _, trace = ei
        frames = [f"  {frame.filename}, line {frame.lineno}, in {frame.name}" for frame in traceback.extract_tb(trace)]
        return "\n".join([*frames, "" if kind is None else kind.__name__]).rstrip()


def keep_journal(level: str = "warning") -> None:
    """Write the process's log to stderr, from ``level`` on: debug, info, warning or error. The SDK's own set-up does nothing then."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Reserved("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.raiseExceptions = False
    # Debug lines of these hold whole messages, so whole memories.
    for loud in ("mcp", "sse_starlette", "httpx", "httpcore", "asyncio"):
        logging.getLogger(loud).setLevel(max(logging.getLevelName(level.upper()), logging.WARNING))
