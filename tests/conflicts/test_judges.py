"""The contract of a judge, for those that need no model and for judges asked one after another."""

from dataclasses import replace

import pytest
from tests.conflicts.said import Always, drawn, in_other_words, said, told, typed

from erstwhile.judge import Cascade, Judge, Pair, RuleJudge
from erstwhile.model import MemoryType, Provenance, SourceKind
from erstwhile.policy import Policy
from erstwhile.relations import Judgement, Relation
from erstwhile.testing import JudgeSuite, make_version


class TestRuleJudge(JudgeSuite):
    """The judge that needs no model."""

    def make(self) -> Judge:
        return RuleJudge()


class TestCascade(JudgeSuite):
    """The rules, asked first of one."""

    def make(self) -> Judge:
        return Cascade([RuleJudge()])


class TestCascadeOfTwo(JudgeSuite):
    """The rules, and another judge for what they cannot tell."""

    def make(self) -> Judge:
        return Cascade([RuleJudge(), Always(Judgement(relation=Relation.SUPERSEDES, score=0.8, reason="Always."))])


def _pair(**parts: str) -> Pair:
    return Pair(earlier=make_version("The sky is clear"), later=make_version("A storm came up", **parts), cosine=0.9)


def test_only_the_unsure_goes_to_the_next() -> None:
    """A sure answer is not put to the next judge, an unsure one is, and the surer of two counts."""
    sure, unsure = (Judgement(relation=Relation.REFINES, score=score, reason="First.") for score in (0.9, 0.6))
    last = Always(Judgement(relation=Relation.COEXISTS, score=0.65, reason="Second."))
    pair = _pair(valid_from="2024-06-01")
    assert (Cascade([Always(sure), last]).judge([pair])[0].relation, last.asked) == (Relation.REFINES, 0)
    assert (Cascade([Always(unsure), last]).judge([pair])[0].relation, last.asked) == (Relation.COEXISTS, 1)
    assert Cascade([Always(None)]).judge([pair])[0].relation is Relation.COEXISTS


def test_a_budget_goes_to_what_is_likeliest_to_matter() -> None:
    """The nearest in meaning comes first, unless another has words in common with what comes in; one may be longer than the budget, up to three times."""
    pairs = [
        said("A fine day", "The kiln broke", cosine=0.7),
        said("Our kiln is on", "The kiln broke", cosine=0.65),
        said("It snows", "The kiln broke", cosine=0.49),
    ]
    for budget, asked in ((30, [1]), (60, [0, 1]), (5, []), (None, [0, 1])):
        judged = Cascade([Always(None), Always(told(Relation.REFINES, 0.9))], budget=budget).judge(pairs)
        assert [place for place, judgement in enumerate(judged) if judgement.relation is Relation.REFINES] == asked


