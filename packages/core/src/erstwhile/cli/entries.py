"""What the engine answers, as lines of a list."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from erstwhile.cli.output import Entry
from erstwhile.model import Version
from erstwhile.relations import Tie
from erstwhile.results import Action, Change, Conflict, Hit, Outcome

__all__ = [
    "CHANGE_HEADINGS",
    "CONFLICT_HEADINGS",
    "HISTORY_HEADINGS",
    "OUTCOME_HEADINGS",
    "TIE_HEADINGS",
    "TURN_HEADINGS",
    "VERSION_HEADINGS",
    "day",
    "of_change",
    "of_conflict",
    "of_conflict_in_full",
    "of_history",
    "of_hit",
    "of_outcome",
    "of_tie",
    "of_turn",
    "of_version",
    "verb",
]

VERSION_HEADINGS: Final = ("what", "type", "holds", "")
TURN_HEADINGS: Final = ("what", "by", "session", "turn", "said")
HISTORY_HEADINGS: Final = ("what", "type", "holds", "believed", "")
CHANGE_HEADINGS: Final = ("what", "change", "at")
OUTCOME_HEADINGS: Final = ("what", "done", "type", "holds")
TIE_HEADINGS: Final = ("what it relates to", "how", "sure")
CONFLICT_HEADINGS: Final = ("what clashes", "side", "type", "holds")


def day(instant: datetime | None) -> str:
    """A time as short as it can be said without loss of seconds: the date alone at midnight; empty for none."""
    if instant is None:
        return ""
    if (instant.hour, instant.minute, instant.second) == (0, 0, 0):
        return f"{instant:%Y-%m-%d}"
    return f"{instant:%Y-%m-%d %H:%M}" if instant.second == 0 else f"{instant:%Y-%m-%d %H:%M:%S}"


def of_version(version: Version) -> Entry:
    """A version, by the id of its memory: what it says, its type, when it holds, whether it is contested or kept apart."""
    mark = "quarantined" if version.quarantined else "contested" if version.contested else ""
    return Entry(text=version.content, id=version.memory_id, columns=((_type(version),), _holds(version), (mark,)))


def of_hit(hit: Hit, *, explained: bool = False) -> Entry:
    """A hit, like its version; with what was said around it, where that was brought along, and how it was found, where that is asked for."""
    entry = of_version(hit.version)
    around = [f"turn {turn.source.turn}, {turn.source.actor}: {turn.content}" for turn in hit.neighbours]
    return replace(entry, text="\n".join([entry.text, *around, *([hit.why] if explained else [])]))


def of_turn(version: Version) -> Entry:
    """A turn, by its id: what was said, by whom, where and when."""
    source = version.source
    columns = ((source.actor,), (source.session or "",), (str(source.turn),), (day(version.valid_from),))
    return Entry(text=version.content, id=version.memory_id, columns=columns)


def of_history(version: Version) -> Entry:
    """A version, by its own id: when it holds, when it was believed, and what else there is to say of it."""
    believed = (day(version.system_from), day(version.system_to))
    columns = ((_type(version),), _holds(version), believed, (_marks(version),))
    return Entry(text=version.content, id=version.id, columns=columns, dim=not version.believed)


def of_change(change: Change, others: Mapping[str, str]) -> Entry:
    """A change: what now stands, what it stands in place of or clashes with, and the reason where the engine found it; by the id of the memory.

    Args:
        change: The change.
        others: What the memories say that it may clash with, by their ids.
    """
    subject, old = _subject(change)
    lines = [subject.content]
    if old is not None and old.content != subject.content:
        lines.append(f"instead of: {old.content}")
    if change.action is Action.REINFORCED and old is not None:
        said = [confirmation.said for confirmation in subject.confirmations if confirmation not in old.confirmations]
        lines += [f"said again: {words}" for words in said if words != subject.content]
    if change.action is Action.CONTESTED:
        before = {memory_id for version in change.before for memory_id in version.links.contradicts}
        lines += [f"against: {others.get(memory_id, memory_id)}" for memory_id in subject.links.contradicts if memory_id not in before]
    if (reason := _reason(change, subject)) is not None:
        lines.append(f"why: {reason}")
    return Entry(text="\n".join(lines), id=change.memory_id, columns=((verb(change),), (day(change.at),)))


def of_outcome(outcome: Outcome) -> Entry:
    """What became of a memory that was drawn from turns, by its id; with the reason, where it touched another."""
    version = outcome.version
    plain = outcome.action in (Action.REMEMBERED, Action.UNCHANGED)
    text = version.content if plain else f"{version.content}\nwhy: {outcome.reason}"
    return Entry(text=text, id=version.memory_id, columns=((outcome.action.value,), (_type(version),), _holds(version)), dim=outcome.action is Action.UNCHANGED)


def of_tie(tie: Tie, content: str, *, said: str) -> Entry:
    """What a write was found to relate to, by the id of that memory.

    Args:
        tie: The finding.
        content: What the other memory says.
        said: What was told already; a reason that is a part of it is not told twice.
    """
    text = content if tie.reason in said else f"{content}\nwhy: {tie.reason}"
    return Entry(text=text, id=tie.memory_id, columns=((tie.relation.value,), (f"{tie.score:.2f}",)))


def of_conflict(conflict: Conflict) -> tuple[Entry, ...]:
    """The two sides of a conflict, the newer first, by the ids of their memories: what each says and where that comes from."""
    return tuple(
        Entry(text=f"{version.content}\n{_source(version)}", id=version.memory_id, columns=((side,), (_type(version),), _holds(version)))
        for side, version in _sides(conflict)
    )


def of_conflict_in_full(conflict: Conflict) -> tuple[Entry, ...]:
    """The two sides of a conflict, each with all there is to say, by the id of the conflict: as a program reads them."""
    return tuple(
        Entry(
            text=version.content,
            id=conflict.id,
            columns=((side, version.memory_id), (_type(version),), _holds(version), (_source(version),), (day(conflict.opened), conflict.reason)),
        )
        for side, version in _sides(conflict)
    )


def verb(change: Change) -> str:
    """What a change did, in a word: its action, or "ended" where a correction only says until when something held."""
    subject, old = _subject(change)
    ended = old is not None and change.action is Action.CORRECTED and subject.content == old.content and subject.valid_to != old.valid_to
    return "ended" if ended and subject.valid_to is not None else change.action.value


def _subject(change: Change) -> tuple[Version, Version | None]:
    """The version that a change is about, and the one that it stands in place of."""
    new = [version for version in change.after if version.links.supersedes or version.links.corrects] or list(change.after) or list(change.before)
    subject = new[0]
    if not (change.after and change.before):
        return subject, None
    return subject, next((version for version in change.before if version.valid.contains(subject.valid_from)), change.before[0])


def _reason(change: Change, subject: Version) -> str | None:
    """Why the engine did it, where the version tells: what its write found about a memory that it touched."""
    touched: Collection[str] = (*subject.links.contradicts, *(version.memory_id for version in change.before), *subject.links.joins)
    if not change.after or change.action not in (Action.SUPERSEDED, Action.ENDED, Action.CONTESTED, Action.PLACED):
        return None
    return next((tie.reason for tie in subject.ties if tie.memory_id in touched), None)


def _marks(version: Version) -> str:
    again = len(version.confirmations)
    return ", ".join(
        mark
        for mark, told in (
            ("contested", version.contested),
            ("an end", version.ends),
            ("said again" if again == 1 else f"said again {again} times", again > 0),
        )
        if told
    )


def _sides(conflict: Conflict) -> tuple[tuple[str, Version], ...]:
    return ("newer", conflict.newer), ("older", conflict.older)


def _source(version: Version) -> str:
    source = version.source
    turn = "" if source.turn is None else f", turn {source.turn}"
    places = [f"session {source.session}{turn}" if source.session else "", source.reference or ""]
    return ", ".join([f"{source.kind} by {source.actor}", *filter(None, places)])


def _type(version: Version) -> str:
    return "turn" if version.type is None else version.type.value


def _holds(version: Version) -> tuple[str, str]:
    return day(version.holds.start), day(version.holds.end)
