"""Times that a text speaks of: which words they are, and which days they mean."""

import json
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erstwhile import InvalidInputError
from erstwhile.mentions import EVER, Mention, mentions_of
from erstwhile.mentions.words import ANCHORS, MONTHS, WEEKDAYS

MONDAY = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
BEGINNING = EVER.date().isoformat()


def only(text: str, said_at: datetime = MONDAY) -> Mention:
    mentions = mentions_of(text, said_at=said_at)
    assert len(mentions) == 1, [mention.phrase for mention in mentions]
    return mentions[0]


def days(mention: Mention) -> tuple[str, str | None]:
    start, end = mention.interval.start, mention.interval.end
    assert start == datetime(start.year, start.month, start.day, tzinfo=UTC)
    return start.date().isoformat(), end and end.date().isoformat()


@pytest.mark.parametrize(
    ("text", "phrase", "start", "end"),
    [
        ("I went hiking last weekend", "last weekend", "2023-05-06", "2023-05-08"),
        ("It rained yesterday.", "yesterday", "2023-05-07", "2023-05-08"),
        ("We spoke this morning", "this morning", "2023-05-08", "2023-05-09"),
        ("I slept badly last night", "last night", "2023-05-07", "2023-05-08"),
        ("See you tomorrow evening!", "tomorrow evening", "2023-05-09", "2023-05-10"),
        ("He called the day before yesterday", "day before yesterday", "2023-05-06", "2023-05-07"),
        ("the day after tomorrow", "day after tomorrow", "2023-05-10", "2023-05-11"),
        ("last week's meeting", "last week", "2023-05-01", "2023-05-08"),
        ("the week before last", "week before last", "2023-04-24", "2023-05-01"),
        ("the Friday before last", "Friday before last", "2023-04-28", "2023-04-29"),
        ("Friday of last week", "Friday of last week", "2023-05-05", "2023-05-06"),
        ("What did I do this month?", "this month", "2023-05-01", "2023-06-01"),
        ("next month", "next month", "2023-06-01", "2023-07-01"),
        ("last quarter", "last quarter", "2023-01-01", "2023-04-01"),
        ("earlier this year", "earlier this year", "2023-01-01", "2023-05-09"),
        ("later this week", "later this week", "2023-05-08", "2023-05-15"),
        ("over the past two weeks", "past two weeks", "2023-04-24", "2023-05-09"),
        ("the next 3 days", "next 3 days", "2023-05-08", "2023-05-12"),
        ("last Friday", "last Friday", "2023-05-05", "2023-05-06"),
        ("last Monday", "last Monday", "2023-05-01", "2023-05-02"),
        ("this Friday", "this Friday", "2023-05-12", "2023-05-13"),
        ("next Tuesday", "next Tuesday", "2023-05-16", "2023-05-17"),
        ("this coming Tuesday", "this coming Tuesday", "2023-05-09", "2023-05-10"),
        ("on Sat I slept", "Sat", "2023-05-06", "2023-05-07"),
        ("two weekends ago", "two weekends ago", "2023-04-29", "2023-05-01"),
        ("3 days ago", "3 days ago", "2023-05-05", "2023-05-06"),
        ("early this morning", "early this morning", "2023-05-08", "2023-05-09"),
        ("two days from Friday", "two days from Friday", "2023-05-14", "2023-05-15"),
        ("a week from Monday", "a week from Monday", "2023-05-22", "2023-05-23"),
        ("What did I do in March?", "March", "2023-03-01", "2023-04-01"),
        ("in may", "may", "2023-05-01", "2023-06-01"),
        ("in June", "June", "2022-06-01", "2022-07-01"),
        ("last May 9th", "last May 9th", "2022-05-09", "2022-05-10"),
        ("last May", "last May", "2022-05-01", "2022-06-01"),
        ("March last year", "March last year", "2022-03-01", "2022-04-01"),
        ("In November, 2021", "November, 2021", "2021-11-01", "2021-12-01"),
        ("in 2022", "2022", "2022-01-01", "2023-01-01"),
        ("back in '98", "'98", "1998-01-01", "1999-01-01"),
        ("music of the 1990s", "1990s", "1990-01-01", "2000-01-01"),
        ("on 7 May 2023", "7 May 2023", "2023-05-07", "2023-05-08"),
        ("May 7", "May 7", "2023-05-07", "2023-05-08"),
        ("the 9th of may", "9th of may", "2022-05-09", "2022-05-10"),
        ("on Jan. 5, 2020", "Jan. 5, 2020", "2020-01-05", "2020-01-06"),
        ("Sunday, 21 May 2023", "Sunday, 21 May 2023", "2023-05-21", "2023-05-22"),
        ("29 Feb", "29 Feb", "2020-02-29", "2020-03-01"),
        ("5-7 May 2023", "5-7 May 2023", "2023-05-05", "2023-05-08"),
        ("May 30 to 31, 2021", "May 30 to 31, 2021", "2021-05-30", "2021-06-01"),
        ("signed 2023-04-01T10:00:00Z", "2023-04-01", "2023-04-01", "2023-04-02"),
        ("in 2023-04", "2023-04", "2023-04-01", "2023-05-01"),
        ("due 12/31/2022", "12/31/2022", "2022-12-31", "2023-01-01"),
        ("due 31/12/2022", "31/12/2022", "2022-12-31", "2023-01-01"),
        ("am 1.2.2023", "1.2.2023", "2023-02-01", "2023-02-02"),
        ("the first weekend of August 2023", "first weekend of August 2023", "2023-08-05", "2023-08-07"),
        ("the second Saturday in June 2022", "second Saturday in June 2022", "2022-06-11", "2022-06-12"),
        ("the last week of April", "last week of April", "2023-04-24", "2023-05-01"),
        ("the last day of 2022", "last day of 2022", "2022-12-31", "2023-01-01"),
        ("Q3 2022", "Q3 2022", "2022-07-01", "2022-10-01"),
        ("the first half of 2022", "first half of 2022", "2022-01-01", "2022-07-01"),
        ("the week before 9 June 2023", "week before 9 June 2023", "2023-06-02", "2023-06-09"),
        ("the Friday before 25 May 2023", "Friday before 25 May 2023", "2023-05-19", "2023-05-20"),
        ("the weekend after 9 June 2023", "weekend after 9 June 2023", "2023-06-10", "2023-06-12"),
        ("the week of 9 June 2023", "week of 9 June 2023", "2023-06-05", "2023-06-12"),
        ("the year before 2020", "year before 2020", "2019-01-01", "2020-01-01"),
        ("3 days before Christmas", "3 days before Christmas", "2022-12-22", "2022-12-23"),
        ("two years before 2020", "two years before 2020", "2018-01-01", "2019-01-01"),
        ("between March and May", "between March and May", "2023-03-01", "2023-06-01"),
        ("between November and January", "between November and January", "2022-11-01", "2023-02-01"),
        ("between 5 and 7 June 2020", "between 5 and 7 June 2020", "2020-06-05", "2020-06-08"),
        ("between 5 and 7 June", "between 5 and 7 June", "2022-06-05", "2022-06-08"),
        ("from 5 to 7 May 2022", "from 5 to 7 May 2022", "2022-05-05", "2022-05-08"),
        ("in 2010-2012", "2010-2012", "2010-01-01", "2013-01-01"),
        ("from 2019 to 2021", "from 2019 to 2021", "2019-01-01", "2022-01-01"),
        ("from March to May 2021", "from March to May 2021", "2021-03-01", "2021-06-01"),
        ("June – August 2022", "June – August 2022", "2022-06-01", "2022-09-01"),  # noqa: RUF001 - as people type it
        ("between Christmas and New Year", "between Christmas and New Year", "2022-12-25", "2023-01-02"),
        ("since Wednesday", "since Wednesday", "2023-05-03", "2023-05-09"),
        ("since 2019", "since 2019", "2019-01-01", "2023-05-09"),
        ("from 2020 onwards", "from 2020 onwards", "2020-01-01", "2023-05-09"),
        ("before June 2022", "before June 2022", BEGINNING, "2022-06-01"),
        ("until 2020", "until 2020", BEGINNING, "2021-01-01"),
        ("until next Friday", "until next Friday", "2023-05-08", "2023-05-20"),
        ("after 2021", "after 2021", "2022-01-01", "2023-05-09"),
        ("after next month", "after next month", "2023-07-01", None),
        ("after yesterday's party", "yesterday", "2023-05-07", "2023-05-08"),
        ("for Thanksgiving", "Thanksgiving", "2022-11-24", "2022-11-25"),
        ("at Easter 2024", "Easter 2024", "2024-03-29", "2024-04-02"),
        ("on New Year’s Eve", "New Year’s Eve", "2022-12-31", "2023-01-01"),  # noqa: RUF001 - as people type it
        ("Christmas Eve was quiet", "Christmas Eve", "2022-12-24", "2022-12-25"),
        ("next Christmas", "next Christmas", "2023-12-25", "2023-12-26"),
    ],
)
def test_what_is_said_exactly(text: str, phrase: str, start: str, end: str | None) -> None:
    """A phrase is found where it stands, and means the days of its unit."""
    mention = only(text)
    assert (mention.phrase, *days(mention), mention.approximate) == (phrase, start, end, False)
    assert text[mention.start : mention.end] == phrase


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("two weeks ago", "2023-04-21", "2023-04-28"),
        ("three years ago", "2019-11-08", "2020-11-09"),
        ("a month ago", "2023-03-24", "2023-04-24"),
        ("half a year ago", "2022-08-08", "2023-02-09"),
        ("a year and a half ago", "2021-08-08", "2022-02-09"),
        ("about 3 days ago", "2023-05-04", "2023-05-07"),
        ("a few years ago", "2019-05-08", "2021-05-09"),
        ("two or three weeks ago", "2023-04-17", "2023-04-25"),
        ("10-15 years ago", "2008-05-08", "2013-05-09"),
        ("twenty-five years ago", "1997-11-08", "1998-11-09"),
        ("the past few days", "2023-05-04", "2023-05-09"),
        ("over the last month", "2023-04-08", "2023-05-09"),
        ("the other day", "2023-05-01", "2023-05-09"),
        ("I recently moved", "2023-04-08", "2023-05-09"),
        ("two weeks from now", "2023-05-19", "2023-05-26"),
        ("a month after 5 May 2022", "2022-05-21", "2022-06-21"),
        ("around Christmas", "2022-12-22", "2022-12-29"),
        ("around 2010", "2009-07-03", "2011-07-02"),
        ("early May", "2023-05-01", "2023-05-11"),
        ("mid-April", "2023-04-11", "2023-04-21"),
        ("at the end of 2022", "2022-09-02", "2023-01-01"),
        ("by the end of the year", "2023-05-08", "2024-01-01"),
        ("last summer", "2022-06-01", "2022-09-01"),
        ("the summer of 2021", "2021-06-01", "2021-09-01"),
        ("in the fall", "2022-09-01", "2022-12-01"),
        ("winter 2022", "2022-12-01", "2023-03-01"),
    ],
)
def test_what_is_said_vaguely(text: str, start: str, end: str) -> None:
    """Something vague gets the length of its unit, and says so."""
    mention = only(text)
    assert (*days(mention), mention.approximate) == (start, end, True)