def test_of_the_same_time_none_is_newer() -> None:
    """Of two that hold from the same time on, neither supersedes the other unless it says that it corrects: they contradict."""
    replaces = Judgement(relation=Relation.SUPERSEDES, score=0.9, reason="It replaces.")
    assert Cascade([Always(replaces)]).judge([_pair()])[0].relation is Relation.CONTRADICTS
    assert Cascade([Always(replaces)]).judge([_pair(valid_from="2024-06-01")])[0].relation is Relation.SUPERSEDES


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("The staging API listens on port 8443.", "Staging API port is 9443, TLS only.", Relation.SUPERSEDES, id="put otherwise"),
        pytest.param("The all-hands on June 20 is at 3 pm.", "The all-hands on June 20 starts at 4 pm.", Relation.SUPERSEDES, id="another verb"),
        pytest.param("The capital of South Korea is Seoul.", "The capital of North Korea is Pyongyang.", Relation.COEXISTS, id="the same of another"),
        pytest.param("Germany is located in Europe.", "The capital of Germany is Berlin.", Relation.COEXISTS, id="another attribute of the same"),
        pytest.param("I live in Berlin", "I work at Siemens", Relation.COEXISTS, id="where one lives and works"),
        pytest.param("I work at Siemens", "I moved to Munich", Relation.COEXISTS, id="a move of house"),
        pytest.param("The API is written in Rust", "The API is deployed on Fly", Relation.COEXISTS, id="what of and where"),
        pytest.param("The website is hosted on Netlify", "The website is deployed from main", Relation.COEXISTS, id="where and from where"),
        pytest.param("The API is deployed on Fly", "The API runs on Hetzner", Relation.SUPERSEDES, id="where in another word"),
        pytest.param("Tom owes me 20 euros", "I owe Tom 50 euros", Relation.COEXISTS, id="who owes whom"),
        pytest.param("note 7 of the log", "note 8 of the log", Relation.COEXISTS, id="two of a series"),
        pytest.param("Our room 12 has no window", "Our room 14 has a window", Relation.COEXISTS, id="two rooms"),
        pytest.param("The attic is 3 m wide", "The attic is 5 m long", Relation.COEXISTS, id="two measures"),
        pytest.param("The attic is 3 m wide", "The attic is 4 m wide", Relation.SUPERSEDES, id="one measure"),
        pytest.param("Peru is located in America", "Peru was founded by San Martin", Relation.COEXISTS, id="attributes of the same"),
        pytest.param("The site uses Angular", "Angular is gone from the site", Relation.SUPERSEDES, id="it names what the other is about"),
        pytest.param("Regatta on Saturday is set for nine", "The regatta has been called off", Relation.SUPERSEDES, id="over"),
        pytest.param("Ida is known for the Oslo mural", "The Oslo mural is made of glass", Relation.COEXISTS, id="of something it names"),
        pytest.param("The fare is 3 euros", "The fare was nearly raised to 4 euros", Relation.COEXISTS, id="it did not come about"),
        pytest.param("The fare is 3 euros", "They tried to raise the fare to 4 euros", Relation.COEXISTS, id="it was tried"),
        pytest.param("The alarm test was passed", "Looked it up: the alarm test had failed", Relation.SUPERSEDES, id="it came out otherwise"),
        pytest.param("Our gym opens at 7 in the morning", "Gym opens at 6:30 in the morning", Relation.SUPERSEDES, id="whose it is, left unsaid"),
        pytest.param("The timeout is 30 s", "I temporarily set the timeout to 300 s", Relation.COEXISTS, id="not for good"),
        pytest.param("I live in Berlin", "We moved to Slack", Relation.COEXISTS, id="a city and a chat"),
        pytest.param("I work at Acme", "We moved to the third floor", Relation.COEXISTS, id="work and a floor"),
        pytest.param("My manager is Dana", "My manager's manager is Lou", Relation.COEXISTS, id="whose manager"),
        pytest.param("The app runs on Node 18", "The app ran on Node 16", Relation.COEXISTS, id="what was"),
        pytest.param("My manager is Dana", "I report to Lou", Relation.SUPERSEDES, id="who manages, in other words"),
        pytest.param("I like the bedroom at 21 degrees", "For sleeping I like 17 degrees in the bedroom", Relation.SUPERSEDES, id="words before I"),
        pytest.param("I prefer to have meetings before noon", "I'd rather have them after noon", Relation.SUPERSEDES, id="a verb before the verb"),
        pytest.param("Ines is the treasurer of the choir", "Ruben is the treasurer of the choir", Relation.SUPERSEDES, id="a post that another has"),
        pytest.param("Ines is the treasurer of the choir", "Ruben is the treasurer of the club", Relation.COEXISTS, id="two posts"),
        pytest.param("Ines plays the position of goalkeeper", "Ruben plays the position of goalkeeper", Relation.COEXISTS, id="what many do"),
        pytest.param("Ines is the guitarist of the band", "Ruben is the guitarist of the band", Relation.COEXISTS, id="what two can be"),
        pytest.param("Ines is the author of the guide", "Ruben is the author of the guide", Relation.COEXISTS, id="what several can be"),
        pytest.param("Rent 900", "Rent 950", Relation.SUPERSEDES, id="a measure"),
        pytest.param("Lunch 30 minutes", "Lunch 45 minutes", Relation.SUPERSEDES, id="an amount"),
        pytest.param("The billing worker is slow.", "The press kit is on the drive.", Relation.COEXISTS, id="subjects without a common word"),
        pytest.param("The yoga class starts at six", "The yoga class was discontinued", Relation.SUPERSEDES, id="what it is said to be"),
        pytest.param(
            "The lease is in the blue binder", "I sorted the lot, it went to the bank, the binder is empty", Relation.SUPERSEDES, id="more than a claim"
        ),
        pytest.param("The lease is in the blue binder", "Mona says the lease is in the green one", Relation.SUPERSEDES, id="in somebody's words"),
    ],
)
def test_what_is_said_of_two_things(earlier: str, later: str, found: Relation) -> None:
    """A judge without rules is believed where the same thing may be meant in other words, and not where the claims name two."""
    assert _held_against(said(earlier, later), Relation.SUPERSEDES) is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("I'm allergic to penicillin", "Penicillin is what I am allergic to", Relation.DUPLICATE, id="turned round"),
        pytest.param("The office lift is broken", "The lift at the office is broken", Relation.DUPLICATE, id="the place named after the thing"),
        pytest.param("I like Jana", "Jana likes me", Relation.COEXISTS, id="who likes whom"),
        pytest.param("The train from Bonn to Kiel takes 5 hours", "The train from Kiel to Bonn takes 5 hours", Relation.COEXISTS, id="there and back"),
        pytest.param("My left knee hurts", "My right knee hurts", Relation.COEXISTS, id="two sides"),
        pytest.param("My work email is full", "My personal email is full", Relation.COEXISTS, id="work and personal"),
        pytest.param("The production queue is stuck", "The prod queue is stuck", Relation.DUPLICATE, id="one side by two names"),
        pytest.param(
            "The will is in the second drawer of the desk",
            "Will: left in the desk, drawer 2",
            Relation.DUPLICATE,
            id="words for sides that are not each other's",
        ),
        pytest.param("On Safari the page crashes", "The page crashes on Safari", Relation.DUPLICATE, id="another order"),
        pytest.param("I love winter", "I hate winter", Relation.UNSURE, id="the opposite"),
        pytest.param("The door is locked", "The door is unlocked", Relation.UNSURE, id="the opposite by a prefix"),
        pytest.param("Ada is led by Bo", "Bo is led by Ada", Relation.COEXISTS, id="the two exchanged"),
        pytest.param("The office lift is broken", "The door at the office is broken", Relation.COEXISTS, id="another thing"),
        pytest.param("The office printer is a Kyocera", "We have a Kyocera as our office printer", Relation.DUPLICATE, id="in other words"),
        pytest.param("Mia teaches the baking course", "Tom teaches the sewing course", Relation.COEXISTS, id="the same of two"),
        pytest.param("The rota is kept at shared/rota_main.xlsx", "You'll find the rota at team/rota_live.xlsx", Relation.UNSURE, id="two paths"),
        pytest.param("The rota is kept at team/rota.xlsx", "You'll find the rota at shared/team/rota.xlsx", Relation.DUPLICATE, id="one path"),
        pytest.param(
            "Ida prefers tabs to spaces", "For indenting, Ida likes tabs better, spaces are not her taste", Relation.DUPLICATE, id="a denial in other words"
        ),
        pytest.param("The milk is always sold out by noon", "By 12 o'clock there is never any milk left", Relation.DUPLICATE, id="an ending in other words"),
        pytest.param("My kettle does not boil water", "My kettle stopped boiling water", Relation.DUPLICATE, id="a denial and an ending"),
    ],
)
def test_what_is_said_again_of_one_thing(earlier: str, later: str, found: Relation) -> None:
    """A judge without rules is believed that one text repeats the other where each names what the other is about."""
    assert _held_against(said(earlier, later), Relation.DUPLICATE) is found


