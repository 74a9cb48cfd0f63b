"""What a phrase of time says, before it is known which day it is: plain data between the grammar and the calendar."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

__all__ = [
    "EVER",
    "Amount",
    "Around",
    "Beside",
    "Between",
    "Bounded",
    "Cycle",
    "Expression",
    "Nearest",
    "Nth",
    "Period",
    "RestOf",
    "Rolling",
    "Shifted",
    "Third",
    "Unit",
    "Which",
    "Years",
]

EVER: Final = datetime.min.replace(tzinfo=UTC)
"""Where a time starts that is known by its end alone: "before June"."""

Unit = Literal["day", "week", "fortnight", "month", "quarter", "half", "year", "decade"]
Which = Literal["bare", "last", "this", "next", "coming"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What comes round each year, or each week where no month and no Easter is given: March, 7 May, Friday, summer, Christmas.

    Attributes:
        month: 1 to 12.
        day: Day of the month, 1 to 31.
        weekday: 0 (Monday) to 6.
        nth: Which such weekday of the month; -1 for the last.
        easter: Days after Easter Sunday.
        months: How long it lasts, in months and ``days``.
        days: See ``months``.
        loose: Its bounds are a convention: a season.
    """

    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    nth: int | None = None
    easter: int | None = None
    months: int = 0
    days: int = 0
    loose: bool = False

    @property
    def weekly(self) -> bool:
        """Whether it comes round each week."""
        return self.month is None and self.easter is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The calendar unit that holds the day of speaking, moved by ``offset`` units: "yesterday", "this month", "next year". Weeks start on Monday."""

    unit: Unit
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Years:
    """``count`` calendar years from ``first`` on: "2022", "the 1990s"."""

    first: int
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """One round of a cycle, counted from the day of speaking; ``further`` rounds beyond it: "last Friday", "the Friday before last"."""

    cycle: Cycle
    which: Which = "bare"
    further: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nth:
    """The ``n``-th unit or round inside another time, -1 for the last: "the first weekend of August", "May 7, 2023"."""

    n: int = 1
    what: Unit | Cycle
    within: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How many: ``low`` to ``high``, and a half where so; ``vague`` where even these are not exact."""

    low: int
    high: int
    half: bool = False
    vague: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifted:
    """An amount of units before (``sign`` -1) or after (1) an anchor, by default the day of speaking: "two weeks ago"."""

    amount: Amount
    unit: Unit
    sign: Literal[-1, 1]
    anchor: "Expression | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolling:
    """The units up to the day of speaking, or from it on, that day included: "the past two weeks", "the next three days"."""

    count: int
    unit: Unit
    sign: Literal[-1, 1]
    vague: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOf:
    """The part of a calendar unit before (-1) or after (1) the day of speaking, that day included: "earlier this year"."""

    unit: Unit
    sign: Literal[-1, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The unit or round right before (-1) or after (1) a time, or the one that holds it (0): "the week before 9 June"."""

    what: Unit | Cycle
    side: Literal[-1, 0, 1]
    anchor: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Third:
    """The first (0), middle (1) or last (2) third of a time: "early May", "the end of 2022"."""

    part: Literal[0, 1, 2]
    within: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """A time and half its length, at least three days, on either side."""

    of: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """A time known by one end: "since Monday", "before June", "until 2020", "after Christmas"."""

    bound: Literal["since", "before", "until", "after"]
    of: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """From the start of one time to the end of another."""

    first: "Expression"
    last: "Expression"


Expression = Around | Beside | Between | Bounded | Nearest | Nth | Period | RestOf | Rolling | Shifted | Third | Years
