"""The demo."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from erstwhile import MemoryType
from erstwhile.demo import shipped
from erstwhile.transfer import Marked

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine


def test_the_conversation_that_comes_with_erstwhile() -> None:
    """The shipped conversation shows what it is there to show: many sessions, every type of memory, each kind of change, told and found."""
    conversation = shipped()
    turns = [turn for session in conversation.sessions for turn in session.turns]
    marks = [mark for turn in turns for mark in turn.marks]
    drafts = [mark.draft for mark in marks if isinstance(mark, Marked)]
    assert len(conversation.sessions) == 8
    assert 60 <= len(turns) <= 90
    assert {draft.type for draft in drafts} == set(MemoryType)
    # The rest is found: a flat white and green tea can both be drunk in the morning, so that the one ended is for the file to say.
    assert [draft.content for draft in drafts if draft.supersedes] == ["Ana drinks green tea in the morning and has given up coffee"]
    assert len(marks) > len(drafts)
    assert len(conversation.questions) == 4


def test_it_runs_in_a_temporary_folder(ew: "CommandLine", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it stays, neither among the user's memories nor among the temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    printed = ew("demo").stdout
    for part in ("What holds now", "Then and now", "The story of one memory", "What changed since session 2025-02-18", "Your turn", "import erstwhile"):
        assert part in printed
    assert not ew.store.exists()
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_it_answers(ew: "CommandLine", tmp_path: Path) -> None:
    """Each part of the tour holds what the conversation says: then and now, one story, what changed, and what was known when."""
    told = ew.json("demo", "--store", str(tmp_path / "kept"))
    assert told["played"]["turns"] == 65
    assert [told["played"][name] for name in ("remembered", "superseded", "found", "corrected")] == [27, 6, 5, 3]
    tour = told["tour"]
    assert [(found["old"]["content"], found["new"]["content"]) for found in tour["found"]] == [
        ("Ana lives in Porto", "Ana lives in Lisbon, in Graça"),
        ("Tidemark uses SQLite as its database", "Tidemark moved its database from SQLite to PostgreSQL"),
        ("Ana works at Fogtree as a backend developer", "Ana works at Marela Health as a platform engineer"),
        ("Ana lives in Porto", "Ana lives in Braga, with her sister Inês"),
        ("Ana promised to read a poem at Inês's wedding", "Ana read the poem at Inês's wedding"),
    ]
    assert all(found["reason"] for found in tour["found"])
    assert [(asked["then"]["version"]["type"], asked["now"]["version"]["type"]) for asked in tour["comparisons"]]
    story = [version for version in tour["history"] if version["system_to"] is None]
    assert {version["content"].split(",")[0]: version["valid_to"] and version["valid_to"][:10] for version in story} == {
        "Ana lives in Porto": "2024-08-01",
        "Ana lives in Braga": "2024-09-01",
        "Ana lives in Lisbon": None,
    }
    assert {"remembered", "superseded", "corrected", "ended"} == {change["action"] for change in tour["changes"]}
    assert tour["hindsight"]["at"] == "2024-08-01T00:00:00Z"
    assert (tour["hindsight"]["before"]["content"], tour["hindsight"]["known"]["content"][:18]) == ("Ana lives in Porto", "Ana lives in Braga")
    with ew.memory(tmp_path / "kept") as memory:
        ana = memory.scope(user="ana")
        holding = {version.content for version in ana.snapshot()}
        (home,) = (version for version in ana.snapshot(tags=["home"]))
        (turn,) = (version for version in ana.snapshot(turns=True) if version.id in home.links.derived_from)
    assert "Inês gets married on 14 June 2025 in a garden near Braga" in holding
    assert "Ana promised to read a poem at Inês's wedding" not in holding
    assert (home.source.session, home.source.turn, home.source.actor, home.source.quote) == ("2024-09-10", 0, "Ana", turn.content)


def test_playing_it_again_changes_nothing(ew: "CommandLine", tmp_path: Path) -> None:
    """A second run in the same store writes nothing and tells the same."""
    first, second = (ew.json("demo", "--store", str(tmp_path / "kept")) for _ in range(2))
    assert [second["played"][name] for name in ("remembered", "superseded", "found", "corrected")] == [0, 0, 0, 0]
    for part in ("holds", "found", "changes"):
        assert second["tour"][part] == first["tour"][part]


def test_it_can_be_kept(ew: "CommandLine", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --keep the temporary store stays, and the next step opens it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = ew.json("demo", "--keep")["store"]
    assert Path(kept).is_relative_to(tmp_path)
    assert ew.json("stats", "--store", kept, "--user", "ana")["holding"] == 18
    assert f"erstwhile.open({str(tmp_path / 'x')!r}).scope(user='bea')" in ew("demo", "--store", str(tmp_path / "x"), "--user", "bea").stdout


def _file(folder: Path, name: str, content: object) -> str:
    path = folder / name
    lines = [json.dumps(part) for part in (content if name.endswith(".jsonl") and isinstance(content, list) else [content])]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_file_of_ones_own(ew: "CommandLine", tmp_path: Path) -> None:
    """One's own JSON lines are played in the same way, in a scope of their own, and asked about half way through if nothing else is said."""
    mark = {"id": "home", "content": "Bea lives in Rome"}
    file = _file(
        tmp_path,
        "bea.jsonl",
        [
            {"session": "1", "at": "2024-01-01T10:00:00Z", "role": "user", "content": "I live in Rome", "remember": [mark]},
            {"session": "2", "at": "2025-01-01", "role": "user", "content": "Now Milan", "remember": [{"content": "Bea lives in Milan", "supersedes": "home"}]},
        ],
    )
    told = ew.json("demo", "--file", file, "--ask", "where does Bea live")
    assert told["scope"]["user"] == "bea"
    assert told["tour"]["then"] == "2024-07-02T05:00:00Z"
    (asked,) = told["tour"]["comparisons"]
    assert (asked["then"]["version"]["content"], asked["now"]["version"]["content"]) == ("Bea lives in Rome", "Bea lives in Milan")
    later = ew.json("demo", "--file", file, "--ask", "where does Bea live", "--as-of", "2023-01-01")
    assert later["tour"]["comparisons"][0]["then"] is None
    assert "nothing" in ew("demo", "--file", file, "--ask", "where", "--as-of", "2023-01-01").stdout