def test_what_may_be_another_thing_is_not_merged() -> None:
    """What is likely the same, though the claims are of two things, is told and kept: so sure is nobody that the second could go."""
    for earlier, later in (
        ("The office printer is a Kyocera", "We have a Kyocera as our office printer"),
        ("The gate shuts at twenty to eleven at night", "Our gate is shut at night from 22:40"),
        ("The scanner at the desk is broken", "The desk's scanner doesn't work, it is broken"),
    ):
        judgement = _judged(said(earlier, later), Relation.DUPLICATE, 0.98)
        assert judgement.relation is Relation.DUPLICATE
        assert judgement.score < Policy().reinforce_at


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("My dentist is Dr. Weiss", "Dr. Weiss is my dentist", Relation.DUPLICATE, id="the other way round"),
        pytest.param("My dentist is Dr. Weiss", "My dentist is Dr. Amara", Relation.SUPERSEDES, id="another name"),
        pytest.param("I live in St. Gallen", "I live in St. Moritz", Relation.SUPERSEDES, id="a saint's town"),
        pytest.param("I live on Baker St.", "I live on Baker St. It is loud at night.", Relation.REFINES, id="the end of a sentence"),
    ],
)
def test_a_title_is_part_of_a_name(earlier: str, later: str, found: Relation) -> None:
    """The full stop after a title ends no sentence, so that what follows is part of the value."""
    (judgement,) = RuleJudge().judge([said(earlier, later)])
    assert judgement is not None
    assert judgement.relation is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("I am 34 years old", "I'm 36 years old", Relation.SUPERSEDES, id="an age"),
        pytest.param("Lena is 36 years old", "Lena is 38 years old", Relation.SUPERSEDES, id="the age of one who is named"),
        pytest.param("I weigh 82 kilos", "I weigh eighty-two kilos", Relation.DUPLICATE, id="a number in words"),
        pytest.param("I weigh 82 kilos", "I weigh eighty-one kilos", Relation.SUPERSEDES, id="another number in words"),
        pytest.param("I'm vegan", "I'm not vegan anymore", Relation.SUPERSEDES, id="no longer"),
        pytest.param("I'm based in Rome", "I'm based in Oslo", Relation.SUPERSEDES, id="one place at a time"),
        pytest.param("I'm 34 years old", "I was 12 years old when we moved", None, id="an age back then"),
        pytest.param("I'm 34 years old", "I will be 60 years old in 2050", None, id="an age to come"),
        pytest.param("I'm 34 years old", "I'm 238 years old in dog years", None, id="an age in other years"),
        pytest.param("I'm 34 years old", "I'm 34 years old with no kids", None, id="an age and a denial"),
        pytest.param("I'm glad he is 12 years old", "I'm glad she is 14 years old", None, id="ages of others"),
        pytest.param("This whisky is 12 years old", "This whisky is 18 years old", None, id="ages of two things"),
        pytest.param("My son is 4 years old", "My son is 7 years old", Relation.COEXISTS, id="one of several sons"),
        pytest.param("I'm a nurse", "I'm not just a nurse but a mother", Relation.REFINES, id="not just"),
        pytest.param("I'm vegan", "I'm not always vegan", None, id="not always"),
        pytest.param("I'm late", "I'm never late", None, id="never"),
        pytest.param("I'm the captain of the chess club", "I'm the captain of the football team", None, id="two teams"),
        pytest.param("I'm in charge of billing", "I'm in charge of the kitchen", None, id="two duties"),
    ],
)
def test_what_people_say_of_themselves(earlier: str, later: str, found: Relation | None) -> None:
    """The rules end what has one value at a time, and leave what only looks like it."""
    (judgement,) = RuleJudge().judge([said(earlier, later, cosine=0.9)])
    assert (judgement and judgement.relation) == found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("I promised to write the docs by March", "I said I'd have the docs written by March", Relation.DUPLICATE, id="a promise told again"),
        pytest.param("I promised to write the docs by March", "I wrote the docs in March", Relation.UNSURE, id="a promise and the deed"),
        pytest.param("The postmortem is due by Friday", "The postmortem is due no later than Friday", Relation.DUPLICATE, id="a bound is no denial"),
        pytest.param("The postmortem is due by Friday", "The postmortem is not due by Friday", Relation.UNSURE, id="a denial"),
    ],
)
def test_a_repetition_has_nothing_that_the_other_lacks(earlier: str, later: str, found: Relation) -> None:
    """What a judge without rules holds for said again is compared: only one of the two may have been done, or denied."""
    pair = said(earlier, later)
    promised = typed(pair, MemoryType.COMMITMENT, MemoryType.EVENT)
    assert _held_against(promised, Relation.DUPLICATE) is found


