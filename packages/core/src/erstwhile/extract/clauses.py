"""From a sentence to the clauses in it that each stand by themselves."""

import re
from collections.abc import Iterator
from typing import Final

from erstwhile.extract.grammar import is_imperative, is_question, split_words, stands_alone, verb_at
from erstwhile.extract.words import DANGLING, GOVERNING, REPORTING, SUBORDINATORS

__all__ = ["clauses"]

_JOINT: Final = re.compile(
    r"\s*;\s+|\s+[-\u2013—]{1,2}\s+|\s*—\s*|,?\s+(?:and|but|plus)\s+(?:also\s+|then\s+|now\s+)?|,\s+(?:so\s+)?(?=(?:can|could|would|will|do|does|is|are"
    r"|any|what|which|how|where|please)\b)"
    r"|,\s+(?=(?:i|i'm|i've|i'll|we|we're|we've|we'll|my|our)\b)|\s+so\s+(?=(?:can|could|would|what|which|how|do)\b)"
)
_GOVERNING: Final = GOVERNING | REPORTING | (SUBORDINATORS - {"as", "since", "after", "before", "even", "rather", "given"})
"""With one of these to its left, a joint may lie inside what it governs, and the right part would be claimed outright."""
_LINKING: Final = SUBORDINATORS | {"to", "which", "who", "what", "how", "i", "we", "you", "they", "he", "she", "i've", "i'm"}
"""With one of these before its verb, what seems a clause is the rest of a list."""
_NEAR: Final = 6
"""A clause has its verb within so many words."""


def clauses(text: str, low: str, quoted: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where the clauses are; one that covers the whole where it cannot be cut.

    Args:
        text: A sentence of a few hundred characters, its opening left off.
        low: The same in lower case, place by place.
        quoted: Where its quotations are.
    """
    first = 0
    for joint in _JOINT.finditer(low):
        if joint.start() < first or _enclosed(low, joint.start(), quoted):
            continue
        left, right = low[first : joint.start()], low[joint.end() :]
        if not _is_clause(left):
            continue
        if is_question(right) or right.startswith("please "):
            if is_question(right.rstrip("?!. ")) or is_imperative(split_words(right[:60])):
                yield first, joint.start()
                return
        elif _opens_clause(right, text[joint.end() : joint.end() + 1]):
            yield first, joint.start()
            first = joint.end()
    yield first, len(low)


def _enclosed(low: str, place: int, quoted: list[tuple[int, int]]) -> bool:
    if any(start < place < end for start, end in quoted):
        return True
    return low.count("(", 0, place) > low.count(")", 0, place)


def _is_clause(left: str) -> bool:
    words = split_words(left)
    if not stands_alone(words, clause=True) or is_question(left) or _GOVERNING.intersection(words):
        return False
    return not is_imperative(words)


def _opens_clause(right: str, initial: str) -> bool:
    # The whole rest is looked at only by its opening: it may hold further joints.
    words = split_words(right[:80])
    if not stands_alone(words, clause=True) or words[0] in DANGLING or words[0] in {"you", "your", "what", "there"}:
        return False
    verb = verb_at(words[:_NEAR])
    if verb is not None and _LINKING.intersection(words[1:verb]):
        return False
    if verb is None or verb == 0:
        return words[0].startswith(("i'", "we'"))
    own = words[0] in {"i", "we", "my", "our", "the", "a", "an", "this", "these"}
    return own or initial.isupper()
