"""What the rules end by themselves, and what they leave to the judges after them."""

from dataclasses import replace

import pytest

from erstwhile.claims.reading import read
from erstwhile.judge import Cascade, Pair, RuleJudge
from erstwhile.model import MemoryType, Version
from erstwhile.relations import Judgement, Relation
from erstwhile.testing import make_version

ENDED = Relation.SUPERSEDES


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("The cache runs on Redis", "We moved the cache from Redis to Valkey", ENDED, id="it is named"),
        pytest.param("We use Jenkins", "We moved from Jenkins to Buildkite", ENDED, id="who speaks"),
        pytest.param("We use Jenkins", "Moved from Jenkins to Buildkite", ENDED, id="nobody is named"),
        pytest.param("Our cache runs on Redis", "The queue was moved from Redis to NATS", None, id="something else left it"),
        pytest.param("My course is on Tuesdays at 5", "Mira's course has moved from Tuesdays at 5 to Thursdays", None, id="somebody else's"),
        pytest.param("The notes are in the folder 'Day -> Night'", "There's a folder 'Day -> Night' with the notes", None, id="an arrow that was there"),
        pytest.param("I use crutches", "My cousin got rid of crutches", None, id="somebody else did"),
    ],
)
def test_what_left_its_place(earlier: str, later: str, found: Relation | None) -> None:
    """A change names what was before; it ends what is said of the same thing, and nothing else that happens to be at the same place."""
    assert _ruled(earlier, later) is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("I sell jam at the fair", "I stopped selling jam", ENDED, id="stopped"),
        pytest.param("The choir meets on Mondays", "The choir has closed down", ENDED, id="closed down"),
        pytest.param("We want to sell the barn in spring", "In spring the barn is to be sold", None, id="a plan told again"),
        pytest.param("The family decided to sell the barn", "The barn will be sold, the family decided", None, id="a decision told again"),
        pytest.param("I sell jam at the fair", "At the fair my jam gets sold", None, id="the same in the passive"),
        pytest.param("Grandpa's radio is at the repair shop", "The repair shop has closed down", None, id="where it is, and not what"),
    ],
)
def test_what_is_over(earlier: str, later: str, found: Relation | None) -> None:
    """A word for an ending counts where it is news, and of what the earlier text is about."""
    assert _ruled(earlier, later) is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("The mail service runs on port 8081", "The mail service runs on port 9090", ENDED, id="another port"),
        pytest.param("The mail service runs on port 8081", "The mail service runs on three machines", None, id="a port and machines"),
        pytest.param("The lab runs on Debian 12", "The lab runs on PostgreSQL 13", None, id="two kinds of software"),
        pytest.param("Our Node version is 18", "Our Node version is 18.19.1", None, id="the same, more exactly"),
        pytest.param("My parcel is due on 31 August", "My parcel is due on 30 September", ENDED, id="another month"),
        pytest.param("The bean plants are 30 cm tall", "The bean plants are over a metre tall", ENDED, id="a number and a unit alone"),
        pytest.param("The ladder in the shed is 3 metres", "The ladder in the shed is yellow", None, id="a length and a colour"),
        pytest.param("I report to Henk on the tram project", "I report to Henk on Mondays in a short call", None, id="one name, told more of"),
        pytest.param("I report to Henk on the tram project", "I report to Wim on the tram project", ENDED, id="another name"),
        pytest.param("Ida is my contact at the bank", "Olu is my contact at the port", None, id="a contact for each firm"),
        pytest.param("Ida is my contact at the bank", "Olu is my contact at the bank", ENDED, id="another contact at the same"),
    ],
)
def test_values_in_each_others_place(earlier: str, later: str, found: Relation | None) -> None:
    """What has one value at a time is ended by another value of the same kind, and not by something else that can be said in the same words."""
    assert _ruled(earlier, later) is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("The teapot costs 12 euros", "The price of the teapot went up to 13 euros", ENDED, id="a price went up"),
        pytest.param("Mr Okoro takes 10 mg of ramipril", "Mr Okoro's ramipril was lowered to 5 mg", ENDED, id="a dose was lowered"),
        pytest.param("pandas is pinned to 2.1.4", "Bumped the pandas pin to 2.2.0", ENDED, id="nobody is named"),
        pytest.param("The deadline is May 31", "The deadline has moved to June 14", ENDED, id="a deadline moved"),
        pytest.param("Remind me to feed the cat at 8", "Change the cat reminder to 6:30", ENDED, id="an order"),
        pytest.param("The exam of class 9 is on Monday", "The exam of class 8 was moved to Friday", None, id="of another class"),
        pytest.param("We want response times of 2 s", "Response times went from 9 to 4 s", None, id="from another value"),
        pytest.param("Our nanny's rate is 14 euros", "The cleaner raised her rate to 16 euros", None, id="of somebody else"),
        pytest.param("The exam is on Monday", "They'll move the exam to Friday", None, id="to come"),
        pytest.param("The exam is on Monday", "The exam was not moved to Friday", None, id="denied"),
        pytest.param("My team has 7 people", "My sister's team has grown to 9 people", None, id="of another team"),
    ],
)
def test_a_value_that_was_changed(earlier: str, later: str, found: Relation | None) -> None:
    """What is said to have been raised, moved or set to a value ends the value that was known of the same thing."""
    assert _ruled(earlier, later) is found


def test_a_judge_is_asked_about_a_changed_value() -> None:
    """The rules do not see whom it concerns where that is told in other words; a judge that is surer of it is believed."""
    pair = _said("My heart rate at rest is 58", "My heart rate went up to 171 on the climb")
    assert Cascade([RuleJudge(), _Sure(0.95)]).judge([pair])[0].relation is Relation.COEXISTS
    assert Cascade([RuleJudge(), _Sure(0.6)]).judge([pair])[0].relation is ENDED


def test_a_goal_is_not_ended_on_the_way() -> None:
    """How far it has got ends no goal; another goal does."""
    pair = _said("Test coverage of 85 %", "Test coverage went up to 71 %")
    (judgement,) = RuleJudge().judge([replace(pair, earlier=replace(pair.earlier, type=MemoryType.GOAL))])
    assert judgement is None


class _Sure:
    """A judge for which any two coexist."""

    name = "sure"

    def __init__(self, score: float) -> None:
        self._score = score

    def judge(self, pairs: list[Pair]) -> list[Judgement]:
        """See `Judge.judge`."""
        return [Judgement(relation=Relation.COEXISTS, score=self._score, reason="Told.", judge=self.name)] * len(pairs)


def _ruled(earlier: str, later: str) -> Relation | None:
    """What the rules are sure of, ``None`` where they end and merge nothing."""
    (judgement,) = RuleJudge().judge([_said(earlier, later)])
    return judgement.relation if judgement and judgement.relation in (ENDED, Relation.DUPLICATE) else None


def _said(earlier: str, later: str) -> Pair:
    return Pair(earlier=_read(earlier), later=_read(later, valid_from="2024-06-01"), cosine=0.8)


def _read(content: str, **parts: str) -> Version:
    version = make_version(content, **parts)
    return replace(version, claims=read(content, version.source.actor).claims)