def test_of_the_same_time_another_value_repeats_nothing() -> None:
    """In quite other words a value may be told otherwise; of one time, or from a tool after a person, it is more likely another one."""
    pair = said("The chapel on the hill seats 120 people", "A hundred and twenty people can sit down there for a concert")
    same, tool = (
        replace(pair, later=replace(pair.later, **parts)) for parts in ({"valid_from": pair.earlier.valid_from}, {"source": Provenance(kind=SourceKind.TOOL)})
    )
    assert [_held_against(each, Relation.DUPLICATE) for each in (pair, same, tool)] == [Relation.DUPLICATE, Relation.UNSURE, Relation.UNSURE]


def test_what_a_judge_is_certain_of_is_said_again() -> None:
    """Claims of two things do not make two of what a judge is certain of; it is kept all the same. Nor does the order of a day and a name."""
    for earlier, later in (
        ("We are in a code freeze right now", "Code freeze is on at the moment"),
        ("Elif writes the newsletter", "The mail of the week comes from Elif"),
        ("Ruaridh brings the adapter to Cork on Wednesday", "Wednesday Ruaridh brings the adapter to Cork"),
    ):
        assert _judged(said(earlier, later), Relation.DUPLICATE, 0.97).relation is Relation.DUPLICATE
    assert _held_against(said("We are in a code freeze right now", "Code freeze is on at the moment"), Relation.DUPLICATE) is Relation.COEXISTS


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("Wei-Ling is the product owner for Search", "Search's product owner is Bastian", Relation.SUPERSEDES, id="turned round"),
        pytest.param("Finch is maintained by the Oslo team", "The Oslo team is gone and nobody looks after Finch", Relation.SUPERSEDES, id="in other words"),
        pytest.param("The website is hosted on Netlify", "The website is deployed from main", Relation.COEXISTS, id="matters that are known"),
        pytest.param("My manager is Dana", "My manager's manager is Lou", Relation.COEXISTS, id="persons"),
        pytest.param("The crash is caused by the driver", "Not the driver after all, the crash comes from a bad cable", Relation.SUPERSEDES, id="a correction"),
        pytest.param("The city library opens at 8:00", "Sorry, the city library closes at 17:00", Relation.COEXISTS, id="no correction"),
        pytest.param("The author of Persuasion is Jane Austen", "The author of Middlemarch is George Eliot", Relation.COEXISTS, id="an attribute of two"),
        pytest.param("Jane Austen is a citizen of England", "Jane Austen died in the city of Winchester", Relation.COEXISTS, id="attributes of one"),
    ],
)
def test_what_a_judge_is_certain_took_the_place(earlier: str, later: str, found: Relation) -> None:
    """Of the world, a judge that is certain is believed though the claims seem to be of two things; not where it is known that they are."""
    assert _judged(said(earlier, later), Relation.SUPERSEDES, 0.97).relation is found


