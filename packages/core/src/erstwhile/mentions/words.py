"""The words of time in English, in lower case. Data only.

Seasons are those of the north: spring is March to May, summer June to August, autumn September to November, winter December to February. Thanksgiving,
Labor Day, Memorial Day, Mother's Day and Father's Day are those of the United States.
"""

from collections.abc import Mapping
from typing import Final, Literal

from erstwhile.mentions.expressions import Amount, Cycle, Unit
from erstwhile.time import MONTH_NAMES

__all__ = [
    "AMOUNTS",
    "ANCHORS",
    "BOUNDS",
    "CONNECTORS",
    "COUNTED",
    "DAYS",
    "DAY_PARTS",
    "HOLIDAYS",
    "HOLIDAY_CUES",
    "MONTHS",
    "MONTH_CUES",
    "NUMBERS",
    "ORDINALS",
    "PLAIN_MONTHS",
    "RECURRENT",
    "SEASONS",
    "SEASON_CUES",
    "SHORT_WEEKDAYS",
    "TENS",
    "THIRDS",
    "UNITS",
    "VERBS_AFTER_MAY",
    "WEEKDAYS",
    "WEEKEND",
    "YEAR_CUES",
]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_MONTHS: Final = tuple(month.lower() for month in MONTH_NAMES)
_WEEKDAY_NAMES: Final = _words("monday tuesday wednesday thursday friday saturday sunday")

MONTHS: Final[Mapping[str, int]] = {
    **{name: number for number, name in enumerate(_MONTHS, start=1)},
    **{name[:3]: number for number, name in enumerate(_MONTHS, start=1)},
    "sept": 9,
}
PLAIN_MONTHS: Final = frozenset(_words("january february july september october november december"))
"""Months whose name is no other word and nobody's name: they need no preposition."""

WEEKDAYS: Final[Mapping[str, int]] = {name: number for number, name in enumerate(_WEEKDAY_NAMES)}
SHORT_WEEKDAYS: Final[Mapping[str, int]] = {
    **{name[:3]: number for number, name in enumerate(_WEEKDAY_NAMES)},
    "tues": 1,
    "thur": 3,
    "thurs": 3,
}
"""Read only with a capital and beside another word of time: "sat" and "sun" are words."""

WEEKEND: Final = Cycle(weekday=5, days=2)
SEASONS: Final[Mapping[str, Cycle]] = {
    name: Cycle(month=month, day=1, months=3, loose=True) for name, month in {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}.items()
}

_EASTER: Final = Cycle(easter=-2, days=4)
_NEW_YEAR: Final = Cycle(month=1, day=1, days=1)
_NEW_YEARS_EVE: Final = Cycle(month=12, day=31, days=1)
_VALENTINE: Final = Cycle(month=2, day=14, days=1)
_CHRISTMAS: Final = Cycle(month=12, day=25, days=1)
HOLIDAYS: Final[Mapping[str, Cycle]] = {
    "christmas eve": Cycle(month=12, day=24, days=1),
    "christmas day": _CHRISTMAS,
    "christmas": _CHRISTMAS,
    "xmas": _CHRISTMAS,
    "boxing day": Cycle(month=12, day=26, days=1),
    "new year 's eve": _NEW_YEARS_EVE,
    "new years eve": _NEW_YEARS_EVE,
    "new year 's day": _NEW_YEAR,
    "new year 's": _NEW_YEAR,
    "new years": _NEW_YEAR,
    "new year": _NEW_YEAR,
    "valentine 's day": _VALENTINE,
    "valentines day": _VALENTINE,
    "valentine 's": _VALENTINE,
    "st patrick 's day": Cycle(month=3, day=17, days=1),
    "good friday": Cycle(easter=-2, days=1),
    "easter sunday": Cycle(easter=0, days=1),
    "easter monday": Cycle(easter=1, days=1),
    "easter": _EASTER,
    "mother 's day": Cycle(month=5, weekday=6, nth=2, days=1),
    "father 's day": Cycle(month=6, weekday=6, nth=3, days=1),
    "memorial day": Cycle(month=5, weekday=0, nth=-1, days=1),
    "labor day": Cycle(month=9, weekday=0, nth=1, days=1),
    "halloween": Cycle(month=10, day=31, days=1),
    "thanksgiving day": Cycle(month=11, weekday=3, nth=4, days=1),
    "thanksgiving": Cycle(month=11, weekday=3, nth=4, days=1),
}
"""Words as the grammar splits them, the longer before what they begin with. Easter is Good Friday to Easter Monday."""

DAYS: Final[Mapping[str, int]] = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
DAY_PARTS: Final = frozenset({"morning", "afternoon", "evening", "night", "lunchtime"})
UNITS: Final[Mapping[str, Unit]] = {
    "day": "day",
    "week": "week",
    "fortnight": "fortnight",
    "month": "month",
    "quarter": "quarter",
    "half": "half",
    "year": "year",
    "decade": "decade",
}

_ONE_UP: Final = _words("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
NUMBERS: Final[Mapping[str, int]] = {"a": 1, "an": 1} | {word: number for number, word in enumerate(_ONE_UP, start=1)}
TENS: Final[Mapping[str, int]] = {word: 10 * tens for tens, word in enumerate(_words("twenty thirty forty fifty sixty seventy eighty ninety"), start=2)}
AMOUNTS: Final[Mapping[str, Amount]] = {
    "couple": Amount(low=2, high=2, vague=True),
    "few": Amount(low=2, high=4, vague=True),
    "several": Amount(low=3, high=7, vague=True),
}
"""Vague amounts, and from how many to how many they are read as."""
_FIRST_UP: Final = _words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")
ORDINALS: Final[Mapping[str, int]] = {"last": -1, "final": -1} | {word: number for number, word in enumerate(_FIRST_UP, start=1)}
THIRDS: Final[Mapping[str, Literal[0, 1, 2]]] = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}

BOUNDS: Final[Mapping[str, Literal["since", "before", "until", "after"]]] = {
    "since": "since",
    "before": "before",
    "until": "until",
    "till": "until",
    "by": "until",
    "after": "after",
}
CONNECTORS: Final = frozenset({"to", "until", "till", "through", "-", "–", "—"})  # noqa: RUF001 - the dashes that people type

MONTH_CUES: Final = frozenset({"in", "during", "throughout"})
YEAR_CUES: Final = MONTH_CUES | {"from", "of", "year"}
HOLIDAY_CUES: Final = MONTH_CUES | {"at", "on", "over", "for"}
SEASON_CUES: Final = MONTH_CUES | {"over", "for", "of", "at", "on", "since", "before", "after", "until", "till", "by", "was"}
"""What comes before "the summer" and "the weekend"."""

RECURRENT: Final = frozenset(_words("every each most any all some a another alternate per black"))
"""Before a name: a habit, or another name."""
VERBS_AFTER_MAY: Final = frozenset(_words("be have not also well never still only just need seem take help want go come get"))
COUNTED: Final = frozenset(_words("people men women children feet km kg percent usd eur users words"))
"""After four digits: an amount, and no year."""

ANCHORS: Final = frozenset(
    {
        *MONTHS,
        *WEEKDAYS,
        *SHORT_WEEKDAYS,
        *SEASONS,
        *DAYS,
        *_words("christmas xmas boxing valentine valentines patrick easter memorial labor halloween thanksgiving"),
        *_words("day days week weeks weekend weekends month months quarter year years decade decades ago night morning afternoon evening recently lately"),
        *("q1", "q2", "q3", "q4"),
    }
)
"""A text without any of these, and without a number that could be a date, speaks of no time."""
