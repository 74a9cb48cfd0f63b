"""Words of change that name what was before and what is now: "from X to Y", "replaced X with Y", "no longer X"."""

import re
from collections.abc import Sequence
from typing import Final

from erstwhile.claims.attributes import kinds_of
from erstwhile.claims.clauses import Clause, normal

__all__ = ["Moved", "changes_of", "moved"]

_MOVES: Final = "moved|relocated|switched|migrated|changed|converted|transitioned|shifted"
_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:replaced|replacing|swapped(?: out)?|traded(?: in)?|exchanged|substituted)\s+(?P<old>[^,;.]{1,60}?)\s+(?:with|for|by)\s+(?P<new>[^,;.]{1,60})",
        (
            rf"\b(?:{_MOVES}|moving|switching|migrating|changing|ported|rewritten|rewrote|upgraded|went)\b"
            r"[^,;.]{0,40}?\bfrom (?P<old>[^,;.]{1,60}?) (?:to|over to|onto|into) (?P<new>[^,;.]{1,60})"
        ),
        r"(?P<old>[^,;.:]{1,40}?)\s*(?:->|\u2192|=>)\s*(?P<new>[^,;.]{1,40})",
        (
            r"\b(?:instead of|in place of|replac(?:es|ed|ing)|superseded|away from)\s+(?P<old>[^,;.]{1,60}?)"
            r"(?=$|[,;.]| with | by | for | on | at | because | and )"
        ),
        (
            r"\b(?:no longer|stopped|quit|dropped|ditched|abandoned|scrapped|deprecated|got rid of|done with|gave up(?: on)?|given up(?: on)?|moved off"
            r"|decommissioned)\s+"
            r"(?P<old>[^,;.]{1,60})"
        ),
    )
)
_MOVED: Final = re.compile(
    r"^(?P<who>i|we|i've|we've|the team|our team|my family|[\w' ]{1,25}?)\s*(?:(?:have|has|had|just|finally|recently|already|now|all|both|officially)\s+)*"
    rf"(?:{_MOVES})(?:\s+(?P<what>(?:the|our|my|all|everything|its|their|his|her)\b[^,;.]{{0,40}}?))?"
    r"(?:\s+(?:over|back|house|home|cities))?(?:\s+from\s+[^,;.]{1,40}?)?\s+(?:to|into|onto|over to)\s+(?P<new>[^,;.]{1,60})"
)

Moved = tuple[str, str]
"""Who moved or switched, and to what, in normal form."""


def changes_of(clauses: Sequence[Clause]) -> tuple[frozenset[str], bool]:
    """Values, in normal form, that are named as having been before; and whether something is named in their place."""
    whole = " , ".join(clause.text.lower() for clause in clauses)
    found = [match for pattern in _PATTERNS for match in pattern.finditer(whole)]
    former = frozenset(normal(match["old"]) for match in found) - {""}
    return former, any("new" in match.groupdict() for match in found) or any(moved(clause) for clause in clauses)


def moved(clause: Clause) -> Moved | None:
    """Who moved or switched, and to what; of a thing that was moved, only where it was moved to something of a known kind."""
    match = _MOVED.match(clause.text.lower().replace("\u2019", "'"))
    if match is None:
        return None
    new = normal(match["new"])
    return None if match["what"] and not kinds_of(new) else (match["who"].strip(), new)
