"""RealMem: a persona's sessions about several projects, with questions on the way that need what earlier sessions said."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from benchmarks.retrieval.cases import Ask, Case, CaseSet, Talk, asked_at
from erstwhile import Message

__all__ = ["REALMEM", "read_cases"]

Entry = Mapping[str, Any]


def read_cases(folder: Path) -> Iterator[Case]:
    """The personas of a folder, one ``*_dialogues_*.json`` each."""
    for file in sorted(folder.glob("*_dialogues_*.json")):
        content = json.loads(file.read_bytes())
        yield _case(content["_metadata"]["person_name"], content["dialogues"])


def _case(name: str, dialogues: Sequence[Entry]) -> Case:
    talks = tuple(_talk(dialogue) for dialogue in dialogues)
    counts = Counter[str]()
    asks = [ask for place, dialogue in enumerate(dialogues) for ask in _asks(dialogue["dialogue_turns"], talks[:place], _at(dialogue), counts)]
    return Case(name=name, talks=talks, asks=tuple(asks), counts=counts)


def _talk(dialogue: Entry) -> Talk:
    session, at = dialogue["session_uuid"], _at(dialogue)
    messages = (
        Message(role=turn["speaker"].lower(), content=turn["content"], at=at, id=f"{session}:{place}") for place, turn in enumerate(dialogue["dialogue_turns"])
    )
    return Talk(session=session, messages=tuple(message for message in messages if message.content.strip()))


def _asks(turns: Sequence[Entry], before: tuple[Talk, ...], at: datetime, counts: Counter[str]) -> Iterator[Ask]:
    # The turn that follows a question says which sessions its answer was made from.
    said = {talk.session for talk in before}
    for turn, answer in pairwise(turns):
        if not turn["is_query"]:
            continue
        named = frozenset(answer.get("memory_session_uuids", ()))
        counts["citations of no earlier session"] += len(named - said)
        if named & said:
            yield Ask(text=turn["content"], group=turn["category_name"], sessions=named & said, after=len(before), at=asked_at(at, before))
        else:
            counts["questions without evidence"] += 1


def _at(dialogue: Entry) -> datetime:
    # "2025-12-15 (Monday)": the data knows the day and no more.
    return datetime.fromisoformat(dialogue["current_time"][:10]).replace(tzinfo=UTC)


REALMEM: Final = CaseSet(
    folder="realmem",
    files="*_dialogues_*.json",
    origin="dataset/datasets/*_dialogues_256k.json of github.com/AvatarMemory/RealMemBench",
    read=read_cases,
    totals={"all": bool},
)
