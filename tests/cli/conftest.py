"""The command line, run in this process on a store of its own, with an embedder that needs no model."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.testing

import erstwhile
from erstwhile.cli import app
from erstwhile.embed import HashingEmbedder


@dataclass(frozen=True)
class CommandLine:
    """Runs commands as the user "ana"."""

    store: Path

    def __call__(self, *arguments: str, stdin: str | bytes | None = None, code: int = 0) -> typer.testing.Result:
        """Run a command, and see that it exits with ``code``."""
        result = typer.testing.CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
        assert result.exit_code == code, f"{arguments} exited with {result.exit_code}\n{result.stdout}\n{result.stderr}\n{result.exception!r}"
        return result

    def json(self, *arguments: str, stdin: str | None = None) -> Any:  # noqa: ANN401 - whatever the command answers
        """Run a command with --json, and see that it prints one line of JSON and nothing else."""
        result = self(*arguments, "--json", stdin=stdin)
        assert result.stderr == ""
        assert result.stdout.count("\n") == 1
        return json.loads(result.stdout)

    def error(self, *arguments: str, stdin: str | bytes | None = None) -> str:
        """Run a command that fails, and see that it says so in one line on stderr and nothing on stdout."""
        result = self(*arguments, stdin=stdin, code=1)
        assert result.stdout == ""
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
        assert "Traceback" not in result.stderr
        return result.stderr

    def memory(self, store: Path | None = None) -> erstwhile.Engine:
        """The store, or another one, opened beside the command line."""
        return erstwhile.open(store or self.store, model=HashingEmbedder())


@pytest.fixture
def ew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line on an empty store."""
    for name in ("ERSTWHILE_MODEL", "ERSTWHILE_THREADS", "QDRANT_API_KEY", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ERSTWHILE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ERSTWHILE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("ERSTWHILE_USER", "ana")
    # No test here cuts the power.
    monkeypatch.setenv("ERSTWHILE_DURABLE", "0")
    monkeypatch.setattr("erstwhile.engine.load_embedder", lambda *_, **__: HashingEmbedder())
    monkeypatch.setattr("erstwhile.embed.load_embedder", lambda *_, **__: HashingEmbedder())
    return CommandLine(store=tmp_path / "store")
