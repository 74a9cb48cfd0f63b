"""Changing the model of a store on the command line."""

from typing import TYPE_CHECKING

import pytest

from erstwhile.embed import HashingEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import CommandLine


@pytest.fixture
def named(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> "CommandLine":
    """The command line, where "next" is another model than any other name."""

    def load(model: object = "", **_: object) -> HashingEmbedder:
        return HashingEmbedder(256 if model == "next" else 64)

    for name in ("erstwhile.engine.load_embedder", "erstwhile.embed.load_embedder"):
        monkeypatch.setattr(name, load)
    return ew


def test_each_step_says_what_comes_next(named: "CommandLine") -> None:
    """From nothing to the new model, back, and for good: each answer names where the store stands."""
    named("remember", "I live in Porto")
    named("remember", "I like tea")
    assert "of no other model" in named("reembed", "status").stdout
    assert "2 of 2 versions have a vector of hashing-256@1" in named("reembed", "start", "next").stdout
    named("remember", "I work in a bank")
    assert "2 of 3 versions" in named("reembed", "status").stdout
    checked = named("reembed", "verify", "next", code=1).stdout
    assert "1 without a vector" in checked
    assert "Not all is right yet." in checked
    assert "hashing-256@1 (256 numbers); give this model" in named("reembed", "swap", "next").stdout
    assert "rollback" in named.error("recall", "where do I live?")
    hits = named.json("recall", "where do I live?", "--model", "next", "--min-relevance", "0")["hits"]
    assert len(hits) == 3
    named("remember", "I sing", "--model", "next")
    assert "4 of 4 versions" in named("reembed", "rollback", "old", "--model", "next").stdout
    found = named.json("reembed", "verify", "next")
    assert (found["sound"], found["versions"], found["lacking"], found["differing"]) == (True, 4, 0, 0)
    assert "add --yes" in named.error("reembed", "drop")
    assert named.json("reembed", "drop", "--yes")["step"] == "none"
    assert named.json("reembed", "drop")["other"] is None
    assert named.json("stats")["versions"] == 4


def test_doctor_tells_of_a_change(named: "CommandLine") -> None:
    """Whoever looks at a store learns that a change of its model was begun, or that the old vectors are still there, and what to do."""

    def told() -> list[str]:
        return [finding["summary"] for finding in named.json("doctor", "--model", "next")["findings"] if finding["name"] == "change"]

    named("remember", "I live in Porto", "--model", "next")
    assert told() == []
    named("reembed", "start", "old", "--model", "next")
    assert told() == ["being changed from hashing-256@1 to hashing-64@1; `erstwhile reembed status` says how far that is"]
    named("reembed", "swap", "old", "--model", "next")
    found = named("doctor", "--model", "old").stdout
    assert "hashing-64@1 took the place of hashing-256@1, whose vectors are still there; `erstwhile reembed drop` removes them" in found
    named("reembed", "drop", "--yes", "--model", "old")
    assert "took the place" not in named("doctor", "--model", "old").stdout


def test_what_is_missing_is_said(named: "CommandLine") -> None:
    """A model that must be named, and a step that cannot be taken yet, are told in one line."""
    assert "Which model?" in named.error("reembed", "start")
    assert "reembed start" in named.error("reembed", "swap", "next")
    assert "not exchanged" in named.error("reembed", "rollback", "next")
    named("reembed", "explode", code=2)


def test_it_can_be_interrupted(named: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends it without a traceback, and what was done is kept."""
    named("remember", "I live in Porto")
    embed: Callable[..., object] = HashingEmbedder.embed

    def interrupted(model: HashingEmbedder, texts: list[str], *, role: str) -> object:
        if model.dimension == 256:
            raise KeyboardInterrupt
        return embed(model, texts, role=role)

    monkeypatch.setattr(HashingEmbedder, "embed", interrupted)
    assert "the same command goes on" in named("reembed", "start", "next", code=1).stderr
    assert named.json("reembed", "status")["step"] == "filling"
    monkeypatch.undo()
