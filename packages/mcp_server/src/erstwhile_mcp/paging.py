"""Results a page at a time: opaque cursors, and as many items as a budget of tokens takes; pure."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from erstwhile import InvalidInputError

__all__ = ["BYTES_PER_TOKEN", "SHORTEST", "Cursor", "Page", "clipped", "page", "tokens"]

BYTES_PER_TOKEN: Final = 3
"""Of UTF-8: fewer than a token has in English or code, in most alphabets and in Chinese, so that a budget holds."""
FRAME_TOKENS: Final = 200
"""What a result takes beside its items: the frame around them, the cursor, the fences."""
SHORTEST: Final = 200
"""Characters of a content that are shown however small the budget is."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a list goes on.

    Attributes:
        start: How many items come before.
        valid, system: The point in time that the first page was asked for, in ISO 8601, so that all pages are of one list; ``None`` where it has none.
    """

    start: int = 0
    valid: str | None = None
    system: str | None = None

    def encode(self, call: Mapping[str, Any]) -> str:
        """One word, good for the same call only."""
        parts = [_digest(call), self.start, self.valid, self.system]
        return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, word: str | None, call: Mapping[str, Any]) -> "Cursor":
        """Read it back; without a word, the beginning.

        Raises:
            InvalidInputError: It is no cursor of this call.
        """
        if word is None:
            return cls()
        try:
            digest, start, valid, system = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
            good = digest == _digest(call) and type(start) is int and 0 <= start <= 1_000_000 and all(isinstance(time, str | None) for time in (valid, system))
        except (ValueError, TypeError, binascii.Error, RecursionError):
            good = False
        if not good:
            raise InvalidInputError(
                "The cursor belongs to another call; give the next_cursor of this tool's last answer with the same arguments, or no cursor."
            )
        return cls(start=start, valid=valid, system=system)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """What fits.

    Attributes:
        items: At least one, where there is any.
        more: Whether there are more.
    """

    items: tuple[T, ...]
    more: bool


def tokens(text: str) -> int:
    """About how many tokens a text has, on the high side."""
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)


def page(items: Iterable[T], *, total: int, budget: int, shorten: Callable[[T, int], T], most: int | None = None) -> Page[T]:
    """The first items that fit a budget.

    Args:
        items: In order; made no further than they are needed.
        total: How many there are.
        budget: Tokens.
        shorten: Cuts an item to about so many characters of content; asked of the first one where not even that fits.
        most: At most so many items.
    """
    room = budget - FRAME_TOKENS
    taken: list[T] = []
    for item in islice(items, most):
        cost = _cost(item)
        if cost > room and not taken:
            item = shorten(item, max(SHORTEST, room))  # noqa: PLW2901 - the item as it is shown
            cost = _cost(item)
        elif cost > room:
            break
        taken.append(item)
        room -= cost
    return Page(items=tuple(taken), more=len(taken) < total)


def clipped(content: str, length: int) -> str | None:
    """The content cut to ``length`` characters, or ``None`` where it need not be."""
    return None if len(content) <= length else content[: length - 1] + "…"


def _cost(item: object) -> int:
    # Shown twice: as structured content, and in the text for clients that have no use for it.
    text = item.model_dump_json(exclude_none=True) if isinstance(item, BaseModel) else str(item)
    return tokens(text) + tokens(text) // 2


def _digest(call: Mapping[str, Any]) -> str:
    return sha256(json.dumps(call, sort_keys=True, default=str).encode(errors="replace")).hexdigest()[:12]
