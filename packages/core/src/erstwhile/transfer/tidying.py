"""What other systems wrote, made fit to be kept: texts without what cannot be stored, times in whatever form they have."""

import math
from datetime import UTC, datetime, timedelta

from erstwhile.errors import InvalidInputError
from erstwhile.model import MAX_CONTENT, MAX_NAME, MAX_TAGS, MemoryType
from erstwhile.time import as_utc

__all__ = ["kind", "labels", "moment", "name", "pieces"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def pieces(text: object) -> tuple[str, ...]:
    """A text as one content, or as several where it is longer than one may be; none where there is nothing in it."""
    if not isinstance(text, str):
        return ()
    fit = text.replace("\0", "").encode("utf-8", "ignore").decode()
    return tuple(piece for place in range(0, len(fit), MAX_CONTENT) if (piece := fit[place : place + MAX_CONTENT]).strip())


def name(value: object, *, limit: int = MAX_NAME) -> str | None:
    """A text of one line that fits where names go; ``None`` where it is none."""
    parts = pieces(value)
    return " ".join(parts[0].split())[:limit] if parts else None


def labels(values: object) -> tuple[str, ...]:
    """Tags: from a list, or from a text with commas."""
    given = values.split(",") if isinstance(values, str) else values if isinstance(values, list) else []
    return tuple(dict.fromkeys(label for value in given if (label := name(value))))[:MAX_TAGS]


def moment(value: object, *, place: str) -> datetime | None:
    """A time in ISO 8601 (in UTC where it names no zone), or in seconds or milliseconds since 1970; ``None`` where there is none.

    Raises:
        InvalidInputError: It is something else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        # In seconds so great a number lies in the year 5138.
        try:
            return _EPOCH + timedelta(seconds=value / 1_000 if abs(value) > 100_000_000_000 else value)
        except OverflowError:
            raise InvalidInputError(f"{place} lies outside the years 1 to 9999.") from None
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value.strip())
        except ValueError:
            return as_utc(value, name=place)
        return as_utc(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC), name=place)
    raise InvalidInputError(f"{place}: expected a time in ISO 8601 or in seconds since 1970.")


def kind(value: object) -> MemoryType | None:
    """The type of that name, where there is one."""
    return next((each for each in MemoryType if isinstance(value, str) and value.strip().lower() in {each.value, f"{each.value}s"}), None)
