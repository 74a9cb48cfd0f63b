"""Who a text names, in which order: who does it, and to whom."""

from itertools import pairwise

from erstwhile.claims import lexicon
from erstwhile.claims.reading import Reading
from erstwhile.claims.words import Token, cue_stems

__all__ = ["ended_of_the_other", "exchanged"]


def exchanged(earlier: Reading, later: Reading, *, aside: frozenset[str] = frozenset()) -> bool:
    """Whether the same words name the same two or more in another order: "Ben trusts Ida", "Ida trusts Ben"; not of what somebody is.

    Numbers do not count, nor words that are put aside, in normal form.
    """
    if any(token.lower in lexicon.words("be") for reading in (earlier, later) for token in reading.text.tokens):
        return False
    before, after = _who(earlier), _who(later)
    said, again = (reading.text.content - aside - {token.norm for token in reading.text.tokens if token.value} for reading in (earlier, later))
    return said == again and len(before) > 1 and before != after and set(before) == set(after)


def ended_of_the_other(earlier: Reading, later: Reading) -> bool:
    """Whether the later one says of the other of two that it is over: "Hanna drives me", "I no longer drive Hanna"; not of what they do together."""
    return not _together(earlier) and exchanged(earlier, later, aside=cue_stems("ended"))


def _together(reading: Reading) -> bool:
    """Whether it names somebody after "with", or two with "and" between them: "I share a desk with Tom", "Tom and Ida share a desk"."""
    return any(before.lower in ("with", "and") and _is_somebody(token) for before, token in pairwise(reading.text.tokens))


def _is_somebody(token: Token) -> bool:
    return token.name or token.text[:1].isupper() or token.lower in lexicon.words("first")


def _who(reading: Reading) -> list[str]:
    """Who is named, in the order in which they first are; "@" is the speaker."""
    first, stop = lexicon.words("first"), lexicon.words("stop")
    named = (token for token in reading.text.tokens if token.value is None and _is_somebody(token))
    found = dict.fromkeys("@" if token.lower in first else token.norm for token in named)
    return [who for who in found if who not in stop]
