"""A peer's process, seen from outside: started without a network where that can be done, asked with a time limit, and ended with all that it started."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.environment import ROOT
from benchmarks.peers.worker import LOOPBACK

__all__ = ["Worker", "WorkerDiedError", "WorkerError", "WorkerFailedError", "WorkerTimeoutError", "without_network"]

MARK: Final = "ERSTWHILE_PEER_RUN"
"""Environment variable by which the processes that a worker starts are known, in whatever session or group they are."""
GRACE_S: Final = 10.0
"""How long a peer may take to close."""
CHUNK: Final = 1 << 16
PASSED_ON: Final = ("LANG", "LC_ALL", "PATH")


class WorkerError(Exception):
    """A peer could not be asked.

    WorkerError
    ├── WorkerTimeoutError   it gave no answer in time
    ├── WorkerDiedError      its process ended
    └── WorkerFailedError    it raised something
    """


class WorkerTimeoutError(WorkerError):
    """It gave no answer in time."""


class WorkerDiedError(WorkerError):
    """Its process ended."""


class WorkerFailedError(WorkerError):
    """It raised something; the message says what."""


def without_network() -> tuple[str, ...]:
    """The start of a command that runs the rest of it with a network of its own, where only the loopback device is; empty where the system has none to give."""
    for prefix in (("unshare", "--net", "--"), ("unshare", "--user", "--map-root-user", "--net", "--")):
        with contextlib.suppress(FileNotFoundError):
            if not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
                return prefix
    return ()


class Worker:
    """A running peer. Use it in a ``with`` block: at the end nothing of it is left running.

    Args:
        python: Interpreter of its environment.
        adapter: Module with its ``Adapter``, found from the root of the checkout.
        folder: What the peer may write; its home folder is there too.
        log: What it prints goes there, after what is there already.
        variables: Environment variables beside those that every worker gets.
        prefix: What `without_network` gave.
    """

    def __init__(self, *, python: str, adapter: str, folder: Path, log: Path, variables: Mapping[str, str], prefix: Sequence[str] = ()) -> None:
        self._run = uuid.uuid4().hex
        self._buffer = b""
        for name in ("home", "tmp", "data"):
            (folder / name).mkdir(parents=True)
        own = {MARK: self._run, "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        command = [*prefix, python, "-m", "benchmarks.peers.worker", adapter, str(folder / "data"), LOOPBACK if prefix else "as it is"]
        with log.open("ab") as printed:
            self._process = subprocess.Popen(
                command, cwd=folder, env={**given, **variables, **own}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=printed, start_new_session=True
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if exc[0] is None and self._process.poll() is None:
            with contextlib.suppress(WorkerError):
                self.ask({"do": "close"}, timeout=GRACE_S)
        self.end()

    def ask(self, message: Mapping[str, Any], *, timeout: float) -> dict[str, Any]:
        """Send a message and give the answer.

        Args:
            message: What `benchmarks.peers.worker` understands.
            timeout: Seconds to wait for the answer.

        Raises:
            WorkerTimeoutError: There was none in time; the process was ended.
            WorkerDiedError: The process ended.
            WorkerFailedError: The answer is an error.
        """
        assert self._process.stdin is not None
        deadline = time.monotonic() + timeout
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died(message) from None
        answer: dict[str, Any] = json.loads(self._line(message, deadline))
        if "error" in answer:
            raise WorkerFailedError(f"{message['do']}: {answer['error']}")
        return answer

    def _line(self, message: Mapping[str, Any], deadline: float) -> bytes:
        assert self._process.stdout is not None
        stream = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self.end()
                raise WorkerTimeoutError(f"{message['do']}: no answer in time")
            chunk = os.read(stream, CHUNK)
            if not chunk:
                raise self._died(message)
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _died(self, message: Mapping[str, Any]) -> WorkerDiedError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_S)
        return WorkerDiedError(f"{message['do']}: the process ended with {self._process.returncode}")

    def resident(self) -> tuple[float, int] | None:
        """Resident memory of the peer's processes together, in MB, and how many they are; ``None`` where there is no /proc."""
        sizes = [size for pid in self._pids() if (size := _resident(pid)) is not None]
        return (round(sum(sizes), 1), len(sizes)) if sizes else None

    def listening(self) -> list[str]:
        """Addresses other than loopback that the network of the peer's process listens on, hexadecimal as in /proc/net/tcp."""
        return sorted({address for table in ("tcp", "tcp6") for address in _listening(Path(f"/proc/{self._process.pid}/net/{table}"))})

    def end(self) -> None:
        """End the peer and whatever it started."""
        self._process.kill()
        self._process.wait()
        # What it started may be starting more.
        while pids := self._pids():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    _kill(pid)
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()

    def _pids(self) -> list[int]:
        marked = f"{MARK}={self._run}".encode()
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if marked in _bytes(path)]


def _kill(pid: int) -> None:
    """Kill a process and wait until it has ended: its environment cannot be read any more before that."""
    process = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        select.select([process], [], [], GRACE_S)
    finally:
        os.close(process)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        # It has ended, or is not ours.
        return b""


def _resident(pid: int) -> float | None:
    lines = _bytes(Path(f"/proc/{pid}/status")).splitlines()
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(b"VmRSS:")), None)


def _listening(table: Path) -> Iterator[str]:
    for line in _bytes(table).decode().splitlines()[1:]:
        address, state = line.split()[1], line.split()[3]
        loopback = address.startswith("0100007F") or address.split(":")[0] in ("00000000000000000000000001000000", "0000000000000000FFFF00000100007F")
        if state == "0A" and not loopback:
            yield address
