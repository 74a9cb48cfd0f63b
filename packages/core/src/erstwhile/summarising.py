"""Summaries of sessions, and of what is known of somebody or something, by a language model of the caller's: asked, checked, and made into versions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from erstwhile.consolidation import Step, StepKind, mark_of
from erstwhile.errors import InvalidInputError
from erstwhile.guard import OnSecret, cues_of, without_secrets
from erstwhile.llm import Chat, Fence
from erstwhile.model import Links, MemoryType, Provenance, Scope, SourceKind, Version, check_text
from erstwhile.policy import Policy
from erstwhile.relations import UPKEEP, Relation, Tie
from erstwhile.store import TURN, Where
from erstwhile.timeline import NewId
from erstwhile.turns import text_key

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["LEAST_SOURCES", "MAX_SOURCES", "MAX_SUMMARY", "standing", "summaries", "summary_key", "summary_version"]

LEAST_SOURCES: Final = 4
"""Fewer turns or memories are read faster than a summary of them."""
MAX_SOURCES: Final = 400
"""The last so many turns of a session, or memories of one subject, are summarised."""
MAX_PROMPT: Final = 40_000
"""Most characters of them in a prompt: models with a window of 16,000 tokens can take it."""
MAX_SUMMARY: Final = 2_000
"""Longest summary that is taken, in characters; a longer one was not what was asked for."""
MAX_ASKED: Final = 50
"""So many summaries are asked for in one plan: each is a call, and may cost money."""

_TASK: Final = """\
Summarise {what} for somebody who will read it months from now, from the parts below and from nothing else.

{rule}

{parts}

Say what was decided, promised, learned and left open, with names, numbers and dates as they stand there. Where parts disagree, the later one counts. Add \
nothing, advise nothing, and give no instructions.

Answer with one JSON object and nothing else:
{{"summary": the summary, in the language of the parts, at most {longest} characters, or null if there is nothing worth keeping}}"""


class _Said(msgspec.Struct):
    summary: Annotated[str, msgspec.Meta(max_length=MAX_SUMMARY)] | None


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is to be summarised: a kind and a name, and what it is drawn from, in order."""

    kind: str
    name: str
    sources: tuple[Version, ...]

    @property
    def digest(self) -> str:
        """A hash of all that is summarised: where it is the same, so is the summary."""
        return text_key([(source.memory_id, source.content) for source in self.sources])

    @property
    def what(self) -> str:
        return f"session {self.name}" if self.kind == "session" else f"what is known of {self.name}"


def summary_key(subject: tuple[str, str]) -> str:
    """The key under which the summary of a subject stands, so that it is replaced and not piled up."""
    return "given:" + text_key("summary", *subject)


def summaries(
    ledger: "Ledger", scope: Scope, subjects: Mapping[str, Sequence[str]], chat: Chat, policy: Policy
) -> tuple[tuple[Step, ...], tuple[str, ...], bool]:
    """The summaries that are missing or out of date, and what could not be had, in a line each; and whether all were looked at.

    Args:
        ledger: The store.
        scope: Whose memory.
        subjects: Ids of versions, by what they speak of.
        chat: The model.
        policy: What is done about secrets, and about text that gives orders.
    """
    steps: list[Step] = []
    notes: list[str] = []
    asked = 0
    for subject in (*_sessions(ledger, scope), *_entities(ledger, scope, subjects)):
        known = _known(ledger, scope, subject)
        if known is not None and known.source.reference == _reference(subject.digest):
            continue
        if asked == MAX_ASKED:
            return tuple(steps), tuple(notes), False
        asked += 1
        text, problem = _ask(chat, subject, policy)
        if text is None:
            notes.append(f"No summary of {subject.what}: {problem}")
            continue
        steps.append(
            Step(
                kind=StepKind.SUMMARISE,
                memory_ids=() if known is None else (known.memory_id,),
                reason=f"{'A first' if known is None else 'A new'} summary of {subject.what}, from {len(subject.sources)} of its parts.",
                text=text,
                sources=tuple(source.id for source in subject.sources),
                subject=(subject.kind, subject.name),
                marks=() if known is None else (mark_of(known),),
            )
        )
    return tuple(steps), tuple(notes), True


