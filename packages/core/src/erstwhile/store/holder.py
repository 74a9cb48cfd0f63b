"""Who holds a store: what the holder wrote into ``owner.json``, and whether it lives, is stopped or is gone."""

import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

__all__ = ["Holder", "Role", "is_alive", "is_stopped", "read_holder"]

Role = Literal["alone", "process", "host"]
LINUX: Final[bool] = sys.platform == "linux"
_KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The one process that has a store open.

    Attributes:
        pid: Its process id.
        program: The name of its program.
        since: When it opened the store, ISO 8601.
        role: "host": a process of erstwhile's own, which serves it to others. "process": it uses the store itself, and hands it over when asked to. "alone":
            it does not.
        started: When the process was started, in the system's own ticks, so that another one with the same id is told apart; ``None`` where that is unknown.
        address: Where it listens.
    """

    pid: int
    program: str
    since: str
    role: Role = "alone"
    started: int | None = None
    address: str | list[str | int] | None = None

    @classmethod
    def myself(cls, role: Role, address: str | list[str | int] | None = None) -> "Holder":
        """This process."""
        pid, program = os.getpid(), Path(sys.argv[0] or "python").name
        return cls(pid=pid, program=program, since=datetime.now(UTC).isoformat(timespec="seconds"), role=role, started=_started(pid), address=address)

    def __str__(self) -> str:
        where = "this process" if self.pid == os.getpid() else f"process {self.pid}"
        return f"{where} ({self.program}, since {self.since})"

    def write(self, path: Path) -> None:
        """Write it down, so that who reads it meanwhile reads the old or the new, whole."""
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_bytes(msgspec.json.encode(asdict(self)))
        fresh.replace(path)

    @property
    def is_there(self) -> bool:
        """Whether this very process still runs."""
        return is_alive(self.pid) and self.started == _started(self.pid)

    @property
    def is_stopped(self) -> bool:
        """Whether this very process is stopped, as by SIGSTOP. Known on Linux only."""
        return self.is_there and is_stopped(self.pid)

    def kill(self) -> None:
        """End it at once, if it is still this very process."""
        if self.is_there and self.pid != os.getpid():
            with suppress(OSError):
                os.kill(self.pid, _KILL)


def read_holder(path: Path) -> Holder | None:
    """What is written down; ``None`` where there is nothing, or nonsense."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return None


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    if pid <= 0:
        return False
    if LINUX:
        return _state(pid) not in (None, "Z", "X")
    try:
        # On Windows a signal of 0 would end it. There, who opens the store finds out by its lock.
        if os.name == "posix":
            os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def is_stopped(pid: int) -> bool:
    """Whether it is stopped, as by SIGSTOP. Known on Linux only; one that a debugger holds for a moment does not count."""
    return LINUX and _state(pid) == "T"


def _stat(pid: int) -> list[str]:
    try:
        # The name, in parentheses, may hold anything.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _state(pid: int) -> str | None:
    return next(iter(_stat(pid)), None)


def _started(pid: int) -> int | None:
    fields = _stat(pid) if LINUX else []
    return int(fields[19]) if len(fields) > 19 and fields[19].isdigit() else None
