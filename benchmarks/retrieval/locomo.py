"""LoCoMo, with the corrections of an audit: dated dialogues of two people, and questions that cite the turns which hold the answer."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.retrieval.cases import Ask, Case, CaseSet, Talk
from erstwhile.transfer import Conversation, read_conversations

__all__ = ["LOCOMO", "read_cases"]

ORDER: Final = ("conv-26", "conv-30", "conv-41", "conv-42", "conv-43", "conv-44", "conv-47", "conv-48", "conv-49", "conv-50")
"""The conversations in the order of the published file, which is what the numbers in the corrections count."""
GROUPS: Final[Mapping[int, str]] = {1: "1 multi-hop", 2: "2 temporal", 3: "3 open-domain", 4: "4 single-hop", 5: "5 adversarial"}
CITED: Final = re.compile(r"D:?(\d+):0*(\d+)")
"""A cited turn: session and place. A few citations are misspelt: "D:11:26" means "D11:26", "D30:05" means "D30:5"."""

Entry = Mapping[str, Any]


def read_cases(folder: Path) -> Iterator[Case]:
    """The conversations of every ``locomo*.json`` in a folder, their evidence corrected by ``corrections.json`` where that is there.

    Raises:
        ValueError: A correction is of another question than the one that has its number.
    """
    path = folder / "corrections.json"
    corrections = {entry["question_id"]: entry for entry in json.loads(path.read_bytes())} if path.exists() else {}
    for file in sorted(folder.glob("locomo*.json")):
        for sample, conversation in zip(json.loads(file.read_bytes()), read_conversations(file), strict=True):
            yield _case(sample["qa"], conversation, corrections)


def _case(questions: Sequence[Entry], conversation: Conversation, corrections: Mapping[str, Entry]) -> Case:
    talks = tuple(Talk(session=session.id, messages=tuple(turn.message for turn in session.turns)) for session in conversation.sessions)
    known = {message.id for talk in talks for message in talk.messages}
    number = ORDER.index(conversation.name) if conversation.name in ORDER else None
    counts = Counter[str]()
    asks = []
    for place, question in enumerate(questions):
        cited = list(question.get("evidence", ()))
        if correction := corrections.get(f"locomo_{number}_qa{place}"):
            if correction["question"] != question["question"]:
                raise ValueError(
                    f"corrections.json: locomo_{number}_qa{place} is not question {place} of {conversation.name}; use the corrections of this file."
                )
            counts["evidence corrected"] += set(correction["correct_evidence"]) != set(cited)
            cited = correction["correct_evidence"]
        named = {f"D{session}:{turn}" for item in cited for session, turn in CITED.findall(item)}
        counts["citations of no turn"] += len(named - known)
        if not named & known:
            counts["questions without evidence"] += 1
            continue
        asks.append(Ask(text=question["question"], group=GROUPS[question["category"]], turns=frozenset(named & known), after=len(talks)))
    return Case(name=conversation.name, talks=talks, asks=tuple(asks), counts=counts)


LOCOMO: Final = CaseSet(
    folder="locomo",
    files="locomo*.json",
    origin="data/locomo10.json of github.com/snap-research/locomo, and as corrections.json the errors.json of github.com/dial481/locomo-audit",
    read=read_cases,
    totals={"1 to 4": lambda group: group != GROUPS[5]},
    foreign=frozenset(GROUPS.values()) - {GROUPS[5]},
)
