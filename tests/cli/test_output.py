"""What commands print."""

import re
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from erstwhile.cli.output import Entry, print_list

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def _printed(width: int, *, terminal: bool = True, text: str = "I live in Porto", no_color: bool = True) -> str:
    out = Console(file=StringIO(), width=width, force_terminal=terminal, no_color=no_color, markup=False, highlight=False)
    entry = Entry(text=text, id=ID, columns=(("relationship",), ("2024-01-01 10:00:00", "2025-03-01"), ("2024-01-01 10:00:00", "")))
    print_list([entry], ("what", "type", "holds", "believed"), empty="", on=out)
    assert isinstance(out.file, StringIO)
    return out.file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 76, 80, 100, 200])
def test_an_id_can_be_copied_at_any_width(width: int) -> None:
    """An id is never wrapped or cut, however narrow the terminal and however long the text."""
    assert ID in _printed(width, text="Porto " * 100)


def test_a_table_fits_the_terminal() -> None:
    """Text folds within the width, so that the terminal does not break lines by itself."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", _printed(120, text="Porto " * 100))
    assert max(map(len, plain.splitlines())) <= 120


def test_a_pipe_gets_one_line_an_entry() -> None:
    """In a pipe a list is for programs: tab-separated, the id first and the text last, empty fields kept, line breaks made spaces."""
    fields = [ID, "relationship", "2024-01-01 10:00:00", "2025-03-01", "2024-01-01 10:00:00", "", "I live in Porto"]
    assert _printed(20, terminal=False, text="I live\nin\tPorto") == "\t".join(fields) + "\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_memory_cannot_control_the_terminal(*, terminal: bool) -> None:
    """Escape sequences and direction marks in a memory are shown, not obeyed: what is remembered may come from a stranger."""
    printed = _printed(120, terminal=terminal, text="\x1b]0;title\x07\x9b31m \u202eroto", no_color=False)
    assert not {"\x07", "\x9b", "\u202e"} & set(printed)
    assert "\x1b]0" not in printed
    assert "\\x1b]0;title\\x07" in printed


def test_brackets_in_a_memory_are_no_markup() -> None:
    """A memory that looks like the table's own language is printed as it is."""
    assert "[red]I live in Porto[/red] :smile:" in _printed(120, text="[red]I live in Porto[/red] :smile:")


def test_nothing_found_is_said_on_stderr(ew: "CommandLine") -> None:
    """A pipe gets nothing where nothing was found, and a person is told."""
    found = ew("recall", "anything")
    assert found.stdout == ""
    assert found.stderr == "Nothing was found.\n"


def test_lists_are_plain_in_a_pipe(ew: "CommandLine") -> None:
    """Each list gives its ids, its columns and its text as fields."""
    id = ew("remember", "I live in Porto", "--from", "2024-01-01").stdout.split("\t")[0]
    ew("remember", "I live in Lisbon", "--from", "2025-03-01T10:30:00Z", "--supersedes", id)
    assert ew("recall", "Lisbon").stdout == f"{id}\tfact\t2025-03-01 10:30\t\t\tI live in Lisbon\n"
    history = [line.split("\t") for line in ew("history", id).stdout.splitlines()]
    assert [(line[2], line[3], line[7]) for line in history] == [
        ("2024-01-01", "", "I live in Porto"),
        ("2024-01-01", "2025-03-01 10:30", "I live in Porto"),
        ("2025-03-01 10:30", "", "I live in Lisbon"),
    ]
    changes = [line.split("\t") for line in ew("changes", "--since", "2000-01-01").stdout.splitlines()]
    assert [(line[1], line[3]) for line in changes] == [("remembered", "I live in Porto"), ("superseded", "I live in Lisbon instead of: I live in Porto")]
    ew("correct", id, "--to", "2025-09-01")
    assert "\tended\t" in ew("changes", "--since", "2000-01-01").stdout


def test_stats_counts_what_the_scope_holds(ew: "CommandLine") -> None:
    """The counts are those of the scope, named in words."""
    ew("remember", "I live in Porto")
    ew("remember", "tea", "--type", "preference")
    printed = " ".join(ew("stats").stdout.split())
    assert "memories that hold now 2" in printed
    assert "preference 1" in printed


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("recall", "--help"), ("types",)])
def test_help_and_version_start_fast(arguments: tuple[str, ...]) -> None:
    """What needs no store does not wait for the model's runtime, numpy or the store to be imported."""
    code = "import sys\nfrom erstwhile.cli import app\ntry:\n    app(sys.argv[1:])\nfinally:\n    print(*sys.modules, sep='\\n')"
    printed = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=True, text=True, encoding="utf-8").stdout
    assert not {"numpy", "onnxruntime", "qdrant_client", "qdrant_edge", "tokenizers"} & set(printed.splitlines())


def test_every_command_tells_what_it_and_its_options_do(ew: "CommandLine") -> None:
    """No command and no option is without a line of help."""
    import typer.main

    from erstwhile.cli import app

    commands = getattr(typer.main.get_command(app), "commands", {})
    known = {"demo", "doctor", "types", "remember", "observe", "import", "correct", "retract", "erase", "conflicts", "resolve", "undo", "policy"}
    known |= {"recall", "profile", "around", "history", "changes", "stats", "expire", "verify", "compact", "scopes", "export", "take-in", "backup", "restore"}
    known |= {"audit", "consolidate", "reembed", "transfer"}
    # These hand all that they are given on to erstwhile-mcp, which has a help of its own.
    handed_on = {"connect", "disconnect"}
    assert known | handed_on == set(commands)
    for name, command in commands.items():
        assert command.help, name
        assert [option.name for option in command.params if not option.help] == []
        assert name in handed_on or "--json" in ew(name, "--help").stdout
