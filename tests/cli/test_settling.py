"""What clashes, on the command line: how a write tells of it, conflicts, resolve, undo."""

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands print as on a terminal of 120 columns, without colours."""
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "120"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def clash(ew: "CommandLine") -> str:
    """The id of a conflict: what was inferred stands against what was stated."""
    ew("remember", "I live in Lisbon", "--from", "2025-01-01", "--source", "mail:7")
    ew("remember", "I live in Braga", "--from", "2025-06-01", "--source-kind", "inferred", "--source-session", "s1")
    return str(ew.json("conflicts")["conflicts"][0]["id"])


def _holding(ew: "CommandLine") -> dict[str, bool]:
    """What holds now, and whether it is contested."""
    return {hit["version"]["content"]: hit["contested"] for hit in ew.json("recall", "where do I live")["hits"]}


def test_remember_tells_what_it_ends_and_why(ew: "CommandLine", terminal: None) -> None:
    """Whoever remembers something sees at once what that did to an older memory, how sure that was, and the reason."""
    ew("remember", "I live in Porto", "--from", "2024-01-01")
    printed = ew("remember", "I live in Lisbon", "--from", "2025-01-01").stdout
    assert printed.startswith("Superseded. ")
    assert "what it relates to" in printed
    assert "I live in Porto" in printed
    assert "supersedes" in printed
    again = ew("remember", "I live in Lisbon", "--from", "2025-02-01").stdout
    assert again.startswith("Reinforced. ")
    assert "duplicate" in again
    plain = ew("remember", "The printer is on the third floor").stdout
    assert "what it relates to" not in plain


def test_remember_in_a_pipe_stays_one_line(ew: "CommandLine") -> None:
    """A script that takes the id of what it remembered gets that one line, whatever it relates to; the rest is in the JSON."""
    ew("remember", "I live in Porto", "--from", "2024-01-01")
    assert ew("remember", "I live in Lisbon", "--from", "2025-01-01").stdout.count("\n") == 1
    outcome = ew.json("remember", "I live in Braga", "--from", "2025-06-01")
    assert outcome["action"] == "superseded"
    assert outcome["relations"][0]["relation"] == "supersedes"
    assert outcome["relations"][0]["reason"] in outcome["reason"]


def test_remember_can_leave_the_others_alone(ew: "CommandLine") -> None:
    """With --no-relate nothing is compared, and nothing ends."""
    ew("remember", "I live in Porto", "--from", "2024-01-01")
    outcome = ew.json("remember", "I live in Lisbon", "--from", "2025-01-01", "--no-relate")
    assert (outcome["action"], outcome["relations"]) == ("remembered", [])
    assert set(_holding(ew)) == {"I live in Porto", "I live in Lisbon"}


def test_a_clash_points_to_what_settles_it(ew: "CommandLine", terminal: None) -> None:
    """Whoever opens a conflict is told so, and which commands to go on with."""
    ew("remember", "I live in Lisbon", "--from", "2025-01-01")
    printed = ew("remember", "I live in Braga", "--from", "2025-06-01", "--source-kind", "inferred").stdout
    assert printed.startswith("Contested. ")
    assert "contradicts" in printed
    assert "erstwhile conflicts" in printed
    assert "erstwhile resolve" in printed


def test_a_conflict_shows_both_sides(ew: "CommandLine", clash: str, terminal: None) -> None:
    """To settle a conflict one needs both sides, their types, when they hold, where each comes from, why they clash, and the id to settle it by."""
    printed = ew("conflicts").stdout
    for part in ("I live in Braga", "I live in Lisbon", "inferred by user, session s1", "stated by user, mail:7", "2025-01-01", "2025-06-01", "fact", clash):
        assert part in printed
    assert "may not end" in printed
    assert "keep-new|keep-old|keep-both|merge" in printed


def test_a_conflict_in_a_pipe_is_two_lines(ew: "CommandLine", clash: str) -> None:
    """A program gets a line for each side: the id of the conflict first, the text last."""
    newer, older = (line.split("\t") for line in ew("conflicts").stdout.splitlines())
    assert (newer[0], newer[1], newer[3:7], newer[-1]) == (clash, "newer", ["fact", "2025-06-01", "", "inferred by user, session s1"], "I live in Braga")
    assert (older[0], older[1], older[3:7], older[-1]) == (clash, "older", ["fact", "2025-01-01", "", "stated by user, mail:7"], "I live in Lisbon")
    assert ew("resolve", newer[2], "keep-both").stderr == ""


def test_without_a_conflict_nothing_is_listed(ew: "CommandLine") -> None:
    """A pipe gets nothing where nothing clashes, a person is told, and a program gets an empty list."""
    listed = ew("conflicts")
    assert (listed.stdout, listed.stderr) == ("", "Nothing clashes.\n")
    assert ew.json("conflicts") == {"conflicts": []}


def test_recall_marks_what_is_contested(ew: "CommandLine", clash: str) -> None:
    """Nobody takes one side of an open conflict for settled: in a list, in a pipe and in JSON it is marked."""
    assert {line.split("\t")[4] for line in ew("recall", "where do I live").stdout.splitlines()} == {"contested"}
    assert _holding(ew) == {"I live in Braga": True, "I live in Lisbon": True}


@pytest.mark.parametrize(
    ("how", "holding"),
    [
        (("keep-new",), {"I live in Braga"}),
        (("keep-old",), {"I live in Lisbon"}),
        (("Keep_Both",), {"I live in Braga", "I live in Lisbon"}),
        (("merge", "--text", "I live in Lisbon and Braga"), {"I live in Lisbon and Braga"}),
    ],
)
def test_a_conflict_is_settled_and_opened_again(ew: "CommandLine", clash: str, how: tuple[str, ...], holding: set[str]) -> None:
    """Each way to settle leaves what it says, uncontested; undo opens the very same conflict again."""
    outcome = ew.json("resolve", clash, *how)
    assert outcome["action"] == "settled"
    assert _holding(ew) == dict.fromkeys(holding, False)
    assert ew.json("conflicts")["conflicts"] == []
    assert ew.json("undo", outcome["version"]["id"])["action"] == "undone"
    assert _holding(ew) == {"I live in Braga": True, "I live in Lisbon": True}
    assert [conflict["id"] for conflict in ew.json("conflicts")["conflicts"]] == [clash]


def test_settling_prints_all_that_was_written(ew: "CommandLine", clash: str) -> None:
    """After settling, and after undoing, both memories are shown as they stand now."""
    settled = [line.split("\t") for line in ew("resolve", clash, "keep-new").stdout.splitlines()]
    assert [(line[2], line[3], line[4], line[5]) for line in settled] == [
        ("2025-01-01", "2025-06-01", "", "I live in Lisbon"),
        ("2025-06-01", "", "", "I live in Braga"),
    ]
    undone = ew("undo", settled[1][0])
    assert undone.stdout.count("\tcontested\t") == 2


def test_a_merging_text_can_come_from_stdin(ew: "CommandLine", clash: str) -> None:
    """A private text needs not stand on the command line here either."""
    assert json.loads(ew("resolve", clash, "merge", "--text", "-", "--json", stdin="Both cities\n").stdout)["version"]["content"] == "Both cities"


def test_undo_gives_back_what_was_ended(ew: "CommandLine") -> None:
    """A wrong supersession is taken back in one command, and taken up again by undoing that."""
    ew("remember", "I live in Porto", "--from", "2024-01-01")
    lisbon = ew.json("remember", "I live in Lisbon", "--from", "2025-01-01")["version"]["id"]
    assert set(_holding(ew)) == {"I live in Lisbon"}
    undone = ew.json("undo", lisbon)
    assert undone["action"] == "undone"
    assert set(_holding(ew)) == {"I live in Porto", "I live in Lisbon"}


def test_changes_and_history_tell_of_each_action(ew: "CommandLine") -> None:
    """What a write did to another memory can be read afterwards: what was said again, and what clashed with what."""
    ew("remember", "I live in Lisbon", "--from", "2025-01-01")
    id = ew.json("remember", "I live in Lisbon now", "--from", "2025-02-01")["version"]["memory_id"]
    ew("remember", "I live in Braga", "--from", "2025-06-01", "--source-kind", "inferred")
    told = {line.split("\t")[1]: line.split("\t")[3] for line in reversed(ew("changes", "--since", "2000-01-01").stdout.splitlines())}
    assert told["reinforced"] == "I live in Lisbon said again: I live in Lisbon now"
    assert told["contested"] == "I live in Lisbon against: I live in Braga"
    assert [line.split("\t")[6] for line in ew("history", id).stdout.splitlines()] == ["", "said again", "contested, said again"]


def test_changes_tell_why_something_ended(ew: "CommandLine") -> None:
    """Where the engine itself ended a memory, the list of changes has its reason, and history knows an end without a successor."""
    id = ew.json("remember", "I live in Porto", "--from", "2024-01-01")["version"]["memory_id"]
    ew("remember", "I live in Lisbon", "--from", "2025-01-01")
    ew("remember", "I no longer live in Lisbon", "--from", "2025-06-01")
    told = [line.split("\t") for line in ew("changes", "--since", "2000-01-01").stdout.splitlines()]
    assert [line[1] for line in told] == ["remembered", "superseded", "ended"]
    assert "instead of: I live in Porto why: " in told[1][3]
    assert " why: " in told[2][3]
    assert [line.split("\t")[6] for line in ew("history", id).stdout.splitlines()][-1] == "an end"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("resolve", UNKNOWN, "keep-new"), "There is no open conflict"),
        (("resolve", "7", "keep-new"), "There is no open conflict '7'"),
        (("resolve", UNKNOWN, "keep"), "'keep' settles nothing; choose one of keep-new, keep-old, keep-both, merge"),
        (("resolve", UNKNOWN, "merge"), "give the text"),
        (("resolve", UNKNOWN, "keep-new", "--text", "x"), "leave the text out"),
        (("resolve", UNKNOWN, "merge", "--text", ""), "text is empty"),
        (("undo", UNKNOWN), "There is no memory or version"),
        (("undo", "7"), "'7' is not an id"),
    ],
)
def test_what_cannot_be_settled_is_one_clean_line(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], said: str) -> None:
    """An unknown conflict, another word than the four, or a text out of place: one line that names it and says what to do, and nothing is written."""
    monkeypatch.setenv("ERSTWHILE_STORE", ":memory:")
    assert said in ew.error(*command)
    failed = ew(*command, "--json", code=1)
    assert said in json.loads(failed.stderr)["error"]["message"]


def test_a_write_that_touched_nothing_cannot_be_undone(ew: "CommandLine") -> None:
    """Undo takes back what a write did to others; where it did nothing, the error names the command that is meant."""
    id = ew.json("remember", "I live in Porto")["version"]["id"]
    assert "retract" in ew.error("undo", id)
    assert ew.json("stats")["holding"] == 1


@pytest.mark.parametrize("command", [("resolve",), ("resolve", UNKNOWN), ("undo",)])
def test_a_wrong_call_exits_with_2(ew: "CommandLine", command: tuple[str, ...]) -> None:
    """A script can tell a wrong call from a failed one."""
    ew(*command, code=2)
