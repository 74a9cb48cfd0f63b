"""Start the process that serves a store: what it opens is read from standard input, as JSON; "ready", or what went wrong, is written to standard output."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

LOG_BYTES = 65_536
"""A log that has grown beyond this is begun anew."""


def main() -> None:
    """Leave the process that started this one, open the store, and serve it."""
    given = json.loads(sys.stdin.buffer.read())
    # Before anything is loaded or any thread started. Nobody is then the parent who would have to wait for the end.
    if hasattr(os, "fork") and os.fork():
        os._exit(0)
    sys.path[:] = given["modules"]
    said = os.dup(1)
    try:
        _redirect(Path(given["path"]))
        _serve(given, said)
    finally:
        os._exit(0)


def _redirect(folder: Path) -> None:
    try:
        path = folder / "host.log"
        anew = os.O_TRUNC if path.exists() and path.stat().st_size > LOG_BYTES else 0
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | anew, 0o600)
    except OSError:
        log = os.open(os.devnull, os.O_WRONLY)
    os.dup2(log, 2)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)


def _serve(given: dict[str, Any], said: int) -> None:
    import signal

    from erstwhile.errors import ErstwhileError, StoreUnavailableError
    from erstwhile.sharing import wire
    from erstwhile.sharing.channel import silence
    from erstwhile.sharing.host import Host, note, say
    from erstwhile.store.edge import EdgeStore
    from erstwhile.store.folder import OWNER
    from erstwhile.store.holder import read_holder

    path = Path(given["path"])
    before = read_holder(path / OWNER)
    try:
        store = EdgeStore(path, fingerprint=given["fingerprint"], dimension=given["dimension"], role="host")
        host = Host(store, idle=given["idle"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: host.ending.set())
        host.open()
    except ErstwhileError as error:
        _tell(said, wire.encode(wire.Failed(error=type(error).__name__, message=str(error))))
        return
    except Exception as error:  # noqa: BLE001 - whoever started this has to know
        note(error)
        message = f"The process that should serve {path} failed ({type(error).__name__}); host.log in it says where."
        _tell(said, wire.encode(wire.Failed(error=StoreUnavailableError.__name__, message=message)))
        return
    silence(before.address if before else None)
    _tell(said, b"ready")
    say("serves")
    try:
        host.run()
        say("ends")
    except Exception as error:  # noqa: BLE001 - it ends, and the log says why
        note(error)


def _tell(said: int, what: bytes) -> None:
    # Whoever started this may be gone; others will come.
    with suppress(OSError):
        os.write(said, what)
    os.close(said)


if __name__ == "__main__":
    main()
