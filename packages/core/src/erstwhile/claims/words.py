"""Text to tokens: normal forms, names, and values that are compared rather than embedded (times, days, amounts, versions)."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, Final

from erstwhile.claims import lexicon

__all__ = ["Text", "Token", "Value", "cue_stems", "is_past", "stem", "tokens_of", "word_stems"]

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
    |(?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*)
    """,
    re.VERBOSE,
)
NEAR: Final = 40
"""Characters before a word among which the end of the sentence before it is looked for: blanks and list marks."""
_AT: Final = frozenset(("at", "before", "after", "until", "till", "by", "around", "about"))
_LAST_DAY: Final = 31
_YEAR: Final = re.compile(r"(?:1[89]|2[01])\d\d")


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
        norm: Normal form: lower case, without accents, stemmed; a value by what it stands for.
        lower: In lower case, possessives cut off.
        name: Whether it is written as a name or an identifier.
        owner: Whether it is a possessive ("Bob's").
        value: The value that it stands for, where it does.
    """

    text: str
    norm: str
    lower: str
    name: bool
    owner: bool = False
    value: Value | None = None


@cache
def _stemmer() -> Any:  # noqa: ANN401 - the library has no types
    # Imported late: the package loads the stemmers of every language.
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a lower-case word, of irregular forms and everyday variants that of the word they stand for."""
    base = lexicon.mapping("irregular").get(word) or lexicon.mapping("synonyms").get(word) or word
    return str(_stemmer().stemWord(_plain(base)))


@cache
def cue_stems(kind: str) -> frozenset[str]:
    """The words that the phrases of one kind of cue are made of, in normal form."""
    return frozenset(map(stem, lexicon.cue_words(kind)))


@cache
def word_stems(name: str) -> frozenset[str]:
    """A list of words of the lexicon, in normal form."""
    return frozenset(map(stem, lexicon.words(name)))


def is_past(word: str) -> bool:
    """Whether a lower-case word looks like the past of a verb."""
    regular = word.endswith("ed") and word not in lexicon.words("present")
    return regular or lexicon.mapping("irregular").get(word, word) != word


def _plain(word: str) -> str:
    if word.isascii():
        return word
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))


@dataclass(frozen=True)
class Text:
    """A text and its tokens.

    Attributes:
        tokens: Its tokens.
    """

    tokens: tuple[Token, ...]

    @cached_property
    def values(self) -> frozenset[Value]:
        """Every value in it."""
        return frozenset(token.value for token in self.tokens if token.value)

    @cached_property
    def content(self) -> frozenset[str]:
        """Normal forms of the words that carry meaning."""
        return frozenset(token.norm for token in self.tokens if token.value is None and token.lower not in lexicon.words("stop") and len(token.norm) > 1)


def tokens_of(text: str) -> Text:
    """Read the first 2,000 characters of a text."""
    given = text[:MAX_READ].replace("\u2019", "'")
    found = list(_TOKEN.finditer(given))
    tokens: list[Token] = []
    for place, match in enumerate(found):
        following = found[place + 1].group().lower() if place + 1 < len(found) else ""
        tokens.append(_token(match, given, tokens[-1] if tokens else None, following))
    return Text(tokens=tuple(tokens))


def _token(match: re.Match[str], text: str, previous: Token | None, following: str) -> Token:
    kind, written = match.lastgroup or "word", match.group()
    lower = written.lower()
    owner = kind == "word" and lower.endswith(("'s", "s'"))
    if owner:
        lower = lower.removesuffix("'s").removesuffix("'")
    value = _value(kind, lower, previous, following)
    name = value is None and (kind == "name" or (kind == "word" and lower != "i" and _is_name(written, text[max(0, match.start() - NEAR) : match.start()])))
    norm = value.value if value else _plain(lower) if kind == "name" else stem(lower)
    return Token(text=written, norm=norm, lower=lower, name=name, owner=owner, value=value)


