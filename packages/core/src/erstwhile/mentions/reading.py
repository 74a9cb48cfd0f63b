"""From a text and the time it was said to the times it speaks of."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from erstwhile.mentions.grammar import Phrase, phrases_of
from erstwhile.mentions.tokens import Token, tokens_of
from erstwhile.mentions.words import ANCHORS
from erstwhile.time import Interval, as_utc

__all__ = ["Mention", "asks_when", "mentions_of"]

MAX_LENGTH: Final = 2_000
"""Characters of a text that are read."""
MAX_MENTIONS: Final = 8
"""Mentions that are read of a text, the first ones."""

_WORD: Final = re.compile(r"[a-z]+[1-4]?")
# A year or a date, '98, a decade: what no word of time need stand beside.
_NUMBER: Final = re.compile(r"[0-9]{4}|'[0-9]{2}\b|[0-9]0s\b")
_SENTENCE_END: Final = re.compile(r"[.!?;\n]")
_AHEAD: Final = re.compile(
    r"\b(?:will|won't|shall|gonna|(?<!was )(?<!were )going to|plan(?:s|ning)? to|hop(?:e|es|ing) to|wants? to|needs? to|ha(?:ve|s) to|(?:must|should)(?! have)"
    r"|upcoming|scheduled|due(?! to)|deadline|looking forward|can't wait)\b|'ll\b"
    # "I'm meeting her", "is she coming": a plan, where the verb is not one of how things are.
    r"|(?:\b(?:am|are|is)|'m|'re|'s)\s+(?:(?:i|you|we|they|he|she|also|not|probably)\s+)?"
    r"(?!(?:amaz|interest|excit|bor|charm|stunn|surpris|inspir|relax|tir|be|lov|enjoy|feel|think|wonder|ask|talk|miss)ing\b)[a-z]+ing\b"
)
# What stands before "in two weeks" where it is no length of time.
_FROM_NOW: Final = re.compile(r"(?:\b(?:is|are|am|be|starts?|begins?|leaves?|arrives?|ends?|opens?|back|up|you)|'(?:s|re|m))\s*$")
_ASKS_WHEN: Final = re.compile(
    r"\b(?:since|until|till|by|from) when\b|\bhow (?:long ago|recently)\b"
    r"|\bwhen(?:'s|'d|'ll)?(?: exactly)? (?:did|do|does|was|were|is|are|am|will|has|have|had|should|can|could|would|the last time)\b|\bwhen's\b"
    r"|\b(?:know|tell me|remind me|remember|recall|sure|wondering) (?:exactly )?when\b|^\W*when\W*$"
    r"|\b(?:what|which) (?:exact )?(?:date|day|weekday|weekend|week|month|year|season|time of (?:the )?year)\b"
    r"|\bwhat(?:'s| is| was| were)? (?:the |my |your |our |his |her |their )(?:exact )?(?:date|day|month|year)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A time that a text speaks of.

    Attributes:
        phrase: The words, as written; a preposition only where it changes what they mean ("since", "before", "around").
        start: Place of the first character in the text.
        end: Place after the last.
        interval: The days meant, in UTC. Whole days: a time of day is not read.
        approximate: The bounds are a reading of something vague: "two weeks ago", "around Christmas", a season.
    """

    phrase: str
    start: int
    end: int
    interval: Interval
    approximate: bool


def mentions_of(text: str, *, said_at: datetime) -> tuple[Mention, ...]:
    """The times that an English text speaks of, in the order of the text.

    Days, weeks (from Monday), months and so on are those of UTC. What is vague gets the length of its unit: "two weeks ago" is the seven days around that day,
    "a few years ago" two to four years before it. "Last summer" is the last one that has ended, in the north; "next Friday" is that of next week. A bare name
    is the last one that began not after the day of speaking ("in March", "May 7"; for a weekday before it), or the next one where its sentence has a word of
    what is to come ("will", "going to", "I'm meeting"). "Since" ends with the day of speaking, "before" starts at `EVER`. Dates in digits are read month first
    unless they can only be day first. Hours and minutes are not read, nor are durations, habits ("every Monday") and years outside 1800 to 2199.

    Args:
        text: Any text; the first 2,000 characters are read, and the first eight times in them.
        said_at: When it was said; aware.

    Raises:
        InvalidInputError: ``said_at`` has no time zone. No text is refused.
    """
    today = as_utc(said_at, name="said_at").replace(hour=0, minute=0, second=0, microsecond=0)
    text = text[:MAX_LENGTH]
    lower = _plain(text)
    if ANCHORS.isdisjoint(_WORD.findall(lower)) and not _NUMBER.search(lower):
        return ()
    found: list[Mention] = []
    tokens = tokens_of(text)
    for phrase in phrases_of(tokens):
        if mention := _mention(text, tokens, phrase, today):
            found.append(mention)
            if len(found) == MAX_MENTIONS:
                break
    return tuple(found)


def asks_when(question: str) -> bool:
    """Whether a question asks for a time: "when did …", "what date", "which year", "how long ago", "since when"; the first 2,000 characters are read."""
    return _ASKS_WHEN.search(_plain(question[:MAX_LENGTH])) is not None


def _mention(text: str, tokens: Sequence[Token], phrase: Phrase, today: datetime) -> Mention | None:
    start, end = tokens[phrase.first].start, tokens[phrase.end - 1].end
    sentence = _sentence(text, start, end)
    ahead = _AHEAD.search(sentence) is not None
    if phrase.future and not ahead and not _FROM_NOW.search(_plain(text[max(0, start - 20) : start])):
        return None
    # Here and no sooner: a text without a time never pays for the calendar's library.
    from erstwhile.mentions.resolving import Frame, resolve

    with suppress(LookupError, OverflowError, ValueError):
        span = resolve(phrase.said, Frame(today=today, near=today, pick="ahead" if ahead else "past"))
        return Mention(phrase=text[start:end], start=start, end=end, interval=Interval(start=span.start, end=span.end), approximate=span.approximate)
    return None


def _sentence(text: str, start: int, end: int) -> str:
    """The sentence around a place, in lower case."""
    ends: Iterator[int] = (found.end() for found in _SENTENCE_END.finditer(text, 0, start))
    first = max(ends, default=0)
    last = _SENTENCE_END.search(text, end)
    return _plain(text[first : last.start() if last else len(text)])


def _plain(text: str) -> str:
    return text.lower().replace("’", "'")  # noqa: RUF001 - what people type
