"""The names of time: months, weekdays, seasons, holidays and dates, with the year or week said beside them."""

import re
from collections.abc import Sequence
from typing import Final

from erstwhile.mentions import words
from erstwhile.mentions.expressions import Between, Cycle, Expression, Nearest, Nth, Period, Years
from erstwhile.mentions.tokens import Token, day_number, year_number

__all__ = ["Names", "Read"]

Read = tuple[Expression, int]
"""What was read, and the place of the token after it."""

_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_YEAR_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_YEARS: Final = re.compile(r"([0-9]{4})[-–]([0-9]{4})")  # noqa: RUF001 - what people type
_DAYS: Final = re.compile(r"([0-9]{1,2})[-–]([0-9]{1,2})")  # noqa: RUF001 - what people type
# "Christmas Eve" is a day even with no preposition, where "Christmas" is also a tree.
_NAMED_DAYS: Final = frozenset({"eve", "day", "friday", "sunday", "monday"})
_DAY_CUES: Final = frozenset({"on", "of", "since", "until", "by", "in"})
_SHORT_YEAR: Final = re.compile(r"[0-9]{2}")
# Where POSIX turns the century over for a year of two digits (strptime, "%y").
_PIVOT: Final = 69
_DECADE: Final = re.compile(r"((?:1[89]|2[01])?[0-9]0)s")
_RELATIVE: Final = {"last": -1, "this": 0, "next": 1}
_HOLIDAYS: Final = {
    first: [(name.split(), cycle) for name, cycle in words.HOLIDAYS.items() if name.partition(" ")[0] == first]
    for first in {name.partition(" ")[0] for name in words.HOLIDAYS}
}
_STARTS: Final = frozenset({*words.MONTHS, *words.WEEKDAYS, *words.SHORT_WEEKDAYS, *words.SEASONS, "weekend", *_HOLIDAYS, *words.ORDINALS})
"""Every name begins with one of these, or with a digit."""


