"""Whether a clause asserts something worth remembering, and how sure that is."""

import re
from typing import Final

from erstwhile.extract.chatter import (
    AGREED,
    DEFERRED,
    EVALUATIVE,
    FOREIGN,
    GENERAL,
    GUESSED,
    OPINION,
    REQUEST,
    SMALL_TALK,
    SUPPOSED,
)
from erstwhile.extract.grammar import is_imperative, is_question, says_something, split_words, stands_alone
from erstwhile.extract.orders import DEONTIC, standing_order
from erstwhile.extract.words import AGENT_TALK, DANGLING, FUNCTION_WORDS, REPORTING, WORK_DONE

__all__ = ["is_own", "said_by_agent", "worth"]

_OWN: Final = re.compile(r"\b(?:i|we|my|our|i'm|i've|i'll|i'd|we're|we've|we'll|we'd|me|us|mine|ours)\b")
_SPEAKER: Final = re.compile(r"(?:i|we|i'm|i've|i'll|we're|we've|we'll)\b|(?:my|our)\b.{0,60}\b(?:i|my|favou?rite|we|our)\b")
_HEARERS: Final = frozenset({"you", "your", "you're", "so", "not", "i'd", "people", "everyone"})
_HANGING: Final = re.compile(
    r"[^,]{1,60}, (?:you|it|that|this|they|he|she|you're|you'll|it's|that's|they're|he's|she's)\b(?! \w+ (?:is|are|was|uses"
    r"|has)\b)"
)
_ADDRESSING: Final = re.compile(r"\b(?:you|your|yourself|you're|you've)\b")
_SAYS: Final = re.compile(r"^(?!i\b|we\b|it\b)(?:\w[\w'.-]* ){1,4}?(?:" + "|".join(sorted(REPORTING)) + r")\b")
_UNSETTLED: Final = re.compile(r"\b(?:thinking (?:of|about)|considering|leaning towards?|looking into|toying with|tempted)\b")
_AGENT_DID: Final = re.compile(r"(?:i|we)(?:'ve| have|'d)?(?: just| now| also| already| successfully| since)* (?P<verb>\w+)\b")
_AGENT_WILL: Final = re.compile(
    r"(?:i|we)(?:'ll| will|'m going to| am going to) (?:also |then |now )?(?P<verb>\w+) .*\b(?:tomorrow|tonight|today|next week|every \w+|within \w+"
    r"|(?:by|on|at|before|after|until|in) (?:\d|noon|midnight|(?:the )?(?:end|close)|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|(?:mon|tues|wednes"
    r"|thurs|fri|satur|sun)day)"
)
_AGENT_DECIDED: Final = re.compile(r"(?:i|we)(?:'ve| have)? (?:decided|chosen|chose|agreed|settled|opted|promised|committed|went with|picked|switched)\b")
_AGENT_STATE: Final = re.compile(r"(?:the|your) (?:[\w'/.-]+ ){1,6}(?:has been|have been|is now|are now) (?:successfully )?(?P<verb>\w+)\b")
_TOLD, _OPEN, _HEDGED, _BARE = 0.8, 0.7, 0.5, 0.4


def worth(low: str) -> float | None:
    """How sure it is that the clause asserts what is worth keeping, 0 to 1; ``None`` where it does not.

    Args:
        low: The clause, in lower case with straight apostrophes, its opening left off.
    """
    words = split_words(low)
    if not words or is_question(low):
        return None
    if DEFERRED.match(low) or AGREED.match(low):
        return _TOLD
    if (abroad := FOREIGN.match(low)) or not _is_english(low, words):
        return _BARE if abroad else None
    standing = standing_order(low, words)
    return _statement(low, words) if standing is None else standing or None


def _statement(low: str, words: list[str]) -> float | None:
    if SUPPOSED.search(low) or GUESSED.search(low) or REQUEST.match(low) or SMALL_TALK.match(low):
        return None
    if opinion := OPINION.match(low):
        return _opinion(low[opinion.end() :])
    if not stands_alone(words) or words[0].startswith(("you", "let's")) or not says_something(words):
        return None
    reported = _SAYS.match(low)
    if not reported and (_is_general(low) or _HANGING.match(low)):
        return None
    if reported or _UNSETTLED.search(low):
        return _HEDGED
    return _TOLD if is_own(low) else _OPEN


def _is_general(low: str) -> bool:
    # A wisdom, a judgement of taste, or something about whoever is spoken to; a figure in it makes it a statement after all.
    if not is_own(low) and _ADDRESSING.search(low):
        return True
    judges = GENERAL.match(low) or (not _SPEAKER.match(low) and EVALUATIVE.search(low))
    return bool(judges) and not any(map(str.isdigit, low))


def is_own(low: str) -> bool:
    """Whether the speaker speaks of themselves or of what is theirs."""
    return bool(_OWN.search(low))


def said_by_agent(low: str) -> float | None:
    """The same for what an agent says: only what it did, decided or promised counts, not what it explains or advises."""
    words = split_words(low)
    if is_question(low) or SUPPOSED.search(low) or GUESSED.search(low) or not says_something(words):
        return None
    if _AGENT_DECIDED.match(low):
        return _TOLD
    for pattern in (_AGENT_DID, _AGENT_STATE):
        if (found := pattern.match(low)) and found["verb"] in WORK_DONE:
            return None if DANGLING.intersection([*words[-1:], *split_words(low[found.end("verb") : found.end("verb") + 12])[:1]]) else _OPEN
    promised = _AGENT_WILL.match(low)
    return _OPEN if promised and promised["verb"] not in AGENT_TALK and not SMALL_TALK.match(low) else None


def _is_english(low: str, words: list[str]) -> bool:
    letters = sum(map(str.isalpha, low))
    foreign = sum(1 for char in low if char > "ɏ" and char.isalpha())
    if foreign * 3 > letters:
        return False
    known = sum(word in FUNCTION_WORDS for word in words)
    return known * 8 >= len(words) or (low.isascii() and (len(words) <= 5 or is_imperative(words)))


def _opinion(thought: str) -> float | None:
    words = split_words(thought)
    if not words or words[0] in _HEARERS or not stands_alone(words, clause=True) or not says_something(words):
        return None
    if SMALL_TALK.match(thought) or REQUEST.match(thought):
        return None
    return None if any(pattern.search(thought) for pattern in (DEONTIC, EVALUATIVE, _ADDRESSING)) else _HEDGED
