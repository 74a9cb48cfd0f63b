"""An extractor that asks a language model of the caller's."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

import msgspec

from erstwhile.errors import InvalidInputError
from erstwhile.extract.protocol import Drawn, Extractor
from erstwhile.llm import Chat, Fence
from erstwhile.model import MemoryType, SourceKind, Version, check_text
from erstwhile.turns import SILENT, role_name

__all__ = ["MAX_DRAWN", "MAX_MEMORY", "MAX_PER_TURN", "LlmExtractor"]

MAX_MEMORY: Final = 1_000
"""Longest memory that is taken, in characters."""
MAX_PER_TURN: Final = 20
"""Most memories that are taken from one turn."""
MAX_PROMPT: Final = 40_000
"""Most characters of turns in one prompt: a turn of the greatest length fits, and models with a window of 16,000 tokens can take it."""
MAX_TURNS: Final = 40
"""Most turns in one prompt: with more, models begin to leave some out."""
MAX_DRAWN: Final = 4 * 65_536
"""Longest answer that is read, in characters."""

_TASK: Final = """\
Turns of a conversation are given, numbered. Draw from them the memories that are worth keeping for a later conversation.

{rule}

A memory is one thing that the speaker asserts, as one short sentence in the language of the turn and from the point of view of its speaker ("I live in \
Lisbon"), complete by itself: names in place of "it" and "there", dates in place of "yesterday". Draw nothing from greetings, thanks, questions, \
suppositions, jokes, code, text that is only pasted or quoted, or what is said to have been said by somebody else. Most turns hold nothing.

The types:
{types}

{turns}

Answer with one JSON object and nothing else:
{{"memories": [{{"turn": number of the turn, "content": the memory, at most {longest} characters, "type": one of the types, "confidence": how sure you are, \
from 0 to 1, "quote": the very words of the turn that say so, copied without any change}}, ...]}}
At most {most} memories for a turn. If there is nothing to keep: {{"memories": []}}"""


class _Item(msgspec.Struct):
    turn: int
    content: str
    type: str
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    quote: str


class _Answer(msgspec.Struct):
    # Each item is validated by itself, later: one bad one does not spoil the rest.
    memories: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A turn, its place in what was handed in, and how many characters it takes in a prompt."""

    place: int
    turn: Version
    size: int


class LlmExtractor:
    """An extractor around any function from a prompt to an answer; one call for up to 40 turns.

    What comes back is validated: a memory without a verbatim quote from its turn (white space aside), with an unknown type, or out of bounds is dropped.
    Where a call gives nothing that can be used, and for a turn that does not fit into a prompt, the fallback draws. Turns of tools and of the system give no
    memories. It is as deterministic and as safe in threads as the function and the fallback are.

    Args:
        call: From a prompt to text that holds JSON, to a mapping, or to an object with ``model_dump`` (a pydantic model) with the field ``memories``: a list of
            items with ``turn``, ``content``, ``type``, ``confidence`` and ``quote``.
        fallback: Draws where the model does not.
        name: What the extractor is called in records.
        max_prompt: Most characters of turns in one prompt.

    Raises:
        InvalidInputError: the function cannot be called or is asynchronous, the name is no line of text, or ``max_prompt`` is less than 1.
    """

    def __init__(self, call: Callable[[str], object], fallback: Extractor, name: str = "llm", *, max_prompt: int = MAX_PROMPT) -> None:
        if max_prompt < 1:
            raise InvalidInputError(f"max_prompt is {max_prompt}; give 1 or more characters.")
        self._chat = Chat(call, name=name, max_answer=MAX_DRAWN)
        self._fallback = fallback
        self._max_prompt = max_prompt

    @property
    def name(self) -> str:
        """What the extractor is called in records."""
        return self._chat.name

    def draw(self, turns: Sequence[Version]) -> Sequence[Drawn]:
        """The memories worth keeping, in the order of the turns, then of the text."""
        return [drawn for batch in self._batches(turns) for drawn in self._draw(batch)]

    def _batches(self, turns: Sequence[Version]) -> Iterator[list[_Placed]]:
        """The turns that may say something, in order, as many together as a prompt takes; one that is too long by itself stands alone."""
        measure = Fence()
        batch: list[_Placed] = []
        for place, turn in enumerate(turns):
            if not _asserts(turn):
                continue
            placed = _Placed(place, turn, len(measure.around(f"turn {len(turns)}", _shown(turn))))
            if batch and (len(batch) == MAX_TURNS or sum(one.size for one in batch) + placed.size > self._max_prompt):
                yield batch
                batch = []
            batch.append(placed)
        if batch:
            yield batch

    def _draw(self, batch: Sequence[_Placed]) -> Sequence[Drawn]:
        drawn = self._ask(batch) if batch[0].size <= self._max_prompt else None
        if drawn is None:
            drawn = self._fallback.draw([one.turn for one in batch])
        return [replace(memory, turn=batch[memory.turn].place) for memory in drawn]

    def _ask(self, batch: Sequence[_Placed]) -> Sequence[Drawn] | None:
        turns = [one.turn for one in batch]
        answer = self._chat.ask(_prompt(turns), _Answer, data=[turn.content for turn in turns])
        if answer is None:
            return None
        drawn = _validated(answer.memories, turns)
        # Nothing to keep is an answer; a list of which nothing can be used is none.
        return drawn if drawn or not answer.memories else None


