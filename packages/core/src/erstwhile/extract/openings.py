"""Words that open a sentence and carry nothing: cut off before it is read."""

import re
from typing import Final

from erstwhile.extract.words import FUNCTION_WORDS

__all__ = ["plain", "without_opening"]

_FILLERS: Final = (
    r"well|btw|by the way|also|anyway|anyways|so|ok|okay|yeah|yep|yes|yup|nope|no|nah|oh|ah|hmm+|um+|uh|hey(?: there)?|hi(?: there)?|hello(?: there)?"
    r"|sure|right|alright|actually|fyi"
    r"|honestly|to be honest|tbh|in fact|look|listen|see|plus|and|but|or|then|however|oh well|wow|cool|great|nice|awesome|perfect|sorry|of course"
    r"|absolutely|definitely|exactly"
    r"|guess what|as i (?:said|mentioned)|as you know|for what it's worth|good (?:morning|afternoon|evening)|thanks(?: \w+)?|thank you"
    r"|(?:thanks|thank you)(?: so much)? for [^,.!?]{1,40}|thank you so much|thanks(?: so much| a lot)"
    r"|(?:oh )?speaking of (?:which|that)|for context|for the record|quick (?:note|heads[- ]up|update)|heads[- ]up|update|small update|good news"
    r"|bad news|one more thing|another thing"
    r"|just so you know|(?:oh )?speaking of [^,.!]{1,40}|unfortunately|fortunately|luckily|sadly|basically|lol|haha|ugh|yay|whoa|gosh|omg|cheers"
    r"|dear \w+|hiya|aw+|nevermind|never mind|note|reminder"
)
# A filler counts only with a comma, dash, colon or stop behind it; these few also without.
_LOOSE: Final = r"btw|by the way|also|anyway|and|but|so(?= (?:i|we|my|our|the|i'm|we're|i've|we've|far)\b)|ok so|okay so|yeah|well|oh|ok|okay|fyi|hey"
r"|plus|then|actually|honestly|hi|lol|tbh"
_TELLING: Final = (
    r"(?:i(?:'m| am) (?:so |really |very |super )?(?:excited|happy|glad|pleased|proud|thrilled|sad|sorry) to (?:tell you|share|say|report|announce"
    r"|let you know)"
    r"|(?:i )?just (?:wanted to )?(?:let you know|to let you know|letting you know|mention|wanted to (?:say|mention|share|tell you))"
    r"|(?:i )?wanted to (?:let you know|mention|tell you)"
    r"|i (?:should|have to|must|want to|need to) (?:mention|add|say|tell you|point out)|i forgot to (?:mention|say)|did i mention|you should know"
    r"|keep in mind|for your information"
    r"|(?:please )?note|remember) (?:that |, )?(?=(?:i|we|my|our|the|i'm|i've|we're|we've|i'll|we'll)\b)"
)
_OPENING: Final = re.compile(rf"(?:(?:{_FILLERS})(?:\s*[,:;!.…]+|\s+[-\u2013—]+)\s+|(?:{_LOOSE})\s+|(?:{_TELLING}))")
_NAMED: Final = re.compile(
    r"(?:hey|hi|hello|thanks|thank you|yeah|yes|wow|oh|ok|okay|no|sure|dear|cool|congrats|you're right|absolutely|totally|definitely"
    r"|agreed) [a-z]{2,20}[,!.:]\s+"
)
_VOCATIVE: Final = re.compile(
    r"[A-Z][a-z]{1,15}[,!]\s+(?=(?:I|I'm|I've|I'll|We|we|my|My|we're|please|always|never|that|that's|this|it|it's|you"
    r"|you're|your|the)\b)"
)
_MARKS: Final = " \t\r\n*_-\u2013—•>#.,;:!…"


def plain(text: str) -> str:
    """The text in lower case with straight apostrophes, as long as it was, so that places in it are places in the text."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return lowered.translate({0x2019: "'", 0x2018: "'", 0x02BC: "'"})


def without_opening(text: str) -> int:
    """Where the sentence begins once "Well," or "Hi Ana!" before it is left off."""
    low = plain(text)
    start = len(text) - len(text.lstrip(_MARKS))
    # Nobody stacks more than a few; the bound keeps hostile text linear.
    for _ in range(6):
        found = _NAMED.match(low, start) or _OPENING.match(low, start) or _VOCATIVE.match(text, start)
        if found is None or found.end() >= len(text) or (found.re is _NAMED and _is_word(found.group())):
            break
        start = found.end()
    return start


def _is_word(greeting: str) -> bool:
    # "No tabs, …" and "Sure it, …" open a statement; "No Ana, …" does not.
    return greeting.split()[1].strip(",!.:") in FUNCTION_WORDS