def test_a_file_without_marks(ew: "CommandLine", tmp_path: Path) -> None:
    """Turns are kept and searched, with the file's own questions and the evidence that it names, and memories are drawn from them."""
    sample = {
        "sample_id": "conv-1",
        "conversation": {
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [{"speaker": "Cara", "dia_id": "D1:1", "text": "I adopted a cat"}, {"speaker": "Mel", "dia_id": "D1:2", "text": "Lovely!"}],
        },
        "qa": [{"question": "What did Cara adopt a cat", "answer": "a cat", "evidence": ["D1:1"], "category": 4}],
    }
    file = _file(tmp_path, "two.json", [sample, sample | {"sample_id": "conv-2"}])
    told = ew.json("demo", "--file", file, "--conversation", "2")
    assert told["conversation"] == {"name": "conv-2", "format": "locomo", "sessions": 1}
    assert (told["played"]["turns"], told["played"]["remembered"]) == (2, 1)
    assert [version["content"] for version in told["tour"]["holds"]] == ["I adopted a cat"]
    (answer,) = told["tour"]["answers"]
    assert (answer["rank"], answer["hits"][0]["version"]["content"]) == (1, "I adopted a cat")
    printed = ew("demo", "--file", file).stdout
    assert "evidence is hit 1" in printed
    assert "The file holds others" in printed
    silent = _file(tmp_path, "silent.jsonl", [{"role": "user", "content": "Hello, is there a cat?"}])
    assert "--ask" in ew("demo", "--file", silent).stdout
    assert "is there a cat?" in ew("demo", "--file", silent, "--ask", "cat").stdout
    assert "holds no conversation 3" in ew.error("demo", "--file", file, "--conversation", "3")
    assert "holds no conversation 0" in ew.error("demo", "--file", file, "--conversation", "0")


def test_what_changed_is_found_without_marks(ew: "CommandLine", tmp_path: Path) -> None:
    """What a speaker says of a change ends what was drawn before, and the tour says why; where the file marks memories, nothing else is drawn."""
    turns = [
        {"role": "user", "content": "Hi! I live in Porto.", "at": "2024-01-01T10:00:00Z"},
        {"role": "user", "content": "Guess what: I live in Lisbon now.", "at": "2025-01-01T10:00:00Z"},
    ]
    told = ew.json("demo", "--file", _file(tmp_path, "bea.jsonl", turns))
    assert [told["played"][name] for name in ("remembered", "superseded", "found")] == [2, 1, 1]
    (found,) = told["tour"]["found"]
    assert ("Porto" in found["old"]["content"], "Lisbon" in found["new"]["content"]) == (True, True)
    assert found["reason"]
    marked = [turns[0] | {"remember": [{"content": "Bea is from Porto"}]}, turns[1]]
    told = ew.json("demo", "--file", _file(tmp_path, "marked.jsonl", marked))
    assert [version["content"] for version in told["tour"]["holds"]] == ["Bea is from Porto"]


def test_a_file_that_cannot_be_used(ew: "CommandLine", tmp_path: Path) -> None:
    """A missing or broken file is one clean line, and no store is left behind."""
    assert "cannot be read" in ew.error("demo", "--file", str(tmp_path / "none.jsonl"))
    secret = "my secret"
    file = _file(tmp_path, "broken.jsonl", [{"role": "user", "content": secret}, {"role": "user", "content": secret, "at": "noon"}])
    error = ew.error("demo", "--file", file)
    assert "broken.jsonl, line 2: at" in error
    assert secret not in error


@pytest.mark.slow
def test_the_real_model_answers_the_demos_questions(tmp_path: Path) -> None:
    """With the model that comes with erstwhile, each question finds what held then and what holds now."""
    import typer.testing

    from erstwhile.cli import app

    result = typer.testing.CliRunner().invoke(app, ["demo", "--json", "--store", str(tmp_path / "store"), "--model", "bge-small"])
    assert result.exit_code == 0, result.stdout
    found = [(asked["then"]["version"]["content"], asked["now"]["version"]["content"]) for asked in json.loads(result.stdout)["tour"]["comparisons"]]
    expected = [("Porto", "Lisbon"), ("Fogtree", "Marela"), ("SQLite", "PostgreSQL"), ("flat white", "green tea")]
    assert [(before in then, after in now) for (then, now), (before, after) in zip(found, expected, strict=True)] == [(True, True)] * 4
