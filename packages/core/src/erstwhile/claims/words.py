"""Text to tokens: normal forms, names, and values that can be compared rather than embedded (times, days, amounts, versions)."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, Final

from erstwhile.claims.lexicon import LEXICON

__all__ = ["Text", "Token", "Value", "stem", "tokens_of"]

MAX_READ: Final = 2_000
"""Characters of a text that are read for what it says. What is longer is prose or a listing, and says more than one thing."""
_TOKEN: Final = re.compile(
    r"""
    (?P<money>[$€£¥]\s?\d[\d,.]*\d?[kKmM]?\b|\d[\d,.]*\s?[$€£¥])
    |(?P<time>\b\d{1,2}[:h]\d{2}\s?(?:[ap]\.?m\b\.?)?|\b\d{1,2}\s?[ap]\.?m\b\.?)
    |(?P<percent>\d+(?:[.,]\d+)?\s?%)
    |(?P<date>\b\d{4}-\d{2}(?:-\d{2})?\b)
    |(?P<ordinal>\b\d{1,2}(?:st|nd|rd|th)\b)
    |(?P<quantity>\b\d+(?:[.,]\d+)*(?:[a-zA-Zµ]{1,3}\b)?(?![\w/_.-]*[a-zA-Z_/]))
    |(?P<name>[^\W_][\w@#+&-]*(?:[./:@_\\-][\w@#+&-]+)+|\b[a-zA-Z]+[\d_+#]+[\w+#-]*|/[\w./-]+)
    |(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)
    """,
    re.VERBOSE,
)
_NUMBERS: Final = {
    word: str(number)
    for number, words in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
    for word in (words,)
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "hundred": "100", "twice": "2", "thrice": "3"}
_ORDINALS: Final = {
    word: str(number)
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
        ],
        1,
    )
}


@dataclass(frozen=True, slots=True)
class Value:
    """Something in a text that is compared by what it stands for.

    Attributes:
        kind: What kind of value: "time", "day", "weekday", "month", "money", "percent", "version", or "number of …" with its unit or noun.
        value: The value in normal form.
    """

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a value of a text.

    Attributes:
        text: As it stands.
        norm: Normal form: lower case, without accents, stemmed; numbers in digits.
        lower: In lower case, possessives cut off.
        name: Whether it is written as a name or an identifier.
        start: Where it begins.
        owner: Whether it is a possessive ("Bob's").
        value: The value that it stands for, where it does.
    """

    text: str
    norm: str
    lower: str
    name: bool
    start: int
    owner: bool = False
    value: Value | None = None


@cache
def _stemmer() -> Any:  # noqa: ANN401 - the library has no types
    # Imported late: the package loads the stemmers of every language.
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a lower-case word; irregular verbs by their base form."""
    base = LEXICON.irregular.get(word, word)
    return str(_stemmer().stemWord(_plain(base)))


def _plain(word: str) -> str:
    if word.isascii():
        return word
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))


@dataclass(frozen=True)
class Text:
    """A text and its tokens.

    Attributes:
        lower: The text in lower case with plain apostrophes, blanks run together.
        tokens: Its tokens.
    """

    lower: str
    tokens: tuple[Token, ...]

    @cached_property
    def values(self) -> frozenset[Value]:
        """Every value in it."""
        return frozenset(token.value for token in self.tokens if token.value)

    @cached_property
    def content(self) -> frozenset[str]:
        """Normal forms of the words that carry meaning."""
        return frozenset(token.norm for token in self.tokens if token.value is None and token.lower not in LEXICON.stop and len(token.norm) > 1)

    @cached_property
    def names(self) -> frozenset[str]:
        """Normal forms of its names and identifiers."""
        return frozenset(token.norm for token in self.tokens if token.name and token.lower not in LEXICON.stop)


def tokens_of(text: str) -> Text:
    """Read the first 2,000 characters of a text."""
    given = text[:MAX_READ].replace("’", "'")
    found = list(_TOKEN.finditer(given))
    tokens: list[Token] = []
    for place, match in enumerate(found):
        following = found[place + 1].group().lower() if place + 1 < len(found) else ""
        previous = tokens[-1] if tokens else None
        tokens.append(_token(match, given, previous, following))
    return Text(lower=" ".join(given.lower().split()), tokens=tuple(tokens))


def _token(match: re.Match[str], text: str, previous: Token | None, following: str) -> Token:
    kind, written, start = match.lastgroup or "word", match.group(), match.start()
    lower = written.lower()
    owner = kind == "word" and (lower.endswith("'s") or lower.endswith("s'"))
    if owner:
        lower = lower.removesuffix("'s").removesuffix("'")
    value = _value(kind, lower, previous, following)
    first = start == 0 or text[:start].rstrip()[-1:] in ".!?:;\n(\"'-•*" or not text[:start].strip()
    # A capital at the beginning of a sentence tells nothing, a second one inside a word does.
    name = kind == "name" or (kind == "word" and (written[1:] != written[1:].lower() or (written[0].isupper() and not first)) and lower != "i")
    norm = value.value if value else (_plain(lower) if name or kind == "name" else stem(lower))
    return Token(
        text=written, norm=stem(norm) if name and kind == "word" else norm, lower=lower, name=name and value is None, start=start, owner=owner, value=value
    )


def _value(kind: str, lower: str, previous: Token | None, following: str) -> Value | None:  # noqa: PLR0911 - one return for each kind
    if kind == "money":
        return Value("money", re.sub(r"[^\d.k-m]", "", lower).strip("."))
    if kind == "percent":
        return Value("percent", lower.rstrip("% ").replace(",", "."))
    if kind == "time":
        return Value("time", _clock(lower))
    if kind == "date":
        return Value("day", lower)
    if kind == "ordinal":
        return (
            Value("day", re.sub(r"\D", "", lower)) if not following or following in LEXICON.months or following in LEXICON.stop else Value("rank", lower[:-2])
        )
    if kind == "quantity":
        return _quantity(lower, previous, following)
    if kind == "word":
        return _word_value(lower, previous, following)
    if kind == "name" and re.fullmatch(r"v?\d+(\.\d+)+", lower):
        return Value("version", lower.lstrip("v"))
    return None


def _word_value(lower: str, previous: Token | None, following: str) -> Value | None:
    single = lower.removesuffix("s")
    if single in LEXICON.weekdays:
        return Value("weekday", LEXICON.weekdays[single])
    if lower in LEXICON.weekdays:
        return Value("weekday", LEXICON.weekdays[lower])
    if lower in LEXICON.months and lower != "may":
        return Value("month", lower[:3])
    if lower in ("noon", "midday"):
        return Value("time", "12:00")
    if lower == "midnight":
        return Value("time", "0:00")
    if lower in _NUMBERS and lower != "one":
        return _quantity(_NUMBERS[lower], previous, following)
    if lower in _ORDINALS and lower not in ("first", "second"):
        return Value("rank", _ORDINALS[lower])
    return None


def _quantity(lower: str, previous: Token | None, following: str) -> Value:
    number, unit = re.fullmatch(r"([\d.,]*\d)(\D*)", lower).groups() if re.fullmatch(r"([\d.,]*\d)(\D*)", lower) else (lower, "")  # type: ignore[union-attr]
    number = re.sub(r",(?=\d{3}\b)", "", number)
    follows = following.strip(".,")
    if follows in LEXICON.months or (previous is not None and previous.lower in LEXICON.months and "." not in number and int(float(number)) <= 31):
        return Value("day", number)
    if previous is not None and previous.lower in LEXICON.labels:
        return Value(f"number of {stem(previous.lower)}", number)
    if number.count(".") >= 2 or (previous is not None and previous.name and "." in number):
        return Value("version", number)
    if follows in LEXICON.currencies:
        return Value("money", number)
    if follows in ("percent", "per"):
        return Value("percent", number)
    if unit in ("k", "m", "bn"):
        number += unit
        unit = ""
    counted = unit or (follows if follows and follows not in LEXICON.stop else "")
    counted = LEXICON.units.get(counted, counted)
    if previous is not None and previous.lower in ("at", "before", "after", "until", "till", "by", "around", "about") and not counted:
        return Value("time", f"{number}:00")
    return Value(f"number of {stem(counted)}" if counted else "number", number)


def _clock(lower: str) -> str:
    digits = re.match(r"(\d{1,2})(?:[:h](\d{2}))?", lower)
    assert digits is not None
    hour, minute = int(digits[1]), digits[2] or "00"
    if "p" in lower and hour < 12:
        hour += 12
    return f"{hour}:{minute}"