@pytest.mark.parametrize(
    "text",
    [
        "It may help. May I? This may take long; the last may be wrong.",
        "We march on. After the march on Washington, they march again.",
        "The second one is fine, the first half hour too.",
        "Python 3.11 or 3.12 costs 2,000, at version 2.2022",
        "It takes five minutes, call me in 20 minutes or 3 hours ago",
        "Dinner at 10:30, or 5pm, 24/7",
        "It took two weeks. I learned it in two weeks, three times a week.",
        "I have 2022 reasons, in 2000 words, $2022, 2022% and #2019",
        "April said hi to June and Jan. May went home with Mark.",
        "The sun sat there, Mon dieu, by Sun Microsystems",
        "Every Monday, each March, on Mondays, most weekends, on a Friday",
        "I fall often, spring water, summer dress, Christmas tree",
        "The next day, a week later, three years later, the day before",
        "Two hundred years ago; weeks ago; 2,000 years ago",
        "It happens in October every year, and in May of the same year",
        "april.smith@example.com, monday.com, https://x.com/2022/05/07/may, 192.168.2022.1",
        "30 February 2023, 2023-13-45, 32/5/2023, in 1492, in 2500",
        "the fifth Monday of February 2023, since tomorrow",
        "from June to Berlin, between Ana and May",
        "",
        " \n",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """Verbs, names, amounts, versions, durations, clock times and habits are no times."""
    assert mentions_of(text, said_at=MONDAY) == ()


@pytest.mark.parametrize(
    ("said_on", "text", "start", "end"),
    [
        # A Sunday, a Saturday: the weekend that runs is not the last one.
        ("2023-05-07", "last weekend", "2023-04-29", "2023-05-01"),
        ("2023-05-06", "last weekend", "2023-04-29", "2023-05-01"),
        ("2023-05-07", "over the weekend", "2023-05-06", "2023-05-08"),
        ("2023-05-07", "this weekend", "2023-05-06", "2023-05-08"),
        ("2023-05-10", "this weekend", "2023-05-13", "2023-05-15"),
        ("2023-05-10", "next weekend", "2023-05-20", "2023-05-22"),
        # Nobody calls today by its weekday.
        ("2023-05-12", "on Friday", "2023-05-05", "2023-05-06"),
        ("2023-05-12", "since Friday", "2023-05-05", "2023-05-13"),
        ("2023-05-14", "next Monday", "2023-05-15", "2023-05-16"),
        ("2023-05-14", "last week", "2023-05-01", "2023-05-08"),
        # Ends of months, leap days.
        ("2023-03-31", "last month", "2023-02-01", "2023-03-01"),
        ("2024-03-31", "a month ago", "2024-02-14", "2024-03-16"),
        ("2023-12-31", "tomorrow", "2024-01-01", "2024-01-02"),
        ("2024-02-29", "next year", "2025-01-01", "2026-01-01"),
        ("2024-02-29", "yesterday", "2024-02-28", "2024-02-29"),
        ("2024-02-29", "29 February", "2024-02-29", "2024-03-01"),
        ("2024-03-01", "yesterday", "2024-02-29", "2024-03-01"),
        ("2024-01-01", "last week", "2023-12-25", "2024-01-01"),
        ("2024-01-15", "in December", "2023-12-01", "2024-01-01"),
        ("2024-01-15", "last quarter", "2023-10-01", "2024-01-01"),
        # Seasons that run, ended or are to come; a winter has two years.
        ("2023-07-15", "last summer", "2022-06-01", "2022-09-01"),
        ("2023-09-01", "last summer", "2023-06-01", "2023-09-01"),
        ("2024-01-15", "this winter", "2023-12-01", "2024-03-01"),
        ("2024-01-15", "last winter", "2022-12-01", "2023-03-01"),
        ("2023-12-25", "last Christmas", "2022-12-25", "2022-12-26"),
        ("2023-12-25", "at Christmas", "2023-12-25", "2023-12-26"),
        ("2023-02-10", "between March and May", "2022-03-01", "2022-06-01"),
    ],
)
def test_it_depends_on_the_day_of_speaking(said_on: str, text: str, start: str, end: str) -> None:
    """The same words mean other days on other weekdays, at the ends of months and years, and in leap years."""
    assert days(only(text, datetime.fromisoformat(said_on).replace(hour=23, minute=59, tzinfo=UTC))) == (start, end)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("We met in June.", "2022-06-01"),
        ("We will meet in June.", "2023-06-01"),
        ("I’m meeting her on Friday", "2023-05-12"),  # noqa: RUF001 - as people type it
        ("I was going to call on Friday", "2023-05-05"),
        ("I should have called on Friday", "2023-05-05"),
        ("The essay is due on Friday", "2023-05-12"),
        ("Will you come? I was there on Friday.", "2023-05-05"),
        ("I will always live here, as I have since March", "2023-03-01"),
        ("The exam is in 3 days", "2023-05-11"),
    ],
)
def test_a_sentence_about_what_is_to_come_looks_ahead(text: str, start: str) -> None:
    """A bare name is the last one, unless its own sentence speaks of the future."""
    assert days(only(text))[0] == start


