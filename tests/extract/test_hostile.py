"""Text that was written to break or to stall the extractor."""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType

import pytest

from erstwhile import Scope, Version
from erstwhile.extract import RuleExtractor, chatter, clauses, cues, grammar, kind_of, openings, orders, sentences, worth

NOW = datetime(2025, 1, 1, tzinfo=UTC)
PIECES = [
    "word ",
    "w",
    "(",
    ". ",
    "a.",
    '"',
    '" ',
    "'a ",
    "Mr. ",
    "!?",
    "\n",
    "```\n",
    " ",
    "I live in Rome and ",
    "I live in Rome. ",
    "I own a boat\n",
    '"a"\n',
    "😀 ",
    "a, ",
    "- ",
    "a-",
    ".",
]


def draw(text: str) -> int:
    turn = Version(id="v", memory_id="m", content=text, type=None, scope=Scope(user="ana"), valid_from=NOW, system_from=NOW)
    return len(RuleExtractor().draw([turn]))


def steps(text: str) -> int:
    """How many calls it takes to draw from the text: a measure of work that is the same on every machine."""
    count = 0

    def seen(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        draw(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("piece", PIECES)
def test_work_grows_no_faster_than_the_text(piece: str) -> None:
    """32 kB of the same thing take no more than their share of the work that 8 kB of it take."""
    draw(piece * 10)
    assert steps(piece * (32_000 // len(piece))) <= 4.4 * steps(piece * (8_000 // len(piece))) + 500


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_text_draws_little(piece: str) -> None:
    """Endless repetition never fills the store."""
    assert draw(piece * (32_000 // len(piece))) <= 1


def test_deep_nesting_is_no_trouble() -> None:
    """Ten thousand parentheses and quotation marks are read without recursion."""
    assert draw("I live in Rome. " + "(" * 10_000 + ")" * 10_000) == 1
    assert draw("I live in Rome.\n" + "“" * 10_000 + "”" * 10_000) == 1


def test_a_long_text_gets_a_type() -> None:
    """A memory of the greatest length is typed by how it begins."""
    assert kind_of("I prefer tabs. " + "word " * 6_000)[0] == "preference"


def patterns(module: ModuleType) -> Iterator[re.Pattern[str]]:
    yield from (value for value in vars(module).values() if isinstance(value, re.Pattern))
    yield from (pattern for group in getattr(module, "CUES", {}).values() for _, pattern in group)
    yield from (pattern for _, pattern in getattr(module, "SETTLED", ()))


def nested(tree: parser.SubPattern, *, within: bool = False) -> bool:
    """Whether an endless repeat holds another one."""
    for code, value in tree:
        endless = code in {codes.MAX_REPEAT, codes.MIN_REPEAT} and value[1] == codes.MAXREPEAT
        if endless and within:
            return True
        inner = value if isinstance(value, (tuple, list)) else ()
        subtrees = [part for part in inner if isinstance(part, parser.SubPattern)]
        subtrees += [part for parts in inner if isinstance(parts, list) for part in parts if isinstance(part, parser.SubPattern)]
        if any(nested(subtree, within=within or endless) for subtree in subtrees):
            return True
    return False


@pytest.mark.parametrize("module", [chatter, clauses, cues, grammar, openings, orders, sentences, worth], ids=lambda module: module.__name__)
def test_no_pattern_can_explode(module: ModuleType) -> None:
    """No pattern repeats a repeat without bound, which is what makes matching exponential."""
    assert nested(parser.parse("(?:a+b)*"))
    found = list(patterns(module))
    assert found
    assert not [pattern.pattern for pattern in found if nested(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))]
