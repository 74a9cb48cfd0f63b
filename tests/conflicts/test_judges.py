"""The contract of a judge, for those that need no model and for judges asked one after another."""

from collections.abc import Sequence

from erstwhile.judge import Cascade, Judge, Pair, RuleJudge
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


def test_nobody_can_tell() -> None:
    """Where nobody has anything to say, the two coexist, with a score from 0 to 1 however unlike they are."""
    for cosine in (-1.0, -0.2, 0.0, 1.0):
        pair = Pair(earlier=make_version("The sky is clear"), later=make_version("A storm came up"), cosine=cosine)
        (judgement,) = Cascade([RuleJudge()]).judge([pair])
        assert judgement.relation is Relation.COEXISTS
        assert 0 <= judgement.score <= 1
