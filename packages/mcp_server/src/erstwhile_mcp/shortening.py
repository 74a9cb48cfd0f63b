"""Answers cut to a length: contents first, and what goes with them; pure."""

from collections.abc import Iterable
from typing import Final

from erstwhile_mcp.answers import ChangeItem, ConflictItem, Item, Remembered
from erstwhile_mcp.paging import BYTES_PER_TOKEN, SHORTEST, clipped, tokens

__all__ = ["WRITE_TOKENS", "brief", "briefs", "shorter", "shorter_change", "shorter_conflict"]

WRITE_TOKENS: Final = 2_000
"""About how many tokens the structured half of a write's answer takes: the caller knows what it wrote, and history has what was ended."""
TAGS: Final = 8
"""Tags that are left on an item that had to be cut."""


def shorter(whole: Item, length: int) -> Item:
    """An item with at most so many characters of content, and then few tags; the same one where that much does."""
    content = clipped(whole.content, length)
    tags = None if whole.tags is None else whole.tags[:TAGS]
    return whole if content is None else whole.model_copy(update={"content": content, "clipped": True, "tags": tags})


def shorter_change(whole: ChangeItem, length: int) -> ChangeItem:
    """A change whose versions share so many characters."""
    share = length // max(len(whole.before) + len(whole.after), 1)
    return whole.model_copy(update={side: [shorter(each, share) for each in getattr(whole, side)] for side in ("before", "after")})


def shorter_conflict(whole: ConflictItem, length: int) -> ConflictItem:
    """A conflict whose two sides share so many characters."""
    return whole.model_copy(update={side: shorter(getattr(whole, side), length // 2) for side in ("older", "newer")})


def brief(whole: Remembered, *, budget: int = WRITE_TOKENS) -> Remembered:
    """What a write did, its versions cut to a budget of tokens."""
    versions = (*(() if whole.memory is None else (whole.memory,)), *whole.ended)
    length = max(SHORTEST, budget * BYTES_PER_TOKEN // max(len(versions), 1))
    first = None if whole.memory is None else shorter(whole.memory, length)
    return whole.model_copy(update={"memory": first, "ended": [shorter(each, length) for each in whole.ended]})


def briefs(wholes: Iterable[Remembered], *, budget: int = WRITE_TOKENS) -> list[Remembered]:
    """What several writes did. Once the budget is spent, the versions that now stand, which the caller gave, are left out."""
    room = budget
    cut = []
    for whole in wholes:
        each = brief(whole, budget=budget // 4)
        if (cost := tokens(each.model_dump_json(exclude_none=True))) > room:
            each = each.model_copy(update={"memory": None})
        room -= cost
        cut.append(each)
    return cut