class Names:
    """Reads names of time at a place of a text; ``forced`` where what comes before leaves no doubt that a time is meant."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens

    def word(self, at: int) -> str:
        """The word at a place; "" outside the text."""
        return self._tokens[at].word if 0 <= at < len(self._tokens) else ""

    def raw(self, at: int) -> str:
        """The word at a place as written; "" outside the text."""
        return self._tokens[at].raw if 0 <= at < len(self._tokens) else ""

    def _capital(self, at: int) -> bool:
        return self.raw(at)[:1].isupper()

    def _ends_a_name(self, at: int) -> bool:
        """Whether no capital follows, except a month's: "Sun Microsystems" is no day."""
        after = self.word(at + 1)
        return not after[:1].isalpha() or after in words.MONTHS or after == "i" or not self._capital(at + 1)

    def _glued(self, at: int) -> bool:
        """Whether it is glued to something: ``april.smith@…``, ``#monday``, ``monday.com``."""
        before, after = self.word(at - 1), self.word(at + 1)
        glued_before = before in {"@", "#", ".", "/", "_", "$", "€", "£"} and self._tokens[at - 1].end == self._tokens[at].start
        glued_after = after in {"@", ".", "/", "%"} and self.word(at + 2) != "" and self._tokens[at + 1].start == self._tokens[at].end
        return glued_before or (glued_after and (after == "%" or self._tokens[at + 2].start == self._tokens[at + 1].end))

    def year(self, at: int, *, forced: bool = False) -> Read | None:
        """A year, a decade, or years joined by a dash."""
        word = self.word(at)
        cued = forced or self.word(at - 1) in words.YEAR_CUES
        if word == "'" and cued and (short := _SHORT_YEAR.fullmatch(self.word(at + 1))):
            return Years(first=int(short[0]) + (2000 if int(short[0]) < _PIVOT else 1900)), at + 2
        if not word[:1].isdecimal() or self._glued(at):
            return None
        if (first := year_number(word)) is not None:
            return (Years(first=first), at + 1) if cued and not self._counts(first, at + 1) else None
        if (joined := _YEARS.fullmatch(word)) and cued:
            ends = [year_number(year) for year in joined.groups()]
            return (Between(first=Years(first=ends[0]), last=Years(first=ends[1])), at + 1) if ends[0] and ends[1] else None
        if (decade := _DECADE.fullmatch(word)) and (self.word(at - 1) in {"the", "'"} or (forced and len(decade[1]) == 4)):
            # Of two digits only what is no age and no temperature to most: the fifties to the nineties.
            first = int(decade[1]) if len(decade[1]) == 4 else 1900 + int(decade[1])
            return (Years(first=first, count=10), at + 1) if first >= 1950 or len(decade[1]) == 4 else None
        return None

    def _counts(self, number: int, at: int) -> bool:
        """Whether what follows makes an amount of four digits: "in 2000 words"; sales in 2022 are none."""
        after = self.word(at)
        return after in words.COUNTED or after == "%" or (number % 100 == 0 and len(after) > 4 and after.endswith("s"))

    def numeric(self, at: int) -> Read | None:
        """A date in digits: year first, or month first as in the United States unless it can only be the day; with dots, day first."""
        word = self.word(at)
        if not word[:1].isdecimal() or len(word) < 7 or self._glued(at):
            return None
        if found := _YEAR_FIRST.fullmatch(word):
            year, month, day = int(found[1]), int(found[3]), int(found[4])
        elif found := _YEAR_LAST.fullmatch(word):
            one, two, year = int(found[1]), int(found[3]), int(found[4])
            month, day = (two, one) if found[2] == "." or one > 12 else (one, two)
        elif (found := _YEAR_MONTH.fullmatch(word)) and (first := year_number(found[1])):
            return Nth(what=Cycle(month=int(found[2]), day=1, months=1), within=Years(first=first)), at + 1
        else:
            return None
        if year_number(f"{year:04}") is None or not 1 <= month <= 12 or not 1 <= day <= 31:
            return None
        return Nth(what=Cycle(month=month, day=day, days=1), within=Years(first=year)), at + 1

    def month(self, at: int) -> tuple[int, int] | None:
        """The number of a month, and the place after its name and the dot of an abbreviation."""
        word = self.word(at)
        number = words.MONTHS.get(word)
        if number is None or self._glued(at):
            return None
        dotted = len(word) <= 4 and word != "may" and self.word(at + 1) == "." and (self.word(at + 2)[:1].isdecimal() or self.word(at + 2) == ",")
        return number, at + 2 if dotted else at + 1

    def is_month_name(self, at: int) -> bool:
        """Whether "may" or "march" beside a number is meant as the month."""
        cued = self.word(at - 1) in _DAY_CUES or year_number(self.word(at + 1)) is not None
        return self.word(at) not in {"may", "march", "mar"} or self._capital(at) or cued

    def date(self, at: int, *, span: bool = True) -> Read | None:
        """A day of a month, "7 May", "the 7th of May 2023" or "May 7, 2023", or with ``span`` some days of it, "5-7 May"."""
        found = self._day_first(at, span=span) or self._month_first(at, span=span)
        if found is None:
            return None
        month, days, end = found
        cycles = [Cycle(month=month, day=day, days=1) for day in days]
        within, end = self.beside(cycles[0], end) or (None, end)
        said = [Nearest(cycle=cycle) if within is None else Nth(what=cycle, within=within) for cycle in cycles]
        return said[0] if len(said) == 1 else Between(first=said[0], last=said[1]), end

    def days(self, at: int, *, span: bool) -> tuple[list[int], int] | None:
        """A number from 1 to 31, or with ``span`` also two joined by "to" or a dash, and the place after."""
        word = self.word(at)
        if span and (joined := _DAYS.fullmatch(word)):
            days = [day_number(day) for day in joined.groups()]
            return ([days[0], days[1]], at + 1) if days[0] and days[1] else None
        first = day_number(word) or day_number(word, ordinal=True)
        if first is None:
            return None
        if span and self.word(at + 1) in words.CONNECTORS and (last := day_number(self.word(at + 2))) and last > first:
            return [first, last], at + 3
        return [first], at + 1

    def _day_first(self, at: int, *, span: bool) -> tuple[int, list[int], int] | None:
        if (days := self.days(at, span=span)) is None:
            return None
        place = days[1] + (self.word(days[1]) == "of")
        sure = self.word(at) not in words.ORDINALS or place > days[1]
        month = self.month(place)
        named = month is not None and sure and (place > days[1] or not self.word(at).isdecimal() or self.is_month_name(place))
        return (month[0], days[0], month[1]) if month is not None and named else None

    def _month_first(self, at: int, *, span: bool) -> tuple[int, list[int], int] | None:
        if (month := self.month(at)) is None:
            return None
        place = month[1] + (self.word(month[1]) == "the")
        days = self.days(place, span=span)
        if days is None or self.word(place) in words.ORDINALS or self.word(days[1]) in {"%", *words.UNITS, *(f"{unit}s" for unit in words.UNITS)}:
            return None
        named = self.is_month_name(at) or not self.word(place).isdecimal() or self.beside(Cycle(month=1), days[1])
        return (month[0], days[0], days[1]) if named else None

    def beside(self, cycle: Cycle, at: int) -> Read | None:
        """The year, or for a weekday the week, that is said after a name: "2022", ", 2023", "of last year", "last week"."""
        place = at + (self.word(at) in {"of", "in"} or (self.word(at) == "," and self.word(at + 1)[:1].isdecimal()))
        if not cycle.weekly and (year := self.year(place, forced=True)) and isinstance(year[0], Years):
            return year
        unit = self.word(place + 1)
        if (offset := _RELATIVE.get(self.word(place))) is not None and unit == ("week" if cycle.weekly else "year"):
            return Period(unit="week" if cycle.weekly else "year", offset=offset), place + 2
        return None

    def cycle(self, at: int) -> tuple[Cycle, int] | None:
        """What comes round, by its name alone."""
        word = self.word(at)
        if found := self.date(at, span=False):
            said, end = found
            return (said.cycle, end) if isinstance(said, Nearest) else None
        if month := self.month(at):
            return Cycle(month=month[0], day=1, months=1), month[1]
        if (day := self.weekday(at)) is not None:
            return Cycle(weekday=day, days=1), at + 1
        if word == "weekend":
            return words.WEEKEND, at + 1
        if word in words.SEASONS:
            return words.SEASONS[word], at + 1
        return self.holiday(at)

    def weekday(self, at: int) -> int | None:
        """The number of a weekday, from 0 for Monday."""
        word = self.word(at)
        if word in words.SHORT_WEEKDAYS and not (self._capital(at) and self._ends_a_name(at)):
            return None
        number = words.WEEKDAYS.get(word, words.SHORT_WEEKDAYS.get(word))
        return None if number is None or self._glued(at) else number

    def holiday(self, at: int) -> tuple[Cycle, int] | None:
        """A holiday, and the place after its name."""
        for name, cycle in _HOLIDAYS.get(self.word(at), ()):
            if all(self.word(at + step) == part for step, part in enumerate(name)):
                return cycle, at + len(name)
        return None

    def named(self, at: int, *, forced: bool = False) -> Read | None:
        """A name with the year or week beside it; a bare one where it is cued, forced, or no other word."""
        word = self.word(at)
        if word not in _STARTS and not word[:1].isdecimal():
            return self.year(at, forced=forced) if word == "'" else None
        return self.date(at) or self.numeric(at) or self._dated_weekday(at) or self.year(at, forced=forced) or self._round(at, forced=forced)

    def _round(self, at: int, *, forced: bool) -> Read | None:
        if (found := self.cycle(at)) is None:
            return None
        cycle, end = found
        if within := self.beside(cycle, end):
            return Nth(what=cycle, within=within[0]), within[1]
        # "After the march" is no month.
        sure = forced and not (self.word(at) in words.MONTHS and self.word(at - 1) == "the")
        return (Nearest(cycle=cycle), end) if (sure or self._cued(at, end)) and not self._again(end) else None

    def _again(self, at: int) -> bool:
        """Whether what follows makes it a habit, or refers to a year said before: "October every year", "May of the same year"."""
        place = at + (self.word(at) == "of")
        place += self.word(place) == "the"
        return self.word(place) in {"every", "each", "same", "that", "following"} and self.word(place + 1) in words.UNITS

    def _dated_weekday(self, at: int) -> Read | None:
        """A weekday with its date, of which the date counts: "Sunday, 21 May 2023"."""
        if self.weekday(at) is None:
            return None
        place = at + 1 + (self.word(at + 1) == ",")
        place += self.word(place) == "the"
        return self.date(place, span=False) or self.numeric(place)

    def _cued(self, at: int, end: int) -> bool:
        """Whether a bare name from this place to ``end`` is meant as a time."""
        word, before = self.word(at), self.word(at - 1)
        if before in words.RECURRENT:
            return False
        if word in words.MONTHS:
            return word in words.PLAIN_MONTHS or before in words.MONTH_CUES
        if word in words.WEEKDAYS:
            return True
        if word in words.SHORT_WEEKDAYS:
            return before == "on"
        if word in words.SEASONS or word == "weekend":
            cues = {"in"} if word == "fall" else words.SEASON_CUES
            return before in {"the", "your"} and self.word(at - 2) in cues
        return before in words.HOLIDAY_CUES or self.word(end - 1) in _NAMED_DAYS
