"""One peer in a process of its own, in its own environment: started by `benchmarks.peers.conversing`, spoken to in JSON, a line a message.

What the peer prints never meets the messages: its standard output is its standard error, which is a log. Needs nothing but Python and what the adapter imports.
"""

import fcntl
import importlib
import json
import os
import socket
import struct
import sys
import time
import traceback
from pathlib import Path
from typing import IO, Any, Final

from benchmarks.peers.contract import Adapter, Turn

__all__ = ["LOOPBACK"]

LOOPBACK: Final = "loopback"
"""Third argument of a worker that was started without a network: it brings up the loopback device, which is down there."""
SIOCGIFFLAGS: Final = 0x8913
SIOCSIFFLAGS: Final = 0x8914
IFF_UP: Final = 1
"""From Linux's ``linux/sockios.h`` and ``net/if.h``."""


def main() -> None:
    """Answer messages until there are none."""
    module, folder, network = sys.argv[1:4]
    messages, answers = _pipes()
    if network == LOOPBACK:
        _raise_loopback()
    adapter: Adapter | None = None
    for line in messages:
        message = json.loads(line)
        started = time.perf_counter()
        try:
            if message["do"] == "open":
                adapter = importlib.import_module(module).Adapter(Path(folder), message["settings"])
                answer: dict[str, Any] = {}
            else:
                answer = _answer(adapter, message)
        except Exception as error:  # noqa: BLE001 - whatever a peer raises is reported
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer | {"seconds": answer.get("seconds", time.perf_counter() - started)}), file=answers, flush=True)


def _answer(adapter: Adapter | None, message: dict[str, Any]) -> dict[str, Any]:
    if adapter is None:
        raise RuntimeError("not opened")
    if message["do"] == "add":
        turns = [Turn.from_json(values) for values in message["turns"]]
        started = time.perf_counter()
        kept = adapter.add(turns)
        return {"kept": kept, "seconds": time.perf_counter() - started}
    if message["do"] == "search":
        started = time.perf_counter()
        ids = adapter.search(message["question"], message["k"])
        return {"ids": list(ids), "seconds": time.perf_counter() - started}
    adapter.close()
    return {}


def _pipes() -> tuple[IO[str], IO[str]]:
    """The streams of the messages; what follows reads nothing and prints to the log."""
    messages, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return os.fdopen(messages, encoding="utf-8"), os.fdopen(answers, "w", encoding="utf-8")


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        _, flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


if __name__ == "__main__":
    main()