def test_several_times_in_one_text() -> None:
    """Times are listed in the order of the text, none inside another, and what goes on a list of months is a month."""
    text = "In March and April 2022 I lived in Rome, since last summer in Berlin; on 5 June 2021 I married."
    assert [mention.phrase for mention in mentions_of(text, said_at=MONDAY)] == ["March", "April 2022", "since last summer", "5 June 2021"]


def test_at_most_eight_and_only_the_beginning_is_read() -> None:
    """A long text costs no more than its first 2,000 characters, and gives eight times at most."""
    assert len(mentions_of("yesterday and " * 20, said_at=MONDAY)) == 8
    assert mentions_of("x" * 1_999 + " yesterday", said_at=MONDAY) == ()
    assert len(mentions_of("x" * 1_990 + " yesterday", said_at=MONDAY)) == 1


def test_days_are_those_of_utc() -> None:
    """The day of speaking is taken on the axis that the store keeps, whatever zone the caller gives; a time without a zone is refused."""
    evening = datetime(2023, 5, 8, 22, tzinfo=timezone(timedelta(hours=-5)))
    assert days(only("today", evening)) == ("2023-05-09", "2023-05-10")
    with pytest.raises(InvalidInputError, match="said_at"):
        mentions_of("today", said_at=datetime(2023, 5, 8))  # noqa: DTZ001 - that is the mistake


