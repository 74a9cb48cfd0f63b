"""Tables, as Markdown has them."""

from collections.abc import Sequence

__all__ = ["Row", "grid"]

Row = Sequence[str]


def grid(head: Row, rows: Sequence[Row]) -> list[str]:
    """The lines of a table."""
    first, *rest = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return [first, "|---" * len(head) + "|", *rest]