def test_another_version_of_what_one_uses_is_left_to_the_judge() -> None:
    """One uses several things, and mostly one version of each: whether the other takes its place the next judge tells."""
    python = "The project uses Python 3.10"
    other, *beside = (
        said(python, "The project uses Python 3.12"),
        said(python, "The project uses Node 20"),
        said(python, "The project also uses Python 3.12"),
        said("We use bus 12", "We use bus 40"),
        said("The lab uses Camera 1", "The lab uses Camera 2"),
        said("We use 5 litre cans", "We use 10 litre cans"),
    )
    for sure in (Relation.SUPERSEDES, Relation.COEXISTS):
        judge = Cascade([RuleJudge(), Always(told(sure, 0.95))])
        assert judge.judge([other])[0].relation is sure
        assert {judgement.relation for judgement in judge.judge(beside)} == {Relation.COEXISTS}


def test_how_high_and_how_wide_are_two_things() -> None:
    """A number of how wide it is takes no height's place, however sure a judge is; another height does. A street is not high."""
    assert _held_against(said("My dentist is at 12 High Street", "My dentist has moved to 40 Broad Street"), Relation.SUPERSEDES) is Relation.SUPERSEDES
    high = "The loading door of the depot is 3.2 metres high"
    assert _held_against(said(high, "The loading door at the depot is 4 metres wide, so a van was never the trouble"), Relation.SUPERSEDES) is Relation.COEXISTS
    assert _held_against(said(high, "The loading door at the depot has a height of 3.4 metres"), Relation.SUPERSEDES) is Relation.SUPERSEDES


