"""Servers in processes of their own, as clients start them, and the lines of the protocol by hand."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, Self

LIMIT = 120.0
"""Seconds after which something hangs."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a server with a store of its own, whose host process ends soon after it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ERSTWHILE_", "QDRANT_"))}
    return kept | {"ERSTWHILE_HOME": str(home), "ERSTWHILE_USER": "ana", "ERSTWHILE_MODEL": "fast", "ERSTWHILE_IDLE": "1"} | more


class Spoken:
    """A server over stdio, spoken to line by line.

    Args:
        process: The server.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._answers: dict[int, Queue[dict[str, Any]]] = {}
        self._last = 0
        self.progress: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            message = json.loads(line)
            if message.get("id") in self._answers:
                self._answers[message["id"]].put(message)
            elif message.get("method") == "notifications/progress":
                self.progress.append(message["params"])

    def send(self, method: str, **params: Any) -> int:  # noqa: ANN401 - what the method takes
        """Send a request, and give its id."""
        self._last += 1
        self._answers[self._last] = Queue()
        params["_meta"] = {"progressToken": self._last}
        self._write({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params})
        return self._last

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def answer(self, number: int) -> dict[str, Any]:
        """Wait for the answer to a request."""
        return self._answers[number].get(timeout=LIMIT)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - what the method takes
        """Send a request, and wait for its result."""
        answer = self.answer(self.send(method, **params))
        result: dict[str, Any] = answer["result"]
        return result

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - what the tool takes
        """Call a tool, see that it did not fail, and give the structured half."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert not result["isError"], result
        structured: dict[str, Any] = result["structuredContent"]
        return structured

    def greet(self) -> Self:
        """Shake hands, in the older protocol."""
        self.ask("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "test", "version": "1"})
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self

    def end(self) -> int:
        """Close stdin, and wait for the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.exit_code()

    def exit_code(self) -> int:
        """Wait for the exit code, and for the last line."""
        code = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        return code


@contextmanager
def server(home: Path, *arguments: str, program: Path | None = None, **more: str) -> Iterator[Spoken]:
    """A server over stdio, or a program that runs one; killed at the end, if it is still there."""
    command = [sys.executable, *(["-m", "erstwhile_mcp"] if program is None else [str(program)]), *arguments]
    with (home.parent / "stderr.txt").open("a") as stderr:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=environment(home, **more), text=True, encoding="utf-8"
        )
    try:
        yield Spoken(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(LIMIT)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
