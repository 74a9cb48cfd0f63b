"""From the tokens of a text to the phrases of time in it: which words they are, and what they say."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from erstwhile.mentions import words
from erstwhile.mentions.amounts import Amounts
from erstwhile.mentions.expressions import (
    Amount,
    Around,
    Beside,
    Between,
    Bounded,
    Cycle,
    Expression,
    Nearest,
    Nth,
    Period,
    RestOf,
    Rolling,
    Shifted,
    Third,
    Unit,
    Which,
)
from erstwhile.mentions.names import Read
from erstwhile.mentions.tokens import Token, day_number, year_number

__all__ = ["Phrase", "phrases_of"]

# "The end of the week before the first day of …": deeper than people speak.
_DEEPEST: Final = 5
_DETERMINERS: Final[dict[str, Which]] = {
    "last": "last",
    "past": "last",
    "previous": "last",
    "this": "this",
    "next": "next",
    "coming": "coming",
    "upcoming": "coming",
}
_OFFSETS: Final[dict[Which, int]] = {"bare": 0, "last": -1, "this": 0, "next": 1, "coming": 1}
_SIDES: Final[dict[str, Literal[-1, 0, 1]]] = {"before": -1, "of": 0, "after": 1, "following": 1}
_SIGNS: Final[dict[str, Literal[-1, 1]]] = {"before": -1, "after": 1, "following": 1, "from": 1}
_ROUGHLY: Final = frozenset({"about", "around", "roughly", "approximately", "almost", "nearly", "some", "over"})
_OVER: Final = frozenset({"in", "over", "during", "within", "throughout", "for"})
_LISTING: Final = frozenset({"and", "or", ","})
_QUARTERS: Final = {"q1": 1, "q2": 2, "q3": 3, "q4": 4}
_LATELY: Final = Rolling(count=30, unit="day", sign=-1, vague=True)
_THE_OTHER_DAY: Final = Rolling(count=7, unit="day", sign=-1, vague=True)
_STARTS: Final = frozenset(
    {
        *("'", "in", "between", "from", "around", "circa", "earlier", "later", "half", "weekend", "recently", "lately", "other"),
        *words.BOUNDS,
        *words.DAYS,
        *words.ORDINALS,
        *words.THIRDS,
        *_DETERMINERS,
        *words.NUMBERS,
        *words.TENS,
        *words.AMOUNTS,
        *words.DAY_PARTS,
        *words.UNITS,
        *words.SEASONS,
        *words.MONTHS,
        *words.WEEKDAYS,
        *words.SHORT_WEEKDAYS,
        *(name.partition(" ")[0] for name in words.HOLIDAYS),
        *_QUARTERS,
    }
)
"""Every phrase begins with one of these, or with a digit."""


class Phrase(NamedTuple):
    """What some tokens of a text say.

    Attributes:
        said: The expression.
        first: Place of the first token.
        end: Place after the last.
        future: Whether it counts only where the sentence speaks of what is to come: "in two weeks" can be how long something took.
    """

    said: Expression
    first: int
    end: int
    future: bool = False


def phrases_of(tokens: Sequence[Token]) -> Iterator[Phrase]:
    """The phrases of time, in order, none inside another."""
    grammar = _Grammar(tokens)
    at, listed = 0, False
    while at < len(tokens):
        word = tokens[at].word
        phrase = grammar.phrase(at, listed=listed) if word in _STARTS or word[0].isdecimal() else None
        if phrase is None:
            # "In March and April": what goes on from a time is one too.
            listed = listed and word in _LISTING
            at += 1
        else:
            yield phrase
            at, listed = phrase.end, True


class _Grammar(Amounts):
    def __init__(self, tokens: Sequence[Token]) -> None:
        super().__init__(tokens)
        self._depth = 0
        self._joins = not words.CONNECTORS.isdisjoint(token.word for token in tokens)
        # In this order: "last Friday of March" before "last Friday".
        self._readers: tuple[Callable[[int], Read | None], ...] = (
            self._day,
            self._ordinal,
            self._third,
            self._determined,
            self._rest,
            self._shifted,
            self._beside_time,
            self._quarter,
        )

    def phrase(self, at: int, *, listed: bool) -> Phrase | None:
        word = self.word(at)
        if word == "in" and (ahead := self.duration(at + 1)):
            amount, unit, end = ahead
            end += self.word(end) in {"'s", "'"}
            return Phrase(Shifted(amount=amount, unit=unit, sign=1), at, end + (self.word(end) == "time"), future=True)
        follows = listed and self.word(at - 1) in _LISTING and (word in words.MONTHS or year_number(word) is not None) and self.is_month_name(at)
        found = self._range(at) or self._bound(at) or self._around(at) or self._open_range(at) or self._term(at, forced=follows)
        return None if found is None else Phrase(found[0], at, found[1])

    def _range(self, at: int) -> Read | None:
        match self.word(at):
            case "between":
                return self._days_between(at + 1) or self._joined(at + 1, frozenset({"and"}))
            case "from":
                if (dates := self.date(at + 1)) and isinstance(dates[0], Between):
                    return dates
                return self._joined(at + 1, words.CONNECTORS) or self._onwards(at + 1)
        return None

    def _joined(self, at: int, connectors: frozenset[str]) -> Read | None:
        first = self._term(at, forced=True)
        last = self._term(first[1] + 1, forced=True) if first and self.word(first[1]) in connectors else None
        return (Between(first=first[0], last=last[0]), last[1]) if first and last else None

    def _onwards(self, at: int) -> Read | None:
        first = self._term(at, forced=True)
        return (Bounded(bound="since", of=first[0]), first[1] + 1) if first and self.word(first[1]) in {"on", "onward", "onwards"} else None

    def _days_between(self, at: int) -> Read | None:
        """Days of one month: "5 and 7 June 2020"."""
        days = self.days(at, span=False)
        last = self.date(days[1] + 1, span=False) if days and self.word(days[1]) == "and" else None
        if days is None or last is None:
            return None
        match last[0]:
            case Nth(what=Cycle(month=int(month)), within=within):
                first: Expression = Nth(what=Cycle(month=month, day=days[0][0], days=1), within=within)
            case Nearest(cycle=Cycle(month=int(month))):
                first = Nearest(cycle=Cycle(month=month, day=days[0][0], days=1))
            case _:
                return None
        return Between(first=first, last=last[0]), last[1]

    def _open_range(self, at: int) -> Read | None:
        """Two names joined by "to" or a dash, with nothing before them: "June - August 2023"."""
        word, before = self.word(at), self.word(at - 1)
        if not self._joins or before in words.RECURRENT or not self.is_month_name(at):
            return None
        first = self.named(at, forced=word in words.MONTHS or before in words.YEAR_CUES)
        if first is None or self.word(first[1]) not in words.CONNECTORS:
            return None
        last = self._term(first[1] + 1, forced=True)
        return (Between(first=first[0], last=last[0]), last[1]) if last else None

    def _bound(self, at: int) -> Read | None:
        bound = words.BOUNDS.get(self.word(at))
        of = self._term(at + 1, forced=True) if bound else None
        # Not "after yesterday's meeting": that was yesterday, most likely.
        return (Bounded(bound=bound, of=of[0]), of[1]) if bound and of and self.word(of[1]) != "'s" else None

    def _around(self, at: int) -> Read | None:
        of = self._term(at + 1, forced=True) if self.word(at) in {"around", "circa"} else None
        # What is already read as about that time is not widened again.
        return of and (of[0] if isinstance(of[0], Shifted) else Around(of=of[0]), of[1])

    def _term(self, at: int, *, forced: bool = False) -> Read | None:
        """A time at this place; ``forced`` where what comes before asks for one."""
        if self._depth >= _DEEPEST:
            return None
        at += forced and self.word(at) == "the"
        self._depth += 1
        found = next(filter(None, (read(at) for read in self._readers)), None) or self.named(at, forced=forced)
        self._depth -= 1
        return found and (found[0], found[1] + (self.word(found[1]) in words.DAY_PARTS))

    def _day(self, at: int) -> Read | None:
        word = self.word(at)
        if word in words.DAYS:
            return Period(unit="day", offset=words.DAYS[word]), at + 1
        if word in {"recently", "lately"}:
            return _LATELY, at + 1
        return (_THE_OTHER_DAY, at + 2) if word == "other" and self.word(at - 1) == "the" and self.word(at + 1) in {"day", "night"} else None

    def _what(self, at: int) -> tuple[Unit | Cycle, int] | None:
        """A unit or what comes round, as what is counted or placed beside a time."""
        word = self.word(at)
        if word in words.DAY_PARTS:
            return "day", at + 1
        if unit := words.UNITS.get(word):
            return unit, at + 1
        return self.cycle(at) if word in words.WEEKDAYS or word in words.SEASONS or word == "weekend" else None

    def _ordinal(self, at: int) -> Read | None:
        """The n-th of something in a time: "the first weekend of August 2023"."""
        n = words.ORDINALS.get(self.word(at)) or day_number(self.word(at), ordinal=True)
        what = self._what(at + 1) if n else None
        if n is None or what is None:
            return None
        within = self._inside(what[1] + 1) if self.word(what[1]) in {"of", "in"} else self.year(what[1], forced=True)
        return (Nth(n=n, what=what[0], within=within[0]), within[1]) if within else None

    def _inside(self, at: int) -> Read | None:
        """A time that another is part of; "the year" is this one."""
        found = self._term(at, forced=True)
        unit = words.UNITS.get(self.word(at + 1)) if self.word(at) == "the" else None
        return (Period(unit=unit), at + 2) if found is None and unit not in {None, "day", "half"} and unit else found

    def _third(self, at: int) -> Read | None:
        """A part of a time: "early May", "the end of the year"."""
        word, after = self.word(at), self.word(at + 1)
        if word not in words.THIRDS:
            return None
        noun = word in {"beginning", "start", "middle", "end"}
        linked = after == "of" if noun else after in {"in", "-"}
        within = self._inside(at + 1 + linked) if linked or not noun else None
        return (Third(part=words.THIRDS[word], within=within[0]), within[1]) if within else None

    def _determined(self, at: int) -> Read | None:
        """What "last", "past", "this", "next" or "coming" stands before."""
        which = _DETERMINERS.get(self.word(at))
        if which is None:
            return None
        after = self.word(at + 1)
        if which == "this" and after in _DETERMINERS:
            return self._determined_by(_DETERMINERS[after], at + 1, whole=True)
        if after in words.DAY_PARTS:
            return (Period(unit="day", offset=_OFFSETS[which]), at + 2) if self.word(at) in {"last", "this"} else None
        return self._rolling(which, at + 1) or self._determined_by(which, at, whole=self.word(at) != "past" or self.word(at - 1) == "the")

    def _rolling(self, which: Which, at: int) -> Read | None:
        """Several units up to now or from now on: "the past two weeks"."""
        several = self.duration(at) if which != "this" and self.word(at) not in {"a", "an", "half"} else None
        if several is None or self.word(several[2]) == "of":
            return None
        amount, unit, end = several
        return Rolling(count=amount.high, unit=unit, sign=-1 if which == "last" else 1, vague=amount.vague), end

    def _determined_by(self, which: Which, at: int, *, whole: bool) -> Read | None:
        """A unit or a name after its determiner, which is at this place; ``whole`` unless it may be another word ("walked past June")."""
        if (unit := words.UNITS.get(self.word(at + 1))) and unit not in {"day", "half"}:
            over = which == "last" and self.word(at - 1) == "the" and self.word(at - 2) in _OVER
            if over or self.word(at) == "past":
                return Rolling(count=1, unit=unit, sign=-1, vague=True), at + 2
            return self._day_of_week(Period(unit=unit, offset=_OFFSETS[which]), at + 2)
        verb = self.word(at + 1) in {"may", "march"} and self.raw(at + 1).islower()
        if not whole or (verb and (which == "this" or self.word(at + 2) in words.VERBS_AFTER_MAY)):
            return None
        cycle = self.cycle(at + 1)
        return cycle and (Nearest(cycle=cycle[0], which=which), cycle[1])

    def _day_of_week(self, said: Period, at: int) -> Read:
        """The unit itself, or the day of the week that is said next: "last week on Friday"."""
        place = at + (self.word(at) == "on")
        day = self.weekday(place) if said.unit == "week" else None
        return (said, at) if day is None else (Nth(what=Cycle(weekday=day, days=1), within=said), place + 1)

    def _rest(self, at: int) -> Read | None:
        """The part of a unit up to now or from now on: "earlier this year"."""
        word, unit = self.word(at), words.UNITS.get(self.word(at + 2))
        if word not in {"earlier", "later"} or self.word(at + 1) != "this" or unit is None or unit == "day":
            return None
        return RestOf(unit=unit, sign=-1 if word == "earlier" else 1), at + 3

    def _shifted(self, at: int) -> Read | None:
        """An amount of time before or after another: "two weeks ago", "3 days before Christmas", "a week from Monday"."""
        if rounds := self._rounds_ago(at):
            return rounds
        if self.word(at - 1) == "-" or (duration := self.duration(at)) is None:
            return None
        amount, unit, end = duration
        if self.word(at - 1) in _ROUGHLY:
            amount = Amount(low=amount.low, high=amount.high, half=amount.half, vague=True)
        link = self.word(end)
        if link in {"ago", "back"}:
            return Shifted(amount=amount, unit=unit, sign=-1), end + 1
        if link == "from" and self.word(end + 1) == "now":
            return Shifted(amount=amount, unit=unit, sign=1), end + 2
        anchor = self._term(end + 1, forced=True) if link in _SIGNS else None
        if anchor is None:
            return None
        said = anchor[0]
        if link == "from" and isinstance(said, Nearest):
            # "A week from Monday" is a day to come, and that very day.
            said = Nearest(cycle=said.cycle, which="coming")
            if unit == "week":
                amount, unit = Amount(low=7 * amount.low, high=7 * amount.high, vague=amount.vague), "day"
        return Shifted(amount=amount, unit=unit, sign=_SIGNS[link], anchor=said), anchor[1]

    def _rounds_ago(self, at: int) -> Read | None:
        """So many rounds back: "two weekends ago", "three summers ago"."""
        counted = self.amount(at)
        if counted is None or self.word(counted[1] + 1) != "ago" or counted[0].low != counted[0].high or not counted[0].low:
            return None
        name = self.word(counted[1]).removesuffix("s")
        cycle = Cycle(weekday=words.WEEKDAYS[name], days=1) if name in words.WEEKDAYS else words.SEASONS.get(name)
        cycle = words.WEEKEND if name == "weekend" else cycle
        return (Nearest(cycle=cycle, which="last", further=counted[0].low - 1), counted[1] + 2) if cycle else None

    def _beside_time(self, at: int) -> Read | None:
        """A unit or round next to a time: "the week before 9 June", "the day after tomorrow", "the weekend before last"."""
        if (named := self._what(at)) is None:
            return None
        what, end = named
        link, following = self.word(end), self.word(end + 1)
        anchor = self._term(end + 1, forced=True) if link in _SIDES else None
        if anchor:
            return Beside(what=what, side=_SIDES[link], anchor=anchor[0]), anchor[1]
        if (link, following) not in {("before", "last"), ("after", "next")}:
            return None
        if isinstance(what, Cycle):
            return Nearest(cycle=what, which="last" if link == "before" else "next", further=1), end + 2
        return Period(unit=what, offset=2 * _SIGNS[link]), end + 2

    def _quarter(self, at: int) -> Read | None:
        """A quarter by its number: "Q3 2022"."""
        number = _QUARTERS.get(self.word(at))
        within = self.year(at + 1 + (self.word(at + 1) == "of"), forced=True) if number else None
        return (Nth(n=number, what="quarter", within=within[0]), within[1]) if number and within else None
