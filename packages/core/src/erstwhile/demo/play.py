"""Playing a conversation: every turn is kept, and what the file marks is remembered and corrected; from a file without marks, memories are drawn.

What ends what, the engine finds by itself; a mark names it only where the words do not tell.

Valid time is that of the conversation, system time is now: what was said over a year and a half is learned within seconds. Playing the same conversation
into the same scope again changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import as_file, files
from typing import Any, Final

from erstwhile.model import Provenance, SourceKind, Version
from erstwhile.results import Action, Outcome
from erstwhile.scoped import ScopedMemory
from erstwhile.transfer import Conversation, Correction, Marked, Session, read_conversations

__all__ = ["Played", "is_marked", "play", "shipped"]

_SUPERSEDING: Final = (Action.SUPERSEDED, Action.ENDED, Action.PLACED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What playing a conversation did.

    Attributes:
        turns: Turns that are kept, those kept before included.
        remembered: Memories that were written, as marked or as drawn, those that superseded others included.
        superseded: How many of those ended another, took its place, or found theirs in its past.
        found: How many of those no mark had told of.
        corrected: Corrections that the marks made.
        began: For each session, in order, the system time at which its first turn was kept.
    """

    turns: int
    remembered: int
    superseded: int
    found: int
    corrected: int
    began: tuple[datetime, ...]


def shipped() -> Conversation:
    """The conversation that comes with erstwhile: Ana and her assistant, eight sessions from January 2024 to July 2025."""
    with as_file(files("erstwhile.demo") / "dialogue.jsonl") as path:
        return replace(next(read_conversations(path)), name="ana")


def is_marked(conversation: Conversation) -> bool:
    """Whether the file says what is to be remembered; otherwise that is left to the engine."""
    return any(turn.marks for session in conversation.sessions for turn in session.turns)


def play(memory: ScopedMemory, conversation: Conversation, *, done: Callable[[Session], object] = lambda _: None) -> Played:
    """Keep every turn of a conversation, and carry out its marks, or draw memories where it has none, session by session.

    Args:
        memory: Where to.
        conversation: What was read from a file.
        done: Is told of each session that is through.

    Raises:
        InvalidInputError: A turn or a mark cannot be used; what came before it is kept.
        StoreError: The store failed on the way; playing again goes on where it stopped.
    """
    player = _Player(memory, draw=not is_marked(conversation))
    for session in conversation.sessions:
        player.session(session)
        done(session)
    counts = player.counts
    return Played(
        turns=player.turns,
        remembered=sum(counts[action] for action in (Action.REMEMBERED, Action.CONTESTED, *_SUPERSEDING)),
        superseded=sum(counts[action] for action in _SUPERSEDING),
        found=player.found,
        corrected=counts[Action.CORRECTED],
        began=tuple(player.began),
    )


class _Player:
    """What has been played so far."""

    def __init__(self, memory: ScopedMemory, *, draw: bool) -> None:
        self._memory = memory
        self._draw = draw
        self._versions: dict[str, Version] = {}
        self.turns = 0
        self.found = 0
        self.counts = dict.fromkeys(Action, 0)
        self.began: list[datetime] = []

    def session(self, session: Session) -> None:
        observed = self._memory.observe((turn.message for turn in session.turns), session=session.id, draw=self._draw)
        self.turns += len(observed)
        self.began.append(observed[0].system_from)
        self._count(observed.outcomes, told=False)
        for turn, version in zip(session.turns, observed, strict=True):
            for place, mark in enumerate(turn.marks):
                if isinstance(mark, Marked):
                    self._remember(mark, version, place)
                else:
                    self._correct(mark, version)

    def _remember(self, mark: Marked, turn: Version, place: int) -> None:
        # The key holds what makes the mark this one and no other, so that playing it again writes nothing.
        draft = replace(
            mark.draft,
            source=replace(mark.draft.source, session=turn.source.session, turn=turn.source.turn),
            derived_from=(turn.id,),
            supersedes=tuple(dict.fromkeys(self._versions[label].memory_id for label in mark.draft.supersedes)),
            key=f"turn {turn.id}, mark {place}",
        )
        (outcome,) = self._memory.remember_many([draft])
        self._count((outcome,), told=bool(draft.supersedes))
        if mark.label is not None:
            self._versions[mark.label] = outcome.version

    def _count(self, outcomes: Iterable[Outcome], *, told: bool) -> None:
        for outcome in outcomes:
            self.counts[outcome.action] += 1
            self.found += outcome.action in _SUPERSEDING and not told

    def _correct(self, mark: Correction, turn: Version) -> None:
        wrong = self._versions[mark.label]
        believed = (version for version in self._memory.history(wrong) if version.believed)
        if any(_agrees(version, mark.changes) for version in believed):
            return
        source = Provenance(kind=SourceKind.CORRECTED, actor=turn.source.actor, session=turn.source.session, turn=turn.source.turn, quote=turn.content)
        # By the memory and the time it began to hold: the version that was written may have been cut short since.
        outcome = self._memory.correct(wrong.memory_id, **mark.changes, source=source, derived_from=turn, at=wrong.valid_from)
        self.counts[outcome.action] += 1


def _agrees(version: Version, changes: Mapping[str, Any]) -> bool:
    return all(getattr(version, name) == value for name, value in changes.items())