def test_the_machine_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's time zone changes nothing."""
    text = "today, last weekend, on 7 May 2023 and at Easter"
    here = mentions_of(text, said_at=MONDAY)
    try:
        for zone in ("Pacific/Auckland", "America/Los_Angeles"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert mentions_of(text, said_at=MONDAY) == here
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_text_without_a_time_costs_no_import() -> None:
    """Neither the package nor a text without a time loads the calendar's library; a text with one does."""
    program = (
        "import json, sys\n"
        "from datetime import UTC, datetime\n"
        "import erstwhile\n"
        "from erstwhile.mentions import mentions_of\n"
        "seen = []\n"
        "for text in ('The food was great.', 'It may take a week in 3.11, 2022 times a day.', 'It was great yesterday.'):\n"
        "    mentions_of(text, said_at=datetime(2023, 5, 8, tzinfo=UTC))\n"
        "    seen.append('dateutil' in sys.modules)\n"
        "print(json.dumps(seen))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == [False, False, True]


def _check(text: str, said_at: datetime) -> None:
    mentions = mentions_of(text, said_at=said_at)
    assert mentions == mentions_of(text, said_at=said_at)
    assert len(mentions) <= 8
    ends = [0]
    for mention in mentions:
        assert text[mention.start : mention.end] == mention.phrase != ""
        assert mention.start >= ends[-1]
        assert mention.interval.end is None or mention.interval.start < mention.interval.end
        ends.append(mention.end)


SAID_AT = st.datetimes(timezones=st.just(UTC)) | st.sampled_from([EVER, MONDAY, datetime.max.replace(tzinfo=UTC)])
NUMBERS = ["0", "1", "5th", "7", "31", "45", "99", "999", "2019", "2022", "2199", "9999", "5-7", "2019-2021", "1990s", "80s", "2023-02-30", "5/7/2023", "'69"]
GLUE = "in on at of the a an and or to from between since before after until by around last past this next coming first second end early mid ago now".split()  # noqa: SIM905 - a list of words
AMOUNTS = "few couple several two twenty half , - – . ' ’s May Sun other earlier later Christmas New Year day weeks years time".split()  # noqa: RUF001, SIM905 - a list of words
WORDS = st.sampled_from([*NUMBERS, *GLUE, *AMOUNTS, *sorted(ANCHORS)])


@settings(deadline=None, database=None)
@given(text=st.text(max_size=2_000), said_at=SAID_AT)
def test_no_text_is_refused(text: str, said_at: datetime) -> None:
    """Whatever the text and the time, reading it raises nothing and gives well-formed mentions."""
    _check(text, said_at)


@settings(max_examples=400, deadline=None, database=None)
@given(words=st.lists(WORDS, max_size=12), said_at=SAID_AT)
def test_no_heap_of_words_of_time_is_refused(words: list[str], said_at: datetime) -> None:
    """Words of time in any order, at any time from year 1 to 9999, raise nothing."""
    _check(" ".join(words), said_at)


@pytest.mark.parametrize(
    "unit", ["first day of the week before ", "between the end of the first week of May and ", "a few or two and a half years before ", "5 to 6 of may - "]
)
def test_what_nests_without_end_is_read_to_a_depth(unit: str) -> None:
    """A text that opens phrase in phrase neither overflows the stack nor gives more than eight."""
    _check(unit * (2_000 // len(unit)), MONDAY)


@settings(deadline=None, database=None)
@given(said_on=st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31)), weekday=st.sampled_from(sorted(WEEKDAYS)))
def test_a_weekday_that_is_past_is_within_a_week(said_on: date, weekday: str) -> None:
    """ "Last Friday" and "on Friday" are one to seven days ago, and a Friday."""
    now = datetime(said_on.year, said_on.month, said_on.day, tzinfo=UTC)
    for text in (f"last {weekday}", f"on {weekday}"):
        start = only(text, now).interval.start
        assert (start.weekday(), timedelta(days=1) <= now - start <= timedelta(days=7)) == (WEEKDAYS[weekday], True)


@settings(deadline=None, database=None)
@given(said_on=st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31)), month=st.sampled_from(sorted(MONTHS)))
def test_a_bare_month_is_the_last_that_began(said_on: date, month: str) -> None:
    """ "In March" is the March of the twelve months that began last."""
    now = datetime(said_on.year, said_on.month, said_on.day, tzinfo=UTC)
    start = only(f"in {month}", now).interval.start
    assert (start.month, start.day, start <= now < start.replace(year=start.year + 1)) == (MONTHS[month], 1, True)
