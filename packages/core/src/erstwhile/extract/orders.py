"""What tells somebody to do something: a standing instruction, or a request for once."""

import re
from typing import Final

from erstwhile.extract.chatter import GENERIC, HERE, REQUEST, SMALL_TALK, STANDING, SUPPOSED, THIS_ONCE
from erstwhile.extract.grammar import is_imperative, says_something, split_words, verb_at
from erstwhile.extract.words import CONVENTION_VERBS, MOODS

__all__ = ["DEONTIC", "standing_order"]

DEONTIC: Final = re.compile(r"\b(?:must|should|shouldn't|mustn't|have to|need to|may not|can't|cannot|are not allowed|is not allowed|shall)\b")
"""Says what must or may be."""
_TALKING: Final = re.compile(r"(?:call|address) (?!me|us|him|her|them|my|our|the|every|each)")
_CONDITION: Final = re.compile(
    r"(?:from now on|going forward|in (?:the )?future|until further notice|by default),? |(?:when|if|before|after|for|to"
    r"|in|on|unless|once|whenever|while|with) [^,]{2,100}, (?:then )?"
)
_WANTED: Final = re.compile(r"(?:i|we)(?:'d)? (?:want|need|expect|would like|like) you to (?:please )?(?:always|never|only|stop|not|avoid)\b")
_POLITE: Final = frozenset({"please", "just", "then", "also", "and"})
_WHEN: Final = frozenset({"in", "on", "after", "before", "without", "to", "during", "at"})
_FIRM, _TOLD, _OPEN, _HEDGED = 0.9, 0.8, 0.7, 0.5


def standing_order(low: str, words: list[str]) -> float | None:
    """How sure it is that it tells to do something from now on, 0 where it asks for once; ``None`` where it tells nobody to do anything.

    Args:
        low: A clause in lower case.
        words: Its words, at least one.
    """
    if _WANTED.match(low):
        return _FIRM
    condition = _CONDITION.match(low)
    order = low[condition.end() :] if condition else low
    if condition and (REQUEST.match(order) or SMALL_TALK.match(order)):
        return 0
    told = split_words(order[:120])
    if _commands(told):
        return _holds(low, order, [word for word in told if word not in _POLITE], conditional=condition is not None)
    if words[0] in {"you", "your"} and DEONTIC.search(low[:40]) and not low.startswith(("you can't", "you cannot")):
        return _OPEN if len(words) > 4 else 0
    prohibited = low.startswith("no ") and 3 <= len(words) <= 10 and verb_at(words) is None and _WHEN.intersection(words)
    return _OPEN if prohibited else None


def _holds(low: str, order: str, bare: list[str], *, conditional: bool) -> float:
    standing = STANDING.search(low) is not None
    if conditional and len(bare) > 1:
        return 0 if SUPPOSED.search(order) else _TOLD
    # What is used for something in particular is used once: "Use grep to find the bug in this codebase".
    unscoped = order if "to" in bare else HERE.sub(" ", order)
    if len(bare) < 2 or (THIS_ONCE.search(unscoped) and not standing):
        return 0
    if standing or (bare[0] in {"don't", "do"} and bare[1] != "you"):
        return _FIRM if len(bare) > 2 else 0
    convention = bare[0] in CONVENTION_VERBS and _TALKING.match(" ".join(bare[:2])) is None
    return _HEDGED if (convention or GENERIC.match(order)) and says_something(bare) else 0


def _commands(told: list[str]) -> bool:
    bare = [word for word in told[:4] if word not in _POLITE]
    if not bare:
        return False
    if bare[0] in {"always", "never"}:
        # "Never been there" and "Always happy to help" command nothing.
        described = len(bare) > 1 and (bare[1].endswith(("ed", "ing", "en")) or bare[1] in MOODS or bare[1] in {"been", "had", "a", "the"})
        return len(bare) > 2 and (is_imperative(bare[1:]) or not described)
    return bare[0] != "let's" and (is_imperative(told) or bare[0] in {"avoid", "stick", "refrain", "ensure"})
