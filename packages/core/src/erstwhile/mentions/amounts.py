"""Amounts of time: "two", "a few", "two or three weeks", "a year and a half"."""

from typing import Final

from erstwhile.mentions import words
from erstwhile.mentions.expressions import Amount, Unit
from erstwhile.mentions.names import Names

__all__ = ["Amounts"]

_MOST_DIGITS: Final = 3
_HALF: Final = Amount(low=0, high=0, half=True)


class Amounts(Names):
    """Reads amounts of time at a place of a text."""

    def duration(self, at: int) -> tuple[Amount, Unit, int] | None:
        """An amount and its unit, and the place after it."""
        if (counted := self.amount(at)) is None:
            return None
        amount, place = counted
        unit = self.unit(place)
        if unit is None:
            return None
        if self._and_a_half(place + 1):
            return Amount(low=amount.low, high=amount.high, half=True, vague=amount.vague), unit, place + 4
        return amount, unit, place + 1

    def unit(self, at: int) -> Unit | None:
        """A unit of time, one or several."""
        return words.UNITS.get(self.word(at)) or words.UNITS.get(self.word(at).removesuffix("s"))

    def amount(self, at: int) -> tuple[Amount, int] | None:
        """How many, and the place after it."""
        word, after = self.word(at), self.word(at + 1)
        if word == "half":
            return (_HALF, at + 2) if after in {"a", "an"} else None
        place = at + (word == "a" and after in words.AMOUNTS)
        if vague := words.AMOUNTS.get(self.word(place)):
            return vague, place + 1 + (self.word(place + 1) == "of")
        return self._one_or_more(at)

    def _one_or_more(self, at: int) -> tuple[Amount, int] | None:
        joined = self.days(at, span=True)
        if joined and len(joined[0]) > 1:
            (low, high), place = joined
        elif number := self._number(at):
            (low, place), high = number, number[0]
        else:
            return None
        if low == high and self.word(place) == "or" and (more := self._number(place + 1)) and more[0] > low:
            high, place = more
        half = self._and_a_half(place)
        return Amount(low=low, high=high, half=half, vague=low != high), place + 3 * half

    def _and_a_half(self, at: int) -> bool:
        return [self.word(at + step) for step in range(3)] == ["and", "a", "half"]

    def _number(self, at: int) -> tuple[int, int] | None:
        word = self.word(at)
        if word.isdecimal() and len(word) <= _MOST_DIGITS:
            return int(word), at + 1
        if tens := words.TENS.get(word):
            place = at + 1 + (self.word(at + 1) == "-")
            ones = words.NUMBERS.get(self.word(place), 0) if self.word(place) not in {"a", "an"} else 0
            return (tens + ones, place + 1) if 0 < ones < 10 else (tens, at + 1)
        return (words.NUMBERS[word], at + 1) if word in words.NUMBERS else None
