"""What stands on a store that another is transferred to: from where, and how far that is."""

from datetime import datetime
from typing import Any, Self

import msgspec

from erstwhile.errors import StoreUnavailableError

__all__ = ["Arrival"]


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer, as its target knows it.

    Attributes:
        source: Where the memories come from.
        done: Whether all of them are there, and were checked.
        as_of: The system time as of which they are there; ``None`` until they are.
        versions: How many there are then.
        sha256: Of the versions, in order of id, in hexadecimal.
    """

    source: str
    done: bool = False
    as_of: datetime | None = None
    versions: int = 0
    sha256: str = ""

    @classmethod
    def read(cls, value: object) -> "Self | None":
        """What was written; ``None`` where nothing was. What cannot be read stands for a transfer that is not done."""
        if value is None:
            return None
        try:
            return msgspec.convert(value, cls)
        except msgspec.ValidationError:
            return cls(source="somewhere that cannot be read any more")

    def written(self) -> dict[str, Any]:
        """As plain values."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    def check(self, place: str) -> None:
        """Make sure that the memories are all there.

        Raises:
            StoreUnavailableError: They are not.
        """
        if not self.done:
            raise StoreUnavailableError(
                f"{place} is the target of a transfer from {self.source} that is not done. Run `erstwhile transfer` again to finish it, or remove the target."
            )
