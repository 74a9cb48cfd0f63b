"""LongMemEval: chat histories of about fifty sessions, and a question each whose sessions and turns of evidence are marked."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.retrieval.cases import Ask, Case, CaseSet, Talk, asked_at
from erstwhile.transfer import Conversation, read_conversations

__all__ = ["LONGMEMEVAL", "read_cases"]

ABSTAIN: Final = "_abs"
"""What the ids of questions end in that the history does not answer; the benchmark's authors leave them out of retrieval too."""

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    # What the history's reader passes over: of the original format, or of the other one with a file a case.
    id: str
    kind: str
    sessions: Sequence[str]
    histories: Sequence[tuple[str, Sequence[Entry]]]


def read_cases(folder: Path) -> Iterator[Case]:
    """The histories of every ``.json`` in a folder, in either format that erstwhile reads, one at a time."""
    for file in sorted(folder.glob("*.json")):
        raw = file.read_bytes()
        parts = msgspec.json.decode(raw, type=list[msgspec.Raw]) if raw.lstrip().startswith(b"[") else [msgspec.Raw(raw)]
        for part, conversation in zip(parts, read_conversations(file), strict=True):
            yield _case(_marks(json.loads(bytes(part))), conversation)


def _marks(entry: Entry) -> _Marks:
    if "haystack_sessions" in entry:
        histories = list(zip(entry["haystack_session_ids"], entry["haystack_sessions"], strict=True))
        return _Marks(id=entry["question_id"], kind=entry["question_type"], sessions=entry["answer_session_ids"], histories=histories)
    (query,) = entry["queries"]
    about = query["metadata"]
    # This format empties answer_session_ids where the question is dated before its evidence, and keeps what the original had beside it.
    sessions = about.get("original_answer_session_ids") or about["answer_session_ids"]
    histories = [(session["session_id"], session["messages"]) for session in entry["sessions"]]
    return _Marks(id=query["query_id"], kind=about["question_type"], sessions=sessions, histories=histories)


def _case(marks: _Marks, conversation: Conversation) -> Case:
    talks = tuple(Talk(session=session.id, messages=tuple(turn.message for turn in session.turns)) for session in conversation.sessions)
    (question,) = conversation.questions
    sessions = frozenset(marks.sessions) & {talk.session for talk in talks}
    counts = Counter({"citations of no session": len(set(marks.sessions) - sessions)})
    if marks.id.endswith(ABSTAIN) or not sessions:
        counts["questions that the history does not answer"] += 1
        return Case(name=conversation.name, talks=talks, asks=(), counts=counts)
    turns = frozenset(_answering(marks.histories)) & {str(message.id) for talk in talks for message in talk.messages}
    counts["questions without a marked turn"] += not turns
    ask = Ask(text=question.text, group=marks.kind, turns=turns, sessions=sessions, after=len(talks), at=asked_at(question.as_of, talks))
    return Case(name=conversation.name, talks=talks, asks=(ask,), counts=counts)


def _answering(histories: Sequence[tuple[str, Sequence[Entry]]]) -> Iterator[str]:
    # Ids of messages as `read_conversations` gives them: the session, from its second time on with its count, and the place in it.
    seen = Counter[str]()
    for id, messages in histories:
        seen[id] += 1
        own = id if seen[id] == 1 else f"{id}#{seen[id]}"
        yield from (f"{own}:{place}" for place, message in enumerate(messages) if message.get("has_answer"))


LONGMEMEVAL: Final = CaseSet(
    folder="longmemeval",
    files="*.json",
    origin="longmemeval_s_cleaned.json of xiaowu0162/longmemeval-cleaned on Hugging Face",
    read=read_cases,
    totals={"all": bool},
)