@pytest.mark.parametrize(
    ("later", "explicit"),
    [
        pytest.param("Actually, the packing list is in Keep", True, id="a correction"),
        pytest.param("I moved the packing list to Keep", True, id="a change"),
        pytest.param("The packing list is now in Keep", True, id="now"),
        pytest.param("There is no need for a packing list anymore", True, id="an end"),
        pytest.param("The packing list is in Keep", False, id="nothing of the kind"),
        pytest.param("I temporarily switched the packing list to Keep", False, id="not for good"),
    ],
)
def test_a_change_in_so_many_words(later: str, *, explicit: bool) -> None:
    """A supersession is marked where the later text says itself that something was wrong, is over or has changed."""
    judgement = _judged(said("The packing list is in Notes", later), Relation.SUPERSEDES, 0.95)
    assert (judgement.relation is Relation.SUPERSEDES and judgement.explicit) is explicit


@pytest.mark.parametrize(
    ("kind", "earlier", "later", "explicit"),
    [
        pytest.param("error", "Uploads fail with error 413", "I raised the body limit, the files go through", True, id="a fault that is gone"),
        pytest.param("observation", "The server room was at 19 degrees", "The server room was at 23 degrees", False, id="a further reading"),
        pytest.param("observation", "The server room is at 19 degrees", "The server room is at 23 degrees", True, id="the reading of now"),
        pytest.param("observation", "The server room was at 19 degrees", "The server room is at 23 degrees now", True, id="a reading that has changed"),
        pytest.param("observation", "Glucose before breakfast is 92", "Glucose after breakfast is 131", False, id="before and after"),
        pytest.param("observation", "The build takes 40 to 50 minutes", "The build takes 44 minutes", False, id="a range and one within it"),
        pytest.param("observation", "The average wait is 12 minutes", "The wait is 25 minutes", False, id="a mean and one of many"),
        pytest.param("observation", "A request takes 10 ms", "A request takes 900 ms", False, id="one of many"),
        pytest.param("observation", "The battery lasts 9 hours", "The battery lasts 4 hours with video", False, id="on a condition"),
        pytest.param("observation", "The pond is frozen", "Ducks swim there, no ice is left", True, id="in quite other words"),
        pytest.param("fact", "We stock figs", "We stock dates", False, id="a further one of whatever else is to accumulate"),
        pytest.param(
            "event", "We visited the aquarium in April", "The aquarium has since closed, we took the twins to the zoo instead", False, id="it happened"
        ),
        pytest.param("event", "We visited the aquarium in April", "Actually, it was the zoo that we visited", True, id="it happened otherwise"),
        pytest.param("event", "The outage started at 02:14", "Corrected: the outage started at 01:14", True, id="it is corrected"),
        pytest.param("event", "The inspection is booked for the 19th", "The inspection is on the 26th", True, id="it is to come"),
        pytest.param("event", "I booked the hall for the 19th", "The hall is ours on the 26th", True, id="what was booked is to come"),
        pytest.param("artifact", "Latest draft: contract_v3.docx", "Latest draft: contract_v5.docx", True, id="a newer file"),
        pytest.param("learning", "The API allows 100 requests a minute", "The API allows 60 requests a minute", True, id="known better"),
        pytest.param("error", "The radiator is cold", "Borrowed a heater, so it is warm here until somebody looks at it", False, id="it helps for now"),
        pytest.param("error", "The till rejects vouchers", "Vouchers go through at the till since the update", True, id="what both are about"),
        pytest.param("learning", "The pharmacy closes at eight", "The pharmacy is open until 6:30", True, id="until an hour"),
        pytest.param("error", "The heating is broken", "The heating works until 22:00 and then fails", False, id="a fault until an hour"),
        pytest.param("learning", "The bus goes every hour", "The bus goes every two hours until 2027", False, id="until a year"),
        pytest.param("error", "The lift is out of order until Friday", "We take the goods lift until Friday", False, id="a makeshift for what waits"),
        pytest.param("error", "Payments fail", "Payments go through once a colleague retries them", False, id="once somebody helps"),
        pytest.param("error", "The printer jams", "Turning it off sometimes fixed the jam", False, id="mended sometimes"),
        pytest.param("error", "The heating is broken", "The heating is not fixed yet, today it was cold again", False, id="not mended"),
        pytest.param("error", "Uploads fail", "Only the staging box was fixed today", False, id="mended in part"),
        pytest.param("learning", "Lunch is delivered at noon", "Lunch was delivered at one today", False, id="one day of a habit"),
        pytest.param("learning", "Lunch is served at noon", "The kitchen confirmed today's lunch is at one", False, id="a word of today"),
        pytest.param("observation", "A request takes 10 ms", "A request is up to 900 ms", False, id="a bound"),
        pytest.param("error", "Uploads fail", "Uploads went through today", False, id="of today alone"),
        pytest.param("error", "The parcel is lost", "The parcel was delivered today", True, id="settled on that day"),
        pytest.param("learning", "The API allows 100 requests a minute", "It allows 60 requests a minute, they confirmed it today", True, id="confirmed"),
        pytest.param("learning", "The ferns need water every day", "The ferns need water once a week", True, id="once a week is for good"),
        pytest.param("observation", "The tracker has 64 open issues", "After the triage the tracker is down to 31 open issues", True, id="it went down"),
    ],
)
def test_what_is_no_further_record(kind: str, earlier: str, later: str, *, explicit: bool) -> None:
    """Of what accumulates, a further reading ends nothing, nor but by a correction what happened; for the rest a sure judge is believed."""
    pair = said(earlier, later)
    judgement = _judged(typed(pair, MemoryType(kind)), Relation.SUPERSEDES, 0.95)
    assert judgement.relation is Relation.SUPERSEDES
    assert judgement.explicit is explicit