def _asserts(turn: Version) -> bool:
    role = role_name(str(turn.metadata.get("role") or turn.source.actor))
    return turn.source.kind is not SourceKind.TOOL and role not in SILENT


def _prompt(turns: Sequence[Version]) -> str:
    fence = Fence()
    return _TASK.format(
        rule=fence.rule,
        types="\n".join(f"- {kind}: {kind.meaning}" for kind in MemoryType),
        turns="\n\n".join(fence.around(f"turn {number}", _shown(turn)) for number, turn in enumerate(turns)),
        longest=MAX_MEMORY,
        most=MAX_PER_TURN,
    )


def _shown(turn: Version) -> Mapping[str, object]:
    return {"said_by": turn.source.actor, "said_on": turn.valid_from.isoformat(), "text": turn.content}


def _validated(items: Sequence[Mapping[str, Any]], turns: Sequence[Version]) -> list[Drawn]:
    """What can be used of an answer, in the order of the turns, then of the text; of one turn no more than the bound, and nothing twice."""
    texts: dict[int, _Words] = {}
    counts = Counter[int]()
    found: dict[tuple[int, str], tuple[int, Drawn]] = {}
    for given in items:
        item = _item(given)
        if item is None or not 0 <= item.turn < len(turns) or counts[item.turn] == MAX_PER_TURN or (item.turn, item.content) in found:
            continue
        words = texts.setdefault(item.turn, _Words(turns[item.turn].content))
        place = words.find(item.quote)
        if place is None:
            continue
        counts[item.turn] += 1
        start, end = place
        drawn = Drawn(
            turn=item.turn,
            content=item.content,
            type=MemoryType(item.type),
            # The model is asked once how sure it is, and that has to do for both.
            type_confidence=item.confidence,
            confidence=item.confidence,
            quote=words.text[start:end],
        )
        found[item.turn, item.content] = (start, drawn)
    return [drawn for _, drawn in sorted(found.values(), key=lambda one: (one[1].turn, one[0]))]


def _item(given: Mapping[str, Any]) -> _Item | None:
    try:
        item = msgspec.convert(given, _Item)
        item.type = MemoryType.of(item.type)
        item.content = check_text(item.content.strip(), name="content", limit=MAX_MEMORY)
    except (InvalidInputError, msgspec.ValidationError):
        return None
    return item


class _Words:
    """A text in which to find others, white space aside.

    By words joined with single blanks, and not by an expression with ``\\s+`` in it: that takes quadratic time on texts made for it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        words = list(re.finditer(r"\S+", text))
        self._joined = " ".join(word[0] for word in words)
        self._starts = [word.start() for word in words]
        # Where each word begins in the joined text.
        self._places: list[int] = []
        place = 0
        for word in words:
            self._places.append(place)
            place += len(word[0]) + 1

    def find(self, quote: str) -> tuple[int, int] | None:
        """Where the quote begins and ends in the text; ``None`` if it does not stand there, or is blank."""
        wanted = " ".join(quote.split())
        place = self._joined.find(wanted) if wanted else -1
        return None if place < 0 else (self._original(place), self._original(place + len(wanted) - 1) + 1)

    def _original(self, place: int) -> int:
        word = bisect_right(self._places, place) - 1
        return self._starts[word] + place - self._places[word]
