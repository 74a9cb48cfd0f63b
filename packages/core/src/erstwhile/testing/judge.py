"""The contract of a judge."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from erstwhile.errors import MissingDependencyError
from erstwhile.judge import Judge, Pair
from erstwhile.model import MemoryType, Provenance, SourceKind
from erstwhile.relations import Judgement, Relation
from erstwhile.testing.hostile import HOSTILE
from erstwhile.testing.rows import make_version

try:
    import pytest
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["JudgeSuite"]

PATIENCE: Final = 60
"""Seconds to wait for what happens at once."""


def _pair(earlier: str, later: str, *, cosine: float = 0.7, starts: str = "2024-06-01", kind: MemoryType = MemoryType.FACT) -> Pair:
    return Pair(earlier=make_version(earlier, type=kind), later=make_version(later, type=kind, valid_from=starts), cosine=cosine)


def _hostile_pairs() -> Iterator[Pair]:
    for text in HOSTILE:
        yield _pair("Ana lives in Porto", text)
        yield _pair(text, "Ana lives in Lisbon now", starts="2024-01-01")
        yield _pair(text, text, cosine=1.0)


PAIRS: Final = (
    _pair("We use Postgres", "We migrated to MongoDB"),
    _pair("I live in Porto", "I live in Porto", cosine=1.0),
    _pair("I live in Porto", "I live in Lisbon", starts="2024-01-01"),
    _pair("I like coffee", "I like tea", kind=MemoryType.PREFERENCE),
    _pair("I work at Acme", "I no longer work at Acme", cosine=0.9),
    _pair("The meeting is on Monday", "Where is the meeting?", kind=MemoryType.EVENT),
    _pair("Ana tem um gato", "日本語のテキスト", cosine=-0.2),
    Pair(
        earlier=make_version("The limit is 10", metadata={"unit": "MB"}, tags=("limits",)),
        later=make_version("The limit is 20", valid_from="2024-02-01", source=Provenance(kind=SourceKind.TOOL, actor="a tool\nof two lines")),
        cosine=0.95,
    ),
    Pair(earlier=make_version("Hello!", type=None, metadata={"role": "user"}), later=make_version("Hello there!"), cosine=0.8),
)
UNTOUCHED: Final = copy.deepcopy(PAIRS)


class JudgeSuite(ABC):
    """What every judge must keep to. Inherit from it, define `make`, and pytest does the rest."""

    @abstractmethod
    def make(self) -> Judge:
        """A new judge; each that is made judges alike."""

    @pytest.fixture
    def judge(self) -> Judge:
        """The judge under test."""
        return self.make()

    def test_it_meets_the_protocol(self, judge: Judge) -> None:
        """The engine can use it, and records name it: on one line, not blank, the same before and after use."""
        assert isinstance(judge, Judge)
        before = judge.name
        judge.judge(PAIRS[:1])
        assert judge.name == before == " ".join(before.split()) != ""

    def test_no_pairs(self, judge: Judge) -> None:
        """Nothing in, nothing out."""
        assert list(judge.judge([])) == []

    def test_one_result_for_each_pair(self, judge: Judge) -> None:
        """Each result belongs to its pair, and each judgement is one that the engine can act on and show."""
        check_results(judge.judge(PAIRS), PAIRS)

    def test_a_result_does_not_depend_on_the_others(self, judge: Judge) -> None:
        """A pair is judged alike alone, in a batch, twice in it, and in another order: what is written does not hang on what is written with it."""
        together = list(judge.judge(PAIRS))
        assert [judge.judge([pair])[0] for pair in PAIRS] == together
        assert list(judge.judge(PAIRS[::-1]))[::-1] == together
        assert list(judge.judge([pair for pair in PAIRS for _ in range(2)])) == [result for result in together for _ in range(2)]

    def test_a_second_judge_agrees(self, judge: Judge) -> None:
        """The same pairs are judged alike the next time, and by the next process."""
        first = list(judge.judge(PAIRS))
        assert list(judge.judge(PAIRS)) == first
        assert list(self.make().judge(PAIRS)) == first

    def test_pairs_stay_as_they_are(self, judge: Judge) -> None:
        """What is judged is not changed by it."""
        given = list(PAIRS)
        judge.judge(given)
        assert given == list(UNTOUCHED)

    def test_threads(self, judge: Judge) -> None:
        """Several threads may use one judge, the first use included."""
        expected = list(self.make().judge(PAIRS))
        with ThreadPoolExecutor(4) as pool:
            results = [list(found) for found in pool.map(lambda _: judge.judge(PAIRS), range(8), timeout=PATIENCE)]
        assert all(result == expected for result in results)

    def test_hostile_text(self, judge: Judge) -> None:
        """No text that can be stored makes a judge raise, or say what cannot be acted on; and none reaches the judgement of another pair."""
        hostile = tuple(_hostile_pairs())
        expected = list(judge.judge(PAIRS))
        mixed = (*PAIRS, *hostile, *PAIRS)
        results = list(judge.judge(mixed))
        check_results(results, mixed)
        assert results[: len(PAIRS)] == results[-len(PAIRS) :] == expected


def check_results(results: Sequence[Judgement | None], pairs: Sequence[Pair]) -> None:
    """Assert that there is one result for each pair, and that each judgement keeps to its bounds."""
    assert len(results) == len(pairs)
    for result in results:
        if result is None:
            continue
        assert isinstance(result, Judgement)
        assert isinstance(result.relation, Relation)
        assert 0 <= result.score <= 1
        assert isinstance(result.ends, bool)
        for line in (result.reason, result.judge):
            assert line.strip() == line != ""
            assert len(line.splitlines()) == 1
            assert not any(ord(character) < 32 for character in line)
