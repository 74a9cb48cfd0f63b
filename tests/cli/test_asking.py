"""Asking on the command line: what narrows a recall, the profile, and what was said around something."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine


def _talk(ew: "CommandLine") -> list[str]:
    """Ids of the turns of a short conversation."""
    said = ["good morning", "I like coffee", "fine"]
    with ew.memory() as memory:
        messages = [{"role": "user", "content": content, "at": f"2024-01-01T10:0{minute}:00Z"} for minute, content in enumerate(said)]
        return [turn.memory_id for turn in memory.scope(user="ana").observe(messages, session="monday", draw=False)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), {"tea at dawn", "tea at noon", "tea at night"}),
        (("--actor", "Bo", "--actor", "crawler"), {"tea at noon", "tea at night"}),
        (("--source-kind", "stated", "--source-kind", "tool"), {"tea at dawn", "tea at night"}),
        (("--source-session", "monday"), {"tea at noon"}),
        (("--min-confidence", "0.5"), {"tea at dawn", "tea at noon"}),
        (("--pinned",), {"tea at dawn"}),
        (("--not-pinned",), {"tea at noon", "tea at night"}),
    ],
)
def test_what_narrows_a_recall(ew: "CommandLine", options: tuple[str, ...], expected: set[str]) -> None:
    """Each filter of the verb can be given, and means the same."""
    ew("remember", "tea at dawn", "--pinned", "--no-relate")
    ew("remember", "tea at noon", "--no-relate", "--actor", "Bo", "--source-kind", "inferred", "--source-session", "monday", "--confidence", "0.6")
    ew("remember", "tea at night", "--no-relate", "--actor", "crawler", "--source-kind", "tool", "--confidence", "0.2")
    assert {hit["version"]["content"] for hit in ew.json("recall", "tea", *options)["hits"]} == expected


def test_what_cannot_be_used_is_told(ew: "CommandLine") -> None:
    """A wrong value fails in one line that says what to give."""
    assert "choose one of stated, " in ew.error("recall", "tea", "--source-kind", "rumour")
    assert "from 0 to 1." in ew.error("recall", "tea", "--min-confidence", "2")
    assert "from 0 to 20." in ew.error("recall", "tea", "--neighbours", "21")
    assert "from 0 to 1,000." in ew.error("around", "01890a5d-ac96-774b-bcce-b302099a8057", "--before", "-1")


def test_the_profile(ew: "CommandLine") -> None:
    """What is pinned is shown by itself, the most important first, as it was at any time; pinning and taking out is one command."""
    assert "Nothing is pinned." in ew("profile").stderr
    tea = ew.json("remember", "likes tea", "--from", "2024-01-01")["version"]["memory_id"]
    ew("remember", "answer briefly", "--pinned", "--importance", "0.9", "--from", "2024-06-01")
    ew("correct", tea, "--pinned")
    assert [version["content"] for version in ew.json("profile")["versions"]] == ["answer briefly", "likes tea"]
    assert [version["content"] for version in ew.json("profile", "--as-of", "2024-03-01")["versions"]] == ["likes tea"]
    ew("correct", tea, "--not-pinned")
    assert ew("profile").stdout.splitlines()[0].split("\t")[-1] == "answer briefly"
    assert ew.json("profile", "--system-as-of", "2024-03-01")["versions"] == []


def test_what_was_said_around(ew: "CommandLine") -> None:
    """Turns are listed by their ids, in order, with who said them, where and when."""
    first, second, third = _talk(ew)
    lines = [line.split("\t") for line in ew("around", second).stdout.splitlines()]
    assert [line[0] for line in lines] == [first, second, third]
    assert lines[1][1:] == ["user", "monday", "1", "2024-01-01 10:01", "I like coffee"]
    assert [turn["content"] for turn in ew.json("around", second, "--before", "0", "--after", "5")["turns"]] == ["I like coffee", "fine"]
    nowhere = ew.json("remember", "likes tea")["version"]["memory_id"]
    assert "It was drawn from no turn." in ew("around", nowhere).stderr


def test_neighbours_are_shown_beside_their_hit(ew: "CommandLine") -> None:
    """What was said around a hit follows its text; programs find it in a field of its own."""
    _talk(ew)
    (hit,) = ew.json("recall", "coffee", "-k", "1", "--neighbours", "1")["hits"]
    assert [turn["content"] for turn in hit["neighbours"]] == ["good morning", "fine"]
    assert ew("recall", "coffee", "-k", "1", "--neighbours", "1").stdout.rstrip().endswith("I like coffee turn 0, user: good morning turn 2, user: fine")
    assert ew("recall", "coffee", "-k", "1").stdout.rstrip().endswith("\tI like coffee")


def test_a_hit_is_explained_and_held_against_a_bound(ew: "CommandLine") -> None:
    """--explain tells by which channels a hit was found; --min-relevance leaves out what is less relevant."""
    ew("remember", "tea at dawn", "--no-relate")
    assert "Found by meaning" in ew("recall", "tea at dawn", "--explain").output
    assert "Found by" not in ew("recall", "tea at dawn").output
    assert ew.json("recall", "tea at dawn", "--min-relevance", "1.0")["hits"][0]["why"]
    assert not ew.json("recall", "tea at dusk", "--min-relevance", "1.0")["hits"]
