"""Errors end up in logs, so no error may hold what was remembered, wherever it comes from. (`test_corruption.py` asks the same of every damaged store.)"""

import errno
import logging
import os
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import ErstwhileError
from erstwhile.scoped import ScopedMemory
from erstwhile.store.edge_errors import translated
from erstwhile.store.folder import StoreFolder

SECRET = "SECRET-the-diagnosis"
NAIVE = datetime(2024, 1, 1)  # noqa: DTZ001 - the mistake that is tested


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A store that holds the secret."""
    with erstwhile.open(tmp_path / "store", model=HashingEmbedder()) as engine:
        engine.scope(user="ana").remember(f"{SECRET} is known")
        yield engine


def _said(error: BaseException) -> str:
    """All that a log could show of an error: each message of its chain, its repr, its arguments, its traceback."""
    parts = ["".join(traceback.format_exception(error))]
    seen: BaseException | None = error
    while seen is not None:
        parts += [str(seen), repr(seen), repr(seen.args)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


def _fail(*_: object, **__: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


WRONG: dict[str, Callable[[ScopedMemory], object]] = {
    "too long": lambda ana: ana.remember(SECRET * 3_000),
    "NUL": lambda ana: ana.remember(f"{SECRET}\0"),
    "surrogate": lambda ana: ana.remember(f"{SECRET}\ud800"),
    "not a text": lambda ana: ana.remember([SECRET]),
    "naive time": lambda ana: ana.remember(SECRET, valid_from=NAIVE),
    "backwards": lambda ana: ana.remember(SECRET, valid_from="2025-01-01", valid_to="2024-01-01"),
    "unknown type": lambda ana: ana.remember(SECRET, type="gossip"),
    "metadata": lambda ana: ana.remember(SECRET, metadata={"note": {SECRET: object()}}),
    "huge metadata": lambda ana: ana.remember(SECRET, metadata={"note": SECRET * 9_000}),
    "no such memory": lambda ana: ana.remember(SECRET, supersedes="01890a5d-ac96-774b-bcce-b302099a8057"),
    "drafts": lambda ana: ana.remember_many([SECRET, {"content": SECRET, "confidence": 7}]),
    "no draft": lambda ana: ana.remember_many(SECRET),
    "messages": lambda ana: ana.observe([{"role": "user", "content": SECRET}, {"content": SECRET}]),
    "a message's content": lambda ana: ana.observe([{"role": "user", "content": {SECRET: 1}}]),
    "a turn's time": lambda ana: ana.observe([{"role": "user", "content": SECRET, "at": NAIVE}]),
    "correcting": lambda ana: ana.correct("01890a5d-ac96-774b-bcce-b302099a8057", SECRET),
    "a turn": lambda ana: ana.correct(ana.observe([{"role": "user", "content": SECRET}])[0], SECRET),
    "tags": lambda ana: ana.remember(SECRET, tags=[SECRET * 300]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_not_quoted(engine: Engine, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], case: str) -> None:
    """What the caller got wrong is described, not repeated."""
    with caplog.at_level(logging.DEBUG), pytest.raises(ErstwhileError) as caught:
        WRONG[case](engine.scope(user="ana"))
    _assert_silent(caught.value, caplog, capfd)


def _assert_silent(error: BaseException, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    # The traceback quotes lines of code, which name the constant; its value must not be there.
    assert SECRET not in _said(error)
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())


FAULTS: dict[str, tuple[str, Callable[[ScopedMemory], object]]] = {
    "full disk": ("check_room", lambda ana: ana.remember(f"{SECRET} again")),
    "full disk, turns": ("check_room", lambda ana: ana.observe([{"role": "user", "content": SECRET}])),
    "sync": ("fsync", lambda ana: ana.remember(f"{SECRET} again")),
    "closed": ("close", lambda ana: ana.remember(f"{SECRET} again")),
    "closed, asking": ("close", lambda ana: ana.recall(SECRET)),
    "forked": ("getpid", lambda ana: ana.remember(f"{SECRET} again")),
    "row altered": ("altered", lambda ana: ana.recall("is known")),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_of_the_store_quotes_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], case: str
) -> None:
    """A store that cannot write, read or go on says so without what it was given or holds."""
    fault, verb = FAULTS[case]
    with monkeypatch.context() as broken:
        if fault == "check_room":
            broken.setattr(StoreFolder, "check_room", _fail)
        elif fault == "fsync":
            broken.setattr(os, "fsync", _fail)
        elif fault == "getpid":
            broken.setattr(os, "getpid", lambda: 1)
        elif fault == "altered":
            broken.setattr("erstwhile.store.schema.zlib.crc32", lambda _: 1)
        else:
            engine.close()
        with caplog.at_level(logging.DEBUG), pytest.raises(ErstwhileError) as caught:
            verb(engine.scope(user="ana"))
    _assert_silent(caught.value, caplog, capfd)


class PanicException(BaseException):
    """As pyo3 raises a panic of Rust: it does not derive from Exception, and its message may quote a value."""


@pytest.mark.parametrize(
    "error",
    [
        PanicException(f'called `Result::unwrap()` on an `Err` value: invalid type: string "{SECRET}", expected u64'),
        Exception(f"Failed to deserialize payload: invalid value: string `{SECRET}`"),
        Exception(f"Wrong input: {{body: {SECRET}}}"),
        Exception(f"No space left on device: '{SECRET}'"),
        ValueError(f"({SECRET})"),
        Exception(f"first line\n{SECRET}"),
        Exception(""),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_qdrant_says_is_cut_where_it_quotes(tmp_path: Path, error: BaseException) -> None:
    """Qdrant's own words help to find the fault up to where they quote a value, and the rest cannot be reached from our error; a panic is an error too."""
    with pytest.raises(erstwhile.StoreError) as caught, translated(tmp_path):
        raise error
    assert SECRET not in _said(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_interrupts_are_left_alone(tmp_path: Path) -> None:
    """Ctrl-C inside the store is not a damaged store."""
    for kind in (KeyboardInterrupt, SystemExit, MemoryError):
        with pytest.raises(kind), translated(tmp_path):
            raise kind
