"""Values that a text says things were given: "the rent went up from 850 to 900", "they moved the exam to Friday"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.clauses import Clause
from erstwhile.claims.words import Text, Token, Value, tokens_of

__all__ = ["Revision", "revisions_of"]

_LEADING: Final = frozenset(("a", "an", "the", "about", "around", "below", "above", "every", "at", "of"))
"""What may stand before the value and within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A value that a text says a thing was given.

    Attributes:
        of: The words that carry meaning of what it is about, in normal form.
        named: Values that tell which one: the 8 of "class 8".
        former: What it was before, as far as the text says.
        now: What it is now: the value, and what goes with it, as the month with the day.
        besides: The words that carry meaning of what follows in the clause: "for students", "in class 9".
        others: The values of what follows.
    """

    of: frozenset[str]
    named: frozenset[Value]
    former: frozenset[Value]
    now: tuple[Value, ...]
    besides: frozenset[str]
    others: frozenset[Value]


def revisions_of(clauses: Sequence[Clause]) -> tuple[Revision, ...]:
    """What some clauses say things were given, as their subject ("the rent was raised to") or their object ("they raised the rent to")."""
    found = (match for clause in clauses for pattern in _revised() if (match := pattern.match(clause.text.lower().replace("\u2019", "'"))))
    read = (_revision(*(tokens_of(match[part] or "") for part in ("what", "old", "new"))) for match in found)
    return tuple(revision for revision in read if revision is not None)


def _revision(what: Text, old: Text, new: Text) -> Revision | None:
    end = _end_of_value(new.tokens)
    now = tuple(token.value for token in new.tokens[:end] if token.value)
    possible = lexicon.words("unreal").isdisjoint(token.lower for token in what.tokens)
    if not what.content or not now or not possible:
        return None
    rest = new.tokens[end:]
    back = bool(rest) and rest[0].lower == "from"
    former = old.values | {token.value for token in rest if back and token.value}
    following = Text(tokens=() if back else rest)
    return Revision(of=what.content, named=what.values, former=former, now=now, besides=following.content, others=following.values)


def _end_of_value(tokens: Sequence[Token]) -> int:
    """Where the value ends that a phrase begins with; 0 where it begins with none."""
    within = _LEADING | lexicon.words("labels") | lexicon.mapping("units").keys() | lexicon.words("currencies")
    end = next((place for place, token in enumerate(tokens) if token.value is None and token.lower not in within), len(tokens))
    # A unit is part of it, and so is what is counted: "5 questions".
    following = tokens[end].lower if 0 < end < len(tokens) and tokens[end - 1].value else ""
    return end + 1 if following and following not in lexicon.words("stop") | lexicon.words("prepositions") else end


@cache
def _revised() -> tuple[re.Pattern[str], ...]:
    past, present, led = ("|".join(sorted(lexicon.words(name))) for name in ("revised", "revise", "led"))
    # "Her rate" is that of whom the text names before, and "it" what it names before that: neither is read.
    elsewhere = r"(?!(?:his|her|their|its|it|them|from|by|to|up|down)\b)"
    way = r"(?:\s+(?:up|down|back|forward|out|over|off))"
    part = r"(?:[^,;]|,(?=\d))"
    to = rf"(?:\s+by\s+{part}{{1,20}}?)?{way}*(?:\s+from\s+(?P<old>{part}{{1,30}}?))?{way}*\s+(?:to|until|till)\s+(?P<new>{part}{{1,80}})$"
    return (
        re.compile(rf"^(?P<what>{elsewhere}.{{2,60}}?)\s+(?:(?:{led})\s+)*(?:{past}|(?:went|gone)(?:{way}|(?=\s+from\b)))\b{to}"),
        re.compile(rf"^(?:[\w'-]+\s+){{0,4}}?(?:{past})\s+(?P<what>{elsewhere}[a-z].{{1,60}}?){to}"),
        re.compile(rf"^(?:please\s+)?(?:{present})\s+(?P<what>{elsewhere}[a-z].{{1,60}}?){to}"),
    )
