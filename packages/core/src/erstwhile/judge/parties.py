"""Who a text names, in which order: who does it, and to whom."""

from itertools import pairwise

from erstwhile.claims import lexicon
from erstwhile.claims.reading import Reading
from erstwhile.claims.words import Token

__all__ = ["exchanged"]


def exchanged(earlier: Reading, later: Reading, *, aside: frozenset[str] = frozenset()) -> bool:
    """Whether the same words name the same two or more in another order: "Ben trusts Ida", "Ida trusts Ben".

    Not of what somebody is, nor of what one does with another. Numbers do not count, nor words that are put aside, in normal form.
    """
    if any(_says_what_is(reading) or _with_another(reading) for reading in (earlier, later)):
        return False
    before, after = _who(earlier), _who(later)
    said, again = (reading.text.content - aside - {token.norm for token in reading.text.tokens if token.value} for reading in (earlier, later))
    return said == again and len(before) > 1 and before != after and set(before) == set(after)


def _says_what_is(reading: Reading) -> bool:
    return any(token.lower in lexicon.words("be") for token in reading.text.tokens)


def _with_another(reading: Reading) -> bool:
    return any(before.lower == "with" and _is_somebody(token) for before, token in pairwise(reading.text.tokens))


def _is_somebody(token: Token) -> bool:
    return token.name or token.text[:1].isupper() or token.lower in lexicon.words("first")


def _who(reading: Reading) -> list[str]:
    """Who is named, in the order in which they first are; "@" is the speaker."""
    first, stop = lexicon.words("first"), lexicon.words("stop")
    tokens = (token for token in reading.text.tokens if token.value is None)
    named = (token for token in tokens if _is_somebody(token))
    found = dict.fromkeys("@" if token.lower in first else token.norm for token in named)
    return [who for who in found if who not in stop]
