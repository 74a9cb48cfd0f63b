"""A judge that asks a language model of the caller's."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final

import msgspec

from erstwhile.errors import InvalidInputError
from erstwhile.judge.protocol import Pair
from erstwhile.llm import Chat, Fence
from erstwhile.model import Version
from erstwhile.relations import Judgement, Relation

__all__ = ["MAX_JUDGED", "MAX_REASON", "LlmJudge"]

MAX_JUDGED: Final = 8_000
"""Longest memory that is put into a prompt, in characters. A longer one would have to be cut, and nothing is retired on what was not read."""
MAX_REASON: Final = 300
"""Longest reason that is kept, in characters."""
NO_REASON: Final = "The model gave no reason."

MEANINGS: Final[Mapping[Relation, str]] = {
    Relation.DUPLICATE: "the later one says the same again, in whatever words, and adds nothing",
    Relation.REFINES: "the later one says the same and adds detail; both are true",
    Relation.SUPERSEDES: "from then on the later one holds and the earlier one no longer does; the world, or somebody's mind, has changed",
    Relation.CONTRADICTS: "both cannot be true, and nothing tells which one is",
    Relation.COEXISTS: "both are true, each for itself: other things, other people, or attributes that may have several values",
    Relation.UNSURE: "they may clash, and it cannot be told",
}
"""What a prompt says of each relation."""

_TASK: Final = """\
Two memories of one person's or one agent's memory are given. Say how the later one relates to the earlier one.

{rule}

The relations:
{relations}

To call a true memory outdated is worse than to keep a stale one: where you are not sure, answer unsure. A question, a supposition, a plan, a joke and what \
somebody else is reported to have said end nothing.{same_time}

{earlier}

{later}

Answer with one JSON object and nothing else:
{{"relation": one of {names}, "score": how sure you are, from 0 to 1, "reason": one short sentence, "ends": true only if the later one says that the earlier \
one no longer holds and puts nothing in its place, else false}}"""
_SAME_TIME: Final = " Both hold from the very same time, so neither is newer unless its own words tell of a change."


class _Answer(msgspec.Struct):
    relation: str
    score: Annotated[float, msgspec.Meta(ge=0, le=1)]
    reason: str | None = None
    ends: bool = False

    def __post_init__(self) -> None:
        # Models differ in case. What is no relation raises ValueError, which makes the answer invalid.
        self.relation = Relation(self.relation.strip().lower())


class LlmJudge:
    """A judge around any function from a prompt to an answer; one call for each pair.

    The answer is validated and bounded, and so untrusted that no text in a memory can do more than bend the judgement of its own pair. Where there is no usable
    answer (an error, a malformed one, a memory of more than 8,000 characters) it abstains. It is as deterministic and as safe in threads as the function is.

    Args:
        call: From a prompt to text that holds JSON, to a mapping, or to an object with ``model_dump`` (a pydantic model) with the fields ``relation``,
            ``score``, and, if it likes, ``reason`` and ``ends``.
        name: What the judge is called in records.
        max_pairs: Most calls in one `judge`; the pairs after that get ``None``. Default: no bound. With a bound, whether a pair is judged depends on its place.

    Raises:
        InvalidInputError: the function cannot be called or is asynchronous, the name is no line of text, or ``max_pairs`` is negative.
    """

    def __init__(self, call: Callable[[str], object], name: str = "llm", *, max_pairs: int | None = None) -> None:
        if max_pairs is not None and max_pairs < 0:
            raise InvalidInputError(f"max_pairs is {max_pairs}; give 0 or more, or None for no bound.")
        self._chat = Chat(call, name=name)
        self._max_pairs = max_pairs

    @property
    def name(self) -> str:
        """What the judge is called in reasons and records."""
        return self._chat.name

    def judge(self, pairs: Sequence[Pair]) -> Sequence[Judgement | None]:
        """A judgement for each pair, in their order; ``None`` where the model gave none that can be used."""
        asked = len(pairs) if self._max_pairs is None else self._max_pairs
        return [self._judge(pair) if place < asked else None for place, pair in enumerate(pairs)]

    def _judge(self, pair: Pair) -> Judgement | None:
        texts = (pair.earlier.content, pair.later.content)
        if max(map(len, texts)) > MAX_JUDGED:
            return None
        answer = self._chat.ask(_prompt(pair), _Answer, data=texts)
        if answer is None:
            return None
        relation = Relation(answer.relation)
        return Judgement(
            relation=relation,
            score=answer.score,
            reason=_one_line(answer.reason or "") or NO_REASON,
            # To end a memory without a successor is a kind of superseding; said of another relation it is a slip.
            ends=answer.ends and relation is Relation.SUPERSEDES,
            judge=self.name,
        )


def _prompt(pair: Pair) -> str:
    fence = Fence()
    return _TASK.format(
        rule=fence.rule,
        relations="\n".join(f"- {relation}: {meaning}" for relation, meaning in MEANINGS.items()),
        same_time=_SAME_TIME if pair.same_time else "",
        earlier=fence.around("the earlier memory", _shown(pair.earlier)),
        later=fence.around("the later memory", _shown(pair.later)),
        names=", ".join(f'"{relation}"' for relation in Relation),
    )


def _shown(version: Version) -> dict[str, object]:
    shown: dict[str, object] = {
        "text": version.content,
        "type": "a turn of a conversation" if version.type is None else version.type.value,
        "holds_from": version.valid_from.isoformat(),
        "known_since": version.system_from.isoformat(),
        "source": version.source.kind.value,
        "said_by": version.source.actor,
    }
    if version.valid_to is not None:
        shown["holds_until"] = version.valid_to.isoformat()
    return shown


def _one_line(text: str) -> str:
    """The text on one line, without what is not seen (control and formatting characters, lone surrogates), cut to the bound."""
    seen = "".join(" " if unicodedata.category(character).startswith("C") else character for character in text)
    line = " ".join(seen.split())
    return line if len(line) <= MAX_REASON else line[: MAX_REASON - 1].rstrip() + "…"
