"""Fading: what an observation counts for as it ages, as a pure function; nothing is ever removed."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from erstwhile.model import MemoryType, Version
from erstwhile.relations import UPKEEP, Relation, Tie
from erstwhile.timeline import NewId

__all__ = ["DEMOTION", "HALF_LIFE", "MOST_HALVINGS", "faded", "left_of", "reason_of", "strength", "weight"]

HALF_LIFE: Final = timedelta(days=45)
"""In this time an observation that matters to nobody (importance 0) and was said once comes to count half as much; at the default importance of 0.5 it takes 90
days. A round number: nothing was fitted."""
MOST_HALVINGS: Final = 4
"""It never counts for less than a sixteenth: what is faded can still be told from nothing, and at most four versions are ever written for it."""
DEMOTION: Final = 0.3
"""So large a share of its score in a recall an observation loses at most by fading: it gives way to what answers nearly as well, and is found where nothing
else answers. A round number."""


def left_of(version: Version) -> float:
    """How much of its importance is left after fading, from 1 (it has not faded) down to 1/16."""
    return next((tie.score for tie in version.ties if _is_fading(tie, version)), 1.0)


def weight(version: Version) -> float:
    """What the score of a version in a recall is multiplied by: 1 where it has not faded, and never less than 0.7."""
    return 1 - DEMOTION * (1 - left_of(version))


def strength(version: Version, now: datetime) -> float:
    """How much of the importance that it was given an observation should have: 1, 1/2, 1/4, 1/8 or 1/16; always 1 for what does not fade.

    ``2 ** -floor(age / half_life)``, where ``half_life = 45 days * (1 + confirmations) / (1 - importance)``, the age is counted from when it was last said in
    the world, and the importance is the one that it was given. So what matters twice as much, or was said twice as often, lasts longer, and importance 1
    lasts for ever. Exponential decay that repetition slows down is how Ebbinghaus (1885) described forgetting; that each repetition lengthens the time by
    the same amount is the simplest form of it. It goes down in halves, so that a daily run writes at most four versions of a memory over its life.

    Observations alone fade; not what is pinned, contested or kept apart. Instructions, facts and all other types never do.
    """
    given = version.importance / left_of(version)
    fades = version.type is MemoryType.OBSERVATION and not (version.pinned or version.contested or version.quarantined)
    if not fades or given >= 1:
        return 1.0
    half_life = HALF_LIFE * ((1 + len(version.confirmations)) / (1 - given))
    halvings = math.floor((now - version.confirmed_at) / half_life)
    return float(2.0 ** -min(max(halvings, 0), MOST_HALVINGS))


def faded(version: Version, *, at: datetime, now: datetime, new_id: NewId) -> Version | None:
    """The version with the importance that it should have, over the same time; ``None`` where it has it already.

    What was said again since it faded has more of it again, up to what it was given.

    Args:
        version: The version.
        at: The time to reckon at.
        now: System time of the write.
        new_id: Gives the id.
    """
    left, due = left_of(version), strength(version, at)
    if left == due:
        return None
    given = version.importance / left
    others = tuple(tie for tie in version.ties if not _is_fading(tie, version))
    note = Tie(memory_id=version.memory_id, version_id=version.id, relation=Relation.COEXISTS, score=due, reason=reason_of(version, at), judge=UPKEEP)
    return replace(
        version,
        id=new_id(),
        system_from=now,
        importance=given * due,
        ties=others if due == 1 else (note, *others),
        links=replace(version.links.lasting, corrects=(version.id,)),
    )


def reason_of(version: Version, at: datetime) -> str:
    """Why a version has the importance that it has at a time, in one line."""
    due, given, days = strength(version, at), version.importance / left_of(version), (at - version.confirmed_at).days
    times = 1 + len(version.confirmations)
    said = "once" if times == 1 else f"{times} times"
    return f"Said {said}, last {days:,} days ago, importance {given:.2f}: it counts {given * due:.2f} now."


def _is_fading(tie: Tie, version: Version) -> bool:
    return tie.judge == UPKEEP and tie.relation is Relation.COEXISTS and tie.memory_id == version.memory_id and 0 < tie.score < 1
