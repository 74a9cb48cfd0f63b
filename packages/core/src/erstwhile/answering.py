"""A question, answered by a language model of the caller's from what was recalled, with the memories that the answer rests on."""

import json
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec

from erstwhile.llm import MAX_ANSWER, THINKING, Chat, after_thoughts
from erstwhile.packing import Pack, pack
from erstwhile.results import Hit, Recall

__all__ = ["Answer", "answer"]

_TASK: Final = """\
Answer a question from the memories below and from nothing else.

{memories}

Where memories disagree, what holds at the time asked about counts; where one is contested, say so. The question, as a JSON string:
{question}

Answer with one JSON object and nothing else:
{{"answer": the answer, in the language of the question, or null if the memories do not hold it, "memories": [the numbers of the memories it rests on]}}"""

_MEANT_AS_JSON: Final = re.compile(r"""["']answer["']\s*:""")
"""Text with this in it was meant to be the JSON that was asked for, and is no prose."""
_CITED: Final = re.compile(r"\[(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\]")
_NUMBER: Final = re.compile(r"\s*\[?(\d{1,4})\]?\s*")
_IGNORANT: Final = re.compile(
    r"""\W*(?:(?:sorry|unfortunately|i'm\ (?:sorry|afraid)|i\ apologi[sz]e)\b\W*(?:but\s+|that\s+)?)?
    (?: i\ (?:do\ not|don't|cannot|can't|could\ not|couldn't)\ (?:know|tell|say|answer|find|determine)\b
      | (?:the|these|your|my)\ (?:\w+\ )?(?:memory|memories|records?|context|information|data)\ (?:do|does|did)(?:\ not|n't)
        \ (?:say|tell|mention|hold|contain|include|state|specify|show|record|provide|give|indicate|have)\b
      | there\ (?:is|are|was)(?:\ no|n't\ any|\ not\ enough)\ (?:information|mention|record|memory|memories)\b
      | (?:unknown|not\ (?:known|mentioned|stated|recorded|specified)|no\ (?:information|answer)|n/a|null|none)\W*$
    )(?!.*\b(?:but|however)\b)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
"""How an English answer begins that says that there is none, unless it goes on with a "but"."""

_UNKNOWN: Final = "The model found no answer in the memories that it was shown."
_UNUSABLE: Final = "The model gave no answer that can be used."

_Reading = tuple[str | None, tuple[Hit, ...], str]
"""The answer, the hits that it rests on, and a reason."""


class _Said(msgspec.Struct):
    """What the model is asked for. Each number is validated by itself, later: one bad one does not spoil the rest."""

    answer: Annotated[str, msgspec.Meta(max_length=MAX_ANSWER)] | None
    memories: list[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer to a question, or none.

    Attributes:
        text: The answer in the model's words; ``None`` where it abstained.
        hits: The hits that it rests on, as the model named them, in the order of the pack; only what the model was shown can be among them.
        reason: One line for people: how the hits were told, or why there is no answer.
        pack: What the model was shown.
        recall: What was found.
    """

    text: str | None
    hits: tuple[Hit, ...] = ()
    reason: str
    pack: Pack
    recall: Recall

    @property
    def abstained(self) -> bool:
        """Whether there is no answer: nothing was recalled, nothing fitted, the model does not know, or what it gave cannot be used."""
        return self.text is None

    @property
    def memory_ids(self) -> tuple[str, ...]:
        """The memories that it rests on, each once, in the order of the pack."""
        return tuple(dict.fromkeys(hit.memory_id for hit in self.hits))

    def __str__(self) -> str:
        return self.text or ""


def answer(recall: Recall, ask: Callable[[str], object], *, budget_tokens: int = 2_000, count: Callable[[str], int] | None = None) -> Answer:
    """Answer the question of a recall from its hits, with a language model of the caller's; one call at most.

    The model is asked for JSON: the answer, and the numbers of the memories that it rests on. An answer in prose counts too; it rests on the memories whose
    numbers it cites, as in [2], else on all that were shown, and the reason says so. No text in a memory can bring another memory's id into the answer: the
    model names numbers, and a number that was not shown is dropped. What a text can do is mislead the model, as it could any reader.

    It abstains, without a call, where nothing was recalled or nothing fits the budget; and after one where the model says that it does not know, or where the
    answer cannot be used: longer than 65,536 characters, cut off, contradictory, of another shape, or JSON that stands word for word in a memory.

    Args:
        recall: What was asked, and what was found.
        ask: From a prompt to an answer: text, or a mapping or an object with ``model_dump`` (a pydantic model) with the fields ``answer`` (text, or ``None`` if
            the memories do not hold it) and ``memories`` (a list of numbers). What it raises reaches the caller. A timeout is its business.
        budget_tokens: The most tokens that the memories may take, as in `pack`; the question and what the model is told come on top.
        count: How many tokens a text has for this model, as in `pack`.

    Raises:
        InvalidInputError: ``ask`` cannot be called or is asynchronous, or the budget or what ``count`` gives is not a whole number.
    """
    Chat(ask)  # Refuses what could never answer, before anything depends on the hits.
    packed = pack(recall.hits, budget_tokens=budget_tokens, count=count, as_of=recall.as_of)
    if not packed.hits:
        why = f"None of {len(recall)} hits fits into {budget_tokens:,} tokens" if recall.hits else "Nothing was recalled"
        return Answer(text=None, reason=f"{why}; the model was not asked.", pack=packed, recall=recall)
    question = json.dumps(recall.query, ensure_ascii=False)
    given = ask(_TASK.format(memories=packed.text, question=question))
    text, hits, reason = _read(given, recall, packed)
    return Answer(text=text, hits=hits, reason=reason, pack=packed, recall=recall)


def _read(given: object, recall: Recall, packed: Pack) -> _Reading:
    if isinstance(given, str):
        given = after_thoughts(given)
        if not _MEANT_AS_JSON.search(given):
            return _of_prose(given.strip(), packed)
    sources = [hit.version.source for hit in packed.hits]
    untrusted = [recall.query, *(hit.content for hit in packed.hits), *(part for source in sources for part in (source.actor, source.session) if part)]
    # The call was made outside, so that what it raises reaches the caller: a Chat goes on without an answer.
    said = Chat(lambda _: given).ask("", _Said, data=untrusted)
    return (None, (), _UNUSABLE) if said is None else _of_json(said, packed)


def _of_json(said: _Said, packed: Pack) -> _Reading:
    text = (said.answer or "").strip()
    hits = _named({_number(given) for given in said.memories or ()}, packed)
    if not text or (not hits and _knows_nothing(text)):
        return None, (), _UNKNOWN
    return text, hits, f"The model named {len(hits) or 'none'} of the memories that it was shown, {len(packed.hits)} in all."


def _of_prose(text: str, packed: Pack) -> _Reading:
    if not text or len(text) > MAX_ANSWER or text.startswith(THINKING):
        return None, (), _UNUSABLE
    hits = _named({int(number) for cited in _CITED.findall(text) for number in re.findall(r"\d+", cited)}, packed)
    if hits:
        return text, hits, f"The answer cites {len(hits)} of the memories that the model was shown, {len(packed.hits)} in all."
    if _knows_nothing(text):
        return None, (), _UNKNOWN
    return text, packed.hits, f"The answer cites none of the memories that the model was shown; it may rest on any of them, {len(packed.hits)} in all."


def _named(numbers: AbstractSet[int | None], packed: Pack) -> tuple[Hit, ...]:
    return tuple(hit for number, hit in enumerate(packed.hits, start=1) if number in numbers)


def _number(given: object) -> int | None:
    if isinstance(given, str) and (written := _NUMBER.fullmatch(given)):
        return int(written[1])
    # True is an int to Python, and no number of a memory.
    return given if type(given) is int else None


def _knows_nothing(text: str) -> bool:
    return _IGNORANT.match(text.replace("\u2019", "'")) is not None
