"""Words of change that name what was before and what is now: "from X to Y", "replaced X with Y", "no longer X"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.attributes import kinds_of
from erstwhile.claims.clauses import Clause, normal
from erstwhile.claims.words import Text, Value, stem, tokens_of

__all__ = ["Moved", "Revision", "changes_of", "moved", "revisions_of"]

_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:replaced|replacing|swapped(?: out)?|traded(?: in)?|exchanged|substituted)\s+(?P<old>[^,;.]{1,60}?)\s+(?:with|for|by)\s+(?P<new>[^,;.]{1,60})",
        r"\bfrom (?P<old>[^,;.]{1,60}?) (?:to|over to|onto|into) (?P<new>[^,;.]{1,60})",
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
    r"(?:moved|relocated|switched|migrated|changed|converted|transitioned|shifted)(?:\s+(?P<what>(?:the|our|my|all|everything|its|their|his|her)\b[^,;.]{0,40}?))?"
    r"(?:\s+(?:over|back|house|home|cities))?(?:\s+from\s+[^,;.]{1,40}?)?\s+(?:to|into|onto|over to)\s+(?P<new>[^,;.]{1,60})"
)

_BEFORE: Final = r"(?:\s+from\s+(?P<old>[^,;]{1,30}?))?"

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A value that a text says a thing was given: "the rent went up from 850 to 900".

    Attributes:
        of: The words that carry meaning of what it is about, in normal form.
        named: Values that tell which one: the 8 of "class 8".
        former: What it was before, as far as the text says.
        now: What it is now.
    """

    of: frozenset[str]
    named: frozenset[Value]
    former: frozenset[Value]
    now: frozenset[Value]

    def concerns(self, text: Text) -> bool:
        """Whether another text is about the same thing: it has all its words, those apart that only say what kind of value it is."""
        general = frozenset(map(stem, lexicon.words("measures") | lexicon.words("general")))
        return text.content.issuperset(self.of - general or self.of) and text.values >= self.named


def revisions_of(clauses: Sequence[Clause]) -> tuple[Revision, ...]:
    """The values that some clauses say things were given, as their subject ("the rent was raised to") or their object ("they raised the rent to")."""
    found = (match for clause in clauses for pattern in _revised() if (match := pattern.match(clause.text.lower().replace("\u2019", "'"))))
    read = (_revision(*(tokens_of(match[part] or "") for part in ("what", "old", "new"))) for match in found)
    return tuple(revision for revision in read if revision.of and revision.now)


def _revision(what: Text, old: Text, new: Text) -> Revision:
    return Revision(of=what.content, named=what.values, former=old.values, now=new.values)


@cache
def _revised() -> tuple[re.Pattern[str], ...]:
    past, present, led = ("|".join(sorted(lexicon.words(name))) for name in ("revised", "revise", "led"))
    # "Her rate" is that of whom the text names before, and "it" of what it names before that: neither is read.
    elsewhere = "his|her|their|its|it|them|from|by|to|up|down"
    way = r"(?:\s+(?:up|down|back|forward|out|over|off))"
    done = rf"(?:{past}|(?:went|gone){way})"
    to = rf"{way}*{_BEFORE}{way}*\s+(?:to|until|till)\s+(?P<new>[^,;]{{1,40}})"
    return (
        re.compile(rf"^(?P<what>(?!(?:{elsewhere})\b).{{2,60}}?)\s+(?:(?:{led})\s+)*{done}\b{to}"),
        re.compile(rf"^(?:[\w'-]+\s+){{0,4}}?(?:{past}|{present})\s+(?P<what>(?!(?:{elsewhere})\b)[a-z].{{1,60}}?){to}"),
    )