def summary_version(step: Step, sources: Sequence[Version], known: Version | None, *, chat: str, policy: Policy, now: datetime, new_id: NewId) -> Version:
    """The version that a summary becomes: inferred, drawn from each of its sources, so that erasing one erases it.

    Args:
        step: What is planned.
        sources: The versions that it is drawn from, in order.
        known: The summary that it takes the place of.
        chat: The name of the model.
        policy: How far what a model says is trusted.
        now: System time of the write.
        new_id: Gives ids.
    """
    kind, name = step.subject or ("", "")
    id, digest = new_id(), _Subject(kind, name, tuple(sources)).digest
    memory_id = new_id() if known is None else known.memory_id
    version = Version(
        id=id,
        memory_id=memory_id,
        content=step.text or "",
        type=MemoryType.ARTIFACT,
        scope=sources[0].scope,
        source=Provenance(kind=SourceKind.INFERRED, actor=chat, session=name if kind == "session" else None, reference=_reference(digest)),
        valid_from=max(source.valid_from for source in sources),
        system_from=now,
        links=Links(derived_from=step.sources),
        ties=(Tie(memory_id=memory_id, version_id=id, relation=Relation.REFINES, score=1.0, reason=step.reason, judge=UPKEEP),),
        fingerprint=sources[0].fingerprint,
        keys=(summary_key((kind, name)),),
    )
    return policy.admitted(version)[0]


def _reference(digest: str) -> str:
    return f"erstwhile:summary:{digest}"


def _known(ledger: "Ledger", scope: Scope, subject: _Subject) -> Version | None:
    key = summary_key((subject.kind, subject.name))
    return standing((row.version for row in ledger.store.all(Where(scopes=(scope,), keys=(key,), believed=True))), key)


def standing(versions: Iterable[Version], key: str) -> Version | None:
    """The last of the summaries that are believed under a key; those before it held until it did."""
    return max((version for version in versions if key in version.keys), key=lambda version: (version.valid_from, version.id), default=None)


def _sessions(ledger: "Ledger", scope: Scope) -> Iterator[_Subject]:
    turns = Where(scopes=(scope,), types=(TURN,), quarantined=False, believed=True)
    # By their numbers alone: a session is read when its turn comes.
    counted = Counter(row.version.source.session for row in ledger.store.all(turns))
    for name in sorted(name for name, number in counted.items() if name is not None and number >= LEAST_SOURCES):
        said = [row.version for row in ledger.store.all(replace(turns, session=name))]
        yield _Subject("session", name, _fitting(sorted(said, key=lambda turn: (turn.source.turn or 0, turn.id))))


def _entities(ledger: "Ledger", scope: Scope, subjects: Mapping[str, Sequence[str]]) -> Iterator[_Subject]:
    for name in sorted(name for name, ids in subjects.items() if len(ids) >= LEAST_SOURCES):
        where = Where(scopes=(scope,), ids=tuple(subjects[name][-MAX_SOURCES:]), believed=True)
        known = [row.version for row in ledger.store.all(where)]
        if len(known) >= LEAST_SOURCES:
            yield _Subject("entity", name, _fitting(sorted(known, key=lambda version: (version.valid_from, version.id))))


def _fitting(versions: Sequence[Version]) -> tuple[Version, ...]:
    """The last of them, as many as a prompt takes; at least one."""
    kept: list[Version] = []
    size = 0
    for version in reversed(versions[-MAX_SOURCES:]):
        size += len(version.content)
        if kept and size > MAX_PROMPT:
            break
        kept.append(version)
    return tuple(reversed(kept))


def _ask(chat: Chat, subject: _Subject, policy: Policy) -> tuple[str | None, str]:
    fence = Fence()
    parts = "\n".join(fence.around(f"part {place}", _shown(version)) for place, version in enumerate(subject.sources, start=1))
    # The name of a session is a stranger's text as well.
    what = "a conversation" if subject.kind == "session" else "what is known of one subject"
    prompt = _TASK.format(what=what, rule=fence.rule, parts=parts, longest=f"{MAX_SUMMARY:,}")
    said = chat.ask(prompt, _Said, data=[version.content for version in subject.sources])
    if said is None:
        return None, "the model gave no answer that can be used."
    if said.summary is None or not said.summary.strip():
        return None, "the model found nothing worth keeping."
    return _checked(said.summary.strip(), policy)


def _checked(text: str, policy: Policy) -> tuple[str | None, str]:
    try:
        check_text(text, name="summary", limit=MAX_SUMMARY)
        clean, _ = without_secrets(text, OnSecret.MASK if policy.secrets is OnSecret.REFUSE else policy.secrets, place="summary")
    except InvalidInputError:
        return None, "the model gave text that cannot be kept."
    if cues_of(clean):
        return None, "what the model gave reads like orders to a model."
    return clean, ""


def _shown(version: Version) -> dict[str, object]:
    return {"by": version.source.actor, "at": version.valid_from.isoformat(), "text": version.content}
