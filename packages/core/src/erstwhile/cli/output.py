"""How a command answers: one line of JSON, tables on a terminal, tab-separated lines in a pipe."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["Entry", "clean", "complain", "console", "many", "one_line", "print_json", "print_list", "shown"]

ID_WIDTH: Final = 36
"""A UUID; the first column is never narrower, so that an id is never broken."""
NARROW: Final = 76
"""Below so many columns a table leaves no room for text."""
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a list.

    Attributes:
        text: What it says.
        id: The id to copy.
        columns: Further columns; the parts of one stand below each other on a terminal, and beside each other, empty ones included, in a pipe.
        dim: Whether it is shown as past.
    """

    text: str
    id: str
    columns: tuple[tuple[str, ...], ...]
    dim: bool = False


def console(*, stderr: bool = False) -> "Console":
    """Where to print. It knows the width, and whether there are colours: not in a pipe, and not with NO_COLOR."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def clean(text: str) -> str:
    """Text without what would control the terminal: a memory may hold anything, and escape sequences in it are not obeyed but shown."""
    return "".join(repr(letter)[1:-1] if letter in _BIDI or (unicodedata.category(letter) == "Cc" and letter not in "\n\t") else letter for letter in text)


def one_line(text: str) -> str:
    """The same on one line, without tabs."""
    return clean(" ".join(text.split()))


def many(number: int, one: str, several: str | None = None) -> str:
    """A number of things: "1 turn", "2,000 turns"."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def print_json(value: object) -> None:
    """Print one line of JSON, in UTF-8 whatever the terminal speaks."""
    typer.echo(msgspec.json.encode(value))


def complain(error: Exception, *, json: bool) -> None:
    """Tell of an error on stderr, in one line."""
    # A path may hold bytes that are no text in any encoding.
    message = str(error).encode(errors="backslashreplace").decode()
    if json:
        typer.echo(msgspec.json.encode({"error": {"type": type(error).__name__, "message": message}}), err=True)
    else:
        from rich.text import Text

        console(stderr=True).print(Text.assemble(("error: ", "bold red"), one_line(message)), soft_wrap=True)


def print_list(entries: Sequence[Entry], headings: Sequence[str], *, empty: str, on: "Console | None" = None) -> None:
    """Print a list: a table on a terminal, tab-separated lines (id, columns, text) in a pipe.

    Args:
        entries: The lines.
        headings: Of the text, and of each further column.
        empty: What to tell, on stderr, where there are none.
        on: Where to print. Default: stdout.
    """
    out = on or console()
    if not entries:
        console(stderr=True).print(empty, style="dim")
    elif not out.is_terminal:
        for entry in entries:
            # Not by rich, which makes spaces of tabs.
            typer.echo("\t".join([entry.id, *(one_line(part) for column in entry.columns for part in column), one_line(entry.text)]), file=out.file)
    elif out.width < NARROW:
        for entry in entries:
            out.print(_stacked(entry), soft_wrap=True)
    else:
        out.print(shown(entries, headings))


def shown(entries: Iterable[Entry], headings: Sequence[str], *, ids: bool = True) -> "RenderableType":
    """The entries as a table. Text folds; ids and the further columns never do."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", show_edge=False, expand=False)
    table.add_column(headings[0], min_width=ID_WIDTH, overflow="fold")
    for heading in headings[1:]:
        table.add_column(heading, no_wrap=True, overflow="ignore")
    for entry in entries:
        what = Text(clean(entry.text), style="dim" if entry.dim else "")
        if ids:
            what.append(f"\n{entry.id}", style="dim cyan")
        table.add_row(what, *("\n".join(_labelled(column)) for column in entry.columns), style="dim" if entry.dim else "")
    return table


def _labelled(column: tuple[str, ...]) -> list[str]:
    first, *rest = column
    return [first, *(f"to {part}" for part in rest if part)]


def _stacked(entry: Entry) -> "RenderableType":
    from rich.text import Text

    facts = " · ".join(filter(None, (" ".join(_labelled(column)) for column in entry.columns)))
    return Text.assemble((clean(entry.text), "dim" if entry.dim else "bold"), f"\n{facts}\n", (entry.id, "dim cyan"))
