"""What the engine answers, as lines of a list."""

from datetime import datetime
from typing import Final

from erstwhile.cli.output import Entry
from erstwhile.model import Version
from erstwhile.results import Action, Change

__all__ = ["CHANGE_HEADINGS", "HISTORY_HEADINGS", "VERSION_HEADINGS", "day", "of_change", "of_history", "of_version", "verb"]

VERSION_HEADINGS: Final = ("what", "type", "holds")
HISTORY_HEADINGS: Final = ("what", "type", "holds", "believed")
CHANGE_HEADINGS: Final = ("what", "change", "at")


def day(instant: datetime | None) -> str:
    """A time as short as it can be said without loss of seconds: the date alone at midnight; empty for none."""
    if instant is None:
        return ""
    if (instant.hour, instant.minute, instant.second) == (0, 0, 0):
        return f"{instant:%Y-%m-%d}"
    return f"{instant:%Y-%m-%d %H:%M}" if instant.second == 0 else f"{instant:%Y-%m-%d %H:%M:%S}"


def of_version(version: Version) -> Entry:
    """A version, by the id of its memory: what it says, its type, when it holds."""
    return Entry(text=version.content, id=version.memory_id, columns=((_type(version),), _holds(version)))


def of_history(version: Version) -> Entry:
    """A version, by its own id: when it holds, and when it was believed."""
    believed = (day(version.system_from), day(version.system_to))
    return Entry(text=version.content, id=version.id, columns=((_type(version),), _holds(version), believed), dim=not version.believed)


def of_change(change: Change) -> Entry:
    """A change: what now stands and what it stands in place of, by the id of the memory."""
    subject, old = _subject(change)
    text = subject.content if old is None or old.content == subject.content else f"{subject.content}\ninstead of: {old.content}"
    return Entry(text=text, id=change.memory_id, columns=((verb(change),), (day(change.at),)))


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


def _type(version: Version) -> str:
    return "turn" if version.type is None else version.type.value


def _holds(version: Version) -> tuple[str, str]:
    return day(version.holds.start), day(version.holds.end)
