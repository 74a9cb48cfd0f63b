"""What the demo asks once a conversation was played: what holds now, what held then, how one memory came about, what changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from erstwhile.demo.play import Played, is_marked
from erstwhile.model import Version
from erstwhile.results import Change, Hit
from erstwhile.scoped import ScopedMemory
from erstwhile.time import AsOf, Interval
from erstwhile.transfer import Conversation, Question

__all__ = ["Answer", "Comparison", "Found", "Hindsight", "Tour", "take_tour"]

QUESTIONS: Final = 5
"""At most so many of a file's own questions are asked."""
DEPTH: Final = 10
"""Among so many hits the evidence that a file names is looked for."""
CANDIDATES: Final = 5
"""Among so many changes an example of hindsight is looked for, each at the cost of reading all that held at one time."""
ALWAYS: Final = Interval(start=datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One question, asked about two times.

    Attributes:
        question: The question.
        then: The best memory of what held then, if anything did.
        now: The best memory of what holds now.
    """

    question: str
    then: Hit | None
    now: Hit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A memory that ended an older one, without having been told to.

    Attributes:
        old: What ended, as it was believed before.
        new: What ended it.
        reason: Why, in one line.
    """

    old: Version
    new: Version
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question, asked of turns and memories.

    Attributes:
        question: The question.
        hits: The best hits.
        rank: Place, from 1, of the first hit that the file names as evidence; ``None`` where none is among the first ten, or none is named.
    """

    question: Question
    hits: tuple[Hit, ...]
    rank: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """What is known today of a time, and what was known of the same time before.

    Attributes:
        at: The time spoken of.
        known: What is believed today to have held then.
        before: What was believed at the earlier system time.
    """

    at: datetime
    known: Version
    before: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """The answers of a tour; parts that the conversation gives nothing for are empty.

    Attributes:
        holds: What holds now, in order of valid time.
        then: The earlier time that was asked about.
        found: What ended what, where nobody said so.
        comparisons: Each question then and now.
        history: Every version of the memory with the longest story.
        since: The system time from which changes are listed: when the session ``since_session`` began to be read.
        since_session: Id of that session.
        changes: What was written since.
        hindsight: An example of how the answer about one time depends on when the store is asked.
        answers: Questions asked of the turns, where no memories were marked.
    """

    holds: tuple[Version, ...]
    then: datetime | None = None
    found: tuple[Found, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    history: tuple[Version, ...] = ()
    since: datetime | None = None
    since_session: str | None = None
    changes: tuple[Change, ...] = ()
    hindsight: Hindsight | None = None
    answers: tuple[Answer, ...] = ()


def take_tour(memory: ScopedMemory, conversation: Conversation, played: Played, *, ask: Sequence[str] = (), as_of: datetime | None = None) -> Tour:
    """Ask the memory about a conversation that was played into it.

    Args:
        memory: Where it was played.
        conversation: The conversation.
        played: What playing it did.
        ask: Questions, in place of the file's own.
        as_of: The earlier time to ask about. Default: that of the first question that has one, else half way through the conversation.
    """
    questions = tuple(Question(text=text) for text in ask) or conversation.questions[:QUESTIONS]
    holds = memory.snapshot()
    ended = _found(memory.changes(min(played.began)))
    if not is_marked(conversation):
        return Tour(holds=holds, found=ended, answers=tuple(_answer(memory, question) for question in questions))
    then = as_of or _earlier(conversation, questions)
    found = Tour(
        holds=holds,
        then=then,
        found=ended,
        comparisons=() if then is None else tuple(_compare(memory, question.text, then) for question in questions),
        history=_longest(memory),
    )
    if len(conversation.sessions) == 1:
        return found
    # The last quarter of the sessions: enough to show each kind of change, and little enough to read.
    index = len(conversation.sessions) - max(1, len(conversation.sessions) // 4)
    since = played.began[index]
    changes = memory.changes(since)
    return replace(found, since=since, since_session=conversation.sessions[index].id, changes=changes, hindsight=_hindsight(memory, changes, since))


def _earlier(conversation: Conversation, questions: Iterable[Question]) -> datetime | None:
    if asked := [question.as_of for question in questions if question.as_of is not None]:
        return asked[0]
    messages = [turn.message for session in conversation.sessions for turn in session.turns]
    times = sorted(message.at for message in messages if isinstance(message.at, datetime))
    return times[0] + (times[-1] - times[0]) / 2 if times else None


def _compare(memory: ScopedMemory, question: str, then: datetime) -> Comparison:
    # Turns are evidence and hold for ever, as something that was said: for what held, only memories are asked.
    before, now = memory.recall(question, k=1, as_of=then, turns=False), memory.recall(question, k=1, turns=False)
    return Comparison(question=question, then=before[0] if before else None, now=now[0] if now else None)


def _answer(memory: ScopedMemory, question: Question) -> Answer:
    hits = memory.recall(question.text, k=DEPTH).hits
    ranks = [rank for rank, hit in enumerate(hits, start=1) if {hit.version.source.reference, hit.version.source.session} & set(question.evidence)]
    return Answer(question=question, hits=hits, rank=min(ranks, default=None))


def _found(changes: Sequence[Change]) -> tuple[Found, ...]:
    # A tie is what the engine found itself; what it was told to end has none.
    closed = {version.id: version for change in changes for version in change.before}
    return tuple(
        Found(old=closed[tie.version_id], new=version, reason=tie.reason)
        for change in changes
        for version in change.after
        for tie in version.ties
        if tie.version_id in version.links.supersedes and tie.version_id in closed
    )


def _longest(memory: ScopedMemory) -> tuple[Version, ...]:
    chains: dict[str, int] = {}
    for version in memory.snapshot(during=ALWAYS):
        chains[version.memory_id] = chains.get(version.memory_id, 0) + 1
    memory_id, length = max(chains.items(), key=lambda chain: chain[1], default=("", 0))
    return memory.history(memory_id) if length > 1 else ()


def _hindsight(memory: ScopedMemory, changes: Iterable[Change], since: datetime) -> Hindsight | None:
    known = [version for change in changes for version in change.after if version.links.supersedes]
    # What arrived late and ended in the past shows it best: nothing that holds today gives it away.
    for version in sorted(known, key=lambda version: version.valid_to is None)[:CANDIDATES]:
        believed = memory.snapshot(as_of=AsOf(valid=version.valid_from, system=since))
        if before := [other for other in believed if other.memory_id == version.memory_id]:
            return Hindsight(at=version.valid_from, known=version, before=before[0])
    return None
