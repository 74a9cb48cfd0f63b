"""The contract of an extractor."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from erstwhile.errors import MissingDependencyError
from erstwhile.extract import Drawn, Extractor
from erstwhile.model import MAX_CONTENT, MemoryType, Provenance, SourceKind, Version, check_text
from erstwhile.testing.hostile import HOSTILE
from erstwhile.testing.rows import make_version

try:
    import pytest
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["ExtractorSuite"]

PATIENCE: Final = 60
"""Seconds to wait for what happens at once."""


def _turn(content: str, *, role: str = "user", kind: SourceKind = SourceKind.STATED) -> Version:
    return make_version(content, type=None, metadata={"role": role}, source=Provenance(kind=kind, actor=role, session="s"))


TURNS: Final = (
    _turn("Hi there!"),
    _turn("I live in Porto.  I work\nat a bakery, and I have two cats."),
    _turn("That sounds lovely. How long have you lived there?", role="assistant"),
    _turn("Since 2019. We decided to move to Lisbon next spring. Please always answer in Portuguese."),
    _turn("My sister is called Marta. Did I tell you that?"),
    _turn("Tenho um gato. 私は猫が好きです。"),
)
TOOL_TURNS: Final = (
    _turn("Ana lives in Madrid. She works at a bank.", role="tool", kind=SourceKind.TOOL),
    _turn("I moved to Rome last year and I am allergic to nuts.", role="user", kind=SourceKind.TOOL),
)
UNTOUCHED: Final = copy.deepcopy(TURNS)


class ExtractorSuite(ABC):
    """What every extractor must keep to. Inherit from it, define `make`, and pytest does the rest."""

    @abstractmethod
    def make(self) -> Extractor:
        """A new extractor; each that is made draws alike."""

    @pytest.fixture
    def extractor(self) -> Extractor:
        """The extractor under test."""
        return self.make()

    def test_it_meets_the_protocol(self, extractor: Extractor) -> None:
        """The engine can use it, and records name it: on one line, not blank, the same before and after use."""
        assert isinstance(extractor, Extractor)
        before = extractor.name
        extractor.draw(TURNS)
        assert extractor.name == before == " ".join(before.split()) != ""

    def test_no_turns(self, extractor: Extractor) -> None:
        """Nothing in, nothing out."""
        assert list(extractor.draw([])) == []

    def test_each_memory_has_its_evidence(self, extractor: Extractor) -> None:
        """What is drawn can be stored, and can be traced to the very words of its turn."""
        check_drawn(extractor.draw(TURNS), TURNS)

    def test_the_order_is_that_of_the_conversation(self, extractor: Extractor) -> None:
        """What is said later is written later, so that it supersedes what was said before and not the other way round."""
        drawn = extractor.draw(TURNS)
        places = [(memory.turn, TURNS[memory.turn].content.find(memory.quote)) for memory in drawn if memory.quote is not None]
        assert places == sorted(places)
        assert [memory.turn for memory in drawn] == sorted(memory.turn for memory in drawn)

    def test_tools_assert_nothing(self, extractor: Extractor) -> None:
        """The output of a tool stays a turn, and never becomes what the user said; places still count it."""
        assert list(extractor.draw(TOOL_TURNS)) == []
        mixed = (TOOL_TURNS[0], *TURNS, TOOL_TURNS[1])
        drawn = extractor.draw(mixed)
        check_drawn(drawn, mixed)
        assert not {memory.turn for memory in drawn} & {0, len(mixed) - 1}

    def test_a_second_extractor_agrees(self, extractor: Extractor) -> None:
        """The same turns give the same memories the next time, and in the next process."""
        first = list(extractor.draw(TURNS))
        assert list(extractor.draw(TURNS)) == first
        assert list(self.make().draw(TURNS)) == first

    def test_turns_stay_as_they_are(self, extractor: Extractor) -> None:
        """The evidence is not changed by what is drawn from it."""
        given = list(TURNS)
        extractor.draw(given)
        assert given == list(UNTOUCHED)

    def test_threads(self, extractor: Extractor) -> None:
        """Several threads may use one extractor, the first use included."""
        expected = list(self.make().draw(TURNS))
        with ThreadPoolExecutor(4) as pool:
            results = [list(drawn) for drawn in pool.map(lambda _: extractor.draw(TURNS), range(8), timeout=PATIENCE)]
        assert all(result == expected for result in results)

    @pytest.mark.parametrize("role", ["user", "assistant"])
    def test_hostile_text(self, extractor: Extractor, role: str) -> None:
        """No text that can be stored makes an extractor raise, or draw what cannot be stored or traced."""
        hostile = [_turn(text, role=role) for text in HOSTILE]
        check_drawn(extractor.draw(hostile), hostile)
        for one in hostile:
            check_drawn(extractor.draw([one]), [one])


def check_drawn(drawn: Sequence[Drawn], turns: Sequence[Version]) -> None:
    """Assert that each memory can be stored, and that its quote stands in its turn."""
    for memory in drawn:
        assert isinstance(memory, Drawn)
        assert 0 <= memory.turn < len(turns)
        assert check_text(memory.content, name="content", limit=MAX_CONTENT).strip() == memory.content
        assert isinstance(memory.type, MemoryType)
        assert 0 <= memory.confidence <= 1
        assert 0 <= memory.type_confidence <= 1
        assert memory.quote is None or (memory.quote and memory.quote in turns[memory.turn].content)