def _is_name(written: str, before: str) -> bool:
    # A capital at the beginning of a sentence tells nothing, one inside a word does.
    opens = before.rstrip()[-1:] in ("", *".!?:;(\"'-•*") or before.endswith("\n")
    return written[1:] != written[1:].lower() or (written[0].isupper() and not opens)


def _value(kind: str, lower: str, previous: Token | None, following: str) -> Value | None:
    if kind == "ordinal":
        dated = not following or following in lexicon.words("months") or following in lexicon.words("stop")
        return Value("day" if dated else "rank", lower[:-2])
    if kind == "quantity":
        return _quantity(lower, previous, following)
    if kind == "word":
        return _spelled(lower, previous, following)
    if kind == "name":
        # "eighty-two" looks like one.
        return Value("version", lower.lstrip("v")) if re.fullmatch(r"v?\d+(\.\d+)+", lower) else _spelled(lower, previous, following)
    normal = {
        "money": lambda: re.sub(r"[^\d.k-m]", "", lower).strip("."),
        "percent": lambda: lower.rstrip("% ").replace(",", "."),
        "time": lambda: _clock(lower),
        "date": lambda: lower,
    }
    return Value("day" if kind == "date" else kind, normal[kind]())


def _spelled(lower: str, previous: Token | None, following: str) -> Value | None:
    number = _in_digits(lower)
    return _named_value(lower) if number is None else _quantity(number, previous, following)


def _in_digits(lower: str) -> str | None:
    """A number in words, up to a hundred: "eighty", "eighty-two"."""
    known = lexicon.mapping("numbers")
    tens, _, ones = lower.partition("-")
    if not ones:
        return known.get(lower)
    ten, one = known.get(tens, ""), "1" if ones == "one" else known.get(ones, "")
    return ten[0] + one if len(ten) == len("20") and ten.endswith("0") and ten != "10" and len(one) == 1 else None


@lru_cache(maxsize=65_536)
def _named_value(lower: str) -> Value | None:
    for kind, listed in (("weekday", "weekdays"), ("time", "times"), ("rank", "ranks")):
        known = lexicon.mapping(listed)
        if (found := known.get(lower) or known.get(lower.removesuffix("s"))) is not None:
            return Value(kind, found)
    return Value("month", lower[:3]) if lower in lexicon.words("months") and lower != "may" else None


def _quantity(lower: str, previous: Token | None, following: str) -> Value:
    match = re.match(r"[\d.,]*\d", lower)
    number = lower if match is None else re.sub(r",(?=\d{3}\b)", "", match.group())
    unit = lower[len(match.group()) :] if match else ""
    before, after = previous.lower if previous else "", following.strip(".,")
    if (label := _labelled(number, previous, before, after)) is not None:
        return label
    if unit in ("k", "m", "bn"):
        number, unit = number + unit, ""
    counted = unit or ("" if after in lexicon.words("stop") else after)
    counted = lexicon.mapping("units").get(counted, counted)
    if counted == "o'clock" or (before in _AT and not counted and not _YEAR.fullmatch(number)):
        return Value("time", f"{number}:00")
    return Value(f"number of {stem(counted)}" if counted else "number", number)


def _labelled(number: str, previous: Token | None, before: str, after: str) -> Value | None:
    months = lexicon.words("months")
    if after in months or (before in months and number.isdecimal() and int(number) <= _LAST_DAY):
        return Value("day", number)
    if before in lexicon.words("labels"):
        return Value(f"number of {stem(before)}", number)
    if number.count(".") > 1 or (previous is not None and previous.name and "." in number):
        return Value("version", number)
    if after in lexicon.words("currencies"):
        return Value("money", number)
    return Value("percent", number) if after in ("percent", "per") else None


def _clock(lower: str) -> str:
    hour, minute = ([*re.findall(r"\d+", lower), "00"])[:2]
    shifted = int(hour) + 12 if "p" in lower and int(hour) < 12 else int(hour)
    return f"{shifted}:{minute}"
