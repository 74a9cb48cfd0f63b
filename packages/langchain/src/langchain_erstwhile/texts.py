"""What text a memory can hold; pure."""

import re
from typing import Final

__all__ = ["LONGEST", "UNKEEPABLE", "keepable"]

LONGEST: Final = 32_768
"""Characters of a memory, of a turn and of a question (`erstwhile.Version`)."""
UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")
"""A NUL, and half a surrogate pair."""


def keepable(text: str, longest: int = LONGEST) -> str:
    """A text as it can be kept, embedded and asked: what no text can hold becomes U+FFFD, and what is longer than ``longest`` characters is cut."""
    return UNKEEPABLE.sub("\ufffd", text[:longest])