def _held_against(pair: Pair, relation: Relation) -> Relation:
    """What becomes of it that a judge without rules is sure of this relation."""
    return _judged(pair, relation, 0.9).relation


def _judged(pair: Pair, relation: Relation, score: float) -> Judgement:
    """What becomes of it that a judge without rules is so sure of this relation."""
    return Cascade([Always(told(relation, score))]).judge([pair])[0]


def test_what_is_out_of_a_conversation_shares_a_word() -> None:
    """Of bare sentences that have no word in common it cannot be told that they are of one thing: the first stays, and the second is kept."""
    clash, again = told(Relation.SUPERSEDES, 0.99), told(Relation.DUPLICATE, 0.99)
    apart, related = said("I'm home from Rosario", "I bought the house"), said("I joined the kendo club", "I gave up the kendo club in July")
    for judgement, pair, found in (
        (clash, drawn(apart), Relation.COEXISTS),
        (clash, replace(apart, later=drawn(apart).later), Relation.COEXISTS),
        (clash, apart, Relation.SUPERSEDES),
        (clash, in_other_words(drawn(apart)), Relation.SUPERSEDES),
        (clash, drawn(related), Relation.SUPERSEDES),
        (again, drawn(apart), Relation.DUPLICATE),
    ):
        (judged,) = Cascade([Always(judgement)]).judge([pair])
        assert judged.relation is found
    (judged,) = Cascade([Always(again)]).judge([drawn(apart)])
    assert judged.score < Policy().reinforce_at


def test_nobody_can_tell() -> None:
    """Where nobody has anything to say, the two coexist, with a score from 0 to 1 however unlike they are."""
    for cosine in (-1.0, -0.2, 0.0, 1.0):
        pair = Pair(earlier=make_version("The sky is clear"), later=make_version("A storm came up"), cosine=cosine)
        (judgement,) = Cascade([RuleJudge()]).judge([pair])
        assert judgement.relation is Relation.COEXISTS
        assert 0 <= judgement.score <= 1
