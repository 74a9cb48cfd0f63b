"""The contract of a judge, for those that need no model and for judges asked one after another."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from erstwhile.claims.reading import read
from erstwhile.judge import Cascade, Judge, Pair, RuleJudge
from erstwhile.model import Version
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


class Always:
    """A judge that says the same of every pair."""

    def __init__(self, judgement: Judgement | None) -> None:
        self.name, self._judgement, self.asked = "always", judgement, 0

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement | None]:
        """See `Judge.judge`."""
        self.asked += len(pairs)
        return [self._judgement] * len(pairs)


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
        pytest.param("The billing worker is slow.", "The press kit is on the drive.", Relation.COEXISTS, id="subjects without a common word"),
    ],
)
def test_what_is_said_of_two_things(earlier: str, later: str, found: Relation) -> None:
    """A judge without rules is believed where the same thing may be meant in other words, and not where the claims name two."""
    replaces = Judgement(relation=Relation.SUPERSEDES, score=0.9, reason="It replaces.", judge="always")
    pair = Pair(earlier=_read(earlier), later=_read(later, valid_from="2024-06-01"), cosine=0.8)
    assert Cascade([Always(replaces)]).judge([pair])[0].relation is found


def _read(content: str, **parts: str) -> Version:
    version = make_version(content, **parts)
    return replace(version, claims=read(content, version.source.actor).claims)


def test_nobody_can_tell() -> None:
    """Where nobody has anything to say, the two coexist, with a score from 0 to 1 however unlike they are."""
    for cosine in (-1.0, -0.2, 0.0, 1.0):
        pair = Pair(earlier=make_version("The sky is clear"), later=make_version("A storm came up"), cosine=cosine)
        (judgement,) = Cascade([RuleJudge()]).judge([pair])
        assert judgement.relation is Relation.COEXISTS
        assert 0 <= judgement.score <= 1
